#include "runtime/environments/layer_variables.h"

#include "base/bytes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char opt[] = "/opt/";

enum { VERSION_SIZE = 16, DEFAULT_SIZE = 4096 };

/*
 * What AWS has in them for layers. `%v` is the number in the name of the runtime, %r the folder of the bundled
 * runtimes, %t the code. `%` stands for what is there already; without it, a function's own value replaces all.
 */
static const struct {
    const char *name, *value;
    enum runtime_family family; /* RUNTIME_FAMILY_NONE: every one */
} rows[] = {
    {"PATH", "%:/opt/bin", RUNTIME_FAMILY_NONE},
    {"LD_LIBRARY_PATH", "%:/opt/lib", RUNTIME_FAMILY_NONE},
    {"PYTHONPATH", "%:/opt/python/lib/python%v/site-packages:/opt/python", RUNTIME_FAMILY_PYTHON},
    {"NODE_PATH", "/opt/nodejs/node%v/node_modules:/opt/nodejs/node_modules:%r/node_modules:%r:%t",
     RUNTIME_FAMILY_NODEJS},
    {"RUBYLIB", "%:/opt/ruby/lib", RUNTIME_FAMILY_RUBY},
    {"GEM_PATH", "/opt/ruby/gems/%v.0", RUNTIME_FAMILY_RUBY},
    {"AWS_LAMBDA_EXEC_WRAPPER", "%", RUNTIME_FAMILY_NONE},
};

/* "3.12" of python3.12, "20" of nodejs20.x */
static void version_of(const char *runtime, char version[VERSION_SIZE])
{
    const char *begin = runtime == NULL ? "" : runtime + strcspn(runtime, "0123456789");
    size_t length = strspn(begin, "0123456789.");

    while (length > 0 && begin[length - 1] == '.')
        length--;
    (void)snprintf(version, VERSION_SIZE, "%.*s", (int)length, begin);
}

bool layer_find_file(const struct function_version *settings, const char *name, char *path,
                     size_t size)
{
    for (size_t i = settings->layers.count; i > 0; i--) {
        if (snprintf(path, size, "%s/%s", settings->layers.items[i - 1], name) < (int)size &&
            access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* ---- the whole value ---- */

static bool add(struct bytes **value, const char *text, size_t length)
{
    return length == 0 ||
           ((*value == NULL || (*value)->length == 0 || bytes_append(value, ":", 1)) &&
            bytes_append(value, text, length));
}

/* A part below /opt, in each layer that has it. */
static bool add_from_layers(struct bytes **value, const struct function_version *settings,
                            const char *part, size_t length)
{
    char path[PATH_MAX];
    bool is_done = true;

    for (size_t i = settings->layers.count; i > 0 && is_done; i--) {
        if (snprintf(path, sizeof path, "%s/%.*s", settings->layers.items[i - 1],
                     (int)(length - strlen(opt)), part + strlen(opt)) < (int)sizeof path &&
            access(path, F_OK) == 0)
            is_done = add(value, path, strlen(path));
    }
    return is_done;
}

static bool add_parts(struct bytes **value, const struct function_version *settings,
                      const char *text, bool is_mounted)
{
    bool is_done = true;

    for (const char *part = text; *part != '\0' && is_done;) {
        const size_t length = strcspn(part, ":");

        if (!is_mounted && strncmp(part, opt, strlen(opt)) == 0)
            is_done = add_from_layers(value, settings, part, length);
        else
            is_done = add(value, part, length);
        part += length + (part[length] == ':');
    }
    return is_done;
}

struct substitution {
    const char *own, *version, *runtime_folder, *task_root;
};

/* False when it is too long. */
static bool substitute(const char *pattern, const struct substitution *with, char *text,
                       size_t size)
{
    size_t used = 0;

    for (; *pattern != '\0' && used < size; pattern++) {
        const char *put = NULL;

        if (*pattern == '%') {
            const char kind = pattern[1];

            put = kind == 'v'   ? with->version
                  : kind == 'r' ? with->runtime_folder
                  : kind == 't' ? with->task_root
                                : with->own;
            pattern += kind == 'v' || kind == 'r' || kind == 't';
        }
        const int length = put == NULL ? snprintf(text + used, size - used, "%c", *pattern)
                                       : snprintf(text + used, size - used, "%s", put);

        used += (size_t)length;
    }
    return used < size;
}

static bool put_one(struct environment_variables *variables,
                    const struct function_version *settings, const char *name, const char *text,
                    bool is_mounted)
{
    struct bytes *value = NULL;
    bool is_done = add_parts(&value, settings, text, is_mounted) && bytes_append(&value, "", 1);

    if (is_done && value->length > 1)
        is_done = environment_variables_put(variables, name, value->data);
    bytes_release(value);
    return is_done;
}

bool layer_variables_put(struct environment_variables *variables,
                         const struct function_version *settings, const char *runtime_folder,
                         bool is_mounted)
{
    char version[VERSION_SIZE];
    bool is_done = true;

    if (settings->layers.count == 0)
        return true;
    version_of(settings->runtime, version);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && is_done; i++) {
        const char *own = environment_variables_value(variables, rows[i].name);
        const char *task_root = environment_variables_value(variables, "LAMBDA_TASK_ROOT");
        const struct substitution with = {own == NULL ? "" : own, version,
                                          runtime_folder == NULL ? "" : runtime_folder,
                                          task_root == NULL ? "" : task_root};
        const bool has_room = rows[i].value[0] == '%';
        const size_t size = strlen(with.own) + DEFAULT_SIZE;
        char *text = malloc(size);

        if (text == NULL)
            return false;
        if ((rows[i].family == RUNTIME_FAMILY_NONE || rows[i].family == settings->family) &&
            substitute(own != NULL && !has_room ? "%" : rows[i].value, &with, text, size))
            is_done = put_one(variables, settings, rows[i].name, text, is_mounted);
        free(text);
    }
    return is_done;
}
