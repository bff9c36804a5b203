#include "runtime/bundled/interpreter.h"

#include "config/names/bundled_language.h"
#include "runtime/bundled/interpreter_version.h"
#include "runtime/environments/worker_command.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NAME_SIZE = 32,
    PROBE_LIMIT_MS = 10000,
    VERSION_DELAY_MS = 300, /* lets waiting environments start first */
    OUTPUT_SIZE = INTERPRETER_PATH_SIZE + 64
};

struct waiter {
    struct waiter *next;
    interpreter_found_fn *on_found;
    void *context;
};

/* The search for one runtime in one PATH, and its result. */
struct search {
    struct interpreters *interpreters;
    struct search *next;
    char runtime[NAME_SIZE];
    char *search_path;
    const struct bundled_language *language;
    const char *const *candidate;           /* the executable that is tried now */
    char path[INTERPRETER_PATH_SIZE];       /* "" until one was found */
    char version[INTERPRETER_VERSION_SIZE]; /* "" until it was asked */
    bool is_over;
    struct process *process; /* the probe */
    int output;
    uv_timer_t timer;
    struct waiter *waiters;
};

struct interpreters {
    uv_loop_t *loop;
    struct process_table *processes;
    struct log *log;
    struct search *searches;
};

static void try_next(struct search *search);

/* ---- what is tried ---- */

static bool names_version(const char *executable)
{
    return strchr(executable, '*') != NULL;
}

/* "node20" for "node*" */
static void candidate_name(const struct search *search, char name[NAME_SIZE])
{
    const struct bytes_view version = interpreter_version_of(search->runtime);
    const char *const executable = *search->candidate;

    (void)snprintf(name, NAME_SIZE, "%.*s%.*s", (int)strcspn(executable, "*"), executable,
                   names_version(executable) ? (int)version.length : 0, version.data);
}

static bool is_script(const char *file)
{
    char head[2] = "";
    const int descriptor = open(file, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return false;
    const ssize_t length = read(descriptor, head, sizeof head);

    (void)close(descriptor);
    return length == sizeof head && memcmp(head, "#!", sizeof head) == 0;
}

/* ---- asking ---- */

static void on_probe_overdue(uv_timer_t *timer)
{
    struct search *search = timer->data;

    if (search->process != NULL)
        process_kill(search->process);
}

/* Reads the answer: the path to `path`, the version to the search. False if there is none. */
static bool end_probe(struct search *search, int wait_status, char path[INTERPRETER_PATH_SIZE])
{
    char text[OUTPUT_SIZE];
    const ssize_t length = read(search->output, text, sizeof text);

    (void)close(search->output);
    (void)uv_timer_stop(&search->timer);
    search->process = NULL;
    return wait_status == 0 && length > 0 &&
           interpreter_version_read((struct bytes_view){text, (size_t)length}, path,
                                    INTERPRETER_PATH_SIZE, search->version);
}

static bool start_probe(struct search *search, const char *file, process_ended_fn *on_ended)
{
    char *const arguments[] = {(char *)(uintptr_t)file,
                               (char *)(uintptr_t)search->language->question_flag,
                               (char *)(uintptr_t)search->language->question, NULL};
    int ends[2];
    int nothing;

    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        if (nothing >= 0)
            (void)close(nothing);
        return false;
    }
    const struct process_options options = {
        .path = file,
        .arguments = arguments,
        .environment = environ,
        .working_directory = "/",
        .input = nothing,
        .output = ends[1],
        .error = nothing,
        .extra = -1,
    };

    search->process = process_start(search->interpreters->processes, &options, on_ended, search);
    (void)close(nothing);
    (void)close(ends[1]);
    if (search->process == NULL) {
        (void)close(ends[0]);
        return false;
    }
    search->output = ends[0];
    (void)uv_timer_start(&search->timer, on_probe_overdue, PROBE_LIMIT_MS, 0);
    return true;
}

/* ---- which version is it? ---- */

static void say_version(const struct search *search)
{
    if (!interpreter_version_fits(search->runtime, search->version))
        log_write(search->interpreters->log, LOG_WARN, "%s: runs under %s %s (%s)", search->runtime,
                  search->language->name, search->version, search->path);
}

static void on_version_known(int wait_status, long peak_memory_kb, void *context)
{
    struct search *search = context;
    char path[INTERPRETER_PATH_SIZE];

    (void)peak_memory_kb;
    if (end_probe(search, wait_status, path))
        say_version(search);
}

static void on_version_due(uv_timer_t *timer)
{
    struct search *search = timer->data;

    (void)start_probe(search, search->path, on_version_known);
}

/* ---- the end of a search ---- */

static void check_version(struct search *search)
{
    if (search->version[0] != '\0')
        say_version(search);
    else if (*search->candidate != NULL && !names_version(*search->candidate))
        (void)uv_timer_start(&search->timer, on_version_due, VERSION_DELAY_MS, 0);
}

static const char *usual_executable(const struct bundled_language *language)
{
    const char *const *executable = language->executables;

    while (names_version(*executable))
        executable++;
    return *executable;
}

static void end_search(struct search *search)
{
    struct waiter *waiter = search->waiters;
    char problem[INTERPRETER_ERROR_SIZE] = "";

    search->is_over = true;
    search->waiters = NULL;
    if (search->path[0] == '\0')
        (void)snprintf(problem, sizeof problem, "%s is not installed here: no %s in PATH",
                       search->runtime, usual_executable(search->language));
    else
        check_version(search);
    if (search->path[0] == '\0' && waiter == NULL) /* otherwise each waiter logs it */
        log_write(search->interpreters->log, LOG_WARN, "%s", problem);
    while (waiter != NULL) {
        struct waiter *next = waiter->next;

        waiter->on_found(search->language, search->path[0] == '\0' ? NULL : search->path, problem,
                         waiter->context);
        free(waiter);
        waiter = next;
    }
}

/* ---- searching ---- */

/* A script has printed the path of the real interpreter. */
static void on_script_answered(int wait_status, long peak_memory_kb, void *context)
{
    struct search *search = context;
    char path[INTERPRETER_PATH_SIZE];

    (void)peak_memory_kb;
    if (end_probe(search, wait_status, path) && process_is_program(path)) {
        memcpy(search->path, path, sizeof path);
        end_search(search);
        return;
    }
    search->version[0] = '\0';
    search->candidate++;
    try_next(search);
}

/* Continues until one is found, a script has been asked, or none is left. */
static void try_next(struct search *search)
{
    char name[NAME_SIZE], file[INTERPRETER_PATH_SIZE];

    for (; *search->candidate != NULL; search->candidate++) {
        candidate_name(search, name);
        if (!process_find_program(name, search->search_path, file, sizeof file))
            continue;
        if (!is_script(file)) {
            memcpy(search->path, file, sizeof file);
            break;
        }
        if (start_probe(search, file, on_script_answered))
            return;
    }
    end_search(search);
}

/* ---- the whole ---- */

static struct search *find_search(const struct interpreters *interpreters, const char *runtime,
                                  const char *search_path)
{
    struct search *search = interpreters->searches;

    while (search != NULL &&
           (strcmp(search->runtime, runtime) != 0 || strcmp(search->search_path, search_path) != 0))
        search = search->next;
    return search;
}

static struct search *add_search(struct interpreters *interpreters,
                                 const struct function_version *settings, const char *search_path)
{
    struct search *search = calloc(1, sizeof *search);

    if (search == NULL)
        return NULL;
    search->search_path = strdup(search_path);
    if (search->search_path == NULL) {
        free(search);
        return NULL;
    }
    search->interpreters = interpreters;
    search->language = bundled_language_of(settings->family);
    search->candidate = search->language->executables;
    (void)snprintf(search->runtime, sizeof search->runtime, "%s", settings->runtime);
    (void)uv_timer_init(interpreters->loop, &search->timer);
    search->timer.data = search;
    search->next = interpreters->searches;
    interpreters->searches = search;
    return search;
}

static void on_search_begins(uv_timer_t *timer)
{
    try_next(timer->data);
}

/* Returns the search, which may be running; NULL when out of memory. */
static struct search *begin_search(struct interpreters *interpreters,
                                   const struct function_version *settings, const char *search_path)
{
    struct search *search = find_search(interpreters, settings->runtime, search_path);

    if (search == NULL)
        search = add_search(interpreters, settings, search_path);
    else if (search->is_over && search->path[0] == '\0')
        search->candidate = search->language->executables; /* it may have been installed since */
    else
        return search;
    if (search == NULL)
        return NULL;
    search->is_over = false;
    (void)uv_timer_start(&search->timer, on_search_begins, 0, 0);
    return search;
}

bool interpreters_find(struct interpreters *interpreters, const struct function_version *settings,
                       const char *search_path, char path[INTERPRETER_PATH_SIZE],
                       interpreter_found_fn *on_found, void *context)
{
    struct search *search;
    struct waiter *waiter;

    assert(bundled_language_of(settings->family) != NULL);
    search = begin_search(interpreters, settings, search_path);
    if (search == NULL) {
        path[0] = '\0';
        return true;
    }
    if (search->is_over) {
        memcpy(path, search->path, INTERPRETER_PATH_SIZE);
        return true;
    }
    waiter = malloc(sizeof *waiter);
    if (waiter == NULL) {
        path[0] = '\0';
        return true;
    }
    *waiter = (struct waiter){search->waiters, on_found, context};
    search->waiters = waiter;
    return false;
}

const char *interpreter_search_path(const struct function_version *settings)
{
    const char *search_path = getenv("PATH");
    const struct variable_list *own = &settings->environment;

    for (size_t i = 0; i < own->count; i++) {
        if (strncmp(own->items[i], "PATH=", 5) == 0)
            search_path = own->items[i] + 5;
    }
    return search_path == NULL ? "/usr/local/bin:/usr/bin:/bin" : search_path;
}

static void prefetch(struct interpreters *interpreters, const struct function_version *settings)
{
    const char *search_path = interpreter_search_path(settings);

    if (worker_command_needs_interpreter(settings) && !settings->attach &&
        find_search(interpreters, settings->runtime, search_path) == NULL)
        (void)begin_search(interpreters, settings, search_path);
}

void interpreters_prefetch(struct interpreters *interpreters, const struct config *config)
{
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        prefetch(interpreters, function->latest);
        for (size_t k = 0; k < function->version_count; k++)
            prefetch(interpreters, function->versions[k]);
    }
}

struct interpreters *interpreters_open(uv_loop_t *loop, struct process_table *processes,
                                       struct log *log)
{
    struct interpreters *interpreters = calloc(1, sizeof *interpreters);

    if (interpreters != NULL)
        *interpreters = (struct interpreters){.loop = loop, .processes = processes, .log = log};
    return interpreters;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct search *search = handle->data;

    free(search->search_path);
    free(search);
}

void interpreters_close(struct interpreters *interpreters)
{
    struct search *next;

    for (struct search *search = interpreters->searches; search != NULL; search = next) {
        struct waiter *waiter;

        next = search->next;
        if (search->process != NULL)
            (void)close(search->output);
        while ((waiter = search->waiters) != NULL) {
            search->waiters = waiter->next;
            free(waiter);
        }
        uv_close((uv_handle_t *)&search->timer, on_timer_closed);
    }
    free(interpreters);
}
