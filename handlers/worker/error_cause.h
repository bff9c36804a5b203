/*
 * error_cause.h - an error that a runtime posts with the content type application/vnd.aws.lambda.error.cause+json: its
 * `errorCause` is for X-Ray, and the caller gets the other three members.
 *
 * As AWS's Runtime Interface Emulator does it: members that aren't there are "", a `stackTrace` that isn't is left out,
 * and what can't be read is the JSON string "Invalid error body".
 */
#ifndef HANDLERS_WORKER_ERROR_CAUSE_H
#define HANDLERS_WORKER_ERROR_CAUSE_H

#include "base/bytes.h"

#include <stdbool.h>

/* `content_type` is the header, NULL for none. */
bool error_cause_is_type(const char *content_type);

/* Returns owned; NULL when out of memory. */
struct bytes *error_without_cause(struct bytes_view body);

#endif
