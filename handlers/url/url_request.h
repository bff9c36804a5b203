/*
 * url_request.h - what an HTTP request to a function URL or an API becomes: the event, and an invocation request for it.
 *
 * url_request_begin() reads the request; the door (url.c, http_api.c) fills in which function it is for; then
 * url_run() builds the event, applies faults, runs the function and answers.
 */
#ifndef HANDLERS_URL_URL_REQUEST_H
#define HANDLERS_URL_URL_REQUEST_H

#include "config/function_url.h"
#include "handlers/api.h"
#include "handlers/lambda/invoke_request.h"
#include "handlers/url/url_answer.h"
#include "handlers/url/url_event.h"

enum url_door_kind { URL_DOOR_FUNCTION_URL, URL_DOOR_HTTP_API, URL_DOOR_REST_API, URL_DOOR_COUNT };

/* What goes wrong between a client and a function. */
enum url_failure {
    URL_FUNCTION_ERROR, /* also a time-out, a crash */
    URL_BAD_RESPONSE,   /* what the function returned stands for no response */
    URL_THROTTLED,
    URL_TOO_LARGE,
    URL_NO_FUNCTION, /* no such URL, or no such route */
    URL_FORBIDDEN,   /* not signed */
    URL_UNAVAILABLE, /* out of memory, or stopping */
    URL_FAILURE_COUNT
};

struct url_failure_row {
    int status;
    const char *body;
    const char *error_type; /* x-amzn-ErrorType; NULL for none */
};

/* A way in, and how AWS answers there. */
struct url_door {
    const char *source; /* as the history names it */
    const char *stage;
    bool is_rest;               /* url_event.h */
    bool replaces_cors_headers; /* with Cors, those of the function are dropped */
    struct url_failure_row failures[URL_FAILURE_COUNT];
};
extern const struct url_door url_doors[URL_DOOR_COUNT];

enum { TRACE_ROOT_SIZE = 128 };

struct url_request {
    const struct url_door *door;
    enum url_format format;
    bool is_streamed;
    const struct cors_config *cors; /* in `invoke.about.config`; NULL for none */
    struct url_event event;
    struct invoke_request invoke;
    char *names; /* those of the headers, in lower case */
    char trace_root[TRACE_ROOT_SIZE];
    char source_ip[CLIENT_ADDRESS_SIZE];
    char port[8];
    char domain_name[FUNCTION_URL_HOST_SIZE];
};

/*
 * Reads who asks, the configuration, headers and body; the caller sets the rest. False when the exchange has been answered
 * with a failure of ours. The caller clears `request` in both cases.
 */
bool url_request_begin(struct url_request *request, struct exchange *exchange, struct api *api,
                       enum url_door_kind door);
void url_request_clear(struct url_request *request);

/* Of the function that is asked for. False when there is no such version or alias. */
bool url_request_resolve(struct url_request *request, struct api *api,
                         const struct function *function, const char *qualifier);

/* Is the request signed, with whatever key? */
bool url_request_is_signed(const struct url_request *request, const struct exchange *exchange);

/* Builds the event, runs the function and answers the exchange, sooner or later. */
void url_run(struct url_request *request, struct exchange *exchange, struct api *api);

/* Answers with what AWS answers there. */
void url_answer_failure(struct exchange *exchange, struct api *api, const struct url_door *door,
                        const struct cors_config *cors, enum url_failure failure);

/* Adds the request id, the trace (`seen` is the function's, NULL for none) and CORS. */
void url_finish(struct exchange *exchange, struct api *api, const struct cors_config *cors,
                const char *seen, struct url_answer *answer);

/* The same, and sends it. Clears `answer`. */
void url_send(struct exchange *exchange, struct api *api, const struct cors_config *cors,
              const char *seen, struct url_answer *answer);

#endif
