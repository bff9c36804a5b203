#include "server/cli/invoke_command.h"

#include "base/base64.h"
#include "server/cli/http_client.h"
#include "server/cli/invoke_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PAYLOAD_MAX = 32 << 20 /* far above AWS's limits, which the server checks */,
    READ_SIZE = 65536
};

struct request {
    struct http_address address;
    struct bytes *target, *headers, *payload;
};

static int no_memory(void)
{
    (void)fputs("invoked: out of memory\n", stderr);
    return EXIT_INVOKE_BAD_USAGE;
}

/* ---- the payload ---- */

/* False with errno set. */
static bool read_all(int file, struct bytes **payload)
{
    for (;;) {
        char *const room = bytes_reserve(payload, READ_SIZE);
        ssize_t length;

        if (room == NULL)
            return false;
        do {
            length = read(file, room, READ_SIZE);
        } while (length < 0 && errno == EINTR);
        if (length <= 0)
            return length == 0;
        (*payload)->length += (size_t)length;
        if ((*payload)->length > PAYLOAD_MAX) {
            errno = EFBIG;
            return false;
        }
    }
}

static bool read_payload(const struct invoke_options *options, struct bytes **payload)
{
    const char *const name =
        options->payload_source == PAYLOAD_FILE ? options->payload : "standard input";
    int file = STDIN_FILENO;
    bool is_read = true;

    switch (options->payload_source) {
    case PAYLOAD_NONE:
        return true;
    case PAYLOAD_TEXT:
        return bytes_append(payload, options->payload, strlen(options->payload)) ||
               no_memory() == 0;
    case PAYLOAD_FILE:
        file = open(options->payload, O_RDONLY | O_CLOEXEC);
        break;
    case PAYLOAD_STANDARD_INPUT:
        break;
    }
    is_read = file >= 0 && read_all(file, payload);
    if (!is_read)
        (void)fprintf(stderr, "invoked: can't read the payload from %s: %s\n", name,
                      strerror(errno));
    if (file > STDIN_FILENO)
        (void)close(file);
    return is_read;
}

/* ---- the request ---- */

/* Percent-encodes a part of a path or query as the SDKs do. */
static bool append_encoded(struct bytes **bytes, const char *text)
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

static bool make_target(const struct invoke_options *options, struct bytes **target)
{
    bool is_made = bytes_format(target, "/2015-03-31/functions/") &&
                   append_encoded(target, options->function_name) &&
                   bytes_format(target, "/invocations");

    if (options->qualifier != NULL)
        is_made = is_made && bytes_format(target, "?Qualifier=") &&
                  append_encoded(target, options->qualifier);
    return is_made && bytes_append(target, "", 1);
}

/* The signature is not checked; the key id selects the account. */
static bool append_authorization(struct bytes **headers)
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

static bool append_client_context(struct bytes **headers, const char *context)
{
    char *const encoded = base64_encode((struct bytes_view){context, strlen(context)});
    const bool is_appended =
        encoded != NULL && bytes_format(headers, "X-Amz-Client-Context: %s\r\n", encoded);

    free(encoded);
    return is_appended;
}

static bool make_headers(const struct invoke_options *options, struct bytes **headers)
{
    bool is_made = bytes_format(headers, "X-Amz-Invocation-Type: %s\r\n", options->invocation_type);

    if (options->wants_tail)
        is_made = is_made && bytes_format(headers, "X-Amz-Log-Type: Tail\r\n");
    if (options->client_context != NULL)
        is_made = is_made && append_client_context(headers, options->client_context);
    return is_made && append_authorization(headers) && bytes_append(headers, "", 1);
}

static int make_request(const struct invoke_options *options, struct request *request)
{
    if (!http_address_parse(options->endpoint, &request->address)) {
        (void)fprintf(
            stderr,
            "invoked: --endpoint: must be http://HOST:PORT, optionally with a path (is %s)\n",
            options->endpoint);
        return EXIT_INVOKE_BAD_USAGE;
    }
    if (!make_target(options, &request->target) || !make_headers(options, &request->headers))
        return no_memory();
    return read_payload(options, &request->payload) ? EXIT_INVOKE_SUCCESS : EXIT_INVOKE_BAD_USAGE;
}

static void request_clear(struct request *request)
{
    bytes_release(request->target);
    bytes_release(request->headers);
    bytes_release(request->payload);
}

/* ---- the response ---- */

static void report_no_server(const char *endpoint, const char *problem)
{
    (void)fprintf(
        stderr,
        "invoked: no server at %s (%s)\n"
        "start one with `invoked CONFIG`, or name another with --endpoint or INVOKED_ENDPOINT\n",
        endpoint, problem);
}

static void report_other_server(const char *endpoint, unsigned status)
{
    (void)fprintf(stderr,
                  "invoked: the server at %s is not a Lambda API (status %u)\n"
                  "name the address of invoked with --endpoint or INVOKED_ENDPOINT\n",
                  endpoint, status);
}

static void report_refusal(const struct invoke_options *options, const struct request *request,
                           const struct http_response *response)
{
    const struct http_client_request names_request = {
        .address = &request->address,
        .method = "GET",
        .target = "/_invoked/functions",
        .headers = request->headers->data, /* of the same account */
        .body = {"", 0},
    };
    struct http_client_answer names;
    char problem[HTTP_CLIENT_ERROR_SIZE];

    invoke_report_refusal(response);
    (void)http_client_send(&names_request, &names, problem);
    invoke_report_hint(options, response, &names.response);
    http_client_answer_clear(&names);
}

static int report(const struct invoke_options *options, const struct request *request,
                  const struct http_response *response)
{
    if (!invoke_report_is_ours(response)) {
        report_other_server(options->endpoint, response->status);
        return EXIT_INVOKE_NO_SERVER;
    }
    if (!invoke_report_is_refused(response))
        return invoke_report_response(options, response);
    report_refusal(options, request, response);
    return EXIT_INVOKE_REFUSED;
}

static int send_request(const struct invoke_options *options, const struct request *request)
{
    const struct http_client_request sent = {
        .address = &request->address,
        .method = "POST",
        .target = request->target->data,
        .headers = request->headers->data,
        .body = bytes_view(request->payload),
    };
    struct http_client_answer answer;
    char problem[HTTP_CLIENT_ERROR_SIZE] = "";
    int status = EXIT_INVOKE_NO_SERVER;

    switch (http_client_send(&sent, &answer, problem)) {
    case HTTP_CLIENT_OK:
        status = report(options, request, &answer.response);
        break;
    case HTTP_CLIENT_NO_CONNECTION:
        report_no_server(options->endpoint, problem);
        break;
    case HTTP_CLIENT_NO_ANSWER:
    case HTTP_CLIENT_NOT_HTTP:
    case HTTP_CLIENT_TOO_LARGE:
        (void)fprintf(stderr, "invoked: no response from %s: %s\n", options->endpoint, problem);
        break;
    case HTTP_CLIENT_NO_MEMORY:
        (void)no_memory();
        break;
    }
    http_client_answer_clear(&answer);
    return status;
}

int invoke_command(const struct options *options)
{
    struct request request = {.target = NULL};
    int status = make_request(&options->invoke, &request);

    if (status == EXIT_INVOKE_SUCCESS)
        status = send_request(&options->invoke, &request);
    request_clear(&request);
    return status;
}
