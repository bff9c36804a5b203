/*
 * http_api.h - HTTP and REST APIs in front of functions (AWS::Serverless::HttpApi and AWS::Serverless::Api): their routes,
 * the most specific first.
 *
 * Owns:     nothing; all of it lives in the snapshot (config.h).
 * Used by:  config.c, which builds them; handlers/http_api/.
 */
#ifndef CONFIG_HTTP_API_H
#define CONFIG_HTTP_API_H

#include "config/config.h"

enum {
    HTTP_API_ID_LENGTH = 10,
    HTTP_API_HOST_SIZE = 40 /* "ID.execute-api.localhost" and its NUL */
};

enum http_api_kind { HTTP_API, REST_API };
enum api_payload { API_PAYLOAD_2_0, API_PAYLOAD_1_0 };

/* Their names, by value, ended by NULL. */
extern const char *const http_api_kind_names[];
extern const char *const api_payload_names[];

/* A part of a path between slashes. */
struct route_segment {
    enum { SEGMENT_TEXT, SEGMENT_PARAMETER, SEGMENT_GREEDY } kind; /* pets, {id}, {proxy+} */
    const char *text;                                              /* or the parameter's name */
};

struct api_route {
    const char *key;    /* "GET /pets/{id}", "$default" */
    const char *method; /* NULL: any */
    const char *path;   /* "/pets/{id}"; NULL: whatever no other route takes */
    size_t segment_count;
    const struct route_segment *segments;
    const struct function *function;
    const char *qualifier; /* "" for none */
    enum api_payload payload;
};

struct http_api {
    char id[HTTP_API_ID_LENGTH + 1]; /* the same for the same account, region and name */
    const char *name;                /* the logical id in its template */
    enum http_api_kind kind;
    const struct cors_config *cors; /* function_url.h; NULL for none */
    size_t route_count;
    const struct api_route *routes;
};

/* By the id in a host name, in any case, or by name; NULL for none. There are at most 100. */
const struct http_api *http_api_by_id(const struct config *config, const char *id, size_t length);
const struct http_api *http_api_by_name(const struct config *config, const char *name);

/* "ID.execute-api.localhost", without a port. */
void http_api_host(const struct http_api *api, char host[HTTP_API_HOST_SIZE]);

/* ---- building (config_builder.h) ---- */

struct config_builder;
struct node;

/* `apis` is the object of them, by name, or NULL; functions have been built. */
void http_apis_build(struct config_builder *builder, struct config *config,
                     const struct node *apis);

#endif
