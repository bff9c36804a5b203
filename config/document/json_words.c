#include "config/document/json_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 40 /* of what stands in the wrong place */ };

/* '@' stands for what is there, '#' for the line that the reason names: where a bracket was opened. */
static const struct {
    const char *reason, *words;
} rows[] = {
    {"was expecting comma", "a comma is missing before @"},
    {"was expecting a colon", "a colon is missing before @"},
    {"was expecting double-quote to start field name",
     "a key in double quotes must be here (is @)"},
    {"Unrecognized token", "@ is not a value; text needs double quotes around it"},
    {"expected a value", "a value is missing before @"},
    {"expected a valid value", "@ is not a value; text needs double quotes around it"},
    {"(CTRL-CHAR, code 10)", "a string ends on its line: its second \" is missing"},
    {"(CTRL-CHAR, code 13)", "a string ends on its line: its second \" is missing"},
    {"end-of-input in VALUE_STRING", "a string has no second \""},
    {"end-of-input in field name", "a key has no second \""},
    {"expected close marker for Object", "the file ends before the { of line # is closed"},
    {"expected close marker for Array", "the file ends before the [ of line # is closed"},
    {"Unexpected end-of-input", "the file ends too early"},
    {"for Object starting at", "@ can't close the { of line #"},
    {"for Array starting at", "@ can't close the [ of line #"},
    {"to close", "@ closes nothing that is open"},
    {"Trailing token", "the configuration has ended before @"},
    {"root-level values", "the configuration has ended before @"},
    {"Leading zeroes not allowed", "a number must not begin with 0"},
};

/* A string or word as a whole, else one character. */
static int shown_length(const char *at, const char *end)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *to = at;

    if (to < end && *to == '"') {
        for (to++; to < end && *to != '"' && *to != '\n'; to++)
            ;
        to += to < end && *to == '"';
    } else {
        while (to < end && *to != '\0' && strchr(word, *to) != NULL)
            to++;
        if (to == at) {
            for (to++; to < end && ((unsigned char)*to & 0xC0) == 0x80; to++)
                ;
        }
    }
    return (int)(to - at);
}

static unsigned named_line(const char *reason)
{
    const char *place = strstr(reason, "line: ");

    return place == NULL ? 0 : (unsigned)strtoul(place + strlen("line: "), NULL, 10);
}

/* Back to the beginning of a word of which the place is somewhere inside. */
static size_t token_begin(const struct json_text_error *problem, const char *text)
{
    static const char before[] = "Unrecognized token '";
    size_t offset = problem->offset;

    if (strncmp(problem->reason, before, sizeof before - 1) != 0)
        return offset;
    while (offset > 0 && strchr(" \t\r\n,:[]{}\"", text[offset - 1]) == NULL)
        offset--;
    return offset;
}

static void write_words(const char *row, const struct json_text_error *problem, const char *text,
                        size_t length, char words[JSON_WORDS_SIZE])
{
    size_t used = 0;

    for (; *row != '\0' && used + SHOWN_MAX + 8 < JSON_WORDS_SIZE; row++) {
        if (*row == '@' && problem->offset < length) {
            const char *at = text + token_begin(problem, text);
            const int shown = shown_length(at, text + length);

            used += (size_t)snprintf(words + used, JSON_WORDS_SIZE - used, "%.*s%s",
                                     shown > SHOWN_MAX ? SHOWN_MAX : shown, at,
                                     shown > SHOWN_MAX ? "..." : "");
        } else if (*row == '@') {
            used += (size_t)snprintf(words + used, JSON_WORDS_SIZE - used, "the end");
        } else if (*row == '#') {
            used += (size_t)snprintf(words + used, JSON_WORDS_SIZE - used, "%u",
                                     named_line(problem->reason));
        } else {
            words[used++] = *row;
        }
    }
    words[used] = '\0';
}

/* Jackson speaks of a source that nobody sees here; only the place in it is of use. */
static void drop_source(char *reason)
{
    static const char source_begin[] = "[Source: ", source_end[] = "line: ";
    char *begin = strstr(reason, source_begin);
    const char *end = begin == NULL ? NULL : strstr(begin, source_end);

    if (end != NULL)
        memmove(begin + 1, end, strlen(end) + 1);
}

void json_words(const struct json_text_error *problem, const char *text, size_t length,
                char words[JSON_WORDS_SIZE])
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strstr(problem->reason, rows[i].reason) != NULL) {
            write_words(rows[i].words, problem, text, length, words);
            return;
        }
    }
    (void)snprintf(words, JSON_WORDS_SIZE, "%s", problem->reason);
    drop_source(words);
}
