#include "server/cli/invoke_report.h"

#include "base/base64.h"
#include "base/safe_text.h"
#include "config/names/function_name.h"
#include "config/names/nearest_name.h"
#include "server/cli/invoke_command.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { NAMES_SHOWN_MAX = 40, STATUS_REFUSED_FROM = 300 };

/* ---- text from the server ---- */

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

/* Each line after `indent`. */
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

/* NULL if `object` has no such string. */
static const char *string_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static cJSON *body_as_json(const struct http_response *response)
{
    const struct bytes_view body = bytes_view(response->body);

    return cJSON_ParseWithLength(body.data, body.length);
}

/* ---- a response ---- */

bool invoke_report_is_ours(const struct http_response *response)
{
    return http_response_header(response, "x-amzn-RequestId").data != NULL ||
           http_response_header(response, "x-amzn-ErrorType").data != NULL;
}

bool invoke_report_is_refused(const struct http_response *response)
{
    return response->status >= STATUS_REFUSED_FROM;
}

/* Named as in the output of the AWS CLI. */
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

/* Python has stackTrace, Node.js trace; both are lists of strings. */
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
    /* Without an environment that ran (Runtime.InvalidEntrypoint, ...) it has printed nothing. */
    if (!options->wants_tail && (type == NULL || strncmp(type, "Runtime.", 8) != 0))
        (void)fputs("(--tail shows what it printed)\n", stderr);
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

static bool is_null(const struct http_response *response)
{
    const struct bytes_view payload = bytes_view(response->body);

    return payload.length == 4 && memcmp(payload.data, "null", 4) == 0;
}

int invoke_report_response(const struct invoke_options *options,
                           const struct http_response *response)
{
    const bool has_failed = http_response_header(response, "X-Amz-Function-Error").data != NULL;

    print_status(response);
    print_tail(response);
    if (has_failed)
        print_function_error(options, response);
    else if (is_null(response))
        (void)fprintf(stderr, "%s returned null; what a handler prints goes to its log%s\n",
                      options->function_name, options->wants_tail ? "" : " (--tail shows it)");
    if (!print_payload(response)) {
        perror("invoked: can't write the payload to standard output");
        return EXIT_INVOKE_FUNCTION_ERROR;
    }
    return has_failed ? EXIT_INVOKE_FUNCTION_ERROR : EXIT_INVOKE_SUCCESS;
}

/* ---- a refusal ---- */

/* AWS uses both "message" and "Message"; "error" is from /_invoked/. */
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

static bool has_type(const struct http_response *response, const char *name)
{
    const struct bytes_view type = http_response_header(response, "x-amzn-ErrorType");
    const size_t length = strlen(name);

    return type.length >= length && memcmp(type.data, name, length) == 0 &&
           (type.length == length || type.data[length] == ':');
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
    print_lines("", message != NULL ? view_of(message) : bytes_view(response->body));
    cJSON_Delete(body);
}

/* ---- hints after a refusal ---- */

static bool text_contains(struct bytes_view text, const char *part)
{
    return memmem(text.data, text.length, part, strlen(part)) != NULL;
}

/* NULL for an element that isn't a function. */
static const char *name_of(const cJSON *function)
{
    return string_of(function, "FunctionName");
}

static const cJSON *function_in(const cJSON *functions, const char *name)
{
    const cJSON *function;

    cJSON_ArrayForEach(function, functions)
    {
        const char *const known = name_of(function);

        if (known != NULL && strcmp(known, name) == 0)
            return function;
    }
    return NULL;
}

static void print_nearest(const struct nearest_name *nearest)
{
    if (nearest->best == NULL)
        return;
    (void)fputs("did you mean ", stderr);
    print_safe(view_of(nearest->best));
    (void)fputs("?\n", stderr);
}

static void print_names(const cJSON *functions, const char *wanted)
{
    struct nearest_name nearest;
    const cJSON *function;
    int count = 0;

    nearest_name_init(&nearest, wanted);
    cJSON_ArrayForEach(function, functions)
    {
        const char *const name = name_of(function);

        if (name == NULL)
            continue;
        nearest_name_offer(&nearest, name);
        if (count++ >= NAMES_SHOWN_MAX)
            continue;
        (void)fputs(count == 1 ? "the server has: " : ", ", stderr);
        print_safe(view_of(name));
    }
    if (count > NAMES_SHOWN_MAX)
        (void)fprintf(stderr, " and %d more", count - NAMES_SHOWN_MAX);
    if (count > 0)
        (void)fputc('\n', stderr);
    else if (cJSON_GetArraySize(functions) == 0)
        (void)fputs("the server has no functions\n", stderr);
    print_nearest(&nearest);
}

static void print_qualifiers(const cJSON *function)
{
    static const char *const lists[] = {"Versions", "Aliases"};
    int count = 0;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const cJSON *qualifier;

        cJSON_ArrayForEach(qualifier, cJSON_GetObjectItemCaseSensitive(function, lists[i]))
        {
            if (!cJSON_IsString(qualifier) || count >= NAMES_SHOWN_MAX)
                continue;
            if (count++ == 0)
                print_safe(view_of(name_of(function)));
            (void)fputs(count == 1 ? " has: " : ", ", stderr);
            print_safe(view_of(qualifier->valuestring));
        }
    }
    if (count > 0)
        (void)fputc('\n', stderr);
}

/* "arn:aws:lambda:us-east-1:123456789012:function:hello" */
static void print_account(const cJSON *functions)
{
    const char *at = string_of(cJSON_GetArrayItem(functions, 0), "FunctionArn");

    for (int colon = 0; at != NULL && colon < 4; colon++) {
        at = strchr(at, ':');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL)
        return;
    (void)fputs("the account of this request is ", stderr);
    print_safe((struct bytes_view){at, strcspn(at, ":")});
    (void)fputs("; AccountId in the configuration sets it\n", stderr);
}

/* `functions` is NULL when the server didn't list them. */
static void print_name_hint(const struct invoke_options *options, const cJSON *functions)
{
    const char *const given = options->function_name;
    struct function_name name;
    const cJSON *function;

    if (function_name_parse(given, strlen(given), &name) != FUNCTION_NAME_OK) {
        print_safe(view_of(given));
        (void)fputs(" is not a function name (letters, digits, - and _)\n", stderr);
        if (functions != NULL)
            print_names(functions, given);
        return;
    }
    if (functions == NULL)
        return;
    function = function_in(functions, name.name);
    if (function == NULL)
        print_names(functions, name.name);
    else
        print_qualifiers(function);
}

void invoke_report_hint(const struct invoke_options *options, const struct http_response *response,
                        const struct http_response *names)
{
    const struct bytes_view body = bytes_view(response->body);
    cJSON *const functions = names->status == 200 ? body_as_json(names) : NULL;
    const cJSON *const list = cJSON_IsArray(functions) ? functions : NULL;

    if (has_type(response, "InvalidRequestContentException") &&
        options->payload_source != PAYLOAD_NONE)
        (void)fputs(
            "PAYLOAD must be JSON, such as '{\"a\": 1}', or '\"hello world\"' for a string\n",
            stderr);
    else if (text_contains(body, "not reachable in this region"))
        (void)fputs("Region in the configuration sets the server's region\n", stderr);
    else if (has_type(response, "AccessDeniedException") &&
             text_contains(body, "no resource-based policy"))
        print_account(list);
    else if (has_type(response, "ResourceNotFoundException") ||
             has_type(response, "ValidationException"))
        print_name_hint(options, list);
    cJSON_Delete(functions);
}
