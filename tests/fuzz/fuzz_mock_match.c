/*
 * Input: a JSON document, a NUL, another one: `When` and the event. Beside a matcher of a few lines over cJSON's trees,
 * as far as cJSON can tell; every value contains itself; what doesn't fit has a place where it differs; and whatever the
 * event is, JSON or not, nothing outside of it is read.
 */
#include "base/json/json_text.h"
#include "config/document/json_value.h"
#include "config/settings/canned_text.h"
#include "runtime/canned/mock_match.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_equal(const cJSON *wanted, const cJSON *found);

static const cJSON *last_member(const cJSON *object, const char *name)
{
    const cJSON *last = NULL;

    for (const cJSON *child = object->child; child != NULL; child = child->next) {
        if (strcmp(child->string, name) == 0)
            last = child;
    }
    return last;
}

static bool has_members(const cJSON *wanted, const cJSON *found, bool is_exact);

static bool contains(const cJSON *wanted, const cJSON *found, bool is_exact)
{
    if (cJSON_IsObject(wanted) && cJSON_IsObject(found))
        return has_members(wanted, found, is_exact) &&
               (!is_exact || has_members(found, wanted, is_exact));
    return is_equal(wanted, found);
}

static bool has_members(const cJSON *wanted, const cJSON *found, bool is_exact)
{
    for (const cJSON *child = wanted->child; child != NULL; child = child->next) {
        const cJSON *other = last_member(found, child->string);

        if (other == NULL || !contains(last_member(wanted, child->string), other, is_exact))
            return false;
    }
    return true;
}

static bool is_equal(const cJSON *wanted, const cJSON *found)
{
    if ((wanted->type & 0xff) != (found->type & 0xff))
        return false;
    if (cJSON_IsNumber(wanted))
        return wanted->valuedouble >= found->valuedouble &&
               wanted->valuedouble <= found->valuedouble;
    if (cJSON_IsString(wanted))
        return strcmp(wanted->valuestring, found->valuestring) == 0;
    if (!cJSON_IsArray(wanted))
        return true;
    const cJSON *other = found->child;

    for (const cJSON *child = wanted->child; child != NULL; child = child->next) {
        if (other == NULL || !contains(child, other, true))
            return false;
        other = other->next;
    }
    return other == NULL;
}

/* Whole numbers beyond a double's are told apart by their digits here, and can't be by cJSON. */
static bool has_large_number(const cJSON *value)
{
    if (cJSON_IsNumber(value) && !(fabs(value->valuedouble) < 9e15))
        return true;
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        if (has_large_number(child))
            return true;
    }
    return false;
}

static void check_beside_cjson(const cJSON *when, struct bytes_view event, bool is_contained)
{
    cJSON *tree = memmem(event.data, event.length, "\\u", 2) != NULL
                      ? NULL /* \u0000 and halves of surrogate pairs */
                      : cJSON_ParseWithLength(event.data, event.length);

    if (tree != NULL && !has_large_number(tree))
        expect(contains(when, tree, false) == is_contained);
    cJSON_Delete(tree);
}

static void check(const struct canned_text *answers, struct bytes_view event)
{
    const cJSON *when = answers->list->child->child;
    const bool is_json = json_text_check(event.data, event.length, NULL);
    const bool is_contained = mock_match_contains(when, event);
    const unsigned used[] = {0};
    const struct mock_question question = {answers->list, used, event, 1};
    struct bytes *nearest = mock_match_explain(&question);
    struct bytes *text = NULL;

    expect(nearest != NULL);
    expect((mock_match_find(&question) == MOCK_NO_FIT) == !is_contained);
    expect((memmem(nearest->data, nearest->length, ", which differs at $", 20) == NULL) ==
           is_contained);
    bytes_release(nearest);
    if (is_json)
        check_beside_cjson(when, event, is_contained);
    expect(json_value_append(&text, when));
    expect(json_text_check(text->data, text->length, NULL));
    expect(mock_match_contains(when, bytes_view(text)));
    bytes_release(text);
}

/* `when` as the only answer of a list; false when it is none that a configuration may hold. */
static bool read_when(struct canned_text *answers, struct bytes_view when)
{
    struct bytes *json = NULL;
    char why[1024];
    bool is_read;

    if (!json_text_check(when.data, when.length, NULL))
        return false;
    expect(bytes_format(&json, "[{\"When\":") && bytes_append(&json, when.data, when.length) &&
           bytes_append(&json, "}]", 2));
    is_read = canned_text_read(answers, CANNED_MOCK, json->data, json->length, why, sizeof why);
    bytes_release(json);
    return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *middle = size == 0 ? NULL : memchr(data, '\0', size);
    const size_t length = middle == NULL ? 0 : size - (size_t)(middle + 1 - data);
    struct canned_text answers;
    char *event;

    if (middle == NULL ||
        !read_when(&answers, (struct bytes_view){(const char *)data, (size_t)(middle - data)}))
        return 0;
    event = malloc(length > 0 ? length : 1);
    expect(event != NULL);
    if (length > 0)
        memcpy(event, middle + 1, length);
    check(&answers, (struct bytes_view){event, length});
    free(event);
    canned_text_clear(&answers);
    return 0;
}
