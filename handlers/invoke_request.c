#include "handlers/invoke_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/function_name.h"
#include "config/json_text.h"
#include "handlers/api_error.h"
#include "handlers/base64.h"
#include "runtime/history.h"
#include "runtime/metrics.h"

/* The members as they came, before any check. */
struct members {
    char *function_name; /* decoded, owned */
    size_t function_name_length;
    char *qualifier; /* decoded, owned; NULL when there is none */
    size_t qualifier_length;
    struct function_name parsed;
};

/* ---- constraints: all violations in one message ---- */

struct violations {
    unsigned count;
    struct bytes *text;
};

__attribute__((format(printf, 4, 5))) static void add_violation(struct violations *violations, const char *value,
                                                                const char *member, const char *constraint, ...)
{
    va_list arguments;
    char *rest = NULL;

    va_start(arguments, constraint);
    if (vasprintf(&rest, constraint, arguments) < 0)
        rest = NULL;
    va_end(arguments);
    (void)bytes_format(&violations->text, "%sValue '%s' at '%s' failed to satisfy constraint: %s",
                       violations->count > 0 ? "; " : "", value, member, rest == NULL ? "" : rest);
    violations->count++;
    free(rest);
}

static void check_name(const struct members *members, enum function_name_status status, struct violations *violations)
{
    switch (status) {
    case FUNCTION_NAME_OK:
        break;
    case FUNCTION_NAME_TOO_SHORT:
        add_violation(violations, members->function_name, "functionName",
                      "Member must have length greater than or equal to 1");
        break;
    case FUNCTION_NAME_TOO_LONG:
        add_violation(violations, members->function_name, "functionName",
                      "Member must have length less than or equal to %d", FUNCTION_NAME_MAX);
        break;
    case FUNCTION_NAME_NO_MATCH:
        add_violation(violations, members->function_name, "functionName",
                      "Member must satisfy regular expression pattern: %s", function_name_pattern);
        break;
    }
}

static void check_qualifier(const struct members *members, struct violations *violations)
{
    if (members->qualifier == NULL)
        return;
    switch (qualifier_check(members->qualifier, members->qualifier_length)) {
    case FUNCTION_NAME_OK:
        break;
    case FUNCTION_NAME_TOO_SHORT:
        add_violation(violations, members->qualifier, "qualifier",
                      "Member must have length greater than or equal to 1");
        break;
    case FUNCTION_NAME_TOO_LONG:
        add_violation(violations, members->qualifier, "qualifier", "Member must have length less than or equal to %d",
                      QUALIFIER_MAX);
        break;
    case FUNCTION_NAME_NO_MATCH:
        add_violation(violations, members->qualifier, "qualifier", "Member must satisfy regular expression pattern: %s",
                      qualifier_pattern);
        break;
    }
}

static void check_type(const char *value, const struct invoke_rules *rules, struct invoke_request *request,
                       struct violations *violations)
{
    request->type = rules->is_always_event ? INVOCATION_EVENT : INVOCATION_REQUEST_RESPONSE;
    if (value == NULL || rules->is_always_event || strcmp(value, "RequestResponse") == 0)
        return;
    if (strcmp(value, "DryRun") == 0)
        request->type = INVOCATION_DRY_RUN;
    else if (strcmp(value, "Event") == 0 && rules->allows_event)
        request->type = INVOCATION_EVENT;
    else
        add_violation(violations, value, "invocationType", "Member must satisfy enum value set: %s",
                      rules->allows_event ? "[DryRun, RequestResponse, Event]" : "[DryRun, RequestResponse]");
}

static void check_log_type(const char *value, struct invoke_request *request, struct violations *violations)
{
    request->wants_log = value != NULL && strcmp(value, "Tail") == 0;
    if (value != NULL && !request->wants_log && strcmp(value, "None") != 0)
        add_violation(violations, value, "logType", "Member must satisfy enum value set: [None, Tail]");
}

struct text_rule {
    const char *header, *member, *punctuation, *pattern;
    size_t length_max;
};

static const struct text_rule durable_execution_name_rule = {"X-Amz-Durable-Execution-Name", "durableExecutionName",
                                                             "-_", "[a-zA-Z0-9-_]+", DURABLE_EXECUTION_NAME_MAX};
static const struct text_rule tenant_id_rule = {"X-Amz-Tenant-Id", "tenantId", "._:/=+-@ ",
                                                "[a-zA-Z0-9\\._:\\/=+\\-@ ]+", TENANT_ID_MAX};

static void check_text(const char *value, const struct text_rule *rule, struct violations *violations)
{
    const size_t length = value == NULL ? 0 : strlen(value);

    if (value == NULL)
        return;
    if (length == 0) {
        add_violation(violations, value, rule->member, "Member must have length greater than or equal to 1");
        return;
    }
    if (length > rule->length_max)
        add_violation(violations, value, rule->member, "Member must have length less than or equal to %zu",
                      rule->length_max);
    for (const char *at = value; *at != '\0'; at++) {
        const bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');

        if (!is_letter && strchr(rule->punctuation, *at) == NULL) {
            add_violation(violations, value, rule->member, "Member must satisfy regular expression pattern: %s",
                          rule->pattern);
            return;
        }
    }
}

static bool refuse_violations(struct exchange *exchange, struct violations *violations)
{
    const unsigned count = violations->count;

    if (count > 0)
        api_answer_exception(exchange, API_VALIDATION, "%u validation error%s detected: %.*s", count,
                             count == 1 ? "" : "s", (int)bytes_view(violations->text).length,
                             bytes_view(violations->text).data);
    bytes_release(violations->text);
    return count == 0;
}

static bool check_members(struct exchange *exchange, const struct invoke_rules *rules, struct members *members,
                          struct invoke_request *request)
{
    struct violations violations = {0};
    const enum function_name_status status =
        function_name_parse(members->function_name, members->function_name_length, &members->parsed);

    check_type(exchange_header(exchange, "X-Amz-Invocation-Type"), rules, request, &violations);
    check_log_type(exchange_header(exchange, "X-Amz-Log-Type"), request, &violations);
    check_text(exchange_header(exchange, durable_execution_name_rule.header), &durable_execution_name_rule,
               &violations);
    check_text(exchange_header(exchange, tenant_id_rule.header), &tenant_id_rule, &violations);
    check_qualifier(members, &violations);
    check_name(members, status, &violations);
    return refuse_violations(exchange, &violations);
}

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

static const char *asked_qualifier(const struct members *members)
{
    return members->qualifier != NULL ? members->qualifier : members->parsed.qualifier;
}

/* IAM names the resource as it was asked for: with the qualifier where there is one. */
static bool refuse_access(struct exchange *exchange, const struct members *members,
                          const struct invoke_request *request, const char *account_id, const char *policy)
{
    const char *qualifier = asked_qualifier(members);

    api_answer_exception(exchange, API_ACCESS_DENIED,
                         "User: arn:aws:iam::%s:user/local is not authorized to perform: lambda:InvokeFunction on "
                         "resource: arn:aws:lambda:%s:%s:function:%s%s%s because no %s policy allows the "
                         "lambda:InvokeFunction action",
                         request->caller.account->id, request->config->region, account_id, members->parsed.name,
                         qualifier[0] == '\0' ? "" : ":", qualifier, policy);
    return false;
}

/* Of a function of another account its resource policy decides; there is none here. */
static bool check_access(struct exchange *exchange, const struct members *members, const struct invoke_request *request)
{
    const char *asked = members->parsed.account_id;
    const char *own = request->caller.account->id;

    if (asked[0] != '\0' && strcmp(asked, own) != 0)
        return refuse_access(exchange, members, request, asked, "resource-based");
    if (request->function != NULL && is_denied(request->function->latest, request->caller.access_key_id))
        return refuse_access(exchange, members, request, own, "identity-based");
    return true;
}

static bool check_region_and_qualifier(struct exchange *exchange, const struct members *members,
                                       struct invoke_request *request)
{
    const struct function_name *parsed = &members->parsed;

    if (parsed->region[0] != '\0' && strcmp(parsed->region, request->config->region) != 0) {
        api_answer_exception(exchange, API_RESOURCE_NOT_FOUND,
                             "Functions from '%s' are not reachable in this region ('%s')", parsed->region,
                             request->config->region);
        return false;
    }
    if (parsed->qualifier[0] != '\0' && members->qualifier != NULL &&
        strcmp(parsed->qualifier, members->qualifier) != 0) {
        api_answer_exception(exchange, API_INVALID_PARAMETER_VALUE,
                             "The derived qualifier from the function name does not match the specified qualifier.");
        return false;
    }
    (void)snprintf(request->qualifier, sizeof request->qualifier, "%s", asked_qualifier(members));
    return true;
}

/* The suffix `:$LATEST` of an unqualified name is recorded of Invoke since 2025. */
static bool check_existence(struct exchange *exchange, const struct members *members, struct api *api,
                            struct invoke_request *request)
{
    if (request->function != NULL &&
        function_resolve(request->function, request->qualifier, random_fraction(api->random), &request->target))
        return true;
    api_answer_exception(exchange, API_RESOURCE_NOT_FOUND, "Function not found: arn:aws:lambda:%s:%s:function:%s:%s",
                         request->config->region, request->caller.account->id, members->parsed.name,
                         request->qualifier[0] == '\0' ? "$LATEST" : request->qualifier);
    return false;
}

/*
 * No function here isolates tenants or is durable, so a header that asks for either is refused. The first text is the
 * counterpart of AWS's captured one for a tenant id that is missing; the second is ours.
 */
static bool check_features(struct exchange *exchange)
{
    if (exchange_header(exchange, tenant_id_rule.header) != NULL) {
        api_answer_exception(exchange, API_INVALID_PARAMETER_VALUE,
                             "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from "
                             "your request and try again.");
        return false;
    }
    if (exchange_header(exchange, durable_execution_name_rule.header) != NULL) {
        api_answer_exception(exchange, API_INVALID_PARAMETER_VALUE,
                             "You cannot provide a durable execution name to invoke a function without a durable "
                             "configuration.");
        return false;
    }
    return true;
}

/* The service model: a request id that the caller sends must be a UUID. It is not used. */
static bool check_request_id(struct exchange *exchange)
{
    const char *id = exchange_header(exchange, "x-amzn-RequestId");

    if (id == NULL || request_id_is_uuid(id))
        return true;
    api_answer_exception(exchange, API_INVALID_REQUEST_CONTENT, "The x-amzn-RequestId header is not a valid UUID string.");
    return false;
}

/* ---- the body: the function is there, so a refusal is part of its history ---- */

__attribute__((format(printf, 5, 6))) static void refuse_content(struct exchange *exchange, struct api *api,
                                                                 const struct invoke_request *request,
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

/* A text of nothing but white space has no column. */
static bool check_json(struct exchange *exchange, struct api *api, const struct invoke_request *request)
{
    const struct bytes_view body = bytes_view(exchange->body);
    struct json_text_fault fault;
    char column[32] = "";

    if (body.length == 0 || json_text_check(body.data, body.length, &fault))
        return true;
    if (fault.column > 0)
        (void)snprintf(column, sizeof column, ", column: %zu", fault.column);
    refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                   "Could not parse request body into json: Could not parse payload into json: %s\n at [Source: "
                   "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %zu%s]",
                   fault.reason, fault.line, column);
    return false;
}

static bool is_object(const char *json, size_t length)
{
    const size_t blank = strspn(json, " \t\r\n");

    return json_text_check(json, length, NULL) && json[blank] == '{';
}

static bool check_client_context(struct exchange *exchange, struct api *api, struct invoke_request *request)
{
    const char *text = exchange_header(exchange, "X-Amz-Client-Context");
    size_t length = text == NULL ? 0 : strlen(text);

    if (length == 0)
        return true;
    if (length > CLIENT_CONTEXT_MAX) {
        refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                       "Client context must be no more than %d bytes of Base64 (is %zu).", CLIENT_CONTEXT_MAX, length);
        return false;
    }
    request->client_context = base64_decode((struct bytes_view){text, length}, &length);
    if (request->client_context != NULL && is_object(request->client_context, length))
        return true;
    refuse_content(exchange, api, request, API_INVALID_REQUEST_CONTENT,
                   "Client context must be a valid Base64-encoded JSON object.");
    return false;
}

static bool check_event_size(struct exchange *exchange, struct api *api, const struct invoke_rules *rules,
                             const struct invoke_request *request)
{
    const size_t length = bytes_view(exchange->body).length;

    if (request->type != INVOCATION_EVENT || length <= rules->event_payload_max)
        return true;
    refuse_content(exchange, api, request, API_REQUEST_ENTITY_TOO_LARGE,
                   "%zu byte payload is too large for the Event invocation type (limit %zu bytes)", length,
                   rules->event_payload_max);
    return false;
}

static bool check_content(struct exchange *exchange, struct api *api, const struct invoke_rules *rules,
                          struct invoke_request *request)
{
    return check_json(exchange, api, request) && check_request_id(exchange) &&
           check_client_context(exchange, api, request) &&
           check_event_size(exchange, api, rules, request);
}

/* ---- the whole ---- */

static bool decode_members(const struct exchange *exchange, struct members *members)
{
    size_t room = exchange->parameter.length + 1;

    members->function_name = malloc(room);
    if (members->function_name == NULL)
        return false;
    members->function_name_length = percent_decode(exchange->parameter, members->function_name, room);
    if (exchange->query.length == 0)
        return true;
    room = exchange->query.length + 1;
    members->qualifier = malloc(room);
    if (members->qualifier == NULL)
        return false;
    if (!exchange_query(exchange, "Qualifier", members->qualifier, room, &members->qualifier_length)) {
        free(members->qualifier);
        members->qualifier = NULL;
    }
    return true;
}

static bool check(struct exchange *exchange, struct api *api, const struct invoke_rules *rules, struct members *members,
                  struct invoke_request *request)
{
    if (exchange->is_body_too_large) {
        api_answer_error(exchange, &(struct api_error){.exception = API_REQUEST_ENTITY_TOO_LARGE});
        return false;
    }
    if (!decode_members(exchange, members) || !caller_of(exchange, api, &request->caller)) {
        api_answer_exception(exchange, API_SERVICE, "invoked is short of memory");
        return false;
    }
    if (!check_members(exchange, rules, members, request))
        return false;
    request->function = config_function(request->config, members->parsed.name);
    return check_access(exchange, members, request) && check_region_and_qualifier(exchange, members, request) &&
           check_existence(exchange, members, api, request) && check_features(exchange) &&
           check_content(exchange, api, rules, request);
}

bool invoke_request_read(struct exchange *exchange, struct api *api, const struct invoke_rules *rules,
                         struct invoke_request *request)
{
    struct members members = {0};
    bool is_good;

    *request = (struct invoke_request){.config = config_retain(config_store_current(api->config_store))};
    is_good = check(exchange, api, rules, &members, request);
    free(members.function_name);
    free(members.qualifier);
    return is_good;
}

void invoke_request_clear(struct invoke_request *request)
{
    config_release(request->config);
    free(request->client_context);
}

static struct invocation_options options_of(const struct invoke_request *request, const struct exchange *exchange)
{
    return (struct invocation_options){
        .account = request->caller.account,
        .config = request->config,
        .target = request->target,
        .qualifier = request->qualifier,
        .type = request->type,
        .payload = exchange->body,
        .client_context = request->client_context,
        .tenant_id = exchange_header(exchange, tenant_id_rule.header),
        .request_id = exchange->request_id,
        .trace_header = exchange_header(exchange, "X-Amzn-Trace-Id"),
        .attempt = 1,
    };
}

struct invocation *invoke_request_invocation(const struct invoke_request *request, const struct exchange *exchange,
                                             struct api *api)
{
    const struct invocation_options options = options_of(request, exchange);

    return invocation_new(&options, api->random);
}

void invoke_request_rejected(const struct invoke_request *request, const struct exchange *exchange, struct api *api,
                             enum api_exception exception)
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
        error.message = "invoked is short of memory or is stopping";
        break;
    }
    api_answer_error(exchange, &error);
}
