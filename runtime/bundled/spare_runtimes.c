#include "runtime/bundled/spare_runtimes.h"

#include "config/names/bundled_language.h"
#include "runtime/environments/environment_log.h"
#include "runtime/environments/environment_variables.h"
#include "runtime/environments/frame_channel.h"
#include "runtime/environments/worker_command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    START_DELAY_MS = 50, /* the cold start that took the last one uses the processor first */
    RUNTIMES_MAX = 64,   /* in one configuration: AWS has fewer */
    GROUPS_MAX = 8 /* each costs the memory of its spares; functions beyond start as without */
};

struct spare {
    struct spare_runtime runtime; /* first: what others see */
    struct spare *next;
    struct group *group;
    bool is_killed;
};

/* The spares of one interpreter with the same flags. */
struct group {
    struct group *next;
    struct spare_runtimes *spares;
    const struct bundled_language *language;
    char *interpreter;
    struct worker_flags flags;
    bool is_used; /* by the configuration */
    bool has_failed;
    unsigned count;
    struct spare *first; /* the oldest */
};

/* A runtime with its flags that a configuration has named, also an earlier one. */
struct wish {
    struct wish *next;
    struct spare_runtimes *spares;
    char *runtime;
    struct worker_flags flags;
    bool is_considered; /* in this configuration */
};

struct spare_runtimes {
    struct spare_runtimes_options options;
    struct wish *wishes;
    unsigned kept; /* of each group */
    struct group *groups;
    uv_timer_t timer;
};

/* ---- who may have one ---- */

/*
 * Read when a process begins, by the loader, the C library or the interpreter; * stands for any end. python/start.py and
 * nodejs/bootstrap.cjs have lists of their own, for processes that get another environment all the same: this one may
 * be wider than theirs, never narrower.
 */
static const char *const read_by_all[] = {"AWS_LAMBDA_EXEC_WRAPPER",
                                          "GLIBC_TUNABLES",
                                          "HOME",
                                          "LANG",
                                          "LANGUAGE",
                                          "LC_*",
                                          "LD_*",
                                          "MALLOC_*",
                                          NULL};
static const char *const read_by_nobody[] = {"NODE_ENV", NULL};

static bool is_listed(const char *const *names, const char *variable)
{
    const size_t length = strcspn(variable, "=");

    for (; *names != NULL; names++) {
        const size_t name_length = strcspn(*names, "*");
        const bool is_beginning = (*names)[name_length] == '*';

        if (strncmp(*names, variable, name_length) == 0 && (length == name_length || is_beginning))
            return true;
    }
    return false;
}

static bool is_read_at_start(const struct bundled_language *language, const char *variable)
{
    return !is_listed(read_by_nobody, variable) &&
           (is_listed(read_by_all, variable) || is_listed(language->start_variables, variable));
}

static bool may_have_spare(const struct function_version *settings)
{
    const struct bundled_language *language = bundled_language_of(settings->family);

    if (!worker_command_needs_interpreter(settings) || settings->attach ||
        worker_mount_is_wanted(settings) || /* nothing can be mounted for a process that runs */
        settings->layers.count > 0)         /* their libraries are found from the start only */
        return false;
    for (size_t i = 0; i < settings->environment.count; i++) {
        if (is_read_at_start(language, settings->environment.items[i]))
            return false;
    }
    for (size_t i = 0; i < settings->inherit_environment.count; i++) {
        if (is_read_at_start(language, settings->inherit_environment.items[i]))
            return false;
    }
    return true;
}

/* ---- spares ---- */

static void remove_spare(struct spare *spare)
{
    struct spare **link = &spare->group->first;

    while (*link != spare)
        link = &(*link)->next;
    *link = spare->next;
    spare->group->count--;
    free(spare);
}

static void close_files(const struct spare *spare)
{
    if (spare->runtime.log >= 0)
        (void)close(spare->runtime.log);
    if (spare->runtime.channel >= 0)
        (void)close(spare->runtime.channel);
}

/* It was not taken. The next one is started when a function needs one, so this can't repeat endlessly. */
static void on_spare_ended(int wait_status, long peak_memory_kb, void *context)
{
    struct spare *spare = context;
    char message[EXIT_MESSAGE_SIZE];

    (void)peak_memory_kb;
    if (!spare->is_killed) {
        environment_exit_message(wait_status, message);
        log_write(spare->group->spares->options.log, LOG_DEBUG,
                  "a spare process of %s has ended: %s", spare->group->interpreter, message);
    }
    close_files(spare);
    remove_spare(spare);
}

/* Ends surplus spares; they are freed when their processes have ended. */
static void end_spares(struct group *group, unsigned kept)
{
    unsigned place = 0;

    for (struct spare *spare = group->first; spare != NULL; spare = spare->next) {
        if (place++ < kept || spare->is_killed)
            continue;
        spare->is_killed = true;
        process_kill(spare->runtime.process);
    }
}

static bool start_process(struct spare *spare, int output, int channel)
{
    const struct spare_runtimes_options *options = &spare->group->spares->options;
    char script[WORKER_PATH_SIZE];
    char *arguments[WORKER_FLAGS_MAX + 3];
    size_t count = 0;
    struct environment_variables variables;
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (input < 0)
        return false;
    if (!environment_variables_make_bare(spare->runtime.instance, &variables)) {
        (void)close(input);
        errno = ENOMEM;
        return false;
    }
    worker_command_script(spare->group->language, options->bundled_folder, script);
    arguments[count++] = spare->group->interpreter;
    for (size_t i = 0; i < spare->group->flags.count; i++)
        arguments[count++] = spare->group->flags.texts[i];
    arguments[count++] = script;
    arguments[count] = NULL;
    const struct process_options process_options = {
        .path = spare->group->interpreter,
        .arguments = arguments,
        .environment = variables.items,
        .working_directory = "/",
        .input = input,
        .output = output,
        .error = output,
        .extra = channel,
        .ends_with_server = true,
    };

    spare->runtime.process =
        process_start(options->processes, &process_options, on_spare_ended, spare);
    environment_variables_clear(&variables);
    (void)close(input);
    return spare->runtime.process != NULL;
}

/* False with errno set. */
static bool start_spare(struct group *group)
{
    struct spare *spare = calloc(1, sizeof *spare);
    struct spare **link = &group->first;
    int output = -1, channel = -1;
    bool is_started;

    if (spare == NULL)
        return false;
    spare->group = group;
    spare->runtime.channel = -1;
    hex_32_make(group->spares->options.random, spare->runtime.instance);
    spare->runtime.log = environment_log_pipe(&output);
    if (spare->runtime.log >= 0)
        spare->runtime.channel = frame_channel_pair(&channel);
    is_started = spare->runtime.channel >= 0 && start_process(spare, output, channel);

    const int error = errno;

    if (output >= 0)
        (void)close(output);
    if (channel >= 0)
        (void)close(channel);
    if (!is_started) {
        close_files(spare);
        free(spare);
        errno = error;
        return false;
    }
    while (*link != NULL)
        link = &(*link)->next;
    *link = spare;
    group->count++;
    return true;
}

/* ---- keeping them ---- */

static void on_timer(uv_timer_t *timer)
{
    struct spare_runtimes *spares = timer->data;

    for (struct group *group = spares->groups; group != NULL; group = group->next) {
        while (group->is_used && !group->has_failed && group->count < spares->kept) {
            char reason[128];

            if (start_spare(group))
                continue;
            group->has_failed = true; /* until a function needs one again */
            log_write(spares->options.log, LOG_WARN, "could not start a spare process of %s: %s",
                      group->interpreter, strerror_r(errno, reason, sizeof reason));
        }
    }
}

static void start_soon(struct spare_runtimes *spares)
{
    if (spares->kept > 0 && !uv_is_active((const uv_handle_t *)&spares->timer))
        (void)uv_timer_start(&spares->timer, on_timer, START_DELAY_MS, 0);
}

static bool is_same(const struct worker_flags *left, const struct worker_flags *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++) {
        if (strcmp(left->texts[i], right->texts[i]) != 0)
            return false;
    }
    return true;
}

static struct group *find_group(const struct spare_runtimes *spares, const char *interpreter,
                                const struct worker_flags *flags)
{
    struct group *group = spares->groups;

    while (group != NULL &&
           (strcmp(group->interpreter, interpreter) != 0 || !is_same(&group->flags, flags)))
        group = group->next;
    return group;
}

static unsigned used_groups(const struct spare_runtimes *spares)
{
    unsigned count = 0;

    for (const struct group *group = spares->groups; group != NULL; group = group->next)
        count += group->is_used;
    return count;
}

static struct group *make_group(struct spare_runtimes *spares,
                                const struct bundled_language *language, const char *interpreter,
                                const struct worker_flags *flags)
{
    struct group *group = calloc(1, sizeof *group);

    if (group == NULL)
        return NULL;
    group->interpreter = strdup(interpreter);
    if (group->interpreter == NULL) {
        free(group);
        return NULL;
    }
    group->spares = spares;
    group->language = language;
    group->flags = *flags;
    group->next = spares->groups;
    spares->groups = group;
    return group;
}

static void use(struct spare_runtimes *spares, const struct bundled_language *language,
                const char *interpreter, const struct worker_flags *flags)
{
    struct group *group = find_group(spares, interpreter, flags);

    if ((group == NULL || !group->is_used) && used_groups(spares) >= GROUPS_MAX)
        return;
    if (group == NULL)
        group = make_group(spares, language, interpreter, flags);
    if (group == NULL)
        return;
    group->is_used = true;
    start_soon(spares);
}

static void on_found(const struct bundled_language *language, const char *path, const char *problem,
                     void *context)
{
    const struct wish *wish = context;

    if (path != NULL)
        use(wish->spares, language, path, &wish->flags);
    else
        log_write(wish->spares->options.log, LOG_WARN, "%s", problem);
}

/* ---- what the configuration uses ---- */

/* NULL when out of memory. */
static struct wish *get_wish(struct spare_runtimes *spares, const struct function_version *settings)
{
    struct worker_flags flags;
    struct wish *wish = spares->wishes;

    worker_command_flags(settings, &flags);
    while (wish != NULL &&
           (strcmp(wish->runtime, settings->runtime) != 0 || !is_same(&wish->flags, &flags)))
        wish = wish->next;
    if (wish != NULL)
        return wish;
    wish = calloc(1, sizeof *wish);
    if (wish == NULL)
        return NULL;
    wish->runtime = strdup(settings->runtime);
    if (wish->runtime == NULL) {
        free(wish);
        return NULL;
    }
    wish->spares = spares;
    wish->flags = flags;
    wish->next = spares->wishes;
    spares->wishes = wish;
    return wish;
}

static bool has_own_path(const struct function_version *settings)
{
    for (size_t i = 0; i < settings->environment.count; i++) {
        if (strncmp(settings->environment.items[i], "PATH=", 5) == 0)
            return true;
    }
    return false;
}

/* A function with a PATH of its own finds its interpreter when it is invoked. */
static void consider(struct spare_runtimes *spares, const struct function_version *settings,
                     unsigned *count)
{
    char path[INTERPRETER_PATH_SIZE];
    struct wish *wish;

    if (!may_have_spare(settings) || has_own_path(settings) || *count == RUNTIMES_MAX)
        return;
    wish = get_wish(spares, settings);
    if (wish == NULL || wish->is_considered)
        return;
    wish->is_considered = true;
    ++*count;
    if (interpreters_find(spares->options.interpreters, settings, interpreter_search_path(settings),
                          path, on_found, wish) &&
        path[0] != '\0')
        use(spares, bundled_language_of(settings->family), path, &wish->flags);
}

void spare_runtimes_reconfigure(struct spare_runtimes *spares, const struct config *config)
{
    unsigned count = 0;

    spares->kept = config->spare_runtimes;
    for (struct group *group = spares->groups; group != NULL; group = group->next)
        group->is_used = group->has_failed = false;
    for (struct wish *wish = spares->wishes; wish != NULL; wish = wish->next)
        wish->is_considered = false;
    for (size_t i = 0; i < config->function_count && spares->kept > 0; i++) {
        const struct function *function = config->functions[i];

        consider(spares, function->latest, &count);
        for (size_t k = 0; k < function->version_count; k++)
            consider(spares, function->versions[k], &count);
    }
    for (struct group *group = spares->groups; group != NULL; group = group->next)
        end_spares(group, group->is_used ? spares->kept : 0);
}

/* ---- giving them away ---- */

const struct spare_runtime *spare_runtimes_find(struct spare_runtimes *spares,
                                                const struct function_version *settings,
                                                const char *interpreter)
{
    struct worker_flags flags;
    struct group *group;

    if (spares->kept == 0 || !may_have_spare(settings))
        return NULL;
    worker_command_flags(settings, &flags);
    use(spares, bundled_language_of(settings->family), interpreter, &flags);
    group = find_group(spares, interpreter, &flags);
    if (group == NULL)
        return NULL;
    group->has_failed = false;
    for (const struct spare *spare = group->first; spare != NULL; spare = spare->next) {
        if (!spare->is_killed && !process_has_ended(spare->runtime.process))
            return &spare->runtime;
    }
    return NULL;
}

struct spare_runtime spare_runtimes_take(struct spare_runtimes *spares,
                                         const struct spare_runtime *spare,
                                         process_ended_fn *on_ended, void *context)
{
    const struct spare_runtime taken = *spare;
    struct spare *owner = (struct spare *)(uintptr_t)spare;

    assert(owner->group->spares == spares);
    process_hand_over(taken.process, on_ended, context);
    remove_spare(owner);
    return taken;
}

/* ---- the whole ---- */

struct spare_runtimes *spare_runtimes_open(const struct spare_runtimes_options *options)
{
    struct spare_runtimes *spares = calloc(1, sizeof *spares);

    if (spares == NULL)
        return NULL;
    spares->options = *options;
    (void)uv_timer_init(options->loop, &spares->timer);
    uv_unref((uv_handle_t *)&spares->timer);
    spares->timer.data = spares;
    return spares;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct spare_runtimes *spares = handle->data;
    struct group *group;
    struct wish *wish;

    while ((wish = spares->wishes) != NULL) {
        spares->wishes = wish->next;
        free(wish->runtime);
        free(wish);
    }
    while ((group = spares->groups) != NULL) {
        struct spare *spare;

        spares->groups = group->next;
        while ((spare = group->first) != NULL) {
            group->first = spare->next;
            close_files(spare);
            free(spare);
        }
        free(group->interpreter);
        free(group);
    }
    free(spares);
}

void spare_runtimes_close(struct spare_runtimes *spares)
{
    uv_close((uv_handle_t *)&spares->timer, on_timer_closed);
}
