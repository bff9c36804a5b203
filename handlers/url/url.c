/*
 * Function URLs: which one a request is for, by the name of the host or by the path, who may, and on to url_run().
 */
#include "handlers/handlers.h"

#include "handlers/url/url_cors.h"
#include "handlers/url/url_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- serving ---- */

/* Local.AccessDenied and AllowedAccessKeyIds count where a signature is asked for. */
static bool may_invoke(const struct url_request *request, const struct exchange *exchange,
                       const struct function_url *url)
{
    return url->auth == FUNCTION_URL_AUTH_NONE ||
           (url_request_is_signed(request, exchange) &&
            !function_request_is_denied(url->function->latest,
                                        request->invoke.about.caller.access_key_id));
}

static void name_signer(struct url_request *request)
{
    const struct caller *caller = &request->invoke.about.caller;

    request->event.account_id = caller->account->id;
    request->event.signer = (struct url_signer){caller->access_key_id, caller->account->id};
}

static void answer_preflight(struct exchange *exchange, struct api *api,
                             const struct cors_config *cors)
{
    struct url_answer answer = {.status = 200};

    url_cors_add_preflight(&answer, cors, exchange);
    url_send(exchange, api, NULL, NULL, &answer);
}

/* A function of the API runs in the account that it belongs to; a signed request must come from there. */
static bool enter_owner(struct url_request *request, struct exchange *exchange,
                        const struct function_url *url)
{
    struct caller *caller = &request->invoke.about.caller;
    const char *owner_id = url->function->account_id;
    struct account *owner;

    if (owner_id == NULL || strcmp(owner_id, caller->account->id) == 0)
        return true;
    if (url->auth == FUNCTION_URL_AUTH_AWS_IAM)
        return false;
    owner = accounts_get(caller->account->accounts, owner_id);
    if (owner == NULL)
        return false;
    account_release(exchange->account);
    exchange->account = account_retain(owner);
    caller->account = owner;
    return true;
}

static void serve(struct url_request *request, struct exchange *exchange, struct api *api,
                  const struct function_url *url)
{
    request->cors = url->cors;
    request->is_streamed = url->mode == FUNCTION_URL_RESPONSE_STREAM;
    request->event.api_id = url->id;
    request->event.route_key = "$default";
    function_url_host(request->invoke.about.config, url, request->domain_name);
    if (url->cors != NULL && url_cors_is_preflight(exchange)) {
        answer_preflight(exchange, api, url->cors);
    } else if (!may_invoke(request, exchange, url) || !enter_owner(request, exchange, url)) {
        url_answer_failure(exchange, api, request->door, url->cors, URL_FORBIDDEN);
    } else if (!url_request_resolve(request, api, url->function, url->qualifier)) {
        url_answer_failure(exchange, api, request->door, url->cors, URL_NO_FUNCTION);
    } else {
        if (url->auth == FUNCTION_URL_AUTH_AWS_IAM)
            name_signer(request);
        url_run(request, exchange, api);
    }
}

/* ---- by the path: /_invoked/url/NAME/..., /_invoked/url/NAME:ALIAS/... or /_invoked/url/NAME/ALIAS/... ---- */

/* The part of the rest up to the next '/', decoded, and moves behind it. NULL when it is no name. */
static bool take_part(struct bytes_view *rest, char *part, size_t size)
{
    const char *slash = memchr(rest->data, '/', rest->length);
    const size_t length = slash == NULL ? rest->length : (size_t)(slash - rest->data);
    const bool has_fitted =
        percent_decode((struct bytes_view){rest->data, length}, part, size) < size;

    rest->data += length;
    rest->length -= length;
    return has_fitted;
}

/* An alias that has a URL of its own; any other part is the beginning of the function's own path. */
static const struct function_url *take_alias(const struct function *function,
                                             struct bytes_view *rest)
{
    char name[FUNCTION_NAME_MAX + 1];
    struct bytes_view behind = {rest->data + 1, rest->length - 1};
    const struct function_url *url = NULL;

    if (take_part(&behind, name, sizeof name) && name[0] != '\0')
        url = function_url_of(function, name);
    if (url != NULL)
        *rest = behind;
    return url;
}

static const struct function_url *find_by_path(struct url_request *request,
                                               const struct exchange *exchange)
{
    struct bytes_view rest = exchange->parameter;
    char name[2 * FUNCTION_NAME_MAX + 2];
    const char *alias = "";
    const struct function *function;
    const struct function_url *url = NULL;
    char *colon;

    if (!take_part(&rest, name, sizeof name))
        return NULL;
    colon = strchr(name, ':');
    if (colon != NULL) {
        *colon = '\0';
        alias = colon + 1;
    }
    function = config_function_of(request->invoke.about.config,
                                  request->invoke.about.caller.account->id, name);
    if (function == NULL)
        return NULL;
    if (colon == NULL && rest.length > 1)
        url = take_alias(function, &rest);
    request->event.path = rest.length == 0 ? BYTES_VIEW("/") : rest;
    return url != NULL ? url : function_url_of(function, alias);
}

/* What AWS says of a URL that isn't there is little, so the log says more. */
static void log_missing(const struct exchange *exchange, const struct api *api)
{
    log_write(api->log, LOG_WARN,
              "%s %.*s: no function with a URL has this address; FunctionUrlConfig gives a "
              "function or an alias one",
              exchange->method, (int)(exchange->path.length < 200 ? exchange->path.length : 200),
              exchange->path.data);
}

void url_path_handle(struct exchange *exchange, struct api *api)
{
    struct url_request request;
    const struct function_url *url;

    if (url_request_begin(&request, exchange, api, URL_DOOR_FUNCTION_URL)) {
        url = find_by_path(&request, exchange);
        if (url != NULL) {
            serve(&request, exchange, api, url);
        } else {
            log_missing(exchange, api);
            url_answer_failure(exchange, api, request.door, NULL, URL_NO_FUNCTION);
        }
    }
    url_request_clear(&request);
}

/* ---- by the host: ID.lambda-url.REGION.localhost ---- */

static const struct function_url *find_by_host(const struct url_request *request,
                                               const struct exchange *exchange)
{
    const char *host = exchange_header(exchange, "Host");
    const size_t length = host == NULL ? 0 : strcspn(host, ".");
    const struct config *config = request->invoke.about.config;
    const size_t region_length = strlen(config->region);
    char id[FUNCTION_URL_ID_LENGTH + 1];
    const char *region;

    if (length != FUNCTION_URL_ID_LENGTH)
        return NULL;
    region = host + length + sizeof ".lambda-url." - 1; /* the route has seen that much */
    if (strncasecmp(region, config->region, region_length) != 0 || region[region_length] != '.')
        return NULL;
    memcpy(id, host, length);
    id[length] = '\0';
    return function_url_by_id(config, id);
}

void url_host_handle(struct exchange *exchange, struct api *api)
{
    struct url_request request;
    const struct function_url *url;

    if (url_request_begin(&request, exchange, api, URL_DOOR_FUNCTION_URL)) {
        url = find_by_host(&request, exchange);
        request.event.path = exchange->path;
        if (url != NULL) {
            serve(&request, exchange, api, url);
        } else {
            log_missing(exchange, api);
            url_answer_failure(exchange, api, request.door, NULL, URL_NO_FUNCTION);
        }
    }
    url_request_clear(&request);
}
