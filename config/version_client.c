/*
 * A runtime that isn't bundled, run by AWS's own client for its language where the machine has it. Only a folder that
 * holds what the language builds is tried. To add a language: a row in `clients`.
 */
#include "config/version_builder.h"

#include "base/arena.h"
#include "config/settings/function_settings.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 12, HEAP_PERCENT = 85 };

static const char java_package[] = "com/amazonaws";
static const char *const java_jars[] = {"aws-lambda-java-runtime-interface-client",
                                        "aws-lambda-java-core", "aws-lambda-java-serialization"};

enum { JAR_COUNT = sizeof java_jars / sizeof java_jars[0] };

/* ---- the command ---- */

static void add_word(struct version_builder *builder, const char *word)
{
    struct string_list *command = &builder->version->command;

    if (command->count == 0)
        command->items =
            arena_take_array(builder->whole->arena, WORDS_MAX + 1, sizeof *command->items);
    if (command->items == NULL || command->count == WORDS_MAX)
        return;
    command->items[command->count++] = (char *)version_copy_text(builder->whole, word);
    command->items[command->count] = NULL;
}

static bool find_program(const char *name, char path[PATH_MAX])
{
    const char *at = getenv("PATH");

    for (; at != NULL && *at != '\0'; at += strspn(at, ":")) {
        const size_t length = strcspn(at, ":");

        if (snprintf(path, PATH_MAX, "%.*s/%s", (int)length, at, name) < PATH_MAX &&
            access(path, X_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), size = strlen(ending);

    return length > size && strcmp(name + length - size, ending) == 0;
}

/* The last by name of the entries that begin and end so. False when there is none. */
static bool find_entry(const char *folder, const char *beginning, const char *ending,
                       char name[NAME_MAX + 1])
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    name[0] = '\0';
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) == 0 &&
            (ending[0] == '\0' || ends_in(entry->d_name, ending)) && entry->d_name[0] != '.' &&
            strverscmp(entry->d_name, name) > 0)
            (void)snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (entries != NULL)
        (void)closedir(entries);
    return name[0] != '\0';
}

static bool is_executable(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

static bool has_bootstrap(struct version_builder *builder, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/bootstrap", builder->version->code_uri) < PATH_MAX &&
           is_executable(path);
}

/* ---- Java ---- */

/* A build for Lambda has classes in their packages, or jars in lib/. */
static bool has_java(const char *folder)
{
    char lib[PATH_MAX], name[NAME_MAX + 1];

    if (find_entry(folder, "", ".class", name) || find_entry(folder, "", ".jar", name) ||
        find_entry(folder, "META-INF", "", name))
        return true;
    return snprintf(lib, sizeof lib, "%s/lib", folder) < (int)sizeof lib &&
           find_entry(lib, "", ".jar", name);
}

/* In the local Maven repository, of the newest version. */
static bool find_in_maven(const char *jar, char path[PATH_MAX])
{
    const char *home = getenv("HOME");
    char folder[PATH_MAX], version[NAME_MAX + 1];

    return home != NULL &&
           snprintf(folder, sizeof folder, "%s/.m2/repository/%s/%s", home, java_package, jar) <
               (int)sizeof folder &&
           find_entry(folder, "", "", version) &&
           snprintf(path, PATH_MAX, "%s/%s/%s-%s.jar", folder, version, jar, version) < PATH_MAX &&
           access(path, R_OK) == 0;
}

static bool find_jar(const struct version_builder *builder, const char *jar, char path[PATH_MAX])
{
    const char *const clients = builder->whole->runtime_clients;
    char lib[PATH_MAX], name[NAME_MAX + 1];

    (void)snprintf(lib, sizeof lib, "%s/lib", builder->version->code_uri);
    if (find_entry(lib, jar, ".jar", name))
        return snprintf(path, PATH_MAX, "%s/%s", lib, name) < PATH_MAX;
    if (clients != NULL && find_entry(clients, jar, ".jar", name))
        return snprintf(path, PATH_MAX, "%s/%s", clients, name) < PATH_MAX;
    return find_in_maven(jar, path);
}

/* The class path: the code, its jars, the client's. False when a jar of the client is missing. */
static bool make_class_path(const struct version_builder *builder, char *text, size_t size)
{
    const char *const code = builder->version->code_uri;
    char jar[PATH_MAX];
    size_t used = (size_t)snprintf(text, size, "%s:%s/*:%s/lib/*", code, code, code);

    for (size_t i = 0; i < JAR_COUNT; i++) {
        if (!find_jar(builder, java_jars[i], jar))
            return false;
        used += (size_t)snprintf(text + used, used < size ? size - used : 0, ":%s", jar);
    }
    return used < size;
}

static void build_java(struct version_builder *builder, const struct node *runtime)
{
    char program[PATH_MAX], heap[32], class_path[(JAR_COUNT + 3) * PATH_MAX];

    if (!find_program("java", program)) {
        version_cannot_run(builder, LEFT_OUT_RUNTIME, runtime,
                           "Java is not installed: apt-get install default-jre-headless, then "
                           "reload");
        return;
    }
    if (!make_class_path(builder, class_path, sizeof class_path)) {
        version_cannot_run(
            builder, LEFT_OUT_RUNTIME, runtime,
            "the runtime interface client for Java is neither in lib of CodeUri, nor in "
            "Local.RuntimeClients, nor in ~/.m2: mvn dependency:get "
            "-Dartifact=com.amazonaws:aws-lambda-java-runtime-interface-client:2.10.1, then "
            "reload");
        return;
    }
    (void)snprintf(heap, sizeof heap, "-XX:MaxHeapSize=%um",
                   builder->version->memory_mb * HEAP_PERCENT / 100);
    add_word(builder, program);
    add_word(builder, "-XX:+UseSerialGC");
    add_word(builder, "-XX:TieredStopAtLevel=1");
    add_word(builder, heap);
    add_word(builder, "-cp");
    add_word(builder, class_path);
    add_word(builder, "com.amazonaws.services.lambda.runtime.api.client.AWSLambda");
    add_word(builder, builder->version->handler == NULL ? "" : builder->version->handler);
}

/* ---- .NET ---- */

static bool has_dotnet(const char *folder)
{
    char name[NAME_MAX + 1];

    return find_entry(folder, "Amazon.Lambda.RuntimeSupport", ".dll", name) ||
           find_entry(folder, "bootstrap", "", name);
}

/* The handler of an executable assembly is its name. */
static void build_dotnet(struct version_builder *builder, const struct node *runtime)
{
    const char *const code = builder->version->code_uri, *const handler = builder->version->handler;
    char program[PATH_MAX], assembly[PATH_MAX];

    if (has_bootstrap(builder, program)) {
        add_word(builder, program);
        return;
    }
    if (handler == NULL || strchr(handler, ':') != NULL ||
        snprintf(assembly, sizeof assembly, "%s/%s.dll", code, handler) >= (int)sizeof assembly ||
        access(assembly, R_OK) != 0) {
        version_cannot_run(builder, LEFT_OUT_RUNTIME, runtime,
                           "needs an executable assembly: use LambdaBootstrapBuilder of "
                           "Amazon.Lambda.RuntimeSupport, and the assembly's name as Handler");
        return;
    }
    if (!find_program("dotnet", program)) {
        version_cannot_run(builder, LEFT_OUT_RUNTIME, runtime,
                           ".NET is not installed: https://dot.net/v1/dotnet-install.sh, or "
                           "publish it self-contained with the assembly's name bootstrap");
        return;
    }
    add_word(builder, program);
    add_word(builder, assembly);
}

/* ---- Go ---- */

/* aws-lambda-go uses the Runtime API where there is one, whatever the runtime is called. */
static bool find_go(struct version_builder *builder, char path[PATH_MAX])
{
    const char *const handler = builder->version->handler;

    return has_bootstrap(builder, path) ||
           (handler != NULL &&
            snprintf(path, PATH_MAX, "%s/%s", builder->version->code_uri, handler) < PATH_MAX &&
            is_executable(path));
}

/* ---- all ---- */

/* What these languages are built from. */
static bool is_source(const char *folder)
{
    static const char *const projects[] = {"pom.xml", "build.gradle", "go.mod"};
    char name[NAME_MAX + 1];

    for (size_t i = 0; i < sizeof projects / sizeof projects[0]; i++) {
        if (find_entry(folder, projects[i], "", name))
            return true;
    }
    return find_entry(folder, "", ".csproj", name) || find_entry(folder, "", ".fsproj", name);
}

static const struct {
    const char *beginning; /* of the runtime's name */
    bool (*is_built)(const char *folder);
    void (*build)(struct version_builder *builder, const struct node *runtime);
} clients[] = {
    {"java", has_java, build_java},
    {"dotnet", has_dotnet, build_dotnet},
};

bool version_build_client(struct version_builder *builder, const struct node *runtime)
{
    struct function_version *version = builder->version;
    char path[PATH_MAX];
    bool is_known = false;

    if (builder->values[SLOT_CODE_URI].node == NULL)
        return false;
    version_build_code(builder);
    if (version->kind == FUNCTION_LEFT_OUT || version->code_uri == NULL)
        return true;
    if (strncmp(version->runtime, "go1.", 4) == 0 && find_go(builder, path)) {
        add_word(builder, path);
        is_known = true;
    }
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        if (strncmp(version->runtime, clients[i].beginning, strlen(clients[i].beginning)) != 0 ||
            !clients[i].is_built(version->code_uri))
            continue;
        clients[i].build(builder, runtime);
        is_known = true;
    }
    if (!is_known && is_source(version->code_uri)) {
        version_cannot_run(builder, LEFT_OUT_CODE, runtime,
                           "the code in %s isn't built: run `sam build`, or set CodeUri to a build",
                           version->code_uri);
        return true;
    }
    if (is_known && version->kind != FUNCTION_LEFT_OUT)
        version->family = RUNTIME_FAMILY_CLIENT;
    return is_known;
}
