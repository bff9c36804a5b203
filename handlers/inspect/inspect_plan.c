/*
 * GET /_invoked/functions/{name}/plan: what will become of an event of this function. A member has the `Value` that holds
 * and where it comes from.
 */
#include "handlers/handlers.h"

#include "base/json/json_writer.h"
#include "handlers/inspect/inspect_function_name.h"
#include "handlers/inspect/inspect_query.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/events/event_plan.h"

#include <stdio.h>

enum { QUALIFIER_SIZE = 130, FROM_SIZE = 160 };

static void write_from(struct json_writer *writer, enum plan_origin origin,
                       const struct function_target *target)
{
    char from[FROM_SIZE] = "default";

    switch (origin) {
    case PLAN_DEFAULT:
        break;
    case PLAN_WHOLE:
        (void)snprintf(from, sizeof from, "Local.RetryDelaysSeconds");
        break;
    case PLAN_FUNCTION:
        (void)snprintf(from, sizeof from, "function");
        break;
    case PLAN_LATEST:
        (void)snprintf(from, sizeof from, "$LATEST");
        break;
    case PLAN_VERSION:
        (void)snprintf(from, sizeof from, "version %s", target->version->version);
        break;
    case PLAN_ALIAS:
        (void)snprintf(from, sizeof from, "alias %s", target->alias->name);
        break;
    }
    json_key(writer, "From");
    json_text(writer, from);
    json_close(writer, '}');
}

static void begin_setting(struct json_writer *writer, const char *name)
{
    json_key(writer, name);
    json_open(writer, '{');
    json_key(writer, "Value");
}

static void write_number(struct json_writer *writer, const char *name, int64_t value,
                         enum plan_origin origin, const struct function_target *target)
{
    begin_setting(writer, name);
    json_integer(writer, value);
    write_from(writer, origin, target);
}

static void write_text(struct json_writer *writer, const char *name, const char *value,
                       enum plan_origin origin, const struct function_target *target)
{
    begin_setting(writer, name);
    json_text(writer, value);
    write_from(writer, origin, target);
}

static void write_delays(struct json_writer *writer, const struct config *config,
                         enum plan_origin origin, const struct function_target *target)
{
    begin_setting(writer, "RetryDelaysSeconds");
    json_open(writer, '[');
    for (size_t i = 0; i < config->retry_delay_count; i++)
        json_integer(writer, config->retry_delays_s[i]);
    json_close(writer, ']');
    write_from(writer, origin, target);
}

static void write_reserved(struct json_writer *writer, enum plan_origin origin,
                           const struct function_target *target)
{
    const int reserved = target->version->function->reserved_concurrency;

    begin_setting(writer, "ReservedConcurrentExecutions");
    if (reserved == CONCURRENCY_UNRESERVED)
        json_null(writer);
    else
        json_integer(writer, reserved);
    write_from(writer, origin, target);
}

static void write_schedule(struct json_writer *writer, const struct event_plan *plan,
                           const struct function_target *target)
{
    char text[PLAN_TEXT_SIZE];

    event_plan_write(plan, target, text);
    json_key(writer, "RunsAtSeconds");
    json_open(writer, '[');
    for (size_t i = 0; i < plan->run_count; i++)
        json_integer(writer, plan->runs_at_s[i]);
    json_close(writer, ']');
    json_key(writer, "Condition");
    json_text(writer, discard_condition_name(plan->condition));
    json_key(writer, "Text");
    json_text(writer, text);
}

static void write_plan(struct json_writer *writer, const struct config *config,
                       const struct function_target *target, const char *qualifier)
{
    const struct event_invoke_config *events = target->event_invoke_config;
    struct event_plan plan;

    event_plan_make(config, target, &plan);
    json_open(writer, '{');
    json_key(writer, "FunctionName");
    json_text(writer, target->version->function->name);
    json_key(writer, "Qualifier");
    json_text(writer, qualifier[0] == '\0' ? NULL : qualifier);
    json_key(writer, "ExecutedVersion");
    json_text(writer, target->version->version);
    write_number(writer, "MaximumRetryAttempts", events->maximum_retry_attempts,
                 plan.retry_attempts_from, target);
    write_number(writer, "MaximumEventAgeInSeconds", events->maximum_event_age_s,
                 plan.event_age_from, target);
    write_delays(writer, config, plan.retry_delays_from, target);
    write_reserved(writer, plan.reserved_concurrency_from, target);
    write_text(writer, "DeadLetterQueue", plan.dead_letter_arn, plan.dead_letter_from, target);
    write_text(writer, "OnSuccess", events->on_success, plan.destinations_from, target);
    write_text(writer, "OnFailure", events->on_failure, plan.destinations_from, target);
    write_schedule(writer, &plan, target);
    json_close(writer, '}');
}

static void refuse_qualifier(struct exchange *exchange, const struct function *function,
                             const char *qualifier)
{
    struct bytes *why = NULL;

    (void)bytes_format(&why, "%s has no version or alias %s; it has $LATEST", function->name,
                       qualifier);
    for (size_t i = 0; i < function->version_count; i++)
        (void)bytes_format(&why, ", %s", function->versions[i]->version);
    for (size_t i = 0; i < function->alias_count; i++)
        (void)bytes_format(&why, ", %s", function->aliases[i]->name);
    (void)bytes_append(&why, "", 1);
    api_answer_refusal(exchange, 404, why == NULL ? "unknown qualifier" : why->data);
    bytes_release(why);
}

void inspect_plan_show(struct exchange *exchange, struct api *api)
{
    const struct config *config = config_store_current(api->config_store);
    const struct function *function;
    struct function_target target;
    struct json_writer writer = {0};
    const struct account *account;
    char qualifier[QUALIFIER_SIZE];

    if (!inspect_query_text(exchange, "Qualifier", qualifier, sizeof qualifier) ||
        (account = inspect_account(exchange, api)) == NULL ||
        (function = inspect_function_named(exchange, api, account)) == NULL)
        return;
    if (!function_resolve(function, qualifier, 1.0, &target)) {
        refuse_qualifier(exchange, function, qualifier);
        return;
    }
    write_plan(&writer, config, &target, qualifier);
    inspect_respond_json(exchange, 200, json_writer_take(&writer));
}
