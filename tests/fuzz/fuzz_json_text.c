/*
 * json_text_check() beside cJSON: what cJSON refuses must be refused here, too, but for what cJSON can't take (deep
 * nesting, long numbers, halves of surrogate pairs). What is accepted stays so inside an array, an object and white
 * space, after cJSON has written it anew, and is refused without its last byte.
 */
#include "base/json/json_text.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CJSON_NUMBER_MAX = 62 };

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

/* Does the text have what cJSON refuses though it is JSON? */
static bool is_beyond_cjson(const char *text, size_t length)
{
    size_t depth = 0, number = 0;

    for (size_t i = 0; i < length; i++) {
        depth += text[i] == '[' || text[i] == '{';
        number = strchr("+-.0123456789eE", text[i]) != NULL && text[i] != '\0' ? number + 1 : 0;
        if (depth >= CJSON_NESTING_LIMIT || number > CJSON_NUMBER_MAX)
            return true;
        if (i + 2 < length && text[i] == '\\' && text[i + 1] == 'u' && (text[i + 2] | 0x20) == 'd')
            return true;
    }
    return false;
}

static bool check_between(const char *before, const char *text, size_t length, const char *behind)
{
    const size_t before_length = strlen(before), behind_length = strlen(behind);
    const size_t whole_length = before_length + length + behind_length;
    char *whole = malloc(whole_length);
    bool is_json;

    expect(whole != NULL);
    memcpy(whole, before, before_length);
    if (length > 0)
        memcpy(whole + before_length, text, length);
    memcpy(whole + before_length + length, behind, behind_length);
    is_json = json_text_check(whole, whole_length, NULL);
    free(whole);
    return is_json;
}

static void check_good(const char *text, size_t length)
{
    size_t end = length;
    cJSON *parsed = cJSON_ParseWithLength(text, length);

    expect(parsed != NULL || is_beyond_cjson(text, length));
    if (parsed != NULL) {
        char *const written = cJSON_PrintUnformatted(parsed);

        expect(written != NULL && json_text_check(written, strlen(written), NULL));
        cJSON_free(written);
        cJSON_Delete(parsed);
    }
    expect(check_between(" \t\r\n", text, length, "\n "));
    expect(check_between("[", text, length, "]"));
    expect(check_between("{\"a\":[0,", text, length, "]}"));
    expect(!check_between("", text, length, ","));
    expect(!check_between("[", text, length, "}"));
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    expect(end > 0);
    if (text[end - 1] < '0' || text[end - 1] > '9') /* a shorter number may be one */
        expect(!json_text_check(text, end - 1, NULL));
}

static void check_fault(const struct json_text_error *fault, size_t length)
{
    const size_t reason_length = strnlen(fault->reason, sizeof fault->reason);
    const unsigned char *at = (const unsigned char *)fault->reason;
    const unsigned char *const end = at + reason_length;

    expect(fault->offset <= length && fault->line >= 1 && fault->line <= length + 1 &&
           fault->column <= length + 2);
    expect(reason_length > 0 && reason_length < sizeof fault->reason);
    while (at < end) {
        const size_t sequence = utf8_length(at, end);

        expect(sequence > 0 && *at != '\n');
        at += sequence;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1);
    struct json_text_error fault;
    bool is_json;

    expect(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    is_json = json_text_check(text, size, &fault);
    expect(json_text_check(text, size, NULL) == is_json);
    if (is_json)
        check_good(text, size);
    else
        check_fault(&fault, size);
    free(text);
    return 0;
}
