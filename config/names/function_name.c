/*
 * A function's name is matched segment by segment: no part of the pattern but the colons between parts takes a colon.
 * The pattern is four optional parts (which end in a colon each), the name, and an optional qualifier. What a regular
 * expression finds by backtracking is found here by trying each choice of optional parts, the one with most parts to
 * the left first: so `function` alone is a name, and in `function:f` it is a part.
 */
#include "config/names/function_name.h"

#include "base/utf8.h"

#include <string.h>

/* Recorded in November 2025 (the service model lacks `(eusc-)?`). */
const char function_name_pattern[] =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?"
    "(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const char qualifier_pattern[] = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";

enum {
    SEGMENTS_MAX = 8, /* arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER */
    ACCOUNT_ID_LENGTH = 12
};

/* The optional parts, in the order of the pattern; an earlier one is worth more. */
enum { PART_FUNCTION = 1, PART_ACCOUNT = 2, PART_REGION = 4, PART_ARN = 8, PARTS_ALL = 15 };

struct segment {
    const char *text;
    size_t length;
};

static bool is_lower(char character)
{
    return character >= 'a' && character <= 'z';
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
    return is_lower(character) || (character >= 'A' && character <= 'Z');
}

/* At least one character, and all of them letters, digits, '-', '_' or one of `others`. */
static bool is_word(struct segment segment, const char *others)
{
    for (size_t i = 0; i < segment.length; i++) {
        const char character = segment.text[i];
        const bool is_other = character != '\0' && strchr(others, character) != NULL;

        if (!is_letter(character) && !is_digit(character) && character != '-' && character != '_' &&
            !is_other)
            return false;
    }
    return segment.length > 0;
}

static bool is_text(struct segment segment, const char *text)
{
    return segment.length == strlen(text) && memcmp(segment.text, text, segment.length) == 0;
}

/* Takes what is before the first `separator` off `rest`, the separator too; all of it when there is none. */
static struct segment take(struct segment *rest, char separator)
{
    const char *const found = memchr(rest->text, separator, rest->length);
    const struct segment taken = {rest->text,
                                  found == NULL ? rest->length : (size_t)(found - rest->text)};
    const size_t used = found == NULL ? taken.length : taken.length + 1;

    rest->text += used;
    rest->length -= used;
    return taken;
}

static bool is_lower_word(struct segment segment)
{
    for (size_t i = 0; i < segment.length; i++) {
        if (!is_lower(segment.text[i]))
            return false;
    }
    return segment.length > 0;
}

/* (aws[a-zA-Z-]*)? */
static bool is_partition(struct segment segment)
{
    for (size_t i = 0; i < segment.length; i++) {
        if (i < 3 ? segment.text[i] != "aws"[i]
                  : !is_letter(segment.text[i]) && segment.text[i] != '-')
            return false;
    }
    return segment.length == 0 || segment.length >= 3;
}

/* (eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}: between the dashes only a "gov" or "iso" may be one more. */
static bool is_region(struct segment rest)
{
    struct segment part = take(&rest, '-');

    if (is_text(part, "eusc"))
        part = take(&rest, '-');
    if (part.length != 2 || !is_lower_word(part))
        return false;
    part = take(&rest, '-');
    if (memchr(rest.text, '-', rest.length) != NULL) {
        const bool is_iso =
            part.length <= 4 && part.length >= 3 && memcmp(part.text, "iso", 3) == 0;

        if (!is_text(part, "gov") && !(is_iso && is_lower_word(part)))
            return false;
        part = take(&rest, '-');
    }
    return is_lower_word(part) && rest.length == 1 && is_digit(rest.text[0]);
}

static bool is_account_id(struct segment segment)
{
    for (size_t i = 0; i < segment.length; i++) {
        if (!is_digit(segment.text[i]))
            return false;
    }
    return segment.length == ACCOUNT_ID_LENGTH;
}

static bool is_latest(struct segment segment)
{
    return is_text(segment, "$LATEST") || is_text(segment, "$LATEST.PUBLISHED");
}

/* The segments, as far as `parts` takes them. */
struct reading {
    const struct segment *segments;
    size_t count, next;
    struct segment region, account_id, name, qualifier;
};

static struct segment next_segment(struct reading *reading)
{
    return reading->next < reading->count ? reading->segments[reading->next++]
                                          : (struct segment){"", 0};
}

/* Does the whole text match with just these optional parts? */
static bool match_parts(struct reading *reading, unsigned parts)
{
    if ((parts & PART_ARN) != 0 &&
        !(is_text(next_segment(reading), "arn") && is_partition(next_segment(reading)) &&
          is_text(next_segment(reading), "lambda")))
        return false;
    if ((parts & PART_REGION) != 0) {
        reading->region = next_segment(reading);
        if (!is_region(reading->region))
            return false;
    }
    if ((parts & PART_ACCOUNT) != 0) {
        reading->account_id = next_segment(reading);
        if (!is_account_id(reading->account_id))
            return false;
    }
    if ((parts & PART_FUNCTION) != 0 && !is_text(next_segment(reading), "function"))
        return false;
    reading->name = next_segment(reading);
    if (!is_word(reading->name, "."))
        return false;
    if (reading->next == reading->count)
        return true;
    reading->qualifier = next_segment(reading);
    return reading->next == reading->count &&
           (is_latest(reading->qualifier) || is_word(reading->qualifier, ""));
}

static void copy_segment(char *to, struct segment segment)
{
    memcpy(to, segment.text, segment.length);
    to[segment.length] = '\0';
}

/* UTF-16 units of a text in UTF-8; a byte that is not UTF-8 counts as one. */
static size_t count_units(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *const end = at + length;
    size_t units = 0;

    while (at < end) {
        const size_t sequence = utf8_length(at, end);

        units += sequence == 4 ? 2 : 1; /* a surrogate pair */
        at += sequence > 0 ? sequence : 1;
    }
    return units;
}

static enum function_name_status check_length(const char *text, size_t length, size_t length_max)
{
    if (length == 0)
        return FUNCTION_NAME_TOO_SHORT;
    return count_units(text, length) > length_max ? FUNCTION_NAME_TOO_LONG : FUNCTION_NAME_OK;
}

enum function_name_status function_name_parse(const char *text, size_t length,
                                              struct function_name *parsed)
{
    const enum function_name_status status = check_length(text, length, FUNCTION_NAME_MAX);
    struct segment segments[SEGMENTS_MAX], rest = {text, length};
    size_t count = 0;

    if (status != FUNCTION_NAME_OK)
        return status;
    if (text[length - 1] == ':')
        return FUNCTION_NAME_NO_MATCH; /* take() would not see the empty segment behind it */
    while (rest.length > 0) {
        if (count == SEGMENTS_MAX)
            return FUNCTION_NAME_NO_MATCH;
        segments[count++] = take(&rest, ':');
    }
    for (unsigned left_out = 0; left_out <= PARTS_ALL; left_out++) {
        struct reading reading = {
            .segments = segments, .count = count, .region = {"", 0}, .account_id = {"", 0}};

        reading.qualifier = (struct segment){"", 0};
        if (!match_parts(&reading, PARTS_ALL - left_out))
            continue;
        copy_segment(parsed->region, reading.region);
        copy_segment(parsed->account_id, reading.account_id);
        copy_segment(parsed->name, reading.name);
        copy_segment(parsed->qualifier, reading.qualifier);
        return FUNCTION_NAME_OK;
    }
    return FUNCTION_NAME_NO_MATCH;
}

enum function_name_status qualifier_check(const char *text, size_t length)
{
    const enum function_name_status status = check_length(text, length, QUALIFIER_MAX);
    const struct segment qualifier = {text, length};

    if (status != FUNCTION_NAME_OK)
        return status;
    return is_latest(qualifier) || is_word(qualifier, "$") ? FUNCTION_NAME_OK
                                                           : FUNCTION_NAME_NO_MATCH;
}
