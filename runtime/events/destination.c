#include "runtime/events/destination.h"

#include "base/clock.h"
#include "base/json/json_string.h"
#include "base/json/json_text.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define APPEND(line, literal) bytes_append((line), (literal), sizeof(literal) - 1)

static bool append_c_string(struct bytes **line, const char *text)
{
    return json_string_append(line, (struct bytes_view){text, strlen(text)});
}

/* A line end in a JSON text can only stand between its values, where a blank is as good. */
static bool append_json(struct bytes **line, struct bytes_view json)
{
    char *start = bytes_reserve(line, json.length);

    if (start == NULL)
        return false;
    if (json.length > 0)
        memcpy(start, json.data, json.length);
    for (size_t i = 0; i < json.length; i++) {
        if (start[i] == '\n' || start[i] == '\r')
            start[i] = ' ';
    }
    (*line)->length += json.length;
    return true;
}

/* What is not UTF-8 becomes U+FFFD, a mark for each byte. NULL when out of memory. */
static struct bytes *make_utf8(struct bytes_view text)
{
    struct bytes *clean = bytes_new(text.length);
    bool is_done = clean != NULL;

    for (size_t at = 0; is_done && at < text.length;) {
        const size_t length = utf8_length((const unsigned char *)text.data + at,
                                          (const unsigned char *)text.data + text.length);

        is_done = length > 0 ? bytes_append(&clean, text.data + at, length)
                             : bytes_append(&clean, "\xef\xbf\xbd", 3);
        at += length > 0 ? length : 1;
    }
    if (is_done)
        return clean;
    bytes_release(clean);
    return NULL;
}

/* A response that isn't JSON, as a command may print it, is embedded as a string; none at all is null. */
static bool append_response(struct bytes **line, struct bytes_view response)
{
    if (response.length == 0)
        return APPEND(line, "null");
    if (json_text_check(response.data, response.length, NULL))
        return append_json(line, response);
    return json_string_append(line, response);
}

static bool append_event(struct bytes **line, struct bytes_view payload)
{
    return append_json(line, payload.length == 0 ? BYTES_VIEW("{}") : payload);
}

static bool append_record(struct bytes **line, const struct event_report *report)
{
    const char *error = report->function_error;
    char now[CLOCK_TEXT_SIZE];
    bool is_done;

    clock_format(report->now_ms, now);
    is_done =
        bytes_format(line,
                     "{\"version\":\"1.0\",\"timestamp\":\"%s\",\"requestContext\":{\"requestId\":"
                     "\"%s\",\"functionArn\":\"%s\",\"condition\":\"%s\","
                     "\"approximateInvokeCount\":%u},\"requestPayload\":",
                     now, report->request_id, report->function_arn, report->condition,
                     report->run_count) &&
        append_event(line, report->payload);
    if (is_done && report->executed_version != NULL)
        is_done =
            bytes_format(
                line, ",\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"%s\"%s%s%s},",
                report->executed_version, error == NULL ? "" : ",\"functionError\":\"",
                error == NULL ? "" : error, error == NULL ? "" : "\"") &&
            APPEND(line, "\"responsePayload\":") && append_response(line, report->response);
    return is_done && APPEND(line, "}");
}

static struct bytes *owned_or_null(struct bytes *line, bool is_done)
{
    if (is_done)
        return line;
    bytes_release(line);
    return NULL;
}

static struct bytes *new_line(const struct bytes_view *payload, const struct bytes_view *response)
{
    return bytes_new(payload->length + response->length + 1024);
}

struct bytes *destination_record(const struct event_report *report)
{
    struct bytes *line = new_line(&report->payload, &report->response);

    return owned_or_null(line, line != NULL && append_record(&line, report));
}

struct bytes *destination_bus_event(const struct event_report *report, const char *bus_arn)
{
    struct bytes *line = new_line(&report->payload, &report->response);
    const bool is_success = strcmp(report->condition, "Success") == 0;
    const bool is_done =
        line != NULL &&
        bytes_format(&line,
                     "{\"source\":\"lambda\",\"detail-type\":\"Lambda Function Invocation Result "
                     "- %s\",\"resources\":[",
                     is_success ? "Success" : "Failure") &&
        append_c_string(&line, bus_arn) && APPEND(&line, ",") &&
        append_c_string(&line, report->function_arn) && APPEND(&line, "],\"detail\":") &&
        append_record(&line, report) && APPEND(&line, "}");

    return owned_or_null(line, is_done);
}

/* arn:PARTITION:SERVICE:… */
enum destination_kind destination_kind(const char *arn)
{
    const char *partition = strchr(arn, ':');
    const char *service = partition == NULL ? NULL : strchr(partition + 1, ':');

    if (service != NULL && strncmp(service, ":events:", 8) == 0)
        return DESTINATION_BUS;
    return service != NULL && strncmp(service, ":lambda:", 8) == 0 ? DESTINATION_FUNCTION
                                                                   : DESTINATION_FILE;
}

/* The first 1 KB, but no part of a character. */
static struct bytes_view cut_message(const char *message)
{
    size_t length = strlen(message);

    if (length > DEAD_LETTER_MESSAGE_MAX) {
        length = DEAD_LETTER_MESSAGE_MAX;
        while (length > 0 && ((unsigned char)message[length] & 0xc0) == 0x80)
            length--;
    }
    return (struct bytes_view){message, length};
}

struct bytes *dead_letter_line(const struct dead_letter *letter)
{
    const struct bytes_view body = letter->payload.length == 0 ? BYTES_VIEW("{}") : letter->payload;
    struct bytes *line = bytes_new(body.length + body.length / 4 + 2048);
    const bool is_done =
        line != NULL &&
        bytes_format(&line, "{\"MessageId\":\"%s\",\"Body\":", letter->message_id) &&
        json_string_append(&line, body) &&
        bytes_format(&line,
                     ",\"MessageAttributes\":{\"RequestID\":{\"StringValue\":\"%s\",\"DataType\":"
                     "\"String\"},\"ErrorCode\":{\"StringValue\":\"%u\",\"DataType\":\"Number\"},"
                     "\"ErrorMessage\":{\"StringValue\":",
                     letter->request_id, letter->error_code) &&
        json_string_append(&line, cut_message(letter->error_message)) &&
        bytes_format(&line, ",\"DataType\":\"String\"}},\"SentTimestamp\":\"%lld\"}",
                     (long long)letter->now_ms);

    return owned_or_null(line, is_done);
}

/*
 * The request id with some of its bits turned over by a constant and by the sequence. That can be undone, so two of
 * them are equal only if both are; version and variant of the UUID stay.
 */
void dead_letter_message_id(const char *request_id, int64_t sequence, char id[REQUEST_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    static const unsigned char mask[8] = {0xd, 0xe, 0xa, 0xd, 0x1, 0xe, 0x7, 0x7};
    size_t length = strlen(request_id);

    if (length >= REQUEST_ID_SIZE)
        length = REQUEST_ID_SIZE - 1;
    memcpy(id, request_id, length);
    id[length] = '\0';
    for (size_t i = 0; i < sizeof mask && i < length; i++) {
        const char *digit = strchr(digits, id[i]);

        if (digit != NULL)
            id[i] = digits[(size_t)(digit - digits) ^ mask[i]];
    }
    for (size_t i = 0; i < 12 && i < length; i++) {
        const char *digit = strchr(digits, id[length - 1 - i]);

        if (digit != NULL)
            id[length - 1 - i] =
                digits[(size_t)(digit - digits) ^ (size_t)((sequence >> (4 * i)) & 0xf)];
    }
}

static char *copy_member(const cJSON *root, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(root, name);

    return cJSON_IsString(member) ? strdup(member->valuestring) : NULL;
}

bool function_error_read(struct bytes_view payload, char **type, char **message)
{
    cJSON *root = cJSON_ParseWithLength(payload.data, payload.length);
    struct bytes *text;

    *type = copy_member(root, "errorType");
    *message = copy_member(root, "errorMessage");
    cJSON_Delete(root);
    if (*message != NULL)
        return true;
    if (payload.length > DEAD_LETTER_MESSAGE_MAX)
        payload.length = DEAD_LETTER_MESSAGE_MAX;
    text = make_utf8(payload);
    if (text != NULL && bytes_append(&text, "", 1))
        *message = strdup(text->data);
    bytes_release(text);
    if (*message != NULL)
        return true;
    free(*type);
    *type = NULL;
    return false;
}
