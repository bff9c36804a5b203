/*
 * url_event.h - the event that a function gets for an HTTP request: payload formats 2.0 (function URLs, HTTP APIs) and 1.0
 * (REST APIs) of AWS. Pure: what a request was is all in `struct url_event`.
 *
 * Members and their order are those of the events in AWS's documents and public captures:
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
 * Names of headers are in lower case; headers of the connection itself are left out, as is Cookie in format 2.0, which
 * has `cookies`. A body whose content type isn't text/… or JSON, XML or JavaScript of application/ is base64, also that of a
 * form and one without a type (measured at AWS: github.com/ministackorg/ministack/pull/766); so is one that is no UTF-8.
 */
#ifndef HANDLERS_URL_URL_EVENT_H
#define HANDLERS_URL_URL_EVENT_H

#include "base/bytes.h"
#include "handlers/url/name_values.h"

#include <stdbool.h>
#include <stdint.h>

/* Who signed the request; all NULL when nobody did. */
struct url_signer {
    const char *access_key_id, *account_id;
};

struct url_event {
    const char *method;
    struct bytes_view path;         /* raw */
    struct bytes_view query;        /* raw, without the '?' */
    struct name_values headers;     /* sorted, with ignores_case; in lower case but for REST APIs */
    struct name_values path_values; /* sorted; of the route's path, decoded */
    struct bytes_view body;
    const char *route_key;  /* "$default", "GET /pets/{id}" */
    const char *resource;   /* format 1.0: "/pets/{id}" */
    const char *stage;      /* "$default" */
    bool is_rest;           /* format 1.0 of a REST API: no `version`, and any UTF-8 body is text */
    const char *account_id; /* "anonymous" where nobody is known */
    const char *api_id;     /* of the URL or API */
    const char *domain_name; /* that host name, without the port */
    const char *source_ip;   /* of the client */
    const char *request_id;
    const char *trace_root;     /* "Root=1-…" */
    const char *forwarded_port; /* "3001" */
    int64_t time_ms;            /* epoch */
    struct url_signer signer;
};

/* Return owned JSON; NULL when out of memory. */
struct bytes *url_event_2_0(const struct url_event *event);
struct bytes *url_event_1_0(const struct url_event *event);

/* Is a body of this content type (NULL for none) passed on as it is? */
bool url_event_is_text(const char *content_type);

#endif
