/*
 * url_internal.h - what the files of this room share: an invocation for an HTTP request while it runs.
 */
#ifndef HANDLERS_URL_URL_INTERNAL_H
#define HANDLERS_URL_URL_INTERNAL_H

#include "handlers/url/url_request.h"

/* `cors` points into the configuration of the invocation. */
struct url_waiting {
    struct exchange *exchange;
    struct api *api;
    const struct url_door *door;
    const struct cors_config *cors;
    enum url_format format;
};

/* Runs a function whose response is passed on while it is written; as the other way, it answers in any case. */
void url_run_streamed(const struct url_request *request, struct exchange *exchange,
                      struct api *api);

/* Answers what the dispatcher refused. */
void url_refuse(const struct url_request *request, struct exchange *exchange, struct api *api,
                enum dispatch_status status);

/* The response can't be sent: logs why, and answers. */
void url_answer_bad_response(const struct url_waiting *waiting, const struct invocation *invocation,
                             const char *problem);

/* The answer to an invocation whose outcome is whole. */
void url_answer_outcome(const struct url_waiting *waiting, const struct invocation *invocation);

#endif
