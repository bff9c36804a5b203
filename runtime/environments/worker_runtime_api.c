#include "runtime/environments/worker_internal.h"

#include <string.h>

void worker_deliver(struct worker *worker)
{
    worker_deliver_fn *deliver_event = worker->deliver;
    void *context = worker->deliver_context;

    worker->deliver = NULL;
    deliver_event(worker->base.invocation, worker->deadline_ms, context);
}

void worker_next(struct worker *worker, worker_deliver_fn *deliver_event, void *context)
{
    worker->deliver = deliver_event;
    worker->deliver_context = context;
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
    case ENVIRONMENT_FINISHING:
        worker_become_idle(worker);
        break;
    case ENVIRONMENT_INVOKE:
        worker_deliver(worker); /* the same event once more */
        break;
    case ENVIRONMENT_IDLE:
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
}

void worker_forget_next(struct worker *worker, const void *context)
{
    if (worker->deliver_context == context)
        worker->deliver = NULL;
}

static enum worker_status check_request_id(const struct worker *worker, const char *request_id)
{
    const struct invocation *invocation = worker->base.invocation;

    if (worker->base.state == ENVIRONMENT_FINISHING &&
        strcmp(request_id, worker->last_request_id) == 0)
        return WORKER_WRONG_STATE;
    if (worker->base.state != ENVIRONMENT_INVOKE || strcmp(request_id, invocation->request_id) != 0)
        return WORKER_WRONG_REQUEST_ID;
    return WORKER_ACCEPTED;
}

enum worker_status worker_respond(struct worker *worker, const char *request_id,
                                  struct bytes *payload)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED)
        worker_succeed(worker, payload);
    return status;
}

enum worker_status worker_respond_too_large(struct worker *worker, const char *request_id)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED) {
        invocation_fail_too_large(worker->base.invocation, RESPONSE_PAYLOAD_MAX);
        worker_hand_over(worker, ENVIRONMENT_FINISHING);
    }
    return status;
}

enum worker_status worker_fail(struct worker *worker, const char *request_id,
                               const char *error_type, struct bytes *payload)
{
    const enum worker_status status = check_request_id(worker, request_id);

    if (status == WORKER_ACCEPTED)
        worker_fail_invocation(worker, error_type, payload);
    return status;
}

static enum worker_status fail_init(struct worker *worker, enum worker_failure_kind kind,
                                    const char *error_type, struct bytes *payload)
{
    const struct function_version *settings = worker->base.settings;

    if (settings->attach)
        log_write(worker->base.services->log, LOG_WARN, "%s: the handler could not start: %s",
                  settings->function->name, error_type);
    if (worker->base.state != ENVIRONMENT_INIT)
        return WORKER_WRONG_STATE;
    if (settings->attach) /* the developer starts it again: whoever waits for it goes on waiting */
        bytes_release(payload);
    else
        worker_report_init_failure(worker, kind, error_type, payload);
    return WORKER_ACCEPTED;
}

enum worker_status worker_fail_init(struct worker *worker, const char *error_type,
                                    struct bytes *payload)
{
    return fail_init(worker, WORKER_FAILURE_REPORTED, error_type, payload);
}

enum worker_status worker_fail_init_too_large(struct worker *worker)
{
    return fail_init(worker, WORKER_FAILURE_TOO_LARGE, "Function.ResponseSizeTooLarge", NULL);
}

const char *worker_state_name(const struct worker *worker)
{
    switch (worker->base.state) {
    case ENVIRONMENT_INIT:
        return "Started";
    case ENVIRONMENT_IDLE:
        return "Ready";
    case ENVIRONMENT_INVOKE:
        return "Running";
    case ENVIRONMENT_FINISHING:
        return "RuntimeResponseSentState";
    case ENVIRONMENT_SHUTDOWN:
    case ENVIRONMENT_GONE:
    case ENVIRONMENT_STATE_COUNT:
        break;
    }
    return "InitError";
}
