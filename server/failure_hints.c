#include "server/failure_hints.h"

#include "config/check/code_check.h"
#include "runtime/bundled/interpreter.h"

#include <stdio.h>
#include <string.h>

enum { PAYLOAD_MAX = 64 << 10 /* errors of this kind are short */, MODULE_MAX = 128 };

typedef void hint_fn(const struct failure_hints *hints, const struct function_version *version,
                     struct bytes_view payload);

/* Copies NAME of "... before'NAME'...", if it looks like a module that can be installed. */
static bool read_module(struct bytes_view payload, const char *before, char name[MODULE_MAX])
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@/";
    const char *const end = payload.data + payload.length;
    const char *at = memmem(payload.data, payload.length, before, strlen(before));
    size_t length = 0;

    if (at == NULL)
        return false;
    for (at += strlen(before); at < end && *at != '\0' && strchr(letters, *at) != NULL; at++) {
        if (length + 1 >= MODULE_MAX)
            return false;
        name[length++] = *at;
    }
    name[length] = '\0';
    return length > 0 && at < end && *at == '\'' && name[0] != '/' && name[0] != '.' &&
           name[0] != '-';
}

static void ignore_interpreter(const struct bundled_language *language, const char *path,
                               const char *problem, void *context)
{
    (void)language;
    (void)path;
    (void)problem;
    (void)context;
}

/* Of several interpreters each has its own modules. It has just run, so which one it is has been found out. */
static void hint_python_module(const struct failure_hints *hints,
                               const struct function_version *version, const char *module)
{
    char path[INTERPRETER_PATH_SIZE];

    if (!interpreters_find(hints->interpreters, version, interpreter_search_path(version), path,
                           ignore_interpreter, NULL))
        (void)snprintf(path, sizeof path, "python3");
    log_write(hints->log, LOG_WARN,
              "%s: %s is not installed for %s: %s -m pip install -t %s PACKAGE",
              version->function->name, module, path, path, version->code_uri);
}

static void hint_module(const struct failure_hints *hints, const struct function_version *version,
                        struct bytes_view payload)
{
    const char *const function = version->function->name;
    char name[MODULE_MAX];

    if (version->family == RUNTIME_FAMILY_PYTHON && read_module(payload, "No module named '", name))
        hint_python_module(hints, version, name);
    else if (version->family == RUNTIME_FAMILY_NODEJS &&
             (read_module(payload, "Cannot find module '", name) ||
              read_module(payload, "Cannot find package '", name)))
        log_write(hints->log, LOG_WARN, "%s: %s is not installed: npm install --prefix %s %s",
                  function, name, version->code_uri, name);
}

static void hint_code(const struct failure_hints *hints, const struct function_version *version,
                      struct bytes_view payload)
{
    struct code_finding finding;

    if (code_check(version, &finding))
        log_write(hints->log, LOG_WARN, "%s: %s", version->function->name, finding.text);
    else
        hint_module(hints, version, payload);
}

static void hint_timeout(const struct failure_hints *hints, const struct function_version *version,
                         struct bytes_view payload)
{
    (void)payload;
    log_write(hints->log, LOG_WARN,
              "%s: ended at its Timeout of %u s; the configuration can raise it to 900",
              version->function->name, version->timeout_s);
}

static const struct {
    const char *type; /* how the error type begins */
    hint_fn *tell;
} rows[] = {
    {"Sandbox.Timedout", hint_timeout},
    {"Runtime.", hint_code},
};

static bool is_new(struct failure_hints *hints, uint64_t key)
{
    for (size_t i = 0; i < FAILURE_HINTS_KEPT; i++) {
        if (hints->logged[i] == key)
            return false;
    }
    hints->logged[hints->next] = key;
    hints->next = (hints->next + 1) % FAILURE_HINTS_KEPT;
    return true;
}

void failure_hints_finished(struct failure_hints *hints, const struct invocation *invocation)
{
    const struct outcome *const outcome = &invocation->outcome;
    const struct function_version *const version = invocation->target.version;
    const struct bytes_view payload = bytes_view(outcome->payload);

    if (outcome->kind != OUTCOME_FUNCTION_ERROR || payload.length > PAYLOAD_MAX ||
        version->kind == FUNCTION_MOCK)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(outcome->error_type, rows[i].type, strlen(rows[i].type)) == 0 &&
            is_new(hints, version->fingerprint + i + 1))
            rows[i].tell(hints, version, payload);
    }
}
