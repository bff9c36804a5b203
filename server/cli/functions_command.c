#include "server/cli/functions_command.h"

#include "base/safe_text.h"
#include "server/cli/invoke_command.h"
#include "server/cli/server_request.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_COUNT = 4, CELL_SIZE = 256 };

static const char *const titles[COLUMN_COUNT] = {"FUNCTION", "RUNS AS", "STATE", "FROM"};

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text == NULL ? "" : text;
}

static const char *cell_of(const cJSON *function, size_t column)
{
    switch (column) {
    case 0:
        return text_of(function, "FunctionName");
    case 1:
        return text_of(function, "Runtime")[0] != '\0' ? text_of(function, "Runtime")
                                                       : text_of(function, "RunsAs");
    case 2:
        return text_of(function, "state");
    default:
        return text_of(function, "Source");
    }
}

/* Nothing from a server may steer the terminal. */
static int print_cell(const char *text, size_t width)
{
    char safe[CELL_SIZE * SAFE_TEXT_GROWTH];
    const size_t length = strnlen(text, CELL_SIZE);

    (void)fwrite(safe, 1, safe_text_plain((struct bytes_view){text, length}, safe), stdout);
    return width > length ? (int)(width - length) : 0;
}

static void print_table(const cJSON *functions)
{
    size_t widths[COLUMN_COUNT];
    const cJSON *function;

    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        widths[column] = strlen(titles[column]);
        cJSON_ArrayForEach(function, functions)
        {
            const size_t length = strnlen(cell_of(function, column), CELL_SIZE);

            widths[column] = length > widths[column] ? length : widths[column];
        }
    }
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        (void)printf(
            "%s%*s", titles[column],
            column + 1 == COLUMN_COUNT ? 1 : (int)(widths[column] - strlen(titles[column]) + 2),
            column + 1 == COLUMN_COUNT ? "\n" : "");
    cJSON_ArrayForEach(function, functions)
    {
        for (size_t column = 0; column < COLUMN_COUNT; column++) {
            const int blanks = print_cell(cell_of(function, column), widths[column]);

            if (column + 1 < COLUMN_COUNT)
                (void)printf("%*s", blanks + 2, "");
        }
        (void)printf("\n");
    }
}

static int report(const struct http_response *response, const struct options *options)
{
    const struct bytes_view body = bytes_view(response->body);
    cJSON *json = cJSON_ParseWithLength(body.data, body.length);
    int status = EXIT_INVOKE_SUCCESS;

    if (response->status != 200 || !cJSON_IsArray(json)) {
        server_request_report_other(options->invoke.endpoint, response->status);
        status = EXIT_INVOKE_NO_SERVER;
    } else if (options->wants_json) {
        (void)fwrite(body.data, 1, body.length, stdout);
        (void)printf("\n");
    } else {
        print_table(json);
    }
    cJSON_Delete(json);
    return status;
}

int functions_command(const struct options *options)
{
    struct http_address address;
    struct http_client_answer answer;
    struct bytes *headers = NULL;
    int status = EXIT_INVOKE_NO_SERVER;

    if (!server_request_address(options->invoke.endpoint, &address))
        return EXIT_INVOKE_BAD_USAGE;
    if (server_request_authorize(&headers) && bytes_append(&headers, "", 1)) {
        const struct http_client_request request = {.address = &address,
                                                    .method = "GET",
                                                    .target = "/_invoked/functions",
                                                    .headers = headers->data,
                                                    .body = {"", 0}};

        if (server_request_send(&request, options->invoke.endpoint, &answer))
            status = report(&answer.response, options);
        http_client_answer_clear(&answer);
    } else {
        status = server_request_no_memory();
    }
    bytes_release(headers);
    return status;
}
