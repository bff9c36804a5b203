#include "handlers/lambda/function_request.h"

#include "base/short_text.h"
#include "handlers/lambda/api_error.h"

#include <stdlib.h>
#include <string.h>

/* ---- who asks, and what for ---- */

static bool decode(const struct exchange *exchange, struct function_request *request)
{
    size_t room = exchange->parameter.length + 1;

    request->name = malloc(room);
    if (request->name == NULL)
        return false;
    request->name_length = percent_decode(exchange->parameter, request->name, room);
    if (exchange->query.length == 0)
        return true;
    room = exchange->query.length + 1;
    request->asked_qualifier = malloc(room);
    if (request->asked_qualifier == NULL)
        return false;
    if (!exchange_query(exchange, "Qualifier", request->asked_qualifier, room,
                        &request->asked_qualifier_length)) {
        free(request->asked_qualifier);
        request->asked_qualifier = NULL;
    }
    return true;
}

bool function_request_begin(struct exchange *exchange, struct api *api,
                            struct function_request *request)
{
    *request =
        (struct function_request){.config = config_retain(config_store_current(api->config_store))};
    if (!decode(exchange, request)) {
        api_answer_exception(exchange, API_SERVICE, "invoked is out of memory");
        return false;
    }
    if (!caller_of(exchange, api, &request->caller)) {
        api_answer_exception(exchange, API_SERVICE, "%s", caller_refusal(api));
        return false;
    }
    return true;
}

void function_request_clear(struct function_request *request)
{
    config_release(request->config);
    free(request->name);
    free(request->asked_qualifier);
}

/* ---- constraints ---- */

void function_request_constrain(struct function_request *request, struct violations *violations)
{
    const struct name_rule name_rule = {"functionName", function_name_pattern, FUNCTION_NAME_MAX};
    const struct name_rule qualifier_rule = {"qualifier", qualifier_pattern, QUALIFIER_MAX};
    const enum function_name_status status =
        function_name_parse(request->name, request->name_length, &request->parsed);

    if (request->asked_qualifier != NULL)
        violations_add_name(
            violations, request->asked_qualifier, &qualifier_rule,
            qualifier_check(request->asked_qualifier, request->asked_qualifier_length));
    violations_add_name(violations, request->name, &name_rule, status);
    if (status == FUNCTION_NAME_OK)
        request->function =
            config_function_of(request->config, request->caller.account->id, request->parsed.name);
}

/* ---- permission ---- */

bool function_request_is_denied(const struct function_version *settings, const char *access_key_id)
{
    if (settings->access_denied)
        return true;
    for (size_t i = 0; i < settings->allowed_access_key_ids.count; i++) {
        if (strcmp(settings->allowed_access_key_ids.items[i], access_key_id) == 0)
            return false;
    }
    return settings->allowed_access_key_ids.count > 0;
}

static const char *asked_qualifier(const struct function_request *request)
{
    return request->asked_qualifier != NULL ? request->asked_qualifier : request->parsed.qualifier;
}

/* IAM names the resource as it was asked for: with the qualifier where there is one. */
static bool refuse_access(struct exchange *exchange, const struct function_request *request,
                          const char *action, const char *account_id, const char *policy)
{
    const char *qualifier = asked_qualifier(request);

    api_answer_exception(exchange, API_ACCESS_DENIED,
                         "User: arn:aws:iam::%s:user/local is not authorized to perform: %s on "
                         "resource: arn:aws:lambda:%s:%s:function:%s%s%s because no %s policy "
                         "allows the %s action",
                         request->caller.account->id, action, request->config->region, account_id,
                         request->parsed.name, qualifier[0] == '\0' ? "" : ":", qualifier, policy,
                         action);
    return false;
}

static bool action_matches(const char *allowed, const char *action)
{
    const size_t length = strlen(allowed);

    return length > 0 && allowed[length - 1] == '*' ? strncmp(allowed, action, length - 1) == 0
                                                    : strcmp(allowed, action) == 0;
}

/* Does the function's resource policy let that account call it under the qualifier that it asks for? */
static bool is_permitted(const struct function *function, const char *account_id,
                         const char *qualifier, const char *action)
{
    for (size_t i = 0; i < function->permission_count; i++) {
        const struct function_permission *permission = &function->permissions[i];

        if (strcmp(permission->qualifier, qualifier) == 0 &&
            (strcmp(permission->principal, "*") == 0 ||
             strcmp(permission->principal, account_id) == 0) &&
            action_matches(permission->action, action))
            return true;
    }
    return false;
}

/* A function of another account runs in that account. False when it isn't permitted. */
static bool enter_account(struct exchange *exchange, struct function_request *request,
                          const struct function_rules *rules)
{
    const struct function *function =
        config_function_of(request->config, request->parsed.account_id, request->parsed.name);
    struct account *owner;

    if (function == NULL || !is_permitted(function, request->caller.account->id,
                                          asked_qualifier(request), rules->action))
        return false;
    owner = accounts_get(request->caller.account->accounts, request->parsed.account_id);
    if (owner == NULL)
        return false;
    account_release(exchange->account);
    exchange->account = account_retain(owner);
    request->caller.account = owner;
    request->function = function;
    return true;
}

/* Access to a function of another account is decided by its resource policy, which only functions of the API have. */
bool function_request_authorize(struct exchange *exchange, struct function_request *request,
                                const struct function_rules *rules)
{
    const char *asked = request->parsed.account_id;
    const char *own = request->caller.account->id;

    if (asked[0] != '\0' && strcmp(asked, own) != 0)
        return enter_account(exchange, request, rules) ||
               refuse_access(exchange, request, rules->action, asked, "resource-based");
    if (request->function != NULL &&
        function_request_is_denied(request->function->latest, request->caller.access_key_id))
        return refuse_access(exchange, request, rules->action, own, "identity-based");
    return true;
}

/* ---- region, qualifier, existence ---- */

static bool check_region(struct exchange *exchange, const struct function_request *request)
{
    const char *asked = request->parsed.region;

    if (asked[0] == '\0' || strcmp(asked, request->config->region) == 0)
        return true;
    api_answer_exception(exchange, API_RESOURCE_NOT_FOUND,
                         "Functions from '%s' are not reachable in this region ('%s')", asked,
                         request->config->region);
    return false;
}

static bool check_qualifiers(struct exchange *exchange, const struct function_request *request)
{
    const char *derived = request->parsed.qualifier;

    if (derived[0] == '\0' || request->asked_qualifier == NULL ||
        strcmp(derived, request->asked_qualifier) == 0)
        return true;
    api_answer_exception(
        exchange, API_INVALID_PARAMETER_VALUE,
        "The derived qualifier from the function name does not match the specified qualifier.");
    return false;
}

static void answer_not_found(struct exchange *exchange, const struct function_request *request,
                             const struct function_rules *rules)
{
    const char *qualifier = request->qualifier;

    if (qualifier[0] == '\0' && rules->shows_latest)
        qualifier = "$LATEST";
    api_answer_exception(exchange, API_RESOURCE_NOT_FOUND,
                         "Function not found: arn:aws:lambda:%s:%s:function:%s%s%s",
                         request->config->region, request->caller.account->id, request->parsed.name,
                         qualifier[0] == '\0' ? "" : ":", qualifier);
}

/* A function that the API has just made, or that it can't run any more. */
static bool check_state(struct exchange *exchange, const struct function_request *request)
{
    const char *state = request->function->pending;

    if (state == NULL)
        return true;
    api_answer_exception(exchange, API_RESOURCE_CONFLICT,
                         "The operation cannot be performed at this time. The function is "
                         "currently in the following state: %s",
                         state);
    return false;
}

bool function_request_find(struct exchange *exchange, struct api *api,
                           struct function_request *request, const struct function_rules *rules)
{
    struct short_text qualifier;

    if (!check_region(exchange, request) || !check_qualifiers(exchange, request))
        return false;
    short_text_begin(&qualifier, request->qualifier, sizeof request->qualifier);
    short_text_put(&qualifier, asked_qualifier(request));
    if (request->function != NULL &&
        function_resolve(request->function, request->qualifier, random_fraction(api->random),
                         &request->target))
        return check_state(exchange, request);
    answer_not_found(exchange, request, rules);
    return false;
}
