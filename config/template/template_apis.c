/*
 * template_apis.c - makes Apis of the events HttpApi and Api of SAM functions, and of Cors of the APIs that they name, or
 * of Globals. Authorizers and stages are ignored.
 */
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <string.h>
#include <strings.h>

enum { METHOD_SIZE = 32 };

/* A kind of event and of API, in words of SAM. */
struct api_words {
    const char *event, *implicit, *id, *resource, *cors;
};

/* clang-format off */
static const struct api_words words[] = {
    {"HttpApi", "ServerlessHttpApi", "ApiId",     "AWS::Serverless::HttpApi", "CorsConfiguration"},
    {"Api",     "ServerlessRestApi", "RestApiId", "AWS::Serverless::Api",     "Cors"},
};
/* clang-format on */

/* ---- Cors ---- */

/* "'GET,POST'" and "GET": SAM wants quotes within quotes for REST APIs. Adds the parts to a new list. */
static void put_parts(struct template_scope *scope, struct node *to, const char *key,
                      const char *text, const struct node *origin)
{
    struct node *list = template_add(scope, to, NODE_ARRAY, key, origin);

    while (list != NULL && *text != '\0') {
        const size_t skipped = strspn(text, "', ");
        const size_t length = strcspn(text + skipped, "', ");
        char *part = arena_copy(document_arena(scope->document), text + skipped, length);

        text += skipped + length;
        if (part == NULL) {
            scope->problems->is_out_of_memory = true;
            return;
        }
        const struct node *value = length == 0 ? NULL : template_string(scope, part, origin);

        if (value != NULL)
            (void)template_put(scope, list, NULL, value, origin);
    }
}

static void put_cors_member(struct template_scope *scope, struct node *cors, const char *key,
                            const struct node *source)
{
    const struct node *value = source == NULL ? NULL : template_resolve(scope, source);

    if (value == NULL || value == &template_no_value)
        return;
    if (value->kind == NODE_STRING && strcmp(key, "AllowCredentials") != 0 &&
        strcmp(key, "MaxAge") != 0) {
        put_parts(scope, cors, key, value->text, source);
    } else if (value->kind == NODE_STRING && value->text[0] == '\'') { /* "'600'" */
        const char *text = arena_copy(document_arena(scope->document), value->text + 1,
                                      strcspn(value->text + 1, "'"));
        const struct node *plain = text == NULL ? NULL : template_string(scope, text, source);

        if (plain != NULL)
            (void)template_put(scope, cors, key, plain, source);
    } else {
        (void)template_put(scope, cors, key, value, source);
    }
}

static void put_cors_of(struct template_scope *scope, struct node *cors, const struct node *value,
                        const struct node *source)
{
    static const struct {
        const char *from, *to;
    } members[] = {
        {"AllowOrigins", "AllowOrigins"},
        {"AllowOrigin", "AllowOrigins"},
        {"AllowMethods", "AllowMethods"},
        {"AllowHeaders", "AllowHeaders"},
        {"ExposeHeaders", "ExposeHeaders"},
        {"AllowCredentials", "AllowCredentials"},
        {"MaxAge", "MaxAge"},
    };

    if (value->kind == NODE_OBJECT) {
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            put_cors_member(scope, cors, members[i].to, node_member(value, members[i].from));
        return;
    }
    put_parts(scope, cors, "AllowOrigins", value->kind == NODE_STRING ? value->text : "*", source);
    put_parts(scope, cors, "AllowMethods", "*", source);
    put_parts(scope, cors, "AllowHeaders", "*", source);
}

/* True or a text stands for its origins, an object for all of it. */
static void put_cors(struct template_scope *scope, struct node *api, const struct node *source)
{
    const struct node *value = source == NULL ? NULL : template_resolve(scope, source);

    if (value == NULL || value == &template_no_value ||
        (value->kind == NODE_BOOLEAN && value->number == 0))
        return;
    struct node *cors = template_put_object(scope, api, "Cors", source);

    if (cors != NULL)
        put_cors_of(scope, cors, value, source);
}

/* ---- APIs ---- */

static const struct template_resource *find_api(struct template_scope *scope, const char *id)
{
    if (!template_spend_search(scope, scope->row_count, scope->resources))
        return NULL;
    for (size_t i = 0; i < scope->row_count; i++) {
        if (strcmp(scope->rows[i].node->key, id) == 0)
            return &scope->rows[i];
    }
    return NULL;
}

/* A property of the API, else of Globals. */
static const struct node *api_property(const struct template_scope *scope,
                                       const struct template_resource *api,
                                       const struct api_words *kind, const char *name)
{
    const struct node *own = api == NULL ? NULL : node_member(api->properties, name);
    const struct node *globals = node_member(scope->root, "Globals");

    return own != NULL ? own : node_member(node_member(globals, kind->event), name);
}

/* Each nested stack has its own implicit ones. */
static const char *key_of(struct template_scope *scope, const char *id,
                          const struct template_resource *resource)
{
    const char *const parts[] = {scope->outer == NULL ? "" : scope->stack->node->key, id, NULL};
    const char *key;

    if (resource != NULL)
        return template_unique_id(scope, resource, "");
    key = arena_join(document_arena(scope->document), parts);
    scope->problems->is_out_of_memory |= key == NULL;
    return key;
}

/* The API of that id in the configuration; made when it isn't there yet. */
static struct node *put_api(struct template_scope *scope, struct node *apis, const char *id,
                            const struct api_words *kind, const struct node *origin)
{
    const struct template_resource *resource;

    resource = find_api(scope, id);
    const char *key = key_of(scope, id, resource);

    for (struct node *api = apis->first; api != NULL; api = api->next) {
        if (key != NULL && strcmp(api->key, key) == 0)
            return api;
    }
    struct node *api = key == NULL ? NULL : template_put_object(scope, apis, key, origin);
    const struct node *type = template_string(scope, kind->event, origin);

    if (api == NULL || type == NULL || template_put(scope, api, "Type", type, origin) == NULL)
        return NULL;
    put_cors(scope, api, api_property(scope, resource, kind, kind->cors));
    if (api_property(scope, resource, kind, "Auth") != NULL)
        template_note(
            scope, "%.200s: Auth is ignored: every request reaches its function, whoever sends it",
            id);
    return template_add(scope, api, NODE_ARRAY, "Routes", origin) == NULL ? NULL : api;
}

/* ---- routes ---- */

static void put_text(struct template_scope *scope, struct node *to, const char *key,
                     const char *text, const struct node *origin)
{
    const struct node *value = text == NULL ? NULL : template_string(scope, text, origin);

    if (value != NULL)
        (void)template_put(scope, to, key, value, origin);
}

static const char *method_of(struct template_scope *scope, const struct node *source)
{
    const char *text = source == NULL ? "ANY" : template_resolve_text(scope, source);
    char *method;

    if (text == NULL)
        return NULL;
    if (strcasecmp(text, "x-amazon-apigateway-any-method") == 0 || strcmp(text, "*") == 0)
        text = "ANY";
    method = arena_copy(document_arena(scope->document), text, strlen(text));
    scope->problems->is_out_of_memory |= method == NULL;
    for (char *at = method; at != NULL && *at != '\0'; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at & ~0x20);
    }
    return method;
}

/* What AutoPublishAlias names; NULL for none. */
static const char *alias_of(struct template_scope *scope, const struct template_resource *function)
{
    const struct node *source = template_property(scope, function, "AutoPublishAlias");

    if (source == NULL || template_resolve(scope, source) == &template_no_value)
        return NULL;
    return template_resolve_text(scope, source);
}

static void put_route(struct template_scope *scope, struct node *api,
                      const struct template_resource *function, const struct node *event,
                      const struct node *properties)
{
    const struct node *path = node_member(properties, "Path");
    const struct node *method = node_member(properties, "Method");
    const char *text = path == NULL ? NULL : template_resolve_text(scope, path);
    struct node *route;

    if (path != NULL && (text == NULL || text[0] != '/')) {
        template_note(scope, "%.200s.%.100s: left out: its Path must begin with /",
                      function->node->key, event->key);
        return;
    }
    route = template_put_object(scope, api->last, NULL, event); /* Routes is the last member */
    if (route == NULL)
        return;
    if (method != NULL || path != NULL)
        put_text(scope, route, "Method", method_of(scope, method), event);
    put_text(scope, route, "Path", text, event);
    put_text(scope, route, "Function", function->name, event);
    put_text(scope, route, "Qualifier", alias_of(scope, function), event);
    if (node_member(properties, "PayloadFormatVersion") != NULL)
        template_put_resolved(scope, route, "PayloadFormatVersion",
                              node_member(properties, "PayloadFormatVersion"));
}

/* {"Ref": "MyApi"} is its logical id; any other value is none of this template. NULL for such a one. */
static const char *id_of(const struct node *source, const struct api_words *kind)
{
    if (source == NULL)
        return kind->implicit;
    return node_text(source) != NULL ? source->text : node_text(node_member(source, "Ref"));
}

static void put_event(struct template_scope *scope, struct node *apis,
                      const struct template_resource *function, const struct node *event,
                      const struct api_words *kind)
{
    const struct node *properties = node_member(event, "Properties");
    const char *id = id_of(node_member(properties, kind->id), kind);
    struct node *api;

    if (id == NULL) {
        template_note(scope, "%.200s.%.100s: left out: %s must be the Ref of an API",
                      function->node->key, event->key, kind->id);
        return;
    }
    api = put_api(scope, apis, id, kind, event);
    if (api == NULL)
        return;
    if (node_member(properties, "Auth") != NULL)
        template_note(scope, "%.200s.%.100s: Auth is ignored: every request reaches the function",
                      function->node->key, event->key);
    put_route(scope, api, function, event, properties);
}

static const struct api_words *words_of(const struct node *event)
{
    const char *type = node_text(node_member(event, "Type"));

    for (size_t i = 0; type != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].event, type) == 0)
            return &words[i];
    }
    return NULL;
}

static void put_events_of(struct template_scope *scope, struct node *root,
                          const struct template_resource *function)
{
    const struct node *events = template_property(scope, function, "Events");

    for (const struct node *event = node_first_member(events); event != NULL; event = event->next) {
        const struct api_words *kind = words_of(event);
        const char *type = node_text(node_member(event, "Type"));

        if (kind == NULL) {
            template_note(scope, "%.200s: ignored: event %.100s (%.60s)", function->node->key,
                          event->key, type == NULL ? "without a Type" : type);
            template_ignore(scope, function->name, "event %.100s (%.60s)", event->key,
                            type == NULL ? "without a Type" : type);
            continue;
        }
        if (root->last == NULL || strcmp(root->last->key, "Apis") != 0)
            (void)template_put_object(scope, root, "Apis", event);
        if (root->last != NULL && strcmp(root->last->key, "Apis") == 0)
            put_event(scope, root->last, function, event, kind);
    }
}

void template_put_apis(struct template_scope *scope, struct node *root)
{
    for (size_t i = 0; i < scope->row_count && !scope->problems->is_out_of_memory; i++) {
        const struct template_resource *row = &scope->rows[i];

        if (row->kind == RESOURCE_SAM_FUNCTION && row->built != NULL)
            put_events_of(scope, root, row);
    }
}
