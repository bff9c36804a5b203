#include "server/observers.h"

#include "runtime/dispatch/history.h"

static void on_accepted(struct invocation *invocation, void *context)
{
    (void)context;
    history_accepted(invocation);
}

static void on_finished(struct invocation *invocation, void *context)
{
    history_finished(invocation);
    metrics_finished(context, invocation);
}

static void on_refused(struct invocation *invocation, enum dispatch_status status, void *context)
{
    history_refused(invocation, status);
    metrics_refused(context, invocation, status);
}

struct dispatch_observer observers_make(struct metrics *metrics)
{
    return (struct dispatch_observer){
        .on_accepted = on_accepted,
        .on_finished = on_finished,
        .on_refused = on_refused,
        .context = metrics,
    };
}
