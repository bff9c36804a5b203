#include "handlers/lambda/invoke_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/json_text.h"
#include "handlers/lambda/api_error.h"
#include "base/base64.h"
#include "handlers/lambda/invoke_members.h"
#include "runtime/dispatch/history.h"
#include "runtime/dispatch/metrics.h"
#include "base/short_text.h"

/* ---- who may, and what is meant ---- */

static bool is_denied(const struct function_version *settings, const char *access_key_id)
{
    if (settings->access_denied)
        return true;
    for (size_t i = 0; i < settings->allowed_access_key_ids.count; i++) {
        if (strcmp(settings->allowed_access_key_ids.items[i], access_key_id) == 0)
            return false;
    }
    return settings->allowed_access_key_ids.count > 0;
}

static const char *asked_qualifier(const struct invoke_members *members)
{
    return members->qualifier != NULL ? members->qualifier : members->parsed.qualifier;
}

/* IAM names the resource as it was asked for: with the qualifier where there is one. */
static bool refuse_access(struct exchange *exchange, const struct invoke_members *members,
                          const struct invoke_request *request, const char *account_id,
                          const char *policy)
{
    const char *qualifier = asked_qualifier(members);

    api_answer_exception(
        exchange, API_ACCESS_DENIED,
        "User: arn:aws:iam::%s:user/local is not authorized to perform: lambda:InvokeFunction on "
        "resource: arn:aws:lambda:%s:%s:function:%s%s%s because no %s policy allows the "
        "lambda:InvokeFunction action",
        request->caller.account->id, request->config->region, account_id, members->parsed.name,
        qualifier[0] == '\0' ? "" : ":", qualifier, policy);
    return false;
}

/* Of a function of another account its resource policy decides; there is none here. */
static bool check_access(struct exchange *exchange, const struct invoke_members *members,
                         const struct invoke_request *request)
{
    const char *asked = members->parsed.account_id;
    const char *own = request->caller.account->id;

    if (asked[0] != '\0' && strcmp(asked, own) != 0)
        return refuse_access(exchange, members, request, asked, "resource-based");
    if (request->function != NULL &&
        is_denied(request->function->latest, request->caller.access_key_id))
        return refuse_access(exchange, members, request, own, "identity-based");
    return true;
}

static bool check_region_and_qualifier(struct exchange *exchange,
                                       const struct invoke_members *members,
                                       struct invoke_request *request)
{
    const struct function_name *parsed = &members->parsed;
    struct short_text qualifier;

    if (parsed->region[0] != '\0' && strcmp(parsed->region, request->config->region) != 0) {
        api_answer_exception(exchange, API_RESOURCE_NOT_FOUND,
                             "Functions from '%s' are not reachable in this region ('%s')",
                             parsed->region, request->config->region);
        return false;
    }
    if (parsed->qualifier[0] != '\0' && members->qualifier != NULL &&
        strcmp(parsed->qualifier, members->qualifier) != 0) {
        api_answer_exception(
            exchange, API_INVALID_PARAMETER_VALUE,
            "The derived qualifier from the function name does not match the specified qualifier.");
        return false;
    }
    short_text_begin(&qualifier, request->qualifier, sizeof request->qualifier);
    short_text_put(&qualifier, asked_qualifier(members));
    return true;
}

/* The suffix `:$LATEST` of an unqualified name is recorded of Invoke since 2025. */
static bool check_existence(struct exchange *exchange, const struct invoke_members *members,
                            struct api *api, struct invoke_request *request)
{
    if (request->function != NULL &&
        function_resolve(request->function, request->qualifier, random_fraction(api->random),
                         &request->target))
        return true;
    api_answer_exception(exchange, API_RESOURCE_NOT_FOUND,
                         "Function not found: arn:aws:lambda:%s:%s:function:%s:%s",
                         request->config->region, request->caller.account->id, members->parsed.name,
                         request->qualifier[0] == '\0' ? "$LATEST" : request->qualifier);
    return false;
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

/*
 * No function here isolates tenants or is durable, so a header that asks for either is refused. The first text is the
 * counterpart of AWS's captured one for a tenant id that is missing; the second is ours.
 */
static bool check_features(struct exchange *exchange, struct api *api,
                           const struct invoke_request *request)
{
    if (exchange_header(exchange, tenant_id_header) != NULL) {
        refuse_content(exchange, api, request, API_INVALID_PARAMETER_VALUE,
                       "The invoked function is not enabled with tenancy configuration. Remove the "
                       "tenant ID from your "
                       "request and try again.");
        return false;
    }
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
    struct json_text_error fault;
    char column[32] = "";

    if (body.length == 0 || json_text_check(body.data, body.length, &fault))
        return true;
    if (fault.column > 0)
        (void)snprintf(column, sizeof column, ", column: %zu", fault.column);
    refuse_content(
        exchange, api, request, API_INVALID_REQUEST_CONTENT,
        "Could not parse request body into json: Could not parse payload into json: %s\n at "
        "[Source: "
        "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %zu%s]",
        fault.reason, fault.line, column);
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
    return check_features(exchange, api, request) &&
           check_event_size(exchange, api, rules, request) && check_json(exchange, api, request) &&
           check_request_id(exchange, api, request) && check_client_context(exchange, api, request);
}

/* ---- the whole ---- */

static bool check(struct exchange *exchange, struct api *api, const struct invoke_rules *rules,
                  struct invoke_members *members, struct invoke_request *request)
{
    if (exchange->is_body_too_large) {
        api_answer_error(exchange, &(struct api_error){.exception = API_REQUEST_ENTITY_TOO_LARGE});
        return false;
    }
    if (!invoke_members_decode(exchange, members)) {
        api_answer_exception(exchange, API_SERVICE, "invoked is out of memory");
        return false;
    }
    if (!caller_of(exchange, api, &request->caller)) {
        api_answer_exception(exchange, API_SERVICE, "%s", caller_refusal(api));
        return false;
    }
    if (!invoke_members_check(exchange, rules, members, request))
        return false;
    request->function = config_function(request->config, members->parsed.name);
    return check_access(exchange, members, request) &&
           check_region_and_qualifier(exchange, members, request) &&
           check_existence(exchange, members, api, request) &&
           check_content(exchange, api, rules, request);
}

bool invoke_request_read(struct exchange *exchange, struct api *api,
                         const struct invoke_rules *rules, struct invoke_request *request)
{
    struct invoke_members members = {0};
    bool is_good;

    *request =
        (struct invoke_request){.config = config_retain(config_store_current(api->config_store))};
    is_good = check(exchange, api, rules, &members, request);
    invoke_members_clear(&members);
    return is_good;
}

void invoke_request_clear(struct invoke_request *request)
{
    config_release(request->config);
    free(request->client_context);
}

static struct invocation_options options_of(const struct invoke_request *request,
                                            const struct exchange *exchange)
{
    return (struct invocation_options){
        .account = request->caller.account,
        .config = request->config,
        .target = request->target,
        .qualifier = request->qualifier,
        .type = request->type,
        .payload = exchange->body,
        .client_context = request->client_context,
        .tenant_id = exchange_header(exchange, tenant_id_header),
        .request_id = exchange->request_id,
        .trace_header = exchange_header(exchange, "X-Amzn-Trace-Id"),
        .attempt = 1,
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
    metrics_rejected(api->metrics, request->function->name, request->type, exception);
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
