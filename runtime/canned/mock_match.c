/*
 * One walk serves both questions: it goes through `When` and looks each value up in the event's text. Asked whether the
 * event fits, it stops at the first difference; asked how near it comes, it goes on, counts what agrees and what
 * doesn't, and keeps the place of the first difference.
 */
#include "runtime/canned/mock_match.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "config/document/json_value.h"
#include "base/json/json_walk.h"

enum { PATH_SIZE = 256, VALUE_SHOWN_MAX = 80, KEY_SHOWN_MAX = 60 };

struct comparison {
    bool stops_at_difference;
    size_t agreeing, differing; /* values of When */
    char path[PATH_SIZE];       /* of the value that is looked at: "$.items[0].id" */
    struct bytes
        *difference; /* the first one, for people; NULL when there is none, or when out of memory */
};

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- the place ---- */

static bool is_plain_key(const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    return key[0] != '\0' && strspn(key, plain) == strlen(key);
}

/* Returns where the path ended before, to go back to. */
static size_t enter_key(struct comparison *comparison, const char *key)
{
    const size_t length = strlen(comparison->path);
    char *end = comparison->path + length;
    struct bytes *quoted = NULL;

    if (strlen(key) <= KEY_SHOWN_MAX && is_plain_key(key)) {
        (void)snprintf(end, PATH_SIZE - length, ".%s", key);
        return length;
    }
    if (mock_match_quote(&quoted, (struct bytes_view){key, strlen(key)}, KEY_SHOWN_MAX))
        (void)snprintf(end, PATH_SIZE - length, "[\"%.*s\"]", (int)quoted->length, quoted->data);
    bytes_release(quoted);
    return length;
}

static size_t enter_index(struct comparison *comparison, size_t index)
{
    const size_t length = strlen(comparison->path);

    (void)snprintf(comparison->path + length, PATH_SIZE - length, "[%zu]", index);
    return length;
}

static void leave(struct comparison *comparison, size_t length)
{
    comparison->path[length] = '\0';
}

/* ---- differences ---- */

bool mock_match_quote(struct bytes **text, struct bytes_view value, size_t max)
{
    const unsigned char *at = (const unsigned char *)value.data;
    const unsigned char *const end = at + value.length;
    size_t length = 0;

    if (value.length <= max)
        return bytes_append(text, value.data, value.length);
    while (length < max) {
        size_t piece = utf8_length(at + length, end);

        if (piece == 0)
            piece = 1;
        if (length + piece > max)
            break;
        length += piece;
    }
    return bytes_append(text, value.data, length) &&
           bytes_format(text, "… (%zu bytes)", value.length);
}

static bool append_wanted(struct bytes **text, const cJSON *wanted)
{
    struct bytes *value = NULL;
    const bool is_shown = json_value_append(&value, wanted) &&
                          mock_match_quote(text, bytes_view(value), VALUE_SHOWN_MAX);

    bytes_release(value);
    return is_shown;
}

/* `wanted` NULL: nothing is; `found` empty: there is nothing. */
static void differ(struct comparison *comparison, const cJSON *wanted, struct bytes_view found)
{
    struct bytes *text = NULL;
    bool is_told;

    comparison->differing++;
    if (comparison->stops_at_difference || comparison->difference != NULL)
        return;
    is_told =
        bytes_format(&text, "%s: it wants ", comparison->path) &&
        (wanted == NULL ? bytes_format(&text, "nothing there") : append_wanted(&text, wanted)) &&
        bytes_format(&text, ", the event has ") &&
        (found.length == 0 ? bytes_format(&text, "nothing there")
                           : mock_match_quote(&text, found, VALUE_SHOWN_MAX));
    if (is_told) {
        comparison->difference = text;
        return;
    }
    bytes_release(text);
}

static bool is_over(const struct comparison *comparison)
{
    return comparison->stops_at_difference && comparison->differing > 0;
}

/* ---- values ---- */

static bool is_whole_number(struct bytes_view text)
{
    const size_t sign = text.length > 0 && text.data[0] == '-' ? 1 : 0;

    for (size_t i = sign; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.length > sign;
}

/* Doubles can't tell large whole numbers apart: there the digits decide. */
static bool equals_number(const cJSON *wanted, struct bytes_view found)
{
    const char *spelled = wanted->valuestring == NULL ? "" : wanted->valuestring;
    const struct bytes_view digits = {spelled, strlen(spelled)};
    double number;

    if (!json_walk_number(found, &number) || number < wanted->valuedouble ||
        number > wanted->valuedouble)
        return false;
    if (number == 0 || !is_whole_number(digits) || !is_whole_number(found))
        return true;
    return digits.length == found.length && memcmp(digits.data, found.data, found.length) == 0;
}

static bool equals_scalar(const cJSON *wanted, struct bytes_view found)
{
    switch (json_walk_kind(found)) {
    case JSON_KIND_NULL:
        return cJSON_IsNull(wanted);
    case JSON_KIND_FALSE:
        return cJSON_IsFalse(wanted);
    case JSON_KIND_TRUE:
        return cJSON_IsTrue(wanted);
    case JSON_KIND_NUMBER:
        return cJSON_IsNumber(wanted) && equals_number(wanted, found);
    case JSON_KIND_STRING:
        return cJSON_IsString(wanted) && json_walk_string_is(found, wanted->valuestring);
    case JSON_KIND_NONE:
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        return false;
    }
    return false;
}

static void compare(struct comparison *comparison, const cJSON *wanted, struct bytes_view found,
                    bool is_exact);

/* What the event has beyond `wanted`, where both must be equal. */
static void compare_surplus(struct comparison *comparison, const cJSON *wanted,
                            struct bytes_view found)
{
    struct json_walk walk;

    json_walk_begin(&walk, found);
    while (json_walk_next(&walk) && !is_over(comparison)) {
        const cJSON *known = wanted->child;
        size_t length;

        while (known != NULL && !json_walk_string_is(walk.key, known->string))
            known = known->next;
        if (known != NULL)
            continue;
        length = strlen(comparison->path);
        (void)snprintf(comparison->path + length, PATH_SIZE - length, "[%.*s]",
                       walk.key.length > KEY_SHOWN_MAX ? 0 : (int)walk.key.length, walk.key.data);
        differ(comparison, NULL, walk.value);
        leave(comparison, length);
    }
}

static void compare_object(struct comparison *comparison, const cJSON *wanted,
                           struct bytes_view found, bool is_exact)
{
    for (const cJSON *child = wanted->child; child != NULL && !is_over(comparison);
         child = child->next) {
        const size_t length = enter_key(comparison, child->string);
        struct bytes_view value = {"", 0};

        (void)json_walk_member(found, child->string, &value);
        compare(comparison, child, value, is_exact);
        leave(comparison, length);
    }
    if (is_exact)
        compare_surplus(comparison, wanted, found);
}

static void compare_array(struct comparison *comparison, const cJSON *wanted,
                          struct bytes_view found)
{
    const cJSON *child = wanted->child;
    struct json_walk walk;
    size_t index = 0;

    json_walk_begin(&walk, found);
    for (bool is_there = json_walk_next(&walk); (is_there || child != NULL) && !is_over(comparison);
         index++) {
        const size_t length = enter_index(comparison, index);

        if (child == NULL)
            differ(comparison, NULL, walk.value);
        else
            compare(comparison, child, is_there ? walk.value : (struct bytes_view){"", 0}, true);
        leave(comparison, length);
        child = child == NULL ? NULL : child->next;
        is_there = is_there && json_walk_next(&walk);
    }
}

static void compare(struct comparison *comparison, const cJSON *wanted, struct bytes_view found,
                    bool is_exact)
{
    const enum json_kind kind = json_walk_kind(found);

    if (cJSON_IsObject(wanted) && kind == JSON_KIND_OBJECT)
        compare_object(comparison, wanted, found, is_exact);
    else if (cJSON_IsArray(wanted) && kind == JSON_KIND_ARRAY)
        compare_array(comparison, wanted, found);
    else if (equals_scalar(wanted, found))
        comparison->agreeing++;
    else
        differ(comparison, wanted, found);
}

bool mock_match_contains(const cJSON *when, struct bytes_view event)
{
    struct comparison comparison = {.stops_at_difference = true, .path = "$"};

    compare(&comparison, when, json_walk_value(event), false);
    return comparison.differing == 0;
}

/* ---- answers ---- */

static bool is_attempt(const cJSON *answer, unsigned attempt)
{
    const cJSON *wanted = member(answer, "Attempt");

    return wanted == NULL || wanted->valuedouble == attempt;
}

static bool is_used_up(const cJSON *answer, unsigned used)
{
    const cJSON *times = member(answer, "Times");

    return times != NULL && used >= times->valuedouble;
}

int mock_match_find(const struct mock_question *question)
{
    int index = 0;

    for (const cJSON *answer = question->answers->child; answer != NULL;
         answer = answer->next, index++) {
        const cJSON *when = member(answer, "When");

        if (is_attempt(answer, question->attempt) && !is_used_up(answer, question->used[index]) &&
            (when == NULL || mock_match_contains(when, question->event)))
            return index;
    }
    return MOCK_NO_FIT;
}

struct nearest {
    const cJSON *answer; /* NULL: none so far */
    int index;
    struct comparison comparison;
};

static bool is_nearer(const struct comparison *one, const struct nearest *nearest)
{
    if (nearest->answer == NULL)
        return true;
    if (one->differing != nearest->comparison.differing)
        return one->differing < nearest->comparison.differing;
    return one->agreeing > nearest->comparison.agreeing;
}

static void find_nearest(const struct mock_question *question, struct nearest *nearest)
{
    int index = 0;

    for (const cJSON *answer = question->answers->child; answer != NULL;
         answer = answer->next, index++) {
        const cJSON *when = member(answer, "When");
        struct comparison comparison = {.path = "$"};

        if (when != NULL)
            compare(&comparison, when, json_walk_value(question->event), false);
        if (!is_nearer(&comparison, nearest)) {
            bytes_release(comparison.difference);
            continue;
        }
        bytes_release(nearest->comparison.difference);
        *nearest = (struct nearest){answer, index, comparison};
    }
}

static bool append_difference(struct bytes **text, const struct nearest *nearest,
                              const struct mock_question *question)
{
    const struct bytes_view difference = bytes_view(nearest->comparison.difference);

    if (nearest->comparison.differing > 0)
        return bytes_format(text, ", which differs at ") &&
               bytes_append(text, difference.data, difference.length);
    if (!is_attempt(nearest->answer, question->attempt))
        return bytes_format(text, ", which fits but is for attempt %.0f (this is attempt %u)",
                            member(nearest->answer, "Attempt")->valuedouble, question->attempt);
    if (is_used_up(nearest->answer, question->used[nearest->index]))
        return bytes_format(text, ", which fits but has been used %u of %.0f times",
                            question->used[nearest->index],
                            member(nearest->answer, "Times")->valuedouble);
    return true;
}

struct bytes *mock_match_explain(const struct mock_question *question)
{
    struct nearest nearest = {.answer = NULL};
    struct bytes *text = NULL;
    bool is_told;

    find_nearest(question, &nearest);
    is_told = nearest.answer != NULL && bytes_format(&text, "Mock[%d]", nearest.index) &&
              append_difference(&text, &nearest, question);
    bytes_release(nearest.comparison.difference);
    if (is_told)
        return text;
    bytes_release(text);
    return NULL;
}
