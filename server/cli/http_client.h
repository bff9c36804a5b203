/*
 * http_client.h - sends one HTTP request and waits for the response. Blocks.
 *
 * Our own, because `invoked invoke` needs no more: loading libcurl and its 17 libraries would add 6 ms (measured) to
 * every start of the server, more than the rest of the start takes.
 */
#ifndef SERVER_CLI_HTTP_CLIENT_H
#define SERVER_CLI_HTTP_CLIENT_H

#include "server/cli/http_response.h"

enum { HTTP_CLIENT_BYTES_MAX = 64 << 20, HTTP_CLIENT_ERROR_SIZE = 512 };

/* The parts of "http://127.0.0.1:3001/base". */
struct http_address {
    char host[256];      /* without the brackets of an IPv6 address */
    char port[6];        /* "80" if the URL has none */
    char path[1024];     /* "/base", without a slash at the end; "" for none */
    char authority[264]; /* "127.0.0.1:3001", as in the URL */
};

/* False for any other form of URL. */
bool http_address_parse(const char *url, struct http_address *address);

struct http_client_request {
    const struct http_address *address;
    const char *method;
    const char *target;  /* begins with a slash; appended to the address's path */
    const char *headers; /* lines that end in CRLF; "" for none */
    struct bytes_view body;
};

enum http_client_status {
    HTTP_CLIENT_OK,
    HTTP_CLIENT_NO_CONNECTION,
    HTTP_CLIENT_NO_ANSWER, /* the connection closed before the response was complete */
    HTTP_CLIENT_NOT_HTTP,
    HTTP_CLIENT_TOO_LARGE, /* more than HTTP_CLIENT_BYTES_MAX */
    HTTP_CLIENT_NO_MEMORY
};

struct http_client_answer {
    struct http_response response;
};

/* `problem` explains any status but HTTP_CLIENT_OK. The caller clears `answer` whatever the status. */
enum http_client_status http_client_send(const struct http_client_request *request,
                                         struct http_client_answer *answer,
                                         char problem[HTTP_CLIENT_ERROR_SIZE]);
void http_client_answer_clear(struct http_client_answer *answer);

#endif
