#include "server/cli/plan_command.h"

#include "base/safe_text.h"
#include "server/cli/invoke_command.h"
#include "server/cli/server_request.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_NAME_SIZE = 256, LINE_SIZE = 512 };

/* clang-format off */
static const struct {
    const char *name, *shown, *unit, *none;
} settings[] = {
    {"MaximumRetryAttempts",         "retry attempts",       "",   "none"},
    {"MaximumEventAgeInSeconds",     "event age",            " s", "none"},
    {"RetryDelaysSeconds",           "delays",               " s", "none"},
    {"ReservedConcurrentExecutions", "reserved concurrency", "",   "none"},
    {"DeadLetterQueue",              "dead letters",         "",   "none"},
    {"OnSuccess",                    "on success",           "",   "none"},
    {"OnFailure",                    "on failure",           "",   "none"},
};
/* clang-format on */

/* ---- the request ---- */

/* "charge:live" names a qualifier, too. */
static bool make_target(const struct invoke_options *options, struct bytes **target)
{
    const char *colon = strchr(options->function_name, ':');
    const char *qualifier = options->qualifier;
    char name[TARGET_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(options->function_name, ":"),
                   options->function_name);
    if (qualifier == NULL && colon != NULL)
        qualifier = colon + 1;
    return bytes_format(target, "/_invoked/functions/") && server_request_encode(target, name) &&
           bytes_format(target, "/plan") &&
           (qualifier == NULL ||
            (bytes_format(target, "?Qualifier=") && server_request_encode(target, qualifier))) &&
           bytes_append(target, "", 1);
}

/* ---- the response ---- */

static void print_safe(FILE *out, const char *text)
{
    char safe[LINE_SIZE * SAFE_TEXT_GROWTH];
    const size_t length = strnlen(text, LINE_SIZE);

    (void)fwrite(safe, 1, safe_text_plain((struct bytes_view){text, length}, safe), out);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text == NULL ? "" : text;
}

/* "60, 120 s", or what follows the last ':' or '/' of an ARN. */
static void write_value(const cJSON *value, size_t row, char text[LINE_SIZE])
{
    size_t length = 0;
    const cJSON *item;

    if (cJSON_IsString(value)) {
        const char *name = value->valuestring;

        for (const char *at = name; *at != '\0'; at++)
            name = *at == ':' || *at == '/' ? at + 1 : name;
        (void)snprintf(text, LINE_SIZE, "%s", name);
    } else if (cJSON_IsNumber(value)) {
        (void)snprintf(text, LINE_SIZE, "%d%s", value->valueint, settings[row].unit);
    } else if (cJSON_IsArray(value)) {
        text[0] = '\0';
        cJSON_ArrayForEach(item, value)
        {
            if (length < LINE_SIZE / 2)
                length += (size_t)snprintf(text + length, LINE_SIZE - length, "%s%d",
                                           length == 0 ? "" : ", ", item->valueint);
        }
        (void)snprintf(text + length, LINE_SIZE - length, "%s", settings[row].unit);
    } else {
        (void)snprintf(text, LINE_SIZE, "%s", settings[row].none);
    }
}

static void print_plan(const cJSON *plan)
{
    const char *qualifier = text_of(plan, "Qualifier");

    print_safe(stdout, text_of(plan, "FunctionName"));
    (void)printf("%s", qualifier[0] == '\0' ? "" : ":");
    print_safe(stdout, qualifier);
    (void)printf(", version ");
    print_safe(stdout, text_of(plan, "ExecutedVersion"));
    (void)printf("\n");
    for (size_t row = 0; row < sizeof settings / sizeof settings[0]; row++) {
        const cJSON *setting = cJSON_GetObjectItemCaseSensitive(plan, settings[row].name);
        char value[LINE_SIZE];

        write_value(cJSON_GetObjectItemCaseSensitive(setting, "Value"), row, value);
        (void)printf("  %-21s ", settings[row].shown);
        print_safe(stdout, value);
        (void)printf("%*s (",
                     value[0] == '\0' || strlen(value) > 20 ? 0 : (int)(20 - strlen(value)), "");
        print_safe(stdout, text_of(setting, "From"));
        (void)printf(")\n");
    }
    print_safe(stdout, text_of(plan, "Text"));
    (void)printf("\n");
}

static int report(const struct http_response *response, const char *endpoint)
{
    const struct bytes_view body = bytes_view(response->body);
    cJSON *json = cJSON_ParseWithLength(body.data, body.length);
    int status = EXIT_INVOKE_SUCCESS;

    if (response->status == 200 && cJSON_IsObject(json)) {
        print_plan(json);
    } else if (text_of(json, "error")[0] != '\0') {
        (void)fprintf(stderr, "invoked: ");
        print_safe(stderr, text_of(json, "error"));
        (void)fprintf(stderr, "\n");
        status = EXIT_INVOKE_REFUSED;
    } else {
        server_request_report_other(endpoint, response->status);
        status = EXIT_INVOKE_NO_SERVER;
    }
    cJSON_Delete(json);
    return status;
}

int plan_command(const struct options *options)
{
    const char *endpoint = options->invoke.endpoint;
    struct http_address address;
    struct http_client_answer answer;
    struct bytes *target = NULL, *headers = NULL;
    int status = EXIT_INVOKE_NO_SERVER;

    if (!server_request_address(endpoint, &address))
        return EXIT_INVOKE_BAD_USAGE;
    if (make_target(&options->invoke, &target) && server_request_authorize(&headers) &&
        bytes_append(&headers, "", 1)) {
        const struct http_client_request request = {.address = &address,
                                                    .method = "GET",
                                                    .target = target->data,
                                                    .headers = headers->data,
                                                    .body = {"", 0}};

        if (server_request_send(&request, endpoint, &answer))
            status = report(&answer.response, endpoint);
        http_client_answer_clear(&answer);
    } else {
        status = server_request_no_memory();
    }
    bytes_release(target);
    bytes_release(headers);
    return status;
}
