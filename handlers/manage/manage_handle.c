#include "handlers/manage/manage_handle.h"

#include "base/json/json_text.h"
#include "base/short_text.h"
#include "handlers/handlers.h"
#include "handlers/lambda/api_error.h"
#include "handlers/lambda/api_operations.h"
#include "handlers/manage/manage_operations.h"

#include <stdlib.h>
#include <string.h>

enum { INLINE_BODY_MAX = 64 << 10, CREATE_NAME_MAX = 140, NAME_ITSELF_MAX = 64 };

/* Recorded: no dots, and no $LATEST.PUBLISHED. */
static const char create_name_pattern[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?"
    "(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

static const char url_qualifier_pattern[] = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)";

void manage_call_free(struct manage_call *call)
{
    for (size_t i = 0; i < MANAGE_LABELS_MAX; i++)
        free(call->labels[i]);
    if (call->has_code)
        code_store_release(call->api->code_store, call->code.hex);
    config_release(call->config);
    cJSON_Delete(call->body);
    cJSON_Delete(call->own_document);
    cJSON_Delete(call->answer);
    free(call);
}

/* ---- labels ---- */

/* Both paths have as many segments: api_operation_find() compared them. */
static bool read_labels(struct manage_call *call, const char *pattern)
{
    const struct bytes_view path = call->exchange->path;
    const char *at = path.data, *end = path.data + path.length;
    size_t count = 0;

    while (*pattern == '/' && at < end) {
        const char *slash = memchr(at + 1, '/', (size_t)(end - at - 1));
        const size_t length = (size_t)((slash == NULL ? end : slash) - at) - 1;

        if (pattern[1] == '{' && count < MANAGE_LABELS_MAX) {
            call->labels[count] = malloc(length + 1);
            if (call->labels[count] == NULL)
                return false;
            (void)percent_decode((struct bytes_view){at + 1, length}, call->labels[count],
                                 length + 1);
            count++;
        }
        pattern += 1 + strcspn(pattern + 1, "/?");
        at += 1 + length;
    }
    return true;
}

/* ---- names ---- */

static bool is_create_name(const struct function_name *name)
{
    return strchr(name->name, '.') == NULL && strcmp(name->qualifier, "$LATEST.PUBLISHED") != 0;
}

static void constrain_new_name(struct manage_call *call, struct violations *violations)
{
    const char *name = manage_text(call, "FunctionName");

    if (name == NULL) {
        violations_add_missing(violations, "functionName");
        return;
    }
    if (strlen(name) > CREATE_NAME_MAX)
        violations_add(violations, name, "functionName",
                       "Member must have length less than or equal to %d", CREATE_NAME_MAX);
    if (name[0] == '\0')
        violations_add(violations, name, "functionName",
                       "Member must have length greater than or equal to 1");
    else if (strlen(name) <= FUNCTION_NAME_MAX
                 ? function_name_parse(name, strlen(name), &call->name) != FUNCTION_NAME_OK ||
                       !is_create_name(&call->name)
                 : true)
        violations_add(violations, name, "functionName",
                       "Member must satisfy regular expression pattern: %s", create_name_pattern);
}

/* An alias, not a number: (?!^\d+$)^[0-9a-zA-Z-_]+$ */
static bool is_url_qualifier(const char *text)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    return text[0] != '\0' && strspn(text, word) == strlen(text) &&
           strspn(text, "0123456789") != strlen(text);
}

static void constrain_qualifier(const struct manage_call *call, const char *asked,
                                struct violations *violations)
{
    const struct name_rule rule = {"qualifier", qualifier_pattern, QUALIFIER_MAX};

    if ((call->operation->flags & MANAGE_URL_QUALIFIER) == 0)
        violations_add_name(violations, asked, &rule, qualifier_check(asked, strlen(asked)));
    else if (!is_url_qualifier(asked))
        violations_add(violations, asked, "qualifier",
                       "Member must satisfy regular expression pattern: %s", url_qualifier_pattern);
}

static void constrain_name(struct manage_call *call, struct violations *violations)
{
    const struct name_rule rule = {"functionName", function_name_pattern, FUNCTION_NAME_MAX};

    violations_add_name(violations, call->labels[0], &rule,
                        function_name_parse(call->labels[0], strlen(call->labels[0]), &call->name));
}

/* ---- checks that all operations with a function share ---- */

static bool check_account(struct manage_call *call)
{
    const char *asked = call->name.account_id;

    if (asked[0] == '\0' || strcmp(asked, call->account_id) == 0)
        return true;
    if ((call->operation->flags & MANAGE_NAMES_NEW) != 0)
        manage_refuse_silently(call, MANAGE_DENIED);
    else
        manage_refuse_plain(call, MANAGE_DENIED,
                            "User: arn:aws:iam::%s:user/local is not authorized to perform: "
                            "lambda:%s on resource: arn:aws:lambda:%s:%s:function:%s because no "
                            "resource-based policy allows the lambda:%s action",
                            call->account_id, call->operation->name, call->region, asked,
                            call->name.name, call->operation->name);
    return false;
}

static bool check_region(struct manage_call *call)
{
    const char *asked = call->name.region;

    if (asked[0] == '\0' || strcmp(asked, call->region) == 0)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND,
                  "Functions from '%s' are not reachable in this region ('%s')", asked,
                  call->region);
    return false;
}

static bool check_qualifiers(struct manage_call *call, const char *asked)
{
    const char *derived = call->name.qualifier;
    struct short_text text;

    if (derived[0] != '\0' && asked != NULL && strcmp(derived, asked) != 0) {
        manage_refuse(
            call, MANAGE_PARAMETER,
            "The derived qualifier from the function name does not match the specified qualifier.");
        return false;
    }
    short_text_begin(&text, call->qualifier, sizeof call->qualifier);
    short_text_put(&text, asked != NULL ? asked : derived);
    return true;
}

static bool check_name_itself(struct manage_call *call)
{
    if ((call->operation->flags & MANAGE_NAMES_NEW) == 0 ||
        strlen(call->name.name) <= NAME_ITSELF_MAX)
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "1 validation error detected: Value '%s' at 'functionName' failed to satisfy "
                  "constraint: Member must have length less than or equal to %d",
                  call->name.name, NAME_ITSELF_MAX);
    return false;
}

/* False when the call has been answered. */
static bool settle(struct manage_call *call, struct violations *violations)
{
    const unsigned count = violations->count;
    const struct bytes_view text = bytes_view(violations->text);

    if (count > 0)
        manage_refuse_plain(call, MANAGE_VALIDATION, "%u validation error%s detected: %.*s", count,
                            count == 1 ? "" : "s", (int)text.length, text.data);
    bytes_release(violations->text);
    return count == 0;
}

static void check_and_run(struct manage_call *call)
{
    const unsigned flags = call->operation->flags;
    char *asked = (flags & MANAGE_QUALIFIED) == 0 ? NULL : manage_query(call, "Qualifier");
    struct violations violations = {0};
    const char *wrong = NULL;
    bool is_good = true;

    if ((flags & MANAGE_NAMES_FUNCTION) != 0)
        constrain_name(call, &violations);
    if ((flags & MANAGE_NAMES_NEW) != 0)
        constrain_new_name(call, &violations);
    if (asked != NULL)
        constrain_qualifier(call, asked, &violations);
    if (!member_rules_check(call->operation->rules, call->body, &violations, &wrong)) {
        bytes_release(violations.text);
        free(asked);
        manage_refuse_plain(call, MANAGE_SERIALIZATION, "%s has a value of another type", wrong);
        return;
    }
    is_good = settle(call, &violations);
    if (is_good && (flags & (MANAGE_NAMES_FUNCTION | MANAGE_NAMES_NEW)) != 0)
        is_good = check_account(call) && check_region(call) && check_qualifiers(call, asked) &&
                  check_name_itself(call);
    free(asked);
    if (is_good)
        call->operation->run(call);
}

/* ---- bodies ---- */

static cJSON *parse(struct bytes_view body)
{
    cJSON *json;

    if (body.length == 0)
        return cJSON_CreateObject();
    if (!json_text_check(body.data, body.length, NULL))
        return NULL;
    json = cJSON_ParseWithLength(body.data, body.length);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static void on_body(struct manage_call *call)
{
    if (call->body == NULL)
        manage_refuse_plain(call, MANAGE_SERIALIZATION, "The body is not a JSON object");
    else
        check_and_run(call);
}

struct parsing {
    uv_work_t work;
    struct manage_call *call;
};

static void run_parse(uv_work_t *work)
{
    struct parsing *parsing = work->data;

    parsing->call->body = parse(bytes_view(parsing->call->exchange->body));
}

static void on_parsed(uv_work_t *work, int status)
{
    struct parsing *parsing = work->data;
    struct manage_call *call = parsing->call;

    (void)status;
    free(parsing);
    on_body(call);
}

static void read_body(struct manage_call *call)
{
    const struct bytes_view body = bytes_view(call->exchange->body);
    struct parsing *parsing;

    if (body.length <= INLINE_BODY_MAX) {
        call->body = parse(body);
        on_body(call);
        return;
    }
    parsing = calloc(1, sizeof *parsing);
    if (parsing == NULL) {
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
        return;
    }
    parsing->work.data = parsing;
    parsing->call = call;
    (void)uv_queue_work(call->api->loop, &parsing->work, run_parse, on_parsed);
}

/* ---- the whole ---- */

void manage_handle(struct exchange *exchange, struct api *api)
{
    const struct api_operation *modelled =
        api_operation_find(exchange->method, exchange->path, exchange->query);
    const struct manage_operation *operation = manage_operation_find(modelled->name);
    struct manage_call *call = calloc(1, sizeof *call);

    if (operation == NULL) { /* another one of the same path */
        free(call);
        api_answer_not_implemented(exchange, modelled);
        return;
    }
    if (call == NULL) {
        api_answer_exception(exchange, API_SERVICE, "invoked is out of memory");
        return;
    }
    call->exchange = exchange;
    call->api = api;
    call->operation = operation;
    call->config = config_retain(config_store_current(api->config_store));
    call->region = call->config->region;
    if (!caller_of(exchange, api, &call->caller)) {
        manage_refuse(call, MANAGE_SERVICE, "%s", caller_refusal(api));
        return;
    }
    call->account_id = call->caller.account->id;
    if (exchange->is_body_too_large)
        manage_refuse_plain(
            call, MANAGE_TOO_LARGE, "Request must be smaller than %d bytes for the %s operation",
            (operation->flags & MANAGE_HAS_CODE) != 0 ? MANAGE_BODY_MAX + 1 : MANAGE_SMALL_BODY_MAX,
            operation->name);
    else if (!read_labels(call, modelled->path))
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
    else
        read_body(call);
}
