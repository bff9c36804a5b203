#include "server/cli/invoke_command.h"

#include "base/base64.h"
#include "server/cli/http_client.h"
#include "server/cli/invoke_report.h"
#include "server/cli/payload_text.h"
#include "server/cli/server_request.h"

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

static bool convert_payload(const char *name, struct bytes **payload)
{
    switch (payload_text_convert(payload)) {
    case PAYLOAD_TEXT_OK:
        return true;
    case PAYLOAD_TEXT_NOT_UTF16:
        (void)fprintf(stderr,
                      "invoked: the payload from %s begins like UTF-16, and isn't: save it as "
                      "UTF-8\n",
                      name);
        return false;
    case PAYLOAD_TEXT_NO_MEMORY:
        (void)server_request_no_memory();
        return false;
    }
    return false;
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
               server_request_no_memory() == 0;
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
    return is_read && convert_payload(name, payload);
}

/* ---- the request ---- */

static bool make_target(const struct invoke_options *options, struct bytes **target)
{
    bool is_made = bytes_format(target, "/2015-03-31/functions/") &&
                   server_request_encode(target, options->function_name) &&
                   bytes_format(target, "/invocations");

    if (options->qualifier != NULL)
        is_made = is_made && bytes_format(target, "?Qualifier=") &&
                  server_request_encode(target, options->qualifier);
    return is_made && bytes_append(target, "", 1);
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
    return is_made && server_request_authorize(headers) && bytes_append(headers, "", 1);
}

static int make_request(const struct invoke_options *options, struct request *request)
{
    if (!server_request_address(options->endpoint, &request->address))
        return EXIT_INVOKE_BAD_USAGE;
    if (!make_target(options, &request->target) || !make_headers(options, &request->headers))
        return server_request_no_memory();
    return read_payload(options, &request->payload) ? EXIT_INVOKE_SUCCESS : EXIT_INVOKE_BAD_USAGE;
}

static void request_clear(struct request *request)
{
    bytes_release(request->target);
    bytes_release(request->headers);
    bytes_release(request->payload);
}

/* ---- the response ---- */

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
        server_request_report_other(options->endpoint, response->status);
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
    int status = EXIT_INVOKE_NO_SERVER;

    if (server_request_send(&sent, options->endpoint, &answer))
        status = report(options, request, &answer.response);
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
