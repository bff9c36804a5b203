#include "runtime/environments/mock_environment.h"

#include "base/json/json_string.h"
#include "config/document/json_value.h"
#include "runtime/canned/mocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_fit_type[] = "Mock.NoAnswerFits";

enum ending {
    ENDING_PAYLOAD,
    ENDING_EXCEPTION,
    ENDING_TIMEOUT,
    ENDING_EXIT,
    ENDING_NO_FIT,
    ENDING_PROBLEM
};

/* The answer is read when the invocation begins; a change during DelayMs applies to the next invocation. */
struct mock {
    struct environment base; /* first: the dispatcher sees only this */
    uv_timer_t timer;
    enum ending ending;
    unsigned delay_ms;
    struct bytes *
        payload; /* ENDING_PAYLOAD: what is answered; ENDING_NO_FIT: why; NULL when out of memory */
    bool is_function_error, is_handled;
    enum api_exception exception;
    char *message; /* ENDING_EXCEPTION: NULL for the table's */
    int exit_status;
};

/* ---- reading the answer ---- */

static const cJSON *member(const cJSON *answer, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(answer, name);
}

static void read_payload(struct mock *mock, const cJSON *answer)
{
    const cJSON *payload = member(answer, "Payload");
    const char *function_error = cJSON_GetStringValue(member(answer, "FunctionError"));
    bool is_made;

    mock->is_function_error = function_error != NULL;
    mock->is_handled = mock->is_function_error && strcmp(function_error, "Handled") == 0;
    if (payload == NULL)
        is_made = bytes_append(&mock->payload, "null", 4); /* a handler that returned nothing */
    else
        is_made = json_value_append(&mock->payload, payload);
    mock->ending = is_made ? ENDING_PAYLOAD : ENDING_PROBLEM;
}

static void read_answer(struct mock *mock, const cJSON *answer)
{
    const char *error = cJSON_GetStringValue(member(answer, "Error"));
    const char *message = cJSON_GetStringValue(member(answer, "Message"));
    const cJSON *exit_status = member(answer, "Exit");
    const cJSON *delay_ms = member(answer, "DelayMs");

    if (delay_ms != NULL)
        mock->delay_ms = (unsigned)delay_ms->valuedouble;
    if (error != NULL) {
        mock->ending = ENDING_EXCEPTION;
        mock->exception = api_exception_by_name(error);
        mock->message = message == NULL ? NULL : strdup(message);
    } else if (cJSON_IsTrue(member(answer, "Timeout"))) {
        mock->ending = ENDING_TIMEOUT;
    } else if (exit_status != NULL) {
        mock->ending = ENDING_EXIT;
        mock->exit_status = (int)exit_status->valuedouble;
    } else {
        read_payload(mock, answer);
    }
}

/* A function that can't run here, in place of the environment that it would have had. */
static void refuse(struct mock *mock, const struct function_version *version)
{
    static const enum api_exception exceptions[] = {
        [LEFT_OUT_NOT] = API_SERVICE,
        [LEFT_OUT_RUNTIME] = API_INVALID_RUNTIME,
        [LEFT_OUT_CODE] = API_INVALID_ZIP_FILE,
    };

    mock->ending = ENDING_EXCEPTION;
    mock->exception = exceptions[version->left_out];
    if (asprintf(&mock->message, "%s can't run here: %s", version->function->name,
                 version->why_left_out) < 0)
        mock->message = NULL;
}

static void choose(struct mock *mock, const struct invocation *invocation)
{
    const struct function_version *version = invocation->target.version;

    if (version->kind == FUNCTION_LEFT_OUT && !mocks_cover(mock->base.account, version)) {
        refuse(mock, version);
        return;
    }
    const cJSON *answer = mocks_choose(mock->base.account, invocation, &mock->payload);

    if (answer != NULL)
        read_answer(mock, answer);
    else
        mock->ending = mock->payload != NULL ? ENDING_NO_FIT : ENDING_PROBLEM;
}

/* ---- endings ---- */

static struct bytes *take_payload(struct mock *mock)
{
    struct bytes *payload = mock->payload;

    mock->payload = NULL;
    return payload;
}

static void end_with_payload(struct mock *mock, struct invocation *invocation)
{
    if (!mock->is_function_error) {
        invocation_succeed(invocation, take_payload(mock));
        return;
    }
    invocation_fail(invocation, "", take_payload(mock));
    invocation->outcome.is_handled = mock->is_handled;
}

static void end_with_timeout(struct mock *mock, struct invocation *invocation)
{
    char message[64];

    environment_note_timeout(&mock->base);
    (void)snprintf(message, sizeof message, "Task timed out after %u.00 seconds",
                   invocation->target.version->timeout_s);
    invocation_fail_platform(invocation, "Sandbox.Timedout", message);
}

static void end_with_exit(struct mock *mock, struct invocation *invocation)
{
    char message[EXIT_MESSAGE_SIZE];

    environment_exit_message(mock->exit_status << 8, message); /* in the form of wait() */
    environment_note(&mock->base, "RequestId: %s Error: %s", invocation->request_id, message);
    environment_note(&mock->base, "Runtime.ExitError");
    invocation_fail_platform(invocation, "Runtime.ExitError", message);
}

static void end_without_answer(struct mock *mock, struct invocation *invocation)
{
    const struct bytes_view why = bytes_view(mock->payload);
    struct bytes *error = NULL;

    environment_note(&mock->base, "RequestId: %s Error: %.*s", invocation->request_id,
                     (int)why.length, why.data);
    environment_note(&mock->base, "%s", no_fit_type);
    if (bytes_format(&error, "{\"errorType\":\"%s\",\"errorMessage\":", no_fit_type) &&
        json_string_append(&error, why) && bytes_append(&error, "}", 1)) {
        invocation_fail(invocation, no_fit_type, error);
        return;
    }
    bytes_release(error);
    invocation_refuse(invocation, API_SERVICE, "invoked is out of memory");
}

static void end(struct mock *mock)
{
    struct invocation *invocation = mock->base.invocation;

    switch (mock->ending) {
    case ENDING_PAYLOAD:
        end_with_payload(mock, invocation);
        break;
    case ENDING_EXCEPTION:
        invocation_refuse(invocation, mock->exception, mock->message);
        break;
    case ENDING_TIMEOUT:
        end_with_timeout(mock, invocation);
        break;
    case ENDING_EXIT:
        end_with_exit(mock, invocation);
        break;
    case ENDING_NO_FIT:
        end_without_answer(mock, invocation);
        break;
    case ENDING_PROBLEM:
        invocation_refuse(invocation, API_SERVICE, "invoked is out of memory");
        break;
    }
}

/* ---- the environment ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct mock *mock = handle->data;

    environment_enter(&mock->base, ENVIRONMENT_GONE);
    mock->base.listener->on_gone(&mock->base, mock->base.listener_context);
    environment_clear(&mock->base);
    bytes_release(mock->payload);
    free(mock->message);
    free(mock);
}

/* The invocation has its outcome, or is abandoned. */
static void finish(struct mock *mock)
{
    environment_enter(&mock->base, ENVIRONMENT_SHUTDOWN);
    if (mock->base.invocation != NULL)
        environment_hand_over(&mock->base, 0);
    uv_close((uv_handle_t *)&mock->timer, on_timer_closed);
}

static void on_timer(uv_timer_t *timer)
{
    struct mock *mock = timer->data;

    end(mock);
    finish(mock);
}

static void mock_invoke(struct environment *environment, struct invocation *invocation)
{
    struct mock *mock = (struct mock *)environment;
    const unsigned timeout_ms = invocation->target.version->timeout_s * 1000;

    choose(mock, invocation);
    if (mock->delay_ms > timeout_ms) {
        mock->delay_ms = timeout_ms;
        mock->ending = ENDING_TIMEOUT;
    }
    environment->is_silent = mock->ending == ENDING_EXCEPTION; /* the API's: no function ran */
    environment_enter(environment, ENVIRONMENT_INVOKE);
    environment_begin(environment, invocation);
    uv_update_time(environment->services->loop); /* so that a delay is never too short */
    (void)uv_timer_start(&mock->timer, on_timer, mock->delay_ms, 0);
}

static void mock_shut_down(struct environment *environment)
{
    if (environment->state != ENVIRONMENT_SHUTDOWN && environment->state != ENVIRONMENT_GONE)
        finish((struct mock *)environment);
}

static const struct environment_kind mock_kind = {.invoke = mock_invoke,
                                                  .shut_down = mock_shut_down};

struct environment *mock_open(const struct environment_options *options)
{
    struct mock *mock = calloc(1, sizeof *mock);

    if (mock == NULL)
        return NULL;
    environment_init(&mock->base, &mock_kind, options);
    (void)uv_timer_init(options->services->loop, &mock->timer);
    mock->timer.data = mock;
    environment_enter(&mock->base, ENVIRONMENT_IDLE);
    mock->base.has_run = true; /* there is no process, so there is no cold start */
    return &mock->base;
}
