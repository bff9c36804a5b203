/*
 * url_answer.h - the HTTP response that the payload of a function stands for. Pure.
 *
 * An object with a statusCode is a response: statusCode, headers, cookies (format 2.0), multiValueHeaders (1.0), body,
 * isBase64Encoded. Any other JSON is the body of a 200, a string without its quotes, anything else without white space
 * (recorded by LocalStack's tests against AWS); and so is what is no JSON. The content type is application/json unless a
 * header says otherwise.
 */
#ifndef HANDLERS_URL_URL_ANSWER_H
#define HANDLERS_URL_URL_ANSWER_H

#include "handlers/exchange.h"

/* Format 1.0 has multiValueHeaders and no cookies, and nothing but an object with a statusCode is a response. */
enum url_format { URL_FORMAT_2_0, URL_FORMAT_1_0 };

struct url_answer {
    int status;
    struct answer_header *headers; /* owned, as are its texts */
    size_t header_count, header_capacity;
    struct bytes *body;  /* owned; NULL is empty */
    const char *problem; /* why the payload is no response, for people; NULL when it is one */
};

/*
 * Fills `answer`, which the caller clears, from the payload of a function. False when it stands for no response: the client
 * gets 502, and `problem` says why.
 */
bool url_answer_read(struct url_answer *answer, struct bytes *payload, enum url_format format);

/* The same from the JSON in front of a streamed body, which has no body itself. */
bool url_answer_read_prelude(struct url_answer *answer, struct bytes_view prelude);

/* Copies both. False when out of memory. */
bool url_answer_add(struct url_answer *answer, const char *name, const char *value);
/* Removes the headers that begin so. */
void url_answer_remove(struct url_answer *answer, const char *prefix);
void url_answer_clear(struct url_answer *answer);

#endif
