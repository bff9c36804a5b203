/*
 * http_client.h - one HTTP request to a server near by, and its answer. Blocks.
 *
 * Of our own, since this is all that `invoked invoke` needs of a client: loading libcurl with its 17 libraries would
 * cost every start of the server 6 ms (measured), more than all the rest of it.
 */
#ifndef SERVER_CLI_HTTP_CLIENT_H
#define SERVER_CLI_HTTP_CLIENT_H

#include "server/cli/http_response.h"

enum { HTTP_CLIENT_BYTES_MAX = 64 << 20, HTTP_CLIENT_ERROR_SIZE = 512 };

/* "http://127.0.0.1:3001/base" taken apart. */
struct http_address {
    char host[256];      /* without the brackets of an IPv6 address */
    char port[6];        /* "80" where there is none */
    char path[1024];     /* "/base", without a slash at the end; "" for none */
    char authority[264]; /* "127.0.0.1:3001", as it stands */
};

/* False when it is no such URL. */
bool http_address_parse(const char *url, struct http_address *address);

struct http_client_request {
    const struct http_address *address;
    const char *method;
    const char *target;  /* begins with a slash; comes behind the address's path */
    const char *headers; /* whole lines, each with its CRLF; "" for none */
    struct bytes_view body;
};

enum http_client_status {
    HTTP_CLIENT_OK,
    HTTP_CLIENT_NO_CONNECTION,
    HTTP_CLIENT_NO_ANSWER, /* the connection has ended before the answer was whole */
    HTTP_CLIENT_NOT_HTTP,
    HTTP_CLIENT_TOO_LARGE, /* more than HTTP_CLIENT_BYTES_MAX */
    HTTP_CLIENT_NO_MEMORY
};

struct http_client_answer {
    struct http_response response;
    struct bytes *received; /* what `response` points into */
};

/* `fault` says more where the status isn't HTTP_CLIENT_OK. The caller clears `answer` whatever came of it. */
enum http_client_status http_client_send(const struct http_client_request *request,
                                         struct http_client_answer *answer,
                                         char fault[HTTP_CLIENT_ERROR_SIZE]);
void http_client_answer_clear(struct http_client_answer *answer);

#endif
