#include "handlers/worker/error_cause.h"

#include "base/json/json_writer.h"

#include <cjson/cJSON.h>
#include <string.h>

bool error_cause_is_type(const char *content_type)
{
    return content_type != NULL &&
           strcmp(content_type, "application/vnd.aws.lambda.error.cause+json") == 0;
}

/* A string, null, or nothing: as Go reads a text. */
static bool is_text(const cJSON *member)
{
    return member == NULL || cJSON_IsNull(member) || cJSON_IsString(member);
}

static bool are_texts(const cJSON *list)
{
    const cJSON *item;

    if (list == NULL || cJSON_IsNull(list))
        return true;
    cJSON_ArrayForEach(item, list)
    {
        if (!is_text(item))
            return false;
    }
    return cJSON_IsArray(list);
}

static bool is_error(const cJSON *root)
{
    return cJSON_IsObject(root) &&
           is_text(cJSON_GetObjectItemCaseSensitive(root, "errorMessage")) &&
           is_text(cJSON_GetObjectItemCaseSensitive(root, "errorType")) &&
           are_texts(cJSON_GetObjectItemCaseSensitive(root, "stackTrace"));
}

static void put_text(struct json_writer *writer, const cJSON *text)
{
    json_text(writer, cJSON_IsString(text) ? text->valuestring : "");
}

static void put_error(struct json_writer *writer, const cJSON *root)
{
    const cJSON *stack = cJSON_GetObjectItemCaseSensitive(root, "stackTrace");
    const cJSON *line;

    json_open(writer, '{');
    json_key(writer, "errorMessage");
    put_text(writer, cJSON_GetObjectItemCaseSensitive(root, "errorMessage"));
    json_key(writer, "errorType");
    put_text(writer, cJSON_GetObjectItemCaseSensitive(root, "errorType"));
    if (cJSON_GetArraySize(stack) > 0) {
        json_key(writer, "stackTrace");
        json_open(writer, '[');
        cJSON_ArrayForEach(line, stack) put_text(writer, line);
        json_close(writer, ']');
    }
    json_close(writer, '}');
}

struct bytes *error_without_cause(struct bytes_view body)
{
    cJSON *root = body.length == 0 ? NULL : cJSON_ParseWithLength(body.data, body.length);
    struct json_writer writer = {0};

    if (is_error(root))
        put_error(&writer, root);
    else
        json_text(&writer, "Invalid error body");
    cJSON_Delete(root);
    return json_writer_take(&writer);
}
