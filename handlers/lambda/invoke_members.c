#include "handlers/lambda/invoke_members.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/lambda/api_error.h"
#include "handlers/lambda/invoke_request.h"

const char durable_execution_name_header[] = "X-Amz-Durable-Execution-Name";
const char tenant_id_header[] = "X-Amz-Tenant-Id";

bool invoke_members_decode(const struct exchange *exchange, struct invoke_members *members)
{
    size_t room = exchange->parameter.length + 1;

    members->function_name = malloc(room);
    if (members->function_name == NULL)
        return false;
    members->function_name_length =
        percent_decode(exchange->parameter, members->function_name, room);
    if (exchange->query.length == 0)
        return true;
    room = exchange->query.length + 1;
    members->qualifier = malloc(room);
    if (members->qualifier == NULL)
        return false;
    if (!exchange_query(exchange, "Qualifier", members->qualifier, room,
                        &members->qualifier_length)) {
        free(members->qualifier);
        members->qualifier = NULL;
    }
    return true;
}

void invoke_members_clear(struct invoke_members *members)
{
    free(members->function_name);
    free(members->qualifier);
}

/* ---- constraints: all violations in one message ---- */

struct violations {
    unsigned count;
    struct bytes *text;
};

__attribute__((format(printf, 4, 5))) static void add_violation(struct violations *violations,
                                                                const char *value,
                                                                const char *member,
                                                                const char *constraint, ...)
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

static void check_name(const struct invoke_members *members, enum function_name_status status,
                       struct violations *violations)
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

static void check_qualifier(const struct invoke_members *members, struct violations *violations)
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
        add_violation(violations, members->qualifier, "qualifier",
                      "Member must have length less than or equal to %d", QUALIFIER_MAX);
        break;
    case FUNCTION_NAME_NO_MATCH:
        add_violation(violations, members->qualifier, "qualifier",
                      "Member must satisfy regular expression pattern: %s", qualifier_pattern);
        break;
    }
}

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
        add_violation(violations, value, "invocationType", "Member must satisfy enum value set: %s",
                      rules->allows_event ? "[DryRun, RequestResponse, Event]"
                                          : "[DryRun, RequestResponse]");
}

static void check_log_type(const char *value, struct invoke_request *request,
                           struct violations *violations)
{
    request->wants_log = value != NULL && strcmp(value, "Tail") == 0;
    if (value != NULL && !request->wants_log && strcmp(value, "None") != 0)
        add_violation(violations, value, "logType",
                      "Member must satisfy enum value set: [None, Tail]");
}

struct text_rule {
    const char *member, *punctuation, *pattern;
    size_t length_max;
};

static const struct text_rule durable_execution_name_rule = {
    "durableExecutionName", "-_", "[a-zA-Z0-9-_]+", DURABLE_EXECUTION_NAME_MAX};
static const struct text_rule tenant_id_rule = {"tenantId", "._:/=+-@ ",
                                                "[a-zA-Z0-9\\._:\\/=+\\-@ ]+", TENANT_ID_MAX};

static void check_text(const char *value, const struct text_rule *rule,
                       struct violations *violations)
{
    const size_t length = value == NULL ? 0 : strlen(value);

    if (value == NULL)
        return;
    if (length == 0) {
        add_violation(violations, value, rule->member,
                      "Member must have length greater than or equal to 1");
        return;
    }
    if (length > rule->length_max)
        add_violation(violations, value, rule->member,
                      "Member must have length less than or equal to %zu", rule->length_max);
    for (const char *at = value; *at != '\0'; at++) {
        const bool is_letter =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');

        if (!is_letter && strchr(rule->punctuation, *at) == NULL) {
            add_violation(violations, value, rule->member,
                          "Member must satisfy regular expression pattern: %s", rule->pattern);
            return;
        }
    }
}

static bool refuse_violations(struct exchange *exchange, struct violations *violations)
{
    const unsigned count = violations->count;

    if (count > 0)
        api_answer_exception(exchange, API_VALIDATION, "%u validation error%s detected: %.*s",
                             count, count == 1 ? "" : "s", (int)bytes_view(violations->text).length,
                             bytes_view(violations->text).data);
    bytes_release(violations->text);
    return count == 0;
}

bool invoke_members_check(struct exchange *exchange, const struct invoke_rules *rules,
                          struct invoke_members *members, struct invoke_request *request)
{
    struct violations violations = {0};
    const enum function_name_status status = function_name_parse(
        members->function_name, members->function_name_length, &members->parsed);

    check_type(exchange_header(exchange, "X-Amz-Invocation-Type"), rules, request, &violations);
    check_log_type(exchange_header(exchange, "X-Amz-Log-Type"), request, &violations);
    check_text(exchange_header(exchange, durable_execution_name_header),
               &durable_execution_name_rule, &violations);
    check_text(exchange_header(exchange, tenant_id_header), &tenant_id_rule, &violations);
    check_qualifier(members, &violations);
    check_name(members, status, &violations);
    return refuse_violations(exchange, &violations);
}
