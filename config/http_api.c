/* http_api.c - APIs and their routes, and the search for an API. */
#include "config/http_api.h"

#include "base/arena.h"
#include "config/config_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/function_url.h"
#include "config/settings/api_settings.h"
#include "config/settings/url_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- finding ---- */

const struct http_api *http_api_by_id(const struct config *config, const char *id, size_t length)
{
    if (length != HTTP_API_ID_LENGTH)
        return NULL;
    for (size_t i = 0; i < config->api_count; i++) {
        if (strncasecmp(config->apis[i]->id, id, length) == 0)
            return config->apis[i];
    }
    return NULL;
}

const struct http_api *http_api_by_name(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->api_count; i++) {
        if (strcmp(config->apis[i]->name, name) == 0)
            return config->apis[i];
    }
    return NULL;
}

void http_api_host(const struct http_api *api, char host[HTTP_API_HOST_SIZE])
{
    (void)snprintf(host, HTTP_API_HOST_SIZE, "%s.execute-api.localhost", api->id);
}

/* ---- routes ---- */

static size_t count_segments(const char *path)
{
    size_t count = 0;

    for (const char *at = path; *at != '\0'; at++)
        count += *at == '/';
    return count;
}

/* The path has passed its check. */
static void build_segments(struct config_builder *builder, struct api_route *route)
{
    const size_t count = count_segments(route->path);
    struct route_segment *segments = arena_take_array(builder->arena, count + 1, sizeof *segments);
    const char *at = route->path;

    route->segments = segments;
    if (segments == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        const size_t length = strcspn(++at, "/");
        const bool is_parameter = at[0] == '{';
        const bool is_greedy = is_parameter && at[length - 2] == '+';
        const size_t begin = is_parameter ? 1 : 0;
        const size_t end = length - (is_greedy ? 2 : is_parameter ? 1 : 0);

        segments[i].kind = is_greedy      ? SEGMENT_GREEDY
                           : is_parameter ? SEGMENT_PARAMETER
                                          : SEGMENT_TEXT;
        segments[i].text = arena_copy(builder->arena, at + begin, end - begin);
        at += length;
    }
    route->segment_count = count;
}

/* Below 0 when `left` is the more specific: text before parameters, those before greedy ones, a method before any. */
static int compare_routes(const void *left, const void *right)
{
    const struct api_route *a = left, *b = right;
    const size_t shorter =
        a->segment_count < b->segment_count ? a->segment_count : b->segment_count;

    if (a->path == NULL || b->path == NULL)
        return (a->path == NULL) - (b->path == NULL);
    for (size_t i = 0; i < shorter; i++) {
        if (a->segments[i].kind != b->segments[i].kind)
            return (int)a->segments[i].kind - (int)b->segments[i].kind;
    }
    if (a->segment_count != b->segment_count)
        return a->segment_count > b->segment_count ? -1 : 1;
    return (a->method == NULL) - (b->method == NULL);
}

static const char *copy(struct config_builder *builder, const char *text)
{
    return text == NULL ? NULL : arena_copy(builder->arena, text, strlen(text));
}

static bool is_text(const struct setting_value *value, const char *text)
{
    const char *own = setting_text(value);

    return own != NULL && strcmp(own, text) == 0;
}

static void name_route(struct config_builder *builder, struct api_route *route)
{
    const char *const parts[] = {route->method == NULL ? "ANY" : route->method, " ", route->path,
                                 NULL};

    route->key = route->path == NULL ? "$default" : arena_join(builder->arena, parts);
}

/* False when there is no such function, which is told, or version or alias. */
static bool find_target(struct config_builder *builder, struct api_route *route,
                        const struct node *node)
{
    struct function_target target;
    const struct node *name = node_member(node, "Function");

    if (node_text(name) == NULL)
        return false;
    route->function = config_function(builder->config, name->text);
    if (route->function == NULL)
        problem_list_add_at(builder->problems, name, "no function %.100s is configured",
                            name->text);
    else if (!function_resolve(route->function, route->qualifier, 0, &target))
        problem_list_add_at(builder->problems, node_member(node, "Qualifier"),
                            "the function has no version or alias %.100s", route->qualifier);
    return route->function != NULL;
}

static bool build_route(struct config_builder *builder, const struct node *node,
                        enum http_api_kind kind, struct api_route *route)
{
    struct setting_value values[ROUTE_SLOT_COUNT];
    struct problem_list told; /* they have been told where all were read first */

    problem_list_init(&told, NULL);
    setting_init(&route_settings, values);
    setting_read(&route_settings, node, values, &told);
    const bool is_sound = problem_list_is_empty(&told);

    problem_list_clear(&told);
    if (!is_sound)
        return false;
    if (values[SLOT_ROUTE_METHOD].node != NULL && !is_text(&values[SLOT_ROUTE_METHOD], "ANY"))
        route->method = copy(builder, setting_text(&values[SLOT_ROUTE_METHOD]));
    route->path = copy(builder, setting_text(&values[SLOT_ROUTE_PATH]));
    route->qualifier = values[SLOT_ROUTE_QUALIFIER].node == NULL
                           ? ""
                           : copy(builder, setting_text(&values[SLOT_ROUTE_QUALIFIER]));
    if (kind == REST_API ||
        is_text(&values[SLOT_ROUTE_PAYLOAD], api_payload_names[API_PAYLOAD_1_0]))
        route->payload = API_PAYLOAD_1_0;
    if (route->path != NULL)
        build_segments(builder, route);
    name_route(builder, route);
    return route->qualifier != NULL && find_target(builder, route, node);
}

static void build_routes(struct config_builder *builder, struct http_api *api,
                         const struct node *list)
{
    struct api_route *routes = arena_take_array(builder->arena, list->count + 1u, sizeof *routes);

    api->routes = routes;
    if (routes == NULL)
        return;
    for (const struct node *node = list->first; node != NULL; node = node->next) {
        if (node->kind == NODE_OBJECT &&
            build_route(builder, node, api->kind, &routes[api->route_count]))
            api->route_count++;
    }
    if (!arena_is_exhausted(builder->arena) && api->route_count > 1)
        qsort(routes, api->route_count, sizeof *routes, compare_routes);
}

/* ---- APIs ---- */

/* The first letters of what a URL of that name would have. */
static void make_id(struct config_builder *builder, struct http_api *api)
{
    char id[FUNCTION_URL_ID_LENGTH + 1];

    function_url_id_make(builder, "execute-api", api->name, id);
    memcpy(api->id, id, HTTP_API_ID_LENGTH);
    api->id[HTTP_API_ID_LENGTH] = '\0';
}

static const struct http_api *build_api(struct config_builder *builder, const struct node *node)
{
    struct setting_value values[API_SLOT_COUNT];
    struct http_api *api = arena_take(builder->arena, sizeof *api);

    if (node->kind != NODE_OBJECT) {
        problem_list_add_at(builder->problems, node, "must be an object (is %s)",
                            node_kind_name(node->kind));
        return NULL;
    }
    setting_init(&api_settings, values);
    setting_read(&api_settings, node, values, builder->problems);
    if (api == NULL || (api->name = copy(builder, node->key)) == NULL)
        return NULL;
    make_id(builder, api);
    if (is_text(&values[SLOT_API_TYPE], http_api_kind_names[REST_API]))
        api->kind = REST_API;
    if (values[SLOT_API_CORS].node != NULL && values[SLOT_API_CORS].node->kind == NODE_OBJECT)
        api->cors = cors_config_build(builder, &api_cors_settings, values[SLOT_API_CORS].node);
    if (values[SLOT_ROUTES].node != NULL && values[SLOT_ROUTES].node->kind == NODE_ARRAY)
        build_routes(builder, api, values[SLOT_ROUTES].node);
    return api;
}

void http_apis_build(struct config_builder *builder, struct config *config, const struct node *apis)
{
    const struct http_api **built;

    if (apis == NULL || apis->kind != NODE_OBJECT || apis->count > APIS_MAX)
        return;
    built = arena_take_array(builder->arena, apis->count + 1u, sizeof *built);
    config->apis = built;
    for (const struct node *node = apis->first; built != NULL && node != NULL; node = node->next) {
        const struct http_api *api = build_api(builder, node);

        if (api != NULL)
            built[config->api_count++] = api;
    }
}
