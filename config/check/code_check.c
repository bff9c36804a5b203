#include "config/check/code_check.h"

#include "config/check/exports.h"
#include "config/config_file.h"
#include "config/names/bundled_language.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SOURCE_BYTES_MAX = 4 << 20, /* larger files are bundles, which aren't searched */
    NAME_MAX_BYTES = 256,
    FILES_SHOWN_MAX = 5,
    FIRST_LINE_SIZE = 256
};

/* Returns true, so that checks can end in it. */
__attribute__((format(printf, 3, 4))) static bool
found(struct code_finding *finding, enum code_subject subject, const char *format, ...)
{
    va_list arguments;

    finding->subject = subject;
    finding->is_certain = true;
    va_start(arguments, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    return true;
}

static bool is_file(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* NULL for none. */
static const char *variable_of(const struct function_version *version, const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < version->environment.count; i++) {
        const char *const pair = version->environment.items[i];

        if (strncmp(pair, name, length) == 0 && pair[length] == '=')
            return pair + length + 1;
    }
    return NULL;
}

/* ---- programs: bootstrap, Command, EntryPoint ---- */

/* An interpreter in a #! line that doesn't exist, most often because of Windows line ends. */
static bool check_first_line(const char *path, enum code_subject subject,
                             struct code_finding *finding)
{
    char line[FIRST_LINE_SIZE] = "";
    FILE *const file = fopen(path, "re");

    if (file == NULL)
        return false;
    const bool is_script = fgets(line, sizeof line, file) != NULL && strncmp(line, "#!", 2) == 0;

    (void)fclose(file);
    line[strcspn(line, "\n")] = '\0';
    if (!is_script)
        return false;
    if (line[0] != '\0' && line[strlen(line) - 1] == '\r')
        return found(finding, subject,
                     "%s has Windows line ends (CRLF), so its first line names no interpreter: "
                     "sed -i 's/\\r$//' %s",
                     path, path);
    char *const interpreter = line + 2 + strspn(line + 2, " \t");

    interpreter[strcspn(interpreter, " \t")] = '\0';
    if (interpreter[0] != '/' || access(interpreter, X_OK) == 0)
        return false;
    return found(finding, subject, "%s: the interpreter in its first line, %s, does not exist",
                 path, interpreter);
}

static bool check_program_file(const char *path, enum code_subject subject,
                               struct code_finding *finding)
{
    if (access(path, F_OK) != 0)
        return found(finding, subject, "no such file: %s", path);
    if (!is_file(path))
        return found(finding, subject, "not a file: %s", path);
    if (access(path, X_OK) != 0)
        return found(finding, subject, "not executable: chmod +x %s", path);
    return check_first_line(path, subject, finding);
}

/* The handler's PATH, as environment_variables.c makes it. */
static const char *search_path_of(const struct function_version *version)
{
    const char *path = variable_of(version, "PATH");

    if (path == NULL)
        path = getenv("PATH");
    return path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path;
}

static bool is_in_path(const char *search_path, const char *name)
{
    char path[PATH_MAX];

    for (const char *at = search_path; *at != '\0'; at += strspn(at, ":")) {
        const size_t length = strcspn(at, ":");

        if (snprintf(path, sizeof path, "%.*s/%s", (int)length, at, name) < (int)sizeof path &&
            is_file(path) && access(path, X_OK) == 0)
            return true;
        at += length;
    }
    return false;
}

static bool check_command(const struct function_version *version, struct code_finding *finding)
{
    const char *const program = version->command.count == 0 ? NULL : version->command.items[0];

    if (program == NULL || program[0] == '\0')
        return false;
    if (strchr(program, '/') != NULL)
        return check_program_file(program, CODE_SUBJECT_COMMAND, finding);
    if (is_in_path(search_path_of(version), program))
        return false;
    return found(finding, CODE_SUBJECT_COMMAND, "no program %s in PATH", program);
}

static bool check_bootstrap(const struct function_version *version, struct code_finding *finding)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/bootstrap", version->code_uri) >= (int)sizeof path)
        return false;
    if (access(path, F_OK) != 0 && version->layers.count > 0)
        return false; /* it may be in a layer */
    if (access(path, F_OK) != 0)
        return found(finding, CODE_SUBJECT_FOLDER, "there is no bootstrap in %s",
                     version->code_uri);
    return check_program_file(path, CODE_SUBJECT_FOLDER, finding);
}

/* ---- handlers ---- */

/* How a language's source is searched for the handler's function; NULL for those that aren't searched. */
static enum export_status (*const searches[])(struct bytes_view text, const char *name) = {
    [RUNTIME_FAMILY_PYTHON] = exports_python,
    [RUNTIME_FAMILY_NODEJS] = exports_nodejs,
    [RUNTIME_FAMILY_RUBY] = NULL,
    [RUNTIME_FAMILY_PROVIDED] = NULL,
};

/* "src/app.handler" */
struct handler {
    char file[NAME_MAX_BYTES];     /* "src/app", as a path */
    char function[NAME_MAX_BYTES]; /* "handler" */
};

/* False if it has not the form FILE.FUNCTION, or is too long to be looked at. */
static bool split_handler(const char *text, const struct bundled_language *language,
                          struct handler *handler)
{
    const char *const slash = strrchr(text, '/');
    const char *const dot =
        language->module_is_dotted ? strrchr(text, '.') : strchr(slash == NULL ? text : slash, '.');

    if (dot == NULL || dot == text || dot[1] == '\0' || dot[-1] == '/' ||
        snprintf(handler->file, sizeof handler->file, "%.*s", (int)(dot - text), text) >=
            (int)sizeof handler->file ||
        snprintf(handler->function, sizeof handler->function, "%.*s", (int)strcspn(dot + 1, "."),
                 dot + 1) >= (int)sizeof handler->function)
        return false;
    for (char *at = handler->file; language->module_is_dotted && *at != '\0'; at++) {
        if (*at == '.')
            *at = '/';
    }
    return true;
}

/* "" when there is none. */
static void find_source(const char *folder, const char *file, const char *const *endings,
                        char path[PATH_MAX])
{
    for (; *endings != NULL; endings++) {
        if (snprintf(path, PATH_MAX, "%s/%s%s", folder, file, *endings) < PATH_MAX && is_file(path))
            return;
    }
    path[0] = '\0';
}

static bool ends_in_one_of(const char *name, const char *const *endings)
{
    const char *const dot = strrchr(name, '.');

    for (; dot != NULL && dot != name && *endings != NULL; endings++) {
        if (strcmp(dot, *endings) == 0)
            return true;
    }
    return false;
}

/* "; it has app.py, b.py" */
static void list_sources(const char *folder, const char *const *endings, char *text, size_t size)
{
    DIR *const entries = opendir(folder);
    const struct dirent *entry;
    size_t count = 0, length = 0;

    text[0] = '\0';
    while (entries != NULL && count < FILES_SHOWN_MAX && (entry = readdir(entries)) != NULL) {
        if (!ends_in_one_of(entry->d_name, endings) || length >= size)
            continue;
        const int written = snprintf(text + length, size - length, "%s%s",
                                     count++ == 0 ? "; it has " : ", ", entry->d_name);

        length += written < 0 ? 0 : (size_t)written;
    }
    if (entries != NULL)
        (void)closedir(entries);
}

/* May the module come from elsewhere: another folder, a package, a compiled file? */
static bool is_elsewhere(const struct function_version *version,
                         const struct bundled_language *language, const char *file)
{
    char path[PATH_MAX];
    struct stat about;

    if (variable_of(version, language->module_path) != NULL ||
        variable_of(version, "AWS_LAMBDA_EXEC_WRAPPER") != NULL ||
        version->debug_command.count > 0 || version->layers.count > 0)
        return true;
    if (snprintf(path, sizeof path, "%s/%s", version->code_uri, file) < (int)sizeof path &&
        stat(path, &about) == 0)
        return true;
    return snprintf(path, sizeof path, "%s/node_modules/%s", version->code_uri, file) <
               (int)sizeof path &&
           stat(path, &about) == 0;
}

static bool check_source(const char *path, const char *text, size_t length,
                         const struct bundled_language *language, const struct handler *handler,
                         struct code_finding *finding)
{
    const char *const name = strrchr(path, '/') + 1;

    if (searches[language->family] == NULL)
        return false;
    switch (searches[language->family]((struct bytes_view){text, length}, handler->function)) {
    case EXPORT_FOUND:
        break;
    case EXPORT_MISSING:
        return found(finding, CODE_SUBJECT_HANDLER, "%s has no function %s (%s)", name,
                     handler->function, path);
    case EXPORT_UNSURE:
        (void)found(finding, CODE_SUBJECT_HANDLER, "can't tell whether %s has a function %s (%s)",
                    name, handler->function, path);
        finding->is_certain = false;
        return true;
    }
    return false;
}

static bool check_handler(const struct function_version *version,
                          const struct bundled_language *language, struct code_finding *finding)
{
    struct handler handler;
    char path[PATH_MAX], sources[256];

    if (!split_handler(version->handler, language, &handler))
        return found(finding, CODE_SUBJECT_HANDLER,
                     "must be FILE.FUNCTION, such as \"%s\" (is \"%s\")", language->handler,
                     version->handler);
    find_source(version->code_uri, handler.file, language->module_ends, path);
    if (path[0] == '\0' && is_elsewhere(version, language, handler.file))
        return false;
    if (path[0] == '\0') {
        list_sources(version->code_uri, language->module_ends, sources, sizeof sources);
        return found(finding, CODE_SUBJECT_HANDLER, "there is no %s%s in %s%s", handler.file,
                     language->module_ends[0], version->code_uri, sources);
    }
    size_t length = 0;
    struct stat about;
    char *const text = stat(path, &about) == 0 && about.st_size <= SOURCE_BYTES_MAX
                           ? config_file_read(path, CONFIG_FILE_REGULAR, &length)
                           : NULL;
    const bool is_wrong =
        text != NULL && check_source(path, text, length, language, &handler, finding);

    free(text);
    return is_wrong;
}

/* ---- the whole ---- */

static bool look(const struct function_version *version, struct code_finding *finding)
{
    if (version->attach || version->mock.count > 0)
        return false;
    switch (version->kind) {
    case FUNCTION_COMMAND:
    case FUNCTION_IMAGE:
        return check_command(version, finding);
    case FUNCTION_MOCK:
    case FUNCTION_LEFT_OUT:
        return false;
    case FUNCTION_RUNTIME:
        break;
    }
    if (version->code_uri == NULL ||
        version->code_uri[0] != '/') /* an archive that isn't unpacked */
        return false;
    if (version->family == RUNTIME_FAMILY_PROVIDED)
        return check_bootstrap(version, finding);
    const struct bundled_language *const language = bundled_language_of(version->family);

    return language != NULL && version->handler != NULL &&
           check_handler(version, language, finding);
}

/* People know unpacked code by its archive. */
static void name_source(const struct function_version *version, struct code_finding *finding)
{
    char text[sizeof finding->text];
    const size_t length = strlen(version->code_uri);
    const char *found;

    while ((found = strstr(finding->text, version->code_uri)) != NULL) {
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(found - finding->text), finding->text,
                       version->code_source, found + length);
        memcpy(finding->text, text, sizeof text);
    }
}

bool code_check(const struct function_version *version, struct code_finding *finding)
{
    if (!look(version, finding))
        return false;
    if (version->code_source != NULL && version->code_uri != NULL)
        name_source(version, finding);
    return true;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool code_check_is_same(const struct function_version *a, const struct function_version *b)
{
    const char *const program_a = a->command.count == 0 ? NULL : a->command.items[0];
    const char *const program_b = b->command.count == 0 ? NULL : b->command.items[0];

    return a->kind == b->kind && a->family == b->family && a->attach == b->attach &&
           a->mock.count == b->mock.count && is_same_text(a->handler, b->handler) &&
           is_same_text(a->code_uri, b->code_uri) && is_same_text(program_a, program_b);
}
