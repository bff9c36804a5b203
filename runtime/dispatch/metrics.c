#include "runtime/dispatch/metrics.h"

#include "base/name_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_COUNT = INVOCATION_EVENT + 1 };

/* Upper bounds in seconds; what is longer counts in +Inf alone. */
static const double duration_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                         1,     2.5,    5,     10,   30,    60,   300, 900};

enum { BOUND_COUNT = sizeof duration_bounds / sizeof duration_bounds[0] };

enum throttle_limit { LIMIT_FUNCTION, LIMIT_ACCOUNT, LIMIT_OTHER, LIMIT_COUNT };

struct function_metrics {
    struct name_entry entry;
    uint64_t invocations[TYPE_COUNT][HISTORY_STATUS_COUNT];
    uint64_t durations[BOUND_COUNT + 1]; /* each in its own bucket; written as sums */
    double duration_sum_s;
    uint64_t cold_starts;
    uint64_t throttles[LIMIT_COUNT];
    char name[];
};

struct metrics {
    struct name_table functions;
};

/* ---- counting ---- */

/* NULL when out of memory: then nothing is counted. */
static struct function_metrics *get(struct metrics *metrics, const char *name)
{
    struct function_metrics *function = name_table_find(&metrics->functions, "", name);
    const size_t name_size = strlen(name) + 1;

    if (function != NULL)
        return function;
    function = calloc(1, sizeof *function + name_size);
    if (function == NULL)
        return NULL;
    memcpy(function->name, name, name_size);
    if (name_table_add(&metrics->functions, &function->entry, "", function->name, function))
        return function;
    free(function);
    return NULL;
}

static void count(struct function_metrics *function, enum invocation_type type,
                  enum history_status status)
{
    if ((int)type < TYPE_COUNT)
        function->invocations[type][status]++;
}

static void observe_duration(struct function_metrics *function, double duration_s)
{
    size_t at = 0;

    while (at < BOUND_COUNT && duration_s > duration_bounds[at])
        at++;
    function->durations[at]++;
    function->duration_sum_s += duration_s;
}

struct metrics *metrics_new(void)
{
    return calloc(1, sizeof(struct metrics));
}

static void drop(struct metrics *metrics, struct function_metrics *function)
{
    name_table_remove(&metrics->functions, &function->entry);
    free(function);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    while (metrics->functions.first != NULL)
        drop(metrics, metrics->functions.first->owner);
    name_table_clear(&metrics->functions);
    free(metrics);
}

void metrics_finished(struct metrics *metrics, const struct invocation *invocation)
{
    struct function_metrics *function = get(metrics, invocation_function_name(invocation));
    const enum outcome_kind kind = invocation->outcome.kind;
    const enum history_status status = history_status_of(&invocation->outcome);

    if (function == NULL)
        return;
    count(function, invocation->type, status);
    if (status == HISTORY_THROTTLED)
        function->throttles[LIMIT_OTHER]++;
    if (kind != OUTCOME_SUCCEEDED && kind != OUTCOME_FUNCTION_ERROR)
        return;
    observe_duration(function, invocation->duration_ms / 1000);
    if (invocation->is_cold_start)
        function->cold_starts++;
}

void metrics_refused(struct metrics *metrics, const struct invocation *invocation,
                     enum dispatch_status status)
{
    struct function_metrics *function = get(metrics, invocation_function_name(invocation));

    if (function == NULL)
        return;
    switch (status) {
    case DISPATCH_ACCEPTED:
        break;
    case DISPATCH_FUNCTION_THROTTLED:
        function->throttles[LIMIT_FUNCTION]++;
        count(function, invocation->type, HISTORY_THROTTLED);
        break;
    case DISPATCH_ACCOUNT_THROTTLED:
        function->throttles[LIMIT_ACCOUNT]++;
        count(function, invocation->type, HISTORY_THROTTLED);
        break;
    case DISPATCH_NO_MEMORY:
        count(function, invocation->type, HISTORY_REJECTED);
        break;
    }
}

void metrics_rejected(struct metrics *metrics, const char *function_name, enum invocation_type type,
                      enum api_exception exception)
{
    const enum history_status status = history_status_of_exception(exception);
    struct function_metrics *function = get(metrics, function_name);

    if (function == NULL || (int)type >= TYPE_COUNT)
        return;
    count(function, type, status);
    if (status == HISTORY_THROTTLED)
        function->throttles[LIMIT_OTHER]++;
}

void metrics_reconfigure(struct metrics *metrics, const struct config *config)
{
    struct name_entry *next;

    for (struct name_entry *entry = metrics->functions.first; entry != NULL; entry = next) {
        next = entry->next;
        if (!config_has_function(config, entry->name))
            drop(metrics, entry->owner);
    }
}

/* ---- writing ---- */

struct writing {
    struct bytes *text;
    bool is_short;
    const char *family;
};

/* What is known of one function while it is written. */
struct facts {
    const char *name;
    const struct function_metrics *counted;
    struct function_gauges gauges;
};

static void append(struct writing *writing, const char *text, size_t length)
{
    if (!writing->is_short && !bytes_append(&writing->text, text, length))
        writing->is_short = true;
}

static void append_text(struct writing *writing, const char *text)
{
    append(writing, text, strlen(text));
}

/* Label values escape the backslash, the quote and the line feed. */
static void append_label(struct writing *writing, const char *name, const char *value)
{
    append_text(writing, name);
    append_text(writing, "=\"");
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\n')
            append_text(writing, "\\n");
        else {
            if (*at == '\\' || *at == '"')
                append_text(writing, "\\");
            append(writing, at, 1);
        }
    }
    append_text(writing, "\"");
}

/* A series: up to two labels besides the function, each a name and a value; NULL for none. */
struct series {
    const char *suffix;
    const char *labels[2][2];
};

static void append_series(struct writing *writing, const struct facts *facts,
                          const struct series *series, double value)
{
    append_text(writing, writing->family);
    append_text(writing, series->suffix == NULL ? "" : series->suffix);
    append_text(writing, "{");
    append_label(writing, "function", facts->name);
    for (int i = 0; i < 2 && series->labels[i][0] != NULL; i++) {
        append_text(writing, ",");
        append_label(writing, series->labels[i][0], series->labels[i][1]);
    }
    if (!writing->is_short && !bytes_format(&writing->text, "} %.15g\n", value))
        writing->is_short = true;
}

static void write_invocations(struct writing *writing, const struct facts *facts)
{
    for (int type = 0; type < TYPE_COUNT; type++) {
        for (int status = HISTORY_SUCCEEDED; status < HISTORY_STATUS_COUNT; status++) {
            const struct series series = {
                .labels = {{"type", invocation_type_name((enum invocation_type)type)},
                           {"outcome", history_status_name((enum history_status)status)}},
            };

            append_series(writing, facts, &series,
                          (double)facts->counted->invocations[type][status]);
        }
    }
}

static void write_durations(struct writing *writing, const struct facts *facts)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= BOUND_COUNT; i++) {
        char bound[32] = "+Inf";

        if (i < BOUND_COUNT)
            (void)snprintf(bound, sizeof bound, "%g", duration_bounds[i]);
        sum += facts->counted->durations[i];
        append_series(writing, facts, &(struct series){"_bucket", {{"le", bound}}}, (double)sum);
    }
    append_series(writing, facts, &(struct series){.suffix = "_sum"},
                  facts->counted->duration_sum_s);
    append_series(writing, facts, &(struct series){.suffix = "_count"}, (double)sum);
}

static void write_cold_starts(struct writing *writing, const struct facts *facts)
{
    append_series(writing, facts, &(struct series){0}, (double)facts->counted->cold_starts);
}

static void write_throttles(struct writing *writing, const struct facts *facts)
{
    static const char *const limits[LIMIT_COUNT] = {
        [LIMIT_FUNCTION] = "function", [LIMIT_ACCOUNT] = "account", [LIMIT_OTHER] = "other"};

    for (int i = 0; i < LIMIT_COUNT; i++)
        append_series(writing, facts, &(struct series){.labels = {{"limit", limits[i]}}},
                      (double)facts->counted->throttles[i]);
}

static void write_environments(struct writing *writing, const struct facts *facts)
{
    const struct {
        const char *state;
        size_t count;
    } states[] = {
        {"idle", facts->gauges.environments_idle},
        {"busy", facts->gauges.environments_busy},
        {"starting", facts->gauges.environments_starting},
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        append_series(writing, facts, &(struct series){.labels = {{"state", states[i].state}}},
                      (double)states[i].count);
}

static void write_events(struct writing *writing, const struct facts *facts)
{
    append_series(writing, facts, &(struct series){0}, (double)facts->gauges.events);
}

struct family {
    const char *name, *type, *help;
    void (*write)(struct writing *writing, const struct facts *facts);
};

/* clang-format off */
static const struct family families[] = {
    {"invoked_invocations_total", "counter",
     "Invocations that have ended (of events, each attempt), and requests that were refused.", write_invocations},
    {"invoked_invocation_duration_seconds", "histogram",
     "How long handlers ran, whether they succeeded or failed.", write_durations},
    {"invoked_cold_starts_total", "counter",
     "Invocations for which an execution environment had to be started.", write_cold_starts},
    {"invoked_throttles_total", "counter",
     "Invocations refused: reserved concurrency (function) or the account's is used up, or the queue is full or a test "
     "asked for it (other).",
     write_throttles},
    {"invoked_environments", "gauge",
     "Execution environments.", write_environments},
    {"invoked_queue_events", "gauge",
     "Asynchronous events that are queued, running or waiting for their next attempt.", write_events},
};
/* clang-format on */

static void append_head(struct writing *writing, const char *name, const char *type,
                        const char *help)
{
    if (!writing->is_short &&
        !bytes_format(&writing->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type))
        writing->is_short = true;
}

static void write_family(struct writing *writing, const struct family *family,
                         const struct facts *facts, size_t function_count)
{
    writing->family = family->name;
    append_head(writing, family->name, family->type, family->help);
    for (size_t i = 0; i < function_count; i++)
        family->write(writing, &facts[i]);
}

/* One series, of the whole. */
static void write_single(struct writing *writing, const char *name, const char *type,
                         const char *help, double value)
{
    append_head(writing, name, type, help);
    if (!writing->is_short && !bytes_format(&writing->text, "%s %.15g\n", name, value))
        writing->is_short = true;
}

/* One for each name, which functions of several accounts may share. Returns owned; NULL when out of memory. */
static struct facts *gather(const struct metrics *metrics, const struct metrics_sources *sources,
                            size_t *count)
{
    static const struct function_metrics none = {0};
    const size_t function_count = sources->config->function_count;
    struct facts *facts = calloc(function_count + 1, sizeof *facts);

    if (facts == NULL)
        return NULL;
    for (size_t i = 0; i < function_count; i++) {
        struct facts *next = &facts[*count];

        next->name = sources->config->functions[i]->name;
        if (*count > 0 && strcmp(next[-1].name, next->name) == 0)
            continue;
        next->counted = name_table_find(&metrics->functions, "", next->name);
        if (next->counted == NULL)
            next->counted = &none;
        sources->gauges(next->name, &next->gauges, sources->context);
        ++*count;
    }
    return facts;
}

struct bytes *metrics_write(const struct metrics *metrics, const struct metrics_sources *sources)
{
    size_t count = 0;
    struct facts *facts = gather(metrics, sources, &count);
    struct writing writing = {.is_short = facts == NULL};

    for (size_t i = 0; i < sizeof families / sizeof families[0] && !writing.is_short; i++)
        write_family(&writing, &families[i], facts, count);
    write_single(&writing, "invoked_dead_letters_total", "counter",
                 "Events given up and written to a dead-letter queue.",
                 (double)sources->dead_letters);
    write_single(&writing, "invoked_heap_used_bytes", "gauge",
                 "Memory of the server itself that is in use.", (double)sources->memory.heap_used);
    write_single(&writing, "invoked_heap_free_bytes", "gauge",
                 "Memory that the C library keeps for later.", (double)sources->memory.heap_free);
    write_single(&writing, "invoked_database_bytes", "gauge",
                 "Memory in use by SQLite, a part of invoked_heap_used_bytes.",
                 (double)sources->memory.database);
    free(facts);
    if (!writing.is_short)
        return writing.text;
    bytes_release(writing.text);
    return NULL;
}

bool metrics_append_oldest_event(struct bytes **text, double age_s)
{
    struct writing writing = {.text = *text};

    write_single(&writing, "invoked_queue_oldest_event_age_seconds", "gauge",
                 "Time since the oldest event in the queue was accepted; 0 when there is none.",
                 age_s);
    *text = writing.text;
    return !writing.is_short;
}
