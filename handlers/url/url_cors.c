#include "handlers/url/url_cors.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool url_cors_is_preflight(const struct exchange *exchange)
{
    return strcmp(exchange->method, "OPTIONS") == 0 &&
           exchange_header(exchange, "Origin") != NULL &&
           exchange_header(exchange, "Access-Control-Request-Method") != NULL;
}

static bool has_any(const struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], "*") == 0)
            return true;
    }
    return false;
}

static bool origin_matches(const char *allowed, const char *origin)
{
    const size_t length = strlen(allowed);

    if (length > 3 && strcmp(allowed + length - 3, "://") != 0 && allowed[length - 1] == '*' &&
        strncmp(allowed + length - 4, "://", 3) == 0)
        return strncasecmp(allowed, origin, length - 1) == 0; /* "https://" and a '*' */
    return strcasecmp(allowed, origin) == 0;
}

bool url_cors_allows_origin(const struct cors_config *cors, const char *origin)
{
    if (has_any(&cors->allow_origins))
        return true;
    for (size_t i = 0; i < cors->allow_origins.count; i++) {
        if (origin_matches(cors->allow_origins.items[i], origin))
            return true;
    }
    return false;
}

static void add_list(struct url_answer *answer, const char *name, const struct string_list *list)
{
    struct bytes *text = NULL;
    bool is_made = list->count > 0;

    for (size_t i = 0; is_made && i < list->count; i++)
        is_made = bytes_format(&text, "%s%s", i == 0 ? "" : ",", list->items[i]);
    if (is_made && bytes_append(&text, "", 1))
        (void)url_answer_add(answer, name, text->data);
    bytes_release(text);
}

void url_cors_add(struct url_answer *answer, const struct cors_config *cors, const char *origin)
{
    if (cors == NULL || origin == NULL || !url_cors_allows_origin(cors, origin))
        return;
    if (has_any(&cors->allow_origins)) {
        (void)url_answer_add(answer, "Access-Control-Allow-Origin", "*");
    } else {
        (void)url_answer_add(answer, "Access-Control-Allow-Origin", origin);
        (void)url_answer_add(answer, "Vary", "Origin");
    }
    if (cors->allow_credentials)
        (void)url_answer_add(answer, "Access-Control-Allow-Credentials", "true");
    add_list(answer, "Access-Control-Expose-Headers", &cors->expose_headers);
}

/* With credentials a browser takes "*" for a name: what it asks for is said in its place. */
static void add_or_echo(struct url_answer *answer, const char *name, const struct string_list *list,
                        const struct cors_config *cors, const char *asked)
{
    if (cors->allow_credentials && asked != NULL && has_any(list))
        (void)url_answer_add(answer, name, asked);
    else
        add_list(answer, name, list);
}

void url_cors_add_preflight(struct url_answer *answer, const struct cors_config *cors,
                            const struct exchange *exchange)
{
    const char *origin = exchange_header(exchange, "Origin");
    char seconds[16];

    if (!url_cors_allows_origin(cors, origin))
        return;
    url_cors_add(answer, cors, origin);
    add_or_echo(answer, "Access-Control-Allow-Methods", &cors->allow_methods, cors,
                exchange_header(exchange, "Access-Control-Request-Method"));
    add_or_echo(answer, "Access-Control-Allow-Headers", &cors->allow_headers, cors,
                exchange_header(exchange, "Access-Control-Request-Headers"));
    if (cors->max_age_s == CORS_NO_MAX_AGE)
        return;
    (void)snprintf(seconds, sizeof seconds, "%d", cors->max_age_s);
    (void)url_answer_add(answer, "Access-Control-Max-Age", seconds);
}
