/*
 * invoke_report.h - the answer of an invocation, as `invoked invoke` tells it to a person.
 *
 * What comes from the server is made harmless for a terminal, except for the payload, which goes out unchanged.
 */
#ifndef SERVER_CLI_INVOKE_REPORT_H
#define SERVER_CLI_INVOKE_REPORT_H

#include "server/cli/http_client.h"
#include "server/cli/options.h"

/* Is it Lambda's API, or a stand-in, that has answered? */
bool invoke_report_is_ours(const struct http_response *response);

/* Has it refused: an exception of the API? */
bool invoke_report_is_refused(const struct http_response *response);

/* Status, log tail, what a function error says, then the payload. Returns the exit status. */
int invoke_report_answer(const struct invoke_options *options,
                         const struct http_response *response);

/* The exception's name and message. */
void invoke_report_refusal(const struct http_response *response);

/*
 * `names` is what GET /_invoked/functions answered: says which functions there are, and which one was meant. Says
 * nothing when it isn't the list that it should be, or `name` is in it.
 */
void invoke_report_functions(const char *name, const struct http_response *names);

#endif
