/*
 * How a version runs. One that can't run here is a problem of a configuration of our own. A document of another kind,
 * such as a template, also works elsewhere, and so do its other functions here: there the version is left out, with a
 * warning. To add a reason for that: a call of version_cannot_run() where it is found.
 */
#include "config/version_builder.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/bundled_language.h"
#include "config/names/name_rules.h"
#include "config/settings/function_settings.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHY_SIZE = 4096, QUOTE_MAX = 80 };

static const char image_remedy[] = "set ImageConfig with the command that starts its runtime";

/* ---- what can't run here ---- */

static void leave_out(struct version_builder *builder, enum left_out_cause cause,
                      const struct node *node, const char *why)
{
    struct function_version *version = builder->version;

    version->kind = FUNCTION_LEFT_OUT;
    version->left_out = cause;
    version->why_left_out = version_copy_text(builder->whole, why);
    version->family = RUNTIME_FAMILY_NONE;
    version->code_uri = NULL;
    version->working_directory = builder->whole->folders.base;
    version->attach = false;
    problem_list_add_at(builder->whole->warnings, node, "%s is left out: %s",
                        version->function->name, why);
}

void version_cannot_run(struct version_builder *builder, enum left_out_cause cause,
                        const struct node *node, const char *format, ...)
{
    char why[WHY_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (builder->whole->leniency == NULL)
        problem_list_add_at(builder->whole->problems, node, "%s", why);
    else if (builder->version->kind != FUNCTION_LEFT_OUT)
        leave_out(builder, cause, node, why);
}

/* ---- the ways to run ---- */

static void build_working_directory(struct version_builder *builder)
{
    const struct setting_value *values = builder->values;
    const struct node *wanted = node_member(values[SLOT_IMAGE_CONFIG].node, "WorkingDirectory");

    if (wanted == NULL)
        wanted = values[SLOT_CODE_URI].node;
    const char *folder =
        wanted == NULL ? builder->whole->folders.base : version_find_folder(builder, wanted);

    if (builder->version->kind != FUNCTION_LEFT_OUT)
        builder->version->working_directory = folder;
}

static void refuse_runtime(struct version_builder *builder, const struct node *node)
{
    char quoted[QUOTE_MAX], bundled[BUNDLED_SPELLINGS_SIZE];
    const char *nearest = nearest_runtime(node->text);

    node_quote(node, quoted, sizeof quoted);
    bundled_language_spellings(bundled);
    if (is_foreign_runtime(node->text))
        version_cannot_run(
            builder, LEFT_OUT_RUNTIME, node,
            "%s is not bundled: use ImageConfig with the command that starts its runtime "
            "interface client, or provided.al2023 with a bootstrap; a build for Java, .NET or Go "
            "in "
            "CodeUri runs by AWS's own client",
            quoted);
    else
        version_cannot_run(builder, LEFT_OUT_RUNTIME, node,
                           "must be %s, provided, provided.al2 or provided.al2023 (is %s)%s%s%s",
                           bundled, quoted, nearest == NULL ? "" : "; did you mean ",
                           nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

/* "python3.12" of python* and python3.12: the star stands for the number in the runtime's name. */
static void name_executable(const char *pattern, const char *runtime, char *name, size_t size)
{
    const char *number = runtime + strcspn(runtime, "0123456789");
    size_t length = strspn(number, "0123456789.");
    const size_t star = strcspn(pattern, "*");

    while (length > 0 && number[length - 1] == '.')
        length--;
    (void)snprintf(name, size, "%.*s%.*s", (int)star, pattern,
                   pattern[star] == '*' ? (int)length : 0, number);
}

static bool is_in_path(const char *search_path, const char *name)
{
    char path[PATH_MAX];

    for (const char *at = search_path; *at != '\0'; at += strspn(at, ":")) {
        const size_t length = strcspn(at, ":");

        if (snprintf(path, sizeof path, "%.*s/%s", (int)length, at, name) < (int)sizeof path &&
            access(path, X_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

/* A quick look: which of several interpreters runs it is found when it starts. */
static bool has_interpreter(const struct bundled_language *language, const char *runtime)
{
    const char *search_path = getenv("PATH");
    char name[QUOTE_MAX];

    for (size_t i = 0; language->executables[i] != NULL; i++) {
        name_executable(language->executables[i], runtime, name, sizeof name);
        if (search_path == NULL || is_in_path(search_path, name))
            return true;
    }
    return false;
}

/* A function that has a PATH of its own brings its interpreter along. */
static void check_interpreter(struct version_builder *builder, const struct node *runtime)
{
    const struct function_version *version = builder->version;
    const struct bundled_language *language = bundled_language_of(version->family);
    const struct node *variables = node_member(builder->values[SLOT_ENVIRONMENT].node, "Variables");

    if (builder->whole->leniency == NULL || language == NULL ||
        node_member(variables, "PATH") != NULL || version->debug_command.count > 0 ||
        version->attach || has_interpreter(language, version->runtime))
        return;
    version_cannot_run(builder, LEFT_OUT_RUNTIME, runtime,
                       "%s is not installed: apt-get install %s, then reload", language->name,
                       language->package);
}

static void build_runtime(struct version_builder *builder)
{
    const struct setting_value *values = builder->values;
    const struct node *runtime = values[SLOT_RUNTIME].node;
    struct function_version *version = builder->version;

    version->kind = FUNCTION_RUNTIME;
    version->runtime = version_copy_text(builder->whole, node_text(runtime));
    if (version->runtime == NULL)
        return; /* has its problem already */
    version->family = runtime_family_of(version->runtime);
    if (version->handler == NULL && values[SLOT_HANDLER].node == NULL &&
        bundled_language_of(version->family) != NULL)
        problem_list_add_at(builder->whole->problems, runtime, "requires Handler, such as \"%s\"",
                            bundled_language_of(version->family)->handler);
    if (version->family == RUNTIME_FAMILY_NONE && is_foreign_runtime(version->runtime) &&
        version_build_client(builder, runtime))
        return;
    if (version->family == RUNTIME_FAMILY_NONE && runtime->length > 0)
        refuse_runtime(builder, runtime);
    check_interpreter(builder, runtime);
    if (version->kind == FUNCTION_LEFT_OUT)
        return;
    version_build_code(builder);
}

static void build_image(struct version_builder *builder)
{
    const struct node *image = builder->values[SLOT_IMAGE_CONFIG].node;

    builder->version->kind = FUNCTION_IMAGE;
    version_build_command(builder, &builder->version->command, node_member(image, "EntryPoint"),
                          node_member(image, "Command"));
    build_working_directory(builder);
}

static void build_process(struct version_builder *builder)
{
    builder->version->kind = FUNCTION_COMMAND;
    version_build_command(builder, &builder->version->command, builder->values[SLOT_COMMAND].node,
                          NULL);
    build_working_directory(builder);
}

static bool is_image(const struct version_builder *builder)
{
    const char *type = setting_text(&builder->values[SLOT_PACKAGE_TYPE]);

    return type != NULL && strcmp(type, "Image") == 0;
}

static void refuse_image(struct version_builder *builder)
{
    const struct document_leniency *leniency = builder->whole->leniency;

    version_cannot_run(builder, LEFT_OUT_RUNTIME, builder->values[SLOT_PACKAGE_TYPE].node,
                       "container images don't run locally: %s",
                       leniency == NULL ? image_remedy : leniency->image_remedy);
}

/* Versions without a way of their own lack what $LATEST lacks. */
static void build_mock_alone(struct version_builder *builder)
{
    builder->version->kind = FUNCTION_MOCK;
    builder->version->working_directory = builder->whole->folders.base;
    if (builder->values[SLOT_MOCK].node != NULL)
        return;
    if (is_image(builder))
        refuse_image(builder);
    else if (strcmp(builder->version->version, "$LATEST") == 0)
        problem_list_add_at(builder->whole->problems, builder->place,
                            "doesn't say how it runs: set Runtime, Handler and CodeUri, or "
                            "ImageConfig, Local.Command or Local.Mock");
}

/* A function runs in one way. The first one is built; the others are problems. */
void version_build_way(struct version_builder *builder)
{
    static const struct {
        enum function_slot slot;
        const char *name;
        void (*build)(struct version_builder *builder);
    } ways[] = {
        {SLOT_RUNTIME, "Runtime", build_runtime},
        {SLOT_IMAGE_CONFIG, "ImageConfig", build_image},
        {SLOT_COMMAND, "Local.Command", build_process},
    };
    const char *first = NULL;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const struct node *node = builder->values[ways[i].slot].node;

        if (node == NULL)
            continue;
        if (first != NULL) {
            problem_list_add_at(
                builder->whole->problems, node,
                "can't be combined with %s: a function runs in one way; keep one of them", first);
            continue;
        }
        first = ways[i].name;
        ways[i].build(builder);
    }
    if (first == NULL)
        build_mock_alone(builder);
}
