#include "server/cli/invoke_report.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/names/nearest_name.h"
#include "base/base64.h"
#include "base/safe_text.h"
#include "server/cli/invoke_command.h"

enum { NAMES_SHOWN_MAX = 40, STATUS_REFUSED_FROM = 300 };

/* ---- text of the server's ---- */

static struct bytes_view view_of(const char *text)
{
    return (struct bytes_view){text, text == NULL ? 0 : strlen(text)};
}

static void print_safe(struct bytes_view text)
{
    char *const safe = malloc(text.length * SAFE_TEXT_GROWTH + 1);

    if (safe == NULL)
        return;
    (void)fwrite(safe, 1, safe_text_plain(text, safe), stderr);
    free(safe);
}

/* Line by line, each behind `indent`. */
static void print_lines(const char *indent, struct bytes_view text)
{
    while (text.length > 0) {
        const char *const end = memchr(text.data, '\n', text.length);
        const size_t length = end == NULL ? text.length : (size_t)(end - text.data);
        const size_t taken = end == NULL ? length : length + 1;

        (void)fputs(indent, stderr);
        print_safe((struct bytes_view){
            text.data, length > 0 && text.data[length - 1] == '\r' ? length - 1 : length});
        (void)fputc('\n', stderr);
        text.data += taken;
        text.length -= taken;
    }
}

/* NULL when `object` has no such string. */
static const char *string_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static cJSON *body_as_json(const struct http_response *response)
{
    const struct bytes_view body = bytes_view(response->body);

    return cJSON_ParseWithLength(body.data, body.length);
}

/* ---- an answer ---- */

bool invoke_report_is_ours(const struct http_response *response)
{
    return http_response_header(response, "x-amzn-RequestId").data != NULL ||
           http_response_header(response, "x-amzn-ErrorType").data != NULL;
}

bool invoke_report_is_refused(const struct http_response *response)
{
    return response->status >= STATUS_REFUSED_FROM;
}

/* In the words of the AWS CLI. */
static void print_status(const struct http_response *response)
{
    static const struct {
        const char *title, *header;
    } rows[] = {
        {"FunctionError", "X-Amz-Function-Error"},
        {"ExecutedVersion", "X-Amz-Executed-Version"},
        {"RequestId", "x-amzn-RequestId"},
    };

    (void)fprintf(stderr, "StatusCode: %u", response->status);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct bytes_view value = http_response_header(response, rows[i].header);

        if (value.data == NULL)
            continue;
        (void)fprintf(stderr, ", %s: ", rows[i].title);
        print_safe(value);
    }
    (void)fputc('\n', stderr);
}

static void print_tail(const struct http_response *response)
{
    const struct bytes_view encoded = http_response_header(response, "X-Amz-Log-Result");
    size_t length = 0;
    char *const tail = encoded.data == NULL ? NULL : base64_decode(encoded, &length);

    if (tail != NULL)
        print_lines("", (struct bytes_view){tail, length});
    free(tail);
}

/* Where it happened: Python's stackTrace, Node.js's trace; lists of texts. */
static void print_trace(const cJSON *error)
{
    const cJSON *trace = cJSON_GetObjectItemCaseSensitive(error, "stackTrace");
    const cJSON *line;

    if (!cJSON_IsArray(trace))
        trace = cJSON_GetObjectItemCaseSensitive(error, "trace");
    if (!cJSON_IsArray(trace))
        return;
    cJSON_ArrayForEach(line, trace)
    {
        if (cJSON_IsString(line))
            print_lines("  ", view_of(line->valuestring));
    }
}

static void print_function_error(const struct invoke_options *options,
                                 const struct http_response *response)
{
    cJSON *const error = body_as_json(response);
    const char *const type = string_of(error, "errorType");
    const char *const message = string_of(error, "errorMessage");

    (void)fprintf(stderr, "invoked: %s failed", options->function_name);
    if (type != NULL) {
        (void)fputs(": ", stderr);
        print_safe(view_of(type));
    }
    if (message != NULL) {
        (void)fputs(": ", stderr);
        print_safe(view_of(message));
    }
    (void)fputc('\n', stderr);
    print_trace(error);
    if (!options->wants_tail)
        (void)fputs("(with --tail you see what it printed)\n", stderr);
    cJSON_Delete(error);
}

static bool print_payload(const struct http_response *response)
{
    const struct bytes_view payload = bytes_view(response->body);

    (void)fwrite(payload.data, 1, payload.length, stdout);
    if (payload.length > 0 && payload.data[payload.length - 1] != '\n' && isatty(STDOUT_FILENO))
        (void)fputc('\n', stdout);
    return fflush(stdout) == 0;
}

int invoke_report_answer(const struct invoke_options *options, const struct http_response *response)
{
    const bool has_failed = http_response_header(response, "X-Amz-Function-Error").data != NULL;

    print_status(response);
    print_tail(response);
    if (has_failed)
        print_function_error(options, response);
    if (!print_payload(response)) {
        perror("invoked: can't write the payload to standard output");
        return EXIT_INVOKE_FUNCTION_ERROR;
    }
    return has_failed ? EXIT_INVOKE_FUNCTION_ERROR : EXIT_INVOKE_SUCCESS;
}

/* ---- a refusal ---- */

/* AWS writes it in either way; {"error": …} is what invoked itself has to say. */
static const char *message_of(const cJSON *body)
{
    static const char *const keys[] = {"message", "Message", "error"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *const message = string_of(body, keys[i]);

        if (message != NULL)
            return message;
    }
    return NULL;
}

void invoke_report_refusal(const struct http_response *response)
{
    struct bytes_view type = http_response_header(response, "x-amzn-ErrorType");
    cJSON *const body = body_as_json(response);
    const char *const message = message_of(body);
    const char *const colon = type.data == NULL ? NULL : memchr(type.data, ':', type.length);

    if (colon != NULL) /* "ResourceNotFoundException:http://internal.amazon.com/…" */
        type.length = (size_t)(colon - type.data);
    (void)fputs("invoked: refused: ", stderr);
    if (type.length > 0) {
        print_safe(type);
        (void)fprintf(stderr, " (%u)", response->status);
    } else {
        (void)fprintf(stderr, "status %u", response->status);
    }
    (void)fputs(": ", stderr);
    print_safe(message != NULL ? view_of(message) : bytes_view(response->body));
    (void)fputc('\n', stderr);
    cJSON_Delete(body);
}

/* ---- which functions there are ---- */

/* NULL for what isn't the row of a function. */
static const char *name_of(const cJSON *function)
{
    const char *const name = string_of(function, "FunctionName");

    return name != NULL ? name : string_of(function, "name");
}

static bool has_name(const cJSON *functions, const char *name)
{
    const cJSON *function;

    cJSON_ArrayForEach(function, functions)
    {
        const char *const known = name_of(function);

        if (known != NULL && strcmp(known, name) == 0)
            return true;
    }
    return false;
}

static void print_names(const cJSON *functions, struct nearest_name *nearest)
{
    const cJSON *function;
    int count = 0;

    cJSON_ArrayForEach(function, functions)
    {
        const char *const name = name_of(function);

        if (name == NULL)
            continue;
        nearest_name_offer(nearest, name);
        if (count++ >= NAMES_SHOWN_MAX)
            continue;
        (void)fputs(count == 1 ? "there is " : ", ", stderr);
        print_safe(view_of(name));
    }
    if (count > NAMES_SHOWN_MAX)
        (void)fprintf(stderr, " and %d more", count - NAMES_SHOWN_MAX);
    if (count > 0)
        (void)fputc('\n', stderr);
    else if (cJSON_GetArraySize(functions) == 0)
        (void)fputs("there is no function at all\n", stderr);
}

void invoke_report_functions(const char *name, const struct http_response *names)
{
    cJSON *const functions = names->status == 200 ? body_as_json(names) : NULL;
    struct nearest_name nearest;

    if (cJSON_IsArray(functions) && !has_name(functions, name)) {
        nearest_name_init(&nearest, name);
        print_names(functions, &nearest);
        if (nearest.best != NULL) {
            (void)fputs("did you mean ", stderr);
            print_safe(view_of(nearest.best));
            (void)fputs("?\n", stderr);
        }
    }
    cJSON_Delete(functions);
}
