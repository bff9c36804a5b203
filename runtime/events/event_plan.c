#include "runtime/events/event_plan.h"

#include "base/short_text.h"
#include "runtime/events/record_file.h"

static enum plan_origin origin_of_version(const struct function_version *version)
{
    return version == version->function->latest ? PLAN_LATEST : PLAN_VERSION;
}

/* Whose EventInvokeConfig it is: it is taken as a whole. */
static enum plan_origin find_owner(const struct function_target *target)
{
    const struct function_version *latest = target->version->function->latest;

    if (target->alias != NULL && target->alias->event_invoke_config != NULL)
        return PLAN_ALIAS;
    return target->event_invoke_config == latest->event_invoke_config
               ? PLAN_LATEST
               : origin_of_version(target->version);
}

static void find_origins(const struct config *config, const struct function_target *target,
                         struct event_plan *plan)
{
    const struct event_invoke_config *events = target->event_invoke_config;
    const enum plan_origin owner = find_owner(target);
    const bool is_written = events->has_retry_attempts || events->has_event_age ||
                            events->on_success != NULL || events->on_failure != NULL;

    plan->retry_attempts_from = events->has_retry_attempts ? owner : PLAN_DEFAULT;
    plan->event_age_from = events->has_event_age ? owner : PLAN_DEFAULT;
    plan->destinations_from = is_written ? owner : PLAN_DEFAULT;
    plan->retry_delays_from = config->has_retry_delays ? PLAN_WHOLE : PLAN_DEFAULT;
    plan->dead_letter_arn = target->version->dead_letter_arn;
    plan->dead_letter_from =
        plan->dead_letter_arn == NULL ? PLAN_DEFAULT : origin_of_version(target->version);
    plan->reserved_concurrency_from =
        target->version->function->reserved_concurrency == CONCURRENCY_UNRESERVED ? PLAN_DEFAULT
                                                                                  : PLAN_FUNCTION;
}

static void find_runs(const struct config *config, const struct function_target *target,
                      struct event_plan *plan)
{
    const struct retry_settings settings = {
        .maximum_retry_attempts = target->event_invoke_config->maximum_retry_attempts,
        .maximum_event_age_s = target->event_invoke_config->maximum_event_age_s,
        .delays_s = config->retry_delays_s,
        .delay_count = config->retry_delay_count};
    struct retry_decision decision = {.action = RETRY_AGAIN};
    int64_t age_ms = 0;

    if (target->version->function->reserved_concurrency == 0) {
        plan->condition = DISCARD_ZERO_RESERVED_CONCURRENCY;
        return;
    }
    while (decision.action == RETRY_AGAIN && plan->run_count < PLAN_RUNS_MAX) {
        const struct attempt attempt = {.result = ATTEMPT_FUNCTION_ERROR,
                                        .run_count = (unsigned)plan->run_count + 1,
                                        .age_ms = age_ms};

        plan->runs_at_s[plan->run_count++] = age_ms / 1000;
        decision = retry_policy_decide(&attempt, &settings);
        age_ms += decision.delay_ms;
    }
    plan->condition = decision.condition;
    plan->late_at_s = (age_ms + decision.late_delay_ms) / 1000;
}

void event_plan_make(const struct config *config, const struct function_target *target,
                     struct event_plan *plan)
{
    *plan = (struct event_plan){.run_count = 0};
    find_origins(config, target, plan);
    find_runs(config, target, plan);
}

/* ---- in words ---- */

static void put_name(struct short_text *text, const char *before, const char *arn)
{
    char name[RECORD_NAME_SIZE];

    record_file_name(arn, name);
    short_text_put(text, before);
    short_text_put(text, name);
}

static void put_runs(struct short_text *text, const struct event_plan *plan)
{
    for (size_t i = 0; i < plan->run_count; i++) {
        short_text_put(text, i == 0 ? "" : ", ");
        short_text_put_number(text, (uint64_t)plan->runs_at_s[i]);
    }
}

static void put_end(struct short_text *text, const struct event_plan *plan,
                    const struct function_target *target)
{
    const char *record = target->event_invoke_config->on_failure;

    short_text_put(text, discard_condition_name(plan->condition));
    if (plan->condition == DISCARD_EVENT_AGE_EXCEEDED) {
        short_text_put(text, " (a try at ");
        short_text_put_number(text, (uint64_t)plan->late_at_s);
        short_text_put(text, " s would be too late)");
    }
    if (plan->dead_letter_arn != NULL)
        put_name(text, ": dead letter to ", plan->dead_letter_arn);
    if (record != NULL)
        put_name(text, plan->dead_letter_arn != NULL ? ", record to " : ": record to ", record);
    if (plan->dead_letter_arn == NULL && record == NULL)
        short_text_put(text, ": lost, as there is neither dead-letter queue nor OnFailure");
}

void event_plan_write(const struct event_plan *plan, const struct function_target *target,
                      char text[PLAN_TEXT_SIZE])
{
    struct short_text words;

    short_text_begin(&words, text, PLAN_TEXT_SIZE);
    if (plan->run_count == 0) {
        short_text_put(&words, "never runs, as reserved concurrency is 0; ");
    } else {
        short_text_put(&words, plan->run_count == 1 ? "if it fails: runs at "
                                                    : "if it always fails: runs at ");
        put_runs(&words, plan);
        short_text_put(&words, " s, then ");
    }
    put_end(&words, plan, target);
}
