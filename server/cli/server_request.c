#include "server/cli/server_request.h"

#include "server/cli/invoke_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool server_request_encode(struct bytes **bytes, const char *text)
{
    for (; *text != '\0'; text++) {
        const bool is_plain =
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", *text) !=
            NULL;

        if (!bytes_format(bytes, is_plain ? "%c" : "%%%02X", (unsigned char)*text))
            return false;
    }
    return true;
}

/* The signature is not checked; the key id selects the account. */
bool server_request_authorize(struct bytes **headers)
{
    const char *id = getenv("AWS_ACCESS_KEY_ID");
    const time_t now = time(NULL);
    char date[16] = "";
    struct tm utc;

    if (id == NULL || id[0] == '\0' || strlen(id) > 128 ||
        strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
            strlen(id))
        return true;
    if (gmtime_r(&now, &utc) == NULL || strftime(date, sizeof date, "%Y%m%d", &utc) == 0)
        return true;
    return bytes_format(
        headers,
        "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s/us-east-1/lambda/aws4_request, "
        "SignedHeaders=host, Signature=none\r\n",
        id, date);
}

bool server_request_address(const char *endpoint, struct http_address *address)
{
    if (http_address_parse(endpoint, address))
        return true;
    (void)fprintf(stderr,
                  "invoked: --endpoint: must be http://HOST:PORT, optionally with a path (is %s)\n",
                  endpoint);
    return false;
}

int server_request_no_memory(void)
{
    (void)fputs("invoked: out of memory\n", stderr);
    return EXIT_INVOKE_BAD_USAGE;
}

static void report_no_server(const char *endpoint, const char *problem)
{
    (void)fprintf(
        stderr,
        "invoked: no server at %s (%s)\n"
        "start one with `invoked CONFIG`, or name another with --endpoint or INVOKED_ENDPOINT\n",
        endpoint, problem);
}

void server_request_report_other(const char *endpoint, unsigned status)
{
    (void)fprintf(stderr,
                  "invoked: the server at %s is not a Lambda API (status %u)\n"
                  "name the address of invoked with --endpoint or INVOKED_ENDPOINT\n",
                  endpoint, status);
}

bool server_request_send(const struct http_client_request *request, const char *endpoint,
                         struct http_client_answer *answer)
{
    char problem[HTTP_CLIENT_ERROR_SIZE] = "";

    switch (http_client_send(request, answer, problem)) {
    case HTTP_CLIENT_OK:
        return true;
    case HTTP_CLIENT_NO_CONNECTION:
        report_no_server(endpoint, problem);
        break;
    case HTTP_CLIENT_NO_ANSWER:
    case HTTP_CLIENT_NOT_HTTP:
    case HTTP_CLIENT_TOO_LARGE:
        (void)fprintf(stderr, "invoked: no response from %s: %s\n", endpoint, problem);
        break;
    case HTTP_CLIENT_NO_MEMORY:
        (void)server_request_no_memory();
        break;
    }
    return false;
}
