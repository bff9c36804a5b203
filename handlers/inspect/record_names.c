#include "handlers/inspect/record_names.h"

#include "config/names/nearest_name.h"
#include "handlers/inspect/inspect_rows.h"
#include "handlers/lambda/api_error.h"

#include <string.h>

enum { NAMES_SHOWN_MAX = 20 };

/* False stops. */
typedef bool name_fn(const char *name, void *context);

static bool visit(const char *arn, name_fn *on_name, void *context)
{
    char name[RECORD_NAME_SIZE];

    if (arn == NULL)
        return true;
    record_file_name(arn, name);
    return on_name(name, context);
}

static bool visit_destinations(const struct event_invoke_config *events, name_fn *on_name,
                               void *context)
{
    return events == NULL || (visit(events->on_success, on_name, context) &&
                              visit(events->on_failure, on_name, context));
}

static bool visit_version(const struct function_version *version, enum record_kind kind,
                          name_fn *on_name, void *context)
{
    return kind == RECORD_DEAD_LETTER
               ? visit(version->dead_letter_arn, on_name, context)
               : visit_destinations(version->event_invoke_config, on_name, context);
}

static bool visit_function(const struct function *function, enum record_kind kind, name_fn *on_name,
                           void *context)
{
    bool goes_on = visit_version(function->latest, kind, on_name, context);

    for (size_t i = 0; goes_on && i < function->version_count; i++)
        goes_on = visit_version(function->versions[i], kind, on_name, context);
    for (size_t i = 0; goes_on && kind == RECORD_DESTINATION && i < function->alias_count; i++)
        goes_on = visit_destinations(function->aliases[i]->event_invoke_config, on_name, context);
    return goes_on;
}

static bool visit_all(const struct config *config, const struct account *account,
                      enum record_kind kind, name_fn *on_name, void *context)
{
    for (size_t i = 0; i < config->function_count; i++) {
        if (inspect_function_is_seen(config, account, config->functions[i]) &&
            !visit_function(config->functions[i], kind, on_name, context))
            return false;
    }
    return true;
}

static bool is_other(const char *name, void *context)
{
    return strcmp(name, context) != 0;
}

bool record_names_have(const struct config *config, const struct account *account,
                       enum record_kind kind, const char *name)
{
    char wanted[RECORD_NAME_SIZE];

    record_file_name(name, wanted);
    return !visit_all(config, account, kind, is_other, wanted);
}

/* Each name once, and the nearest of all. */
struct names {
    struct nearest_name nearest;
    char best[RECORD_NAME_SIZE];
    char shown[NAMES_SHOWN_MAX][RECORD_NAME_SIZE];
    size_t count;
};

static bool note(const char *name, void *context)
{
    struct names *names = context;

    nearest_name_offer(&names->nearest, name);
    if (names->nearest.best == name) { /* which is gone after this */
        memcpy(names->best, name, strlen(name) + 1);
        names->nearest.best = names->best;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->shown[i], name) == 0)
            return true;
    }
    if (names->count < NAMES_SHOWN_MAX)
        memcpy(names->shown[names->count++], name, strlen(name) + 1);
    return true;
}

void record_names_refuse(struct exchange *exchange, const struct config *config,
                         const struct account *account, enum record_kind kind, const char *name)
{
    const bool is_queue = kind == RECORD_DEAD_LETTER;
    const char *const kinds = is_queue ? "queues" : "destinations";
    struct names names = {.count = 0};
    struct bytes *why = NULL;

    nearest_name_init(&names.nearest, name);
    (void)visit_all(config, account, kind, note, &names);
    (void)bytes_format(&why, "there is no %s %s", is_queue ? "dead-letter queue" : "destination",
                       name);
    if (names.nearest.best != NULL)
        (void)bytes_format(&why, "; did you mean %s? The %s are:", names.nearest.best, kinds);
    else
        (void)bytes_format(&why,
                           names.count == 0 ? "; no function has one" : "; the %s are:", kinds);
    for (size_t i = 0; i < names.count; i++)
        (void)bytes_format(&why, "%s %s", i == 0 ? "" : ",", names.shown[i]);
    if (!bytes_append(&why, "", 1))
        api_answer_refusal(exchange, 500, "invoked is out of memory");
    else
        api_answer_refusal(exchange, 404, why->data);
    bytes_release(why);
}
