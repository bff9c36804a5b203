/*
 * serverless_routes.c - events `http` and `httpApi` of a function of serverless.yml, as events Api and HttpApi of SAM.
 */
#include "config/serverless/serverless_internal.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_SIZE = 16 };

/* A kind of event, and what SAM calls it. */
struct route_words {
    const char *own, *type, *cors;
};

static const struct route_words words[] = {
    {"http", "Api", "Cors"},
    {"httpApi", "HttpApi", "CorsConfiguration"},
};

/* In "GET /pets" and in {method, path}. */
struct route_texts {
    const char *method, *path; /* NULL for none */
};

/* False with a problem. */
static bool read_texts(struct serverless_scope *scope, const struct node *value,
                       struct route_texts *texts)
{
    const char *text = node_text(value);

    *texts = (struct route_texts){node_text(node_member(value, "method")),
                                  node_text(node_member(value, "path"))};
    if (text == NULL)
        return true;
    const size_t method = strcspn(text, " \t");
    const size_t path = method + strspn(text + method, " \t");

    if (text[path] == '\0') { /* "*" */
        texts->method = text;
        return true;
    }
    texts->method = arena_copy(document_arena(scope->template.document), text, method);
    texts->path = text + path;
    scope->template.problems->is_out_of_memory |= texts->method == NULL;
    return texts->method != NULL;
}

/* `http` may leave the slash out; "*" alone takes what no other route does. */
static void put_texts(struct serverless_scope *scope, struct node *properties,
                      const struct route_texts *texts, const struct node *value)
{
    const char *const parts[] = {texts->path == NULL || texts->path[0] == '/' ? "" : "/",
                                 texts->path, NULL};
    const bool is_any = texts->method == NULL || strcmp(texts->method, "*") == 0 ||
                        strcasecmp(texts->method, "any") == 0;

    if (texts->path == NULL || strcmp(texts->path, "*") == 0)
        return;
    serverless_put_text(scope, properties, "Path",
                        arena_join(document_arena(scope->template.document), parts), value);
    serverless_put_text(scope, properties, "Method", is_any ? "ANY" : texts->method, value);
}

static const struct route_words *words_of(const struct node *event)
{
    const struct node *first = node_first_member(event);

    for (size_t i = 0; first != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].own, first->key) == 0)
            return &words[i];
    }
    return NULL;
}

static void put_route(struct serverless_scope *scope, struct node *events, const struct node *event,
                      const struct route_words *kind, const char *payload)
{
    const struct node *value = event->first;
    struct route_texts texts;
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof name, "%u", event->line);
    const char *const parts[] = {kind->type, name, NULL};
    const char *key = arena_join(document_arena(scope->template.document), parts);

    scope->template.problems->is_out_of_memory |= key == NULL;
    if (key == NULL || !read_texts(scope, value, &texts))
        return;
    struct node *to = template_put_object(&scope->template, events, key, event);

    if (to == NULL)
        return;
    serverless_put_text(scope, to, "Type", kind->type, event);
    struct node *properties = template_put_object(&scope->template, to, "Properties", event);

    if (properties == NULL)
        return;
    put_texts(scope, properties, &texts, value);
    if (payload != NULL && strcmp(kind->type, "HttpApi") == 0)
        serverless_put_text(scope, properties, "PayloadFormatVersion", payload, event);
}

void serverless_put_routes(struct serverless_scope *scope, struct node *properties,
                           const struct node *provider, const struct node *function)
{
    const char *payload = node_text(node_member(node_member(provider, "httpApi"), "payload"));
    struct node *events = NULL;

    for (const struct node *event = node_first_element(node_member(function, "events"));
         event != NULL; event = event->next) {
        const struct route_words *kind = words_of(event);
        const struct node *first = node_first_member(event);

        if (kind == NULL) {
            template_note(&scope->template, "%.200s: ignored: event %.60s", function->key,
                          first == NULL ? "without a type" : first->key);
            template_ignore(&scope->template, function->key, "event %.60s",
                            first == NULL ? "without a type" : first->key);
            continue;
        }
        if (events == NULL)
            events = template_put_object(&scope->template, properties, "Events", event);
        if (events != NULL)
            put_route(scope, events, event, kind, payload);
    }
}

/* ---- CORS ---- */

static const struct node *cors_of_http(const struct node *functions)
{
    for (const struct node *function = node_first_member(functions); function != NULL;
         function = function->next) {
        for (const struct node *event = node_first_element(node_member(function, "events"));
             event != NULL; event = event->next) {
            const struct node *cors = node_member(node_member(event, "http"), "cors");

            if (cors != NULL && !(cors->kind == NODE_BOOLEAN && cors->number == 0))
                return cors;
        }
    }
    return NULL;
}

/* allowedOrigins as AllowOrigins, and so on; true is everything. */
static void put_cors(struct serverless_scope *scope, struct node *globals,
                     const struct route_words *kind, const struct node *cors)
{
    struct node *api = template_put_object(&scope->template, globals, kind->type, cors);

    if (api == NULL)
        return;
    if (cors->kind != NODE_OBJECT) {
        serverless_put_text(scope, api, kind->cors, "*", cors);
        return;
    }
    struct node *to = template_put_object(&scope->template, api, kind->cors, cors);

    for (size_t i = 0; to != NULL && i < serverless_cors_name_count; i++) {
        const struct node *value = node_member(cors, serverless_cors_names[i].own);

        if (value != NULL && value->kind != NODE_NULL)
            template_put(&scope->template, to, serverless_cors_names[i].property, value, value);
    }
}

void serverless_put_cors(struct serverless_scope *scope, struct node *root,
                         const struct node *provider, const struct node *functions)
{
    const struct node *of_http_api = node_member(node_member(provider, "httpApi"), "cors");
    const struct node *const cors[] = {cors_of_http(functions), of_http_api};
    struct node *globals = NULL;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (cors[i] == NULL || (cors[i]->kind == NODE_BOOLEAN && cors[i]->number == 0))
            continue;
        if (globals == NULL)
            globals = template_put_object(&scope->template, root, "Globals", cors[i]);
        if (globals != NULL)
            put_cors(scope, globals, &words[i], cors[i]);
    }
}
