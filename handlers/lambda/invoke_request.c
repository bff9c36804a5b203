#include "handlers/lambda/invoke_request.h"

#include "base/base64.h"
#include "base/json/json_text.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/trace_header.h"
#include "runtime/dispatch/history.h"
#include "runtime/dispatch/lineage.h"
#include "runtime/dispatch/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char durable_execution_name_header[] = "X-Amz-Durable-Execution-Name";

static const struct function_rules function_rules = {.action = "lambda:InvokeFunction",
                                                     .shows_latest = true}; /* since 2025 */

/* ---- members: the order of the violations is recorded for qualifier and name; the others come before them ---- */

static void check_type(const char *value, const struct invoke_rules *rules,
                       struct invoke_request *request, struct violations *violations)
{
    request->type = rules->is_always_event ? INVOCATION_EVENT : INVOCATION_REQUEST_RESPONSE;
    if (value == NULL || rules->is_always_event || strcmp(value, "RequestResponse") == 0)
        return;
    if (strcmp(value, "DryRun") == 0)
        request->type = INVOCATION_DRY_RUN;
    else if (strcmp(value, "Event") == 0 && rules->allows_event)
        request->type = INVOCATION_EVENT;
    else
        violations_add(
            violations, value, "invocationType", "Member must satisfy enum value set: %s",
            rules->allows_event ? "[DryRun, RequestResponse, Event]" : "[DryRun, RequestResponse]");
}

static void check_log_type(const char *value, struct invoke_request *request,
                           struct violations *violations)
{
    request->wants_log = value != NULL && strcmp(value, "Tail") == 0;
    if (value != NULL && !request->wants_log && strcmp(value, "None") != 0)
        violations_add(violations, value, "logType",
                       "Member must satisfy enum value set: [None, Tail]");
}

static bool check_members(struct exchange *exchange, const struct invoke_rules *rules,
                          struct invoke_request *request)
{
    static const struct text_rule durable_execution_name = {"durableExecutionName", "-_",
                                                            "[a-zA-Z0-9-_]+", 64};
    static const struct text_rule tenant_id = {"tenantId", "._:/=+-@ ",
                                               "[a-zA-Z0-9\\._:\\/=+\\-@ ]+", 256};
    struct violations violations = {0};

    check_type(exchange_header(exchange, "X-Amz-Invocation-Type"), rules, request, &violations);
    check_log_type(exchange_header(exchange, "X-Amz-Log-Type"), request, &violations);
    violations_check_text(&violations, exchange_header(exchange, durable_execution_name_header),
                          &durable_execution_name);
    request->tenant_id = exchange_header(exchange, "X-Amz-Tenant-Id");
    violations_check_text(&violations, request->tenant_id, &tenant_id);
    function_request_constrain(&request->about, &violations);
    return violations_settle(&violations, exchange);
}

/* ---- the content: the function is there, so a refusal is part of its history ---- */

__attribute__((format(printf, 5, 6))) static void
refuse_content(struct exchange *exchange, struct api *api, const struct invoke_request *request,
               enum api_exception exception, const char *format, ...)
{
    struct api_error error = {.exception = exception};
    char *message = NULL;
    va_list arguments;

    invoke_request_rejected(request, exchange, api, exception);
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) >= 0)
        error.message = message;
    va_end(arguments);
    api_answer_error(exchange, &error);
    free(message);
}

/* The first message is captured, the second is its counterpart. */
static bool check_tenant(struct exchange *exchange, struct api *api,
                         const struct invoke_request *request)
{
    if (request->about.function->isolates_tenants == (request->tenant_id != NULL))
        return true;
    refuse_content(exchange, api, request, API_INVALID_PARAMETER_VALUE,
                   request->tenant_id == NULL
                       ? "The invoked function is enabled with tenancy configuration. Add a valid "
                         "tenant ID in your request and try again."
                       : "The invoked function is not enabled with tenancy configuration. Remove "
                         "the tenant ID from your request and try again.");
    return false;
}

/* No function here is durable, so a header that asks for that is refused. The message is ours. */
static bool check_durable(struct exchange *exchange, struct api *api,
                          const struct invoke_request *request)
{
    if (exchange_header(exchange, durable_execution_name_header) != NULL) {
        refuse_content(
            exchange, api, request, API_INVALID_PARAMETER_VALUE,
            "You cannot provide a durable execution name to invoke a function without a durable "
            "configuration.");
        return false;
    }
    return true;
}

/* The service model: a request id that the caller sends must be a UUID. It is not used. */
static bool check_request_id(struct exchange *exchange, struct api *api,
                             const struct invoke_request *request)
{
    const char *id = exchange_header(exchange, "x-amzn-RequestId");

    if (id == NULL || request_id_is_uuid(id))
        return true;
    refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                   "The x-amzn-RequestId header is not a valid UUID string.");
    return false;
}

/* A text of nothing but white space has no column. */
static bool check_json(struct exchange *exchange, struct api *api,
                       const struct invoke_request *request)
{
    const struct bytes_view body = bytes_view(exchange->body);
    struct json_text_error error;
    char column[32] = "";

    if (body.length == 0 || json_text_check(body.data, body.length, &error))
        return true;
    if (error.column > 0)
        (void)snprintf(column, sizeof column, ", column: %zu", error.column);
    refuse_content(
        exchange, api, request, API_INVALID_REQUEST_CONTENT,
        "Could not parse request body into json: Could not parse payload into json: %s\n at "
        "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %zu%s]",
        error.reason, error.line, column);
    return false;
}

static bool is_object(const char *json, size_t length)
{
    const size_t blank = strspn(json, " \t\r\n");

    return json_text_check(json, length, NULL) && json[blank] == '{';
}

static bool check_client_context(struct exchange *exchange, struct api *api,
                                 struct invoke_request *request)
{
    const char *text = exchange_header(exchange, "X-Amz-Client-Context");
    size_t length = text == NULL ? 0 : strlen(text);

    if (length == 0)
        return true;
    if (length > CLIENT_CONTEXT_MAX) {
        refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                       "Client context must be no more than %d bytes of Base64 (is %zu).",
                       CLIENT_CONTEXT_MAX, length);
        return false;
    }
    request->client_context = base64_decode((struct bytes_view){text, length}, &length);
    if (request->client_context != NULL && is_object(request->client_context, length))
        return true;
    refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                   "Client context must be a valid Base64-encoded JSON object.");
    return false;
}

static bool check_event_size(struct exchange *exchange, struct api *api,
                             const struct invoke_rules *rules, const struct invoke_request *request)
{
    const size_t length = bytes_view(exchange->body).length;

    if (request->type != INVOCATION_EVENT || length <= rules->event_payload_max)
        return true;
    refuse_content(exchange, api, request, API_REQUEST_ENTITY_TOO_LARGE,
                   "%zu byte payload is too large for the Event invocation type (limit %zu bytes)",
                   length, rules->event_payload_max);
    return false;
}

static bool check_content(struct exchange *exchange, struct api *api,
                          const struct invoke_rules *rules, struct invoke_request *request)
{
    return check_tenant(exchange, api, request) && check_durable(exchange, api, request) &&
           check_event_size(exchange, api, rules, request) && check_json(exchange, api, request) &&
           check_request_id(exchange, api, request) && check_client_context(exchange, api, request);
}

/* An event is accepted, and given up in its turn (async_round.c). */
static bool check_lineage(struct exchange *exchange, struct api *api,
                          struct invoke_request *request)
{
    const struct lineage_function function = {.account_id = request->about.caller.account->id,
                                              .name = request->about.function->name};
    const unsigned loops = lineage_extend(exchange_header(exchange, "X-Amzn-Trace-Id"), &function,
                                          request->extended_trace);

    request->trace_header = request->extended_trace;
    if (loops < LINEAGE_LOOPS_MAX || request->type != INVOCATION_REQUEST_RESPONSE ||
        request->about.function->allows_recursion)
        return true;
    invoke_request_rejected(request, exchange, api, API_RECURSIVE_INVOCATION);
    api_answer_error(exchange, &(struct api_error){.exception = API_RECURSIVE_INVOCATION});
    return false;
}

/* ---- the whole ---- */

static bool check_body_size(struct exchange *exchange)
{
    if (exchange->is_body_too_large)
        api_answer_error(exchange, &(struct api_error){.exception = API_REQUEST_ENTITY_TOO_LARGE});
    return !exchange->is_body_too_large;
}

bool invoke_request_read(struct exchange *exchange, struct api *api,
                         const struct invoke_rules *rules, struct invoke_request *request)
{
    struct function_request *about = &request->about;

    *request = (struct invoke_request){.client_context = NULL};
    return check_body_size(exchange) && function_request_begin(exchange, api, about) &&
           check_members(exchange, rules, request) &&
           function_request_authorize(exchange, about, &function_rules) &&
           function_request_find(exchange, api, about, &function_rules) &&
           check_content(exchange, api, rules, request) && check_lineage(exchange, api, request);
}

void invoke_request_clear(struct invoke_request *request)
{
    function_request_clear(&request->about);
    free(request->client_context);
}

static struct invocation_options options_of(const struct invoke_request *request,
                                            const struct exchange *exchange)
{
    return (struct invocation_options){
        .account = request->about.caller.account,
        .config = request->about.config,
        .target = request->about.target,
        .qualifier = request->about.qualifier,
        .type = request->type,
        .payload = exchange->body,
        .client_context = request->client_context,
        .tenant_id = request->tenant_id,
        .request_id = exchange->request_id,
        .trace_header = request->trace_header,
        .attempt = 1,
        .source = request->source,
    };
}

struct invocation *invoke_request_invocation(const struct invoke_request *request,
                                             const struct exchange *exchange, struct api *api)
{
    const struct invocation_options options = options_of(request, exchange);

    return invocation_new(&options, api->random);
}

void invoke_request_rejected(const struct invoke_request *request, const struct exchange *exchange,
                             struct api *api, enum api_exception exception)
{
    const struct invocation_options options = options_of(request, exchange);

    history_rejected(&options, exception);
    metrics_rejected(api->metrics, request->about.function->name, request->type, exception);
}

void invoke_answer_dispatch(struct exchange *exchange, enum dispatch_status status)
{
    struct api_error error = {.exception = API_TOO_MANY_REQUESTS};

    switch (status) {
    case DISPATCH_ACCEPTED:
        return;
    case DISPATCH_FUNCTION_THROTTLED:
        error.reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
        break;
    case DISPATCH_ACCOUNT_THROTTLED:
        error.reason = "ConcurrentInvocationLimitExceeded";
        break;
    case DISPATCH_NO_MEMORY:
        error.exception = API_SERVICE;
        error.message = "invoked is out of memory or is stopping";
        break;
    }
    api_answer_error(exchange, &error);
}

void invoke_answer_empty(struct exchange *exchange, struct api *api, int status)
{
    char trace[TRACE_ANSWER_SIZE];
    const struct answer_header headers[] = {
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-Remapped-Content-Length", "0"},
        {"X-Amzn-Trace-Id", trace},
    };
    const struct answer answer = {.status = status, .headers = headers, .header_count = 3};

    trace_header_make(exchange_header(exchange, "X-Amzn-Trace-Id"), NULL, api->random, trace);
    exchange_answer(exchange, &answer);
}
