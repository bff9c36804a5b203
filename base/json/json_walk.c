#include "base/json/json_walk.h"

#include "base/json/json_escape.h"
#include "base/json/json_string.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_IN_PLACE = 64 };

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static struct bytes_view behind(struct bytes_view text, size_t length)
{
    return (struct bytes_view){text.data + length, text.length - length};
}

static struct bytes_view skip_blanks(struct bytes_view text)
{
    size_t length = 0;

    while (length < text.length && is_blank(text.data[length]))
        length++;
    return behind(text, length);
}

/* ---- how far a value reaches ---- */

static size_t container_length(struct bytes_view text)
{
    size_t depth = 0, at = 0;

    while (at < text.length) {
        const char character = text.data[at];

        at += character == '"' ? json_string_length(behind(text, at)) : 1;
        if (character == '{' || character == '[')
            depth++;
        else if ((character == '}' || character == ']') && --depth == 0)
            break;
    }
    return at;
}

static size_t scalar_length(struct bytes_view text)
{
    size_t at = 0;

    while (at < text.length && !is_blank(text.data[at]) && text.data[at] != ',' &&
           text.data[at] != ']' && text.data[at] != '}' && text.data[at] != ':')
        at++;
    return at;
}

/* Takes the value that `rest` begins with off it. */
static struct bytes_view take_value(struct bytes_view *rest)
{
    const struct bytes_view text = skip_blanks(*rest);
    size_t length = 0;

    if (text.length > 0) {
        if (text.data[0] == '"')
            length = json_string_length(text);
        else if (text.data[0] == '{' || text.data[0] == '[')
            length = container_length(text);
        else
            length = scalar_length(text);
    }
    *rest = behind(text, length);
    return (struct bytes_view){text.data, length};
}

struct bytes_view json_walk_value(struct bytes_view text)
{
    text = skip_blanks(text);
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

enum json_kind json_walk_kind(struct bytes_view value)
{
    if (value.length == 0)
        return JSON_KIND_NONE;
    switch (value.data[0]) {
    case 'n':
        return JSON_KIND_NULL;
    case 'f':
        return JSON_KIND_FALSE;
    case 't':
        return JSON_KIND_TRUE;
    case '"':
        return JSON_KIND_STRING;
    case '[':
        return JSON_KIND_ARRAY;
    case '{':
        return JSON_KIND_OBJECT;
    default:
        return JSON_KIND_NUMBER;
    }
}

/* ---- members and elements ---- */

void json_walk_begin(struct json_walk *walk, struct bytes_view container)
{
    *walk = (struct json_walk){
        .rest = container.length == 0 ? container : behind(container, 1),
        .is_object = json_walk_kind(container) == JSON_KIND_OBJECT,
    };
}

/* Skips white space and one mark. */
static void skip_mark(struct bytes_view *rest, char mark)
{
    *rest = skip_blanks(*rest);
    if (rest->length > 0 && rest->data[0] == mark)
        *rest = behind(*rest, 1);
}

bool json_walk_next(struct json_walk *walk)
{
    skip_mark(&walk->rest, ',');
    if (walk->is_object) {
        walk->key = take_value(&walk->rest);
        skip_mark(&walk->rest, ':');
    }
    walk->value = take_value(&walk->rest);
    return walk->value.length > 0;
}

bool json_walk_member(struct bytes_view object, const char *name, struct bytes_view *value)
{
    struct json_walk walk;
    bool is_there = false;

    json_walk_begin(&walk, object);
    while (json_walk_next(&walk)) {
        if (!json_walk_string_is(walk.key, name))
            continue;
        *value = walk.value;
        is_there = true;
    }
    return is_there;
}

/* ---- strings ---- */

/* Takes one character off `text`, which is not empty. Returns how many bytes of `piece` it filled. */
static size_t take_character(struct bytes_view *text, char piece[4])
{
    const char first = text->data[0];

    *text = behind(*text, 1);
    piece[0] = first;
    return first == '\\' ? utf8_put(piece, json_escape_take(text)) : 1;
}

/* The bytes of a text, or of a JSON string with its escapes decoded. */
struct decoder {
    struct bytes_view rest;
    bool is_plain;
    char piece[4];
    size_t at, length; /* in `piece` */
};

static struct decoder string_decoder(struct bytes_view string)
{
    if (string.length < 2 || string.data[0] != '"')
        return (struct decoder){.rest = {"", 0}};
    return (struct decoder){.rest = {string.data + 1, string.length - 2}};
}

/* -1 at the end. */
static int next_byte(struct decoder *decoder)
{
    while (decoder->at == decoder->length) {
        if (decoder->rest.length == 0)
            return -1;
        decoder->at = 0;
        decoder->length = 1;
        if (decoder->is_plain) {
            decoder->piece[0] = decoder->rest.data[0];
            decoder->rest = behind(decoder->rest, 1);
        } else {
            decoder->length = take_character(&decoder->rest, decoder->piece);
        }
    }
    return (unsigned char)decoder->piece[decoder->at++];
}

static int compare(struct decoder *left, struct decoder *right)
{
    int a, b;

    do {
        a = next_byte(left);
        b = next_byte(right);
    } while (a == b && a >= 0);
    return (a > b) - (a < b);
}

int json_walk_compare_string(struct bytes_view string, const char *text)
{
    struct decoder left = string_decoder(string);
    struct decoder right = {.rest = {text, strlen(text)}, .is_plain = true};

    return compare(&left, &right);
}

int json_walk_compare_strings(struct bytes_view left, struct bytes_view right)
{
    struct decoder a = string_decoder(left), b = string_decoder(right);

    return compare(&a, &b);
}

bool json_walk_string_is(struct bytes_view string, const char *text)
{
    if (string.length < 2 || string.data[0] != '"')
        return false;
    if (memchr(string.data, '\\', string.length) != NULL)
        return json_walk_compare_string(string, text) == 0;
    return strlen(text) == string.length - 2 &&
           memcmp(string.data + 1, text, string.length - 2) == 0;
}

/* ---- numbers ---- */

bool json_walk_number(struct bytes_view number, double *value)
{
    char in_place[NUMBER_IN_PLACE];
    char *copy = number.length < sizeof in_place ? in_place : malloc(number.length + 1);

    if (copy == NULL)
        return false;
    if (number.length > 0)
        memcpy(copy, number.data, number.length);
    copy[number.length] = '\0';
    *value = strtod(copy, NULL); /* it goes by the locale; this program never sets one */
    if (copy != in_place)
        free(copy);
    return true;
}
