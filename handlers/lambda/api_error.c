#include "handlers/lambda/api_error.h"

#include "base/json/json_string.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Captured: 130 bytes, LF line ends, 2 blanks of indent. */
static const char unknown_operation[] =
    "<AccessDeniedException>\n"
    "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
    "</AccessDeniedException>\n";

static bool append_member(struct bytes **body, const char *key, const char *value)
{
    if (value == NULL)
        return true;
    return bytes_format(body, "%s\"%s\":", (*body)->length > 1 ? "," : "", key) &&
           json_string_append(body, (struct bytes_view){value, strlen(value)});
}

static const char *ec2_error_code(const struct api_error *error)
{
    if (error->exception != API_EC2_UNEXPECTED)
        return NULL;
    return error->ec2_error_code != NULL ? error->ec2_error_code : "InternalError";
}

/* AWS spells this one refusal otherwise. */
static const char *message_of(const struct api_exception_row *row, const char *reason)
{
    return reason != NULL && strcmp(reason, "CallerRateLimitExceeded") == 0 ? "Rate exceeded"
                                                                            : row->message;
}

static struct bytes *make_body(const struct api_exception_row *row, const struct api_error *error)
{
    const bool is_capital = row->message_key[0] == 'M';
    const char *reason = error->reason != NULL ? error->reason : row->reason;
    const char *message = error->message != NULL ? error->message : message_of(row, reason);
    const char *code = ec2_error_code(error);
    struct bytes *body = NULL;

    if (bytes_append(&body, "{", 1) && append_member(&body, "EC2ErrorCode", code) &&
        append_member(&body, row->message_key, is_capital ? message : NULL) &&
        append_member(&body, "Reason", reason) && append_member(&body, "Type", row->type) &&
        append_member(&body, row->message_key, is_capital ? NULL : message) &&
        bytes_append(&body, "}", 1))
        return body;
    bytes_release(body);
    return NULL;
}

void api_answer_error(struct exchange *exchange, const struct api_error *error)
{
    const struct api_exception_row *row = api_exception_row(error->exception);
    struct bytes *body = make_body(row, error);
    const struct answer_header headers[] = {
        {"Content-Type", "application/json"},
        {"x-amzn-RequestId", exchange->request_id},
        {"x-amzn-ErrorType", row->name},
        {"Retry-After", error->retry_after},
    };
    const struct answer answer = {
        .status = row->status,
        .headers = headers,
        .header_count = error->retry_after == NULL ? 3 : 4,
        .body = body,
    };

    exchange_answer(exchange, &answer);
    bytes_release(body);
}

void api_answer_exception(struct exchange *exchange, enum api_exception exception,
                          const char *format, ...)
{
    char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    api_answer_error(exchange, &(struct api_error){.exception = exception, .message = message});
    free(message);
}

void api_answer_unknown_operation(struct exchange *exchange)
{
    const struct answer_header headers[] = {{"x-amzn-RequestId", exchange->request_id}};
    struct bytes *body = bytes_copy(unknown_operation, sizeof unknown_operation - 1);
    const struct answer answer = {
        .status = 403, .headers = headers, .header_count = 1, .body = body};

    exchange_answer(exchange, &answer);
    bytes_release(body);
}

void api_answer_refusal(struct exchange *exchange, int status, const char *why)
{
    const struct answer_header headers[] = {
        {"Content-Type", "application/json"},
        {"x-amzn-RequestId", exchange->request_id},
    };
    struct bytes *body = NULL;

    if (!bytes_format(&body, "{\"error\":") ||
        !json_string_append(&body, (struct bytes_view){why, strlen(why)}) ||
        !bytes_append(&body, "}", 1)) {
        bytes_release(body);
        body = NULL;
    }
    const struct answer answer = {
        .status = status, .headers = headers, .header_count = 2, .body = body};

    exchange_answer(exchange, &answer);
    bytes_release(body);
}
