/*
 * url_cors.h - cross-origin requests to URLs and APIs that have Cors: which pages may read the answers, and the answer to a
 * browser's question before a request (preflight).
 *
 * Without Cors everything reaches the function, which may answer preflight requests itself.
 */
#ifndef HANDLERS_URL_URL_CORS_H
#define HANDLERS_URL_URL_CORS_H

#include "config/function_url.h"
#include "handlers/url/url_answer.h"

/* Is it a preflight request: OPTIONS with Origin and Access-Control-Request-Method? */
bool url_cors_is_preflight(const struct exchange *exchange);

/* May a page of `origin` read answers? A * stands for any, also behind "https://". */
bool url_cors_allows_origin(const struct cors_config *cors, const char *origin);

/* Adds the headers of an answer to a page of `origin`; nothing where either is NULL or the page may not. */
void url_cors_add(struct url_answer *answer, const struct cors_config *cors, const char *origin);

/* Adds those of the answer to a preflight request. */
void url_cors_add_preflight(struct url_answer *answer, const struct cors_config *cors,
                            const struct exchange *exchange);

#endif
