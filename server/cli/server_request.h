/*
 * server_request.h - what the commands that ask a running server have in common: the address, the account, and what is
 * said when there is no server.
 *
 * Used by: invoke_command.c, plan_command.c.
 */
#ifndef SERVER_CLI_SERVER_REQUEST_H
#define SERVER_CLI_SERVER_REQUEST_H

#include "server/cli/http_client.h"

/* Appends a part of a path or query, percent-encoded as the SDKs do. False when out of memory. */
bool server_request_encode(struct bytes **bytes, const char *text);

/* Appends the header that selects the account, if AWS_ACCESS_KEY_ID has one. False when out of memory. */
bool server_request_authorize(struct bytes **headers);

/* False when a message has been printed: it is no address. */
bool server_request_address(const char *endpoint, struct http_address *address);

/* False when a message has been printed. The caller clears `answer` whatever is returned. */
bool server_request_send(const struct http_client_request *request, const char *endpoint,
                         struct http_client_answer *answer);

/* Prints that another program answers there. */
void server_request_report_other(const char *endpoint, unsigned status);

/* Prints that memory is short. Returns EXIT_INVOKE_BAD_USAGE. */
int server_request_no_memory(void);

#endif
