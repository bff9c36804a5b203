/*
 * One comparison serves both questions: it goes through `When` and looks each value up in the event. Asked whether the
 * event fits, it stops at the first difference; asked how near it comes, it goes on, counts what agrees and what
 * doesn't, and keeps the place of the first difference.
 *
 * Time grows with the size of the answers plus that of the event, not with their product (event_value.h).
 */
#include "runtime/canned/mock_match.h"

#include "base/json/json_walk.h"
#include "base/utf8.h"
#include "config/document/json_value.h"
#include "runtime/canned/event_value.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 256, VALUE_SHOWN_MAX = 80, KEY_SHOWN_MAX = 60 };

struct comparison {
    bool stops_at_difference;
    bool is_out_of_memory;
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
    is_told = bytes_format(&text, "%s: expected ", comparison->path) &&
              (wanted == NULL ? bytes_format(&text, "no value") : append_wanted(&text, wanted)) &&
              bytes_format(&text, ", the event has ") &&
              (found.length == 0 ? bytes_format(&text, "no value")
                                 : mock_match_quote(&text, found, VALUE_SHOWN_MAX));
    if (is_told) {
        comparison->difference = text;
        return;
    }
    bytes_release(text);
}

static bool is_over(const struct comparison *comparison)
{
    return comparison->is_out_of_memory ||
           (comparison->stops_at_difference && comparison->differing > 0);
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
static bool equals_number(struct comparison *comparison, const cJSON *wanted,
                          struct event_value *found)
{
    const char *spelled = wanted->valuestring == NULL ? "" : wanted->valuestring;
    const struct bytes_view digits = {spelled, strlen(spelled)};
    double number;

    if (!event_value_number(found, &number)) {
        comparison->is_out_of_memory = true;
        return false;
    }
    if (number < wanted->valuedouble || number > wanted->valuedouble)
        return false;
    if (number == 0 || !is_whole_number(digits) || !is_whole_number(found->text))
        return true;
    return digits.length == found->text.length &&
           memcmp(digits.data, found->text.data, digits.length) == 0;
}

static bool equals_scalar(struct comparison *comparison, const cJSON *wanted,
                          struct event_value *found)
{
    switch (json_walk_kind(found->text)) {
    case JSON_KIND_NULL:
        return cJSON_IsNull(wanted);
    case JSON_KIND_FALSE:
        return cJSON_IsFalse(wanted);
    case JSON_KIND_TRUE:
        return cJSON_IsTrue(wanted);
    case JSON_KIND_NUMBER:
        return cJSON_IsNumber(wanted) && equals_number(comparison, wanted, found);
    case JSON_KIND_STRING:
        return cJSON_IsString(wanted) && json_walk_string_is(found->text, wanted->valuestring);
    case JSON_KIND_NONE:
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        return false;
    }
    return false;
}

static void compare(struct comparison *comparison, const cJSON *wanted, struct event_value *found,
                    bool is_exact);

static void differ_by_member(struct comparison *comparison, const struct event_value *member)
{
    const size_t length = strlen(comparison->path);

    (void)snprintf(comparison->path + length, PATH_SIZE - length, "[%.*s]",
                   member->key.length > KEY_SHOWN_MAX ? 0 : (int)member->key.length,
                   member->key.data);
    differ(comparison, NULL, member->text);
    leave(comparison, length);
}

/* What the event has beyond `wanted`, where both must be equal: the members without a mark. The first one is shown. */
static void compare_surplus(struct comparison *comparison, const struct event_value *found)
{
    const struct event_value *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < found->child_count; i++) {
        const struct event_value *member = &found->children[i];

        if (member->is_marked)
            continue;
        count++;
        if (first == NULL || member->text.data < first->text.data)
            first = member;
    }
    if (first == NULL)
        return;
    differ_by_member(comparison, first);
    comparison->differing += count - 1;
}

static void compare_object(struct comparison *comparison, const cJSON *wanted,
                           struct event_value *found, bool is_exact)
{
    for (size_t i = 0; i < found->child_count; i++)
        found->children[i].is_marked = false;
    for (const cJSON *child = wanted->child; child != NULL && !is_over(comparison);
         child = child->next) {
        const size_t length = enter_key(comparison, child->string);
        struct event_value nothing = {.text = {"", 0}};
        struct event_value *value = event_value_member(found, child->string);

        if (value != NULL)
            value->is_marked = true;
        compare(comparison, child, value == NULL ? &nothing : value, is_exact);
        leave(comparison, length);
    }
    if (is_exact && !is_over(comparison))
        compare_surplus(comparison, found);
}

static void compare_array(struct comparison *comparison, const cJSON *wanted,
                          struct event_value *found)
{
    const cJSON *child = wanted->child;
    size_t index = 0;

    for (; child != NULL && !is_over(comparison); child = child->next, index++) {
        const size_t length = enter_index(comparison, index);
        struct event_value nothing = {.text = {"", 0}};

        compare(comparison, child, index < found->child_count ? &found->children[index] : &nothing,
                true);
        leave(comparison, length);
    }
    if (is_over(comparison) || index >= found->child_count)
        return;
    const size_t length = enter_index(comparison, index);

    differ(comparison, NULL, found->children[index].text);
    comparison->differing += found->child_count - index - 1;
    leave(comparison, length);
}

static void compare(struct comparison *comparison, const cJSON *wanted, struct event_value *found,
                    bool is_exact)
{
    const enum json_kind kind = json_walk_kind(found->text);
    const bool are_objects = cJSON_IsObject(wanted) && kind == JSON_KIND_OBJECT;
    const bool are_arrays = cJSON_IsArray(wanted) && kind == JSON_KIND_ARRAY;

    if ((are_objects || are_arrays) && !event_value_open(found))
        comparison->is_out_of_memory = true;
    else if (are_objects)
        compare_object(comparison, wanted, found, is_exact);
    else if (are_arrays)
        compare_array(comparison, wanted, found);
    else if (equals_scalar(comparison, wanted, found))
        comparison->agreeing++;
    else
        differ(comparison, wanted, found->text);
}

static bool contains(const cJSON *when, struct event_value *event)
{
    struct comparison comparison = {.stops_at_difference = true, .path = "$"};

    compare(&comparison, when, event, false);
    return comparison.differing == 0 && !comparison.is_out_of_memory;
}

bool mock_match_contains(const cJSON *when, struct bytes_view event)
{
    struct event_value value;

    event_value_init(&value, event);
    const bool is_contained = contains(when, &value);

    event_value_clear(&value);
    return is_contained;
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
    struct event_value event;
    int index = 0, found = MOCK_NO_FIT;

    event_value_init(&event, question->event);
    for (const cJSON *answer = question->answers->child; answer != NULL && found == MOCK_NO_FIT;
         answer = answer->next, index++) {
        const cJSON *when = member(answer, "When");

        if (is_attempt(answer, question->attempt) && !is_used_up(answer, question->used[index]) &&
            (when == NULL || contains(when, &event)))
            found = index;
    }
    event_value_clear(&event);
    return found;
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

/* False when out of memory. */
static bool find_nearest(const struct mock_question *question, struct nearest *nearest)
{
    struct event_value event;
    bool has_memory = true;
    int index = 0;

    event_value_init(&event, question->event);
    for (const cJSON *answer = question->answers->child; answer != NULL;
         answer = answer->next, index++) {
        const cJSON *when = member(answer, "When");
        struct comparison comparison = {.path = "$"};

        if (when != NULL)
            compare(&comparison, when, &event, false);
        has_memory = has_memory && !comparison.is_out_of_memory;
        if (!is_nearer(&comparison, nearest)) {
            bytes_release(comparison.difference);
            continue;
        }
        bytes_release(nearest->comparison.difference);
        *nearest = (struct nearest){answer, index, comparison};
    }
    event_value_clear(&event);
    return has_memory;
}

static bool append_difference(struct bytes **text, const struct nearest *nearest,
                              const struct mock_question *question)
{
    const struct bytes_view difference = bytes_view(nearest->comparison.difference);

    if (nearest->comparison.differing > 0)
        return bytes_format(text, ", which differs at ") &&
               bytes_append(text, difference.data, difference.length);
    if (!is_attempt(nearest->answer, question->attempt))
        return bytes_format(text, ", which matches but is for attempt %.0f (this is attempt %u)",
                            member(nearest->answer, "Attempt")->valuedouble, question->attempt);
    if (is_used_up(nearest->answer, question->used[nearest->index]))
        return bytes_format(text, ", which matches but has been used %u of %.0f times",
                            question->used[nearest->index],
                            member(nearest->answer, "Times")->valuedouble);
    return true;
}

struct bytes *mock_match_explain(const struct mock_question *question)
{
    struct nearest nearest = {.answer = NULL};
    struct bytes *text = NULL;
    bool is_told;

    is_told = find_nearest(question, &nearest) && nearest.answer != NULL &&
              bytes_format(&text, "Mock[%d]", nearest.index) &&
              append_difference(&text, &nearest, question);
    bytes_release(nearest.comparison.difference);
    if (is_told)
        return text;
    bytes_release(text);
    return NULL;
}
