#include "runtime/events/retry_policy.h"

#include <assert.h>
#include <stdlib.h>

enum { MS_PER_S = 1000, BACK_OFF_MIN_S = 1, BACK_OFF_MAX_S = 300 };

static struct retry_decision discard(enum discard_condition condition)
{
    return (struct retry_decision){.action = RETRY_DISCARD, .condition = condition};
}

/* Unless the event would then be too old. */
static struct retry_decision again_after(int64_t delay_ms, const struct attempt *attempt,
                                         const struct retry_settings *settings)
{
    if (retry_policy_is_expired(attempt->age_ms + delay_ms, settings))
        return (struct retry_decision){.action = RETRY_DISCARD,
                                       .condition = DISCARD_EVENT_AGE_EXCEEDED,
                                       .late_delay_ms = delay_ms};
    return (struct retry_decision){.action = RETRY_AGAIN, .delay_ms = delay_ms};
}

static int64_t retry_delay_ms(unsigned run_count, const struct retry_settings *settings)
{
    const size_t retry = run_count > 0 ? run_count - 1 : 0;
    const size_t last = settings->delay_count - 1;

    return (int64_t)settings->delays_s[retry < last ? retry : last] * MS_PER_S;
}

static int64_t back_off_ms(unsigned refusal_count)
{
    int64_t delay_s = BACK_OFF_MIN_S;

    for (unsigned refusal = 1; refusal < refusal_count && delay_s < BACK_OFF_MAX_S; refusal++)
        delay_s *= 2;
    return (delay_s < BACK_OFF_MAX_S ? delay_s : BACK_OFF_MAX_S) * MS_PER_S;
}

struct retry_decision retry_policy_decide(const struct attempt *attempt,
                                          const struct retry_settings *settings)
{
    assert(settings->delay_count > 0);
    switch (attempt->result) {
    case ATTEMPT_SUCCEEDED:
        return (struct retry_decision){.action = RETRY_DONE};
    case ATTEMPT_FUNCTION_ERROR:
        if (attempt->run_count > settings->maximum_retry_attempts)
            return discard(DISCARD_RETRIES_EXHAUSTED);
        return again_after(retry_delay_ms(attempt->run_count, settings), attempt, settings);
    case ATTEMPT_THROTTLED:
    case ATTEMPT_SYSTEM_ERROR:
        return again_after(back_off_ms(attempt->refusal_count), attempt, settings);
    case ATTEMPT_ZERO_RESERVED_CONCURRENCY:
        return discard(DISCARD_ZERO_RESERVED_CONCURRENCY);
    case ATTEMPT_RECURSIVE:
        return discard(DISCARD_RECURSIVE_INVOCATION);
    case ATTEMPT_INTERRUPTED:
        return again_after(0, attempt, settings);
    }
    abort(); /* no attempt_result */
}

bool retry_policy_is_expired(int64_t age_ms, const struct retry_settings *settings)
{
    return age_ms >= (int64_t)settings->maximum_event_age_s * MS_PER_S;
}

const char *discard_condition_name(enum discard_condition condition)
{
    static const char *const names[] = {
        [DISCARD_RETRIES_EXHAUSTED] = "RetriesExhausted",
        [DISCARD_EVENT_AGE_EXCEEDED] = "EventAgeExceeded",
        [DISCARD_ZERO_RESERVED_CONCURRENCY] = "ZeroReservedConcurrency",
        [DISCARD_RECURSIVE_INVOCATION] = "RecursiveInvocation", /* AWS's word is not known */
    };

    return names[condition];
}
