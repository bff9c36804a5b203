/*
 * invoke_report.h - how `invoked invoke` prints the response of an invocation.
 *
 * Text from the server is made safe for a terminal, except the payload, which is printed unchanged.
 */
#ifndef SERVER_CLI_INVOKE_REPORT_H
#define SERVER_CLI_INVOKE_REPORT_H

#include "server/cli/http_client.h"
#include "server/cli/options.h"

/* Is it the response of a Lambda API? */
bool invoke_report_is_ours(const struct http_response *response);

/* Is it an exception of the API? */
bool invoke_report_is_refused(const struct http_response *response);

/* Prints status, log tail and function error, then the payload. Returns the exit status. */
int invoke_report_response(const struct invoke_options *options,
                           const struct http_response *response);

/* Prints the exception's name and message. */
void invoke_report_refusal(const struct http_response *response);

/*
 * Prints what may be wrong with a refused request: the name, the payload, the account. `names` is the response of GET
 * /_invoked/functions, with status 0 if there is none.
 */
void invoke_report_hint(const struct invoke_options *options, const struct http_response *response,
                        const struct http_response *names);

#endif
