/*
 * document_json.c - reads JSON with comments into a document.
 *
 * Works on one copy of the text: prepare() blanks the comments out and makes sure that it is JSON; only
 * then the tree is built, by code that relies on that. It decodes strings in place and ends them with a NUL, where
 * their closing quote stood, so most of the tree costs no copying.
 */
#include "config/document/document.h"

#include "base/arena.h"
#include "base/json/json_escape.h"
#include "base/json/json_text.h"
#include "base/utf8.h"
#include "config/document/duplicate_keys.h"
#include "config/document/json_words.h"
#include "config/document/problem_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* LF, CR LF and CR alone each end one line. `at` is followed by another character or NUL. */
static bool is_line_end(const char *at)
{
    return *at == '\n' || (*at == '\r' && at[1] != '\n');
}

/* ---- comments ---- */

struct comment_eraser {
    char *at, *end;
    unsigned line;
};

/* Stops in front of the closing quote's end, of a line end (which no string may hold) or of the text's end. */
static void skip_string(struct comment_eraser *eraser)
{
    eraser->at++;
    while (eraser->at < eraser->end && *eraser->at != '"' && *eraser->at != '\n' &&
           *eraser->at != '\r') {
        if (*eraser->at == '\\' && eraser->at + 1 < eraser->end && eraser->at[1] >= ' ')
            eraser->at++;
        eraser->at++;
    }
    if (eraser->at < eraser->end && *eraser->at == '"')
        eraser->at++;
}

static void erase_to_line_end(struct comment_eraser *eraser)
{
    while (eraser->at < eraser->end && *eraser->at != '\n' && *eraser->at != '\r')
        *eraser->at++ = ' ';
}

/* False when it never ends. */
static bool erase_block(struct comment_eraser *eraser)
{
    memset(eraser->at, ' ', 2);
    eraser->at += 2;
    for (; eraser->at < eraser->end; eraser->at++) {
        if (eraser->at[0] == '*' && eraser->at[1] == '/') {
            memset(eraser->at, ' ', 2);
            eraser->at += 2;
            return true;
        }
        if (is_line_end(eraser->at))
            eraser->line++;
        if (*eraser->at != '\n' && *eraser->at != '\r')
            *eraser->at = ' ';
    }
    return false;
}

/* `text` ends in NUL behind its `length`. 0, or the line of the comment that never ends. */
static unsigned erase_comments(char *text, size_t length)
{
    struct comment_eraser eraser = {.at = text, .end = text + length, .line = 1};

    while (eraser.at < eraser.end) {
        if (*eraser.at == '"') {
            skip_string(&eraser);
        } else if (eraser.at[0] == '/' && eraser.at[1] == '/') {
            erase_to_line_end(&eraser);
        } else if (eraser.at[0] == '/' && eraser.at[1] == '*') {
            const unsigned begin = eraser.line;

            if (!erase_block(&eraser))
                return begin;
        } else {
            if (is_line_end(eraser.at))
                eraser.line++;
            eraser.at++;
        }
    }
    return 0;
}

/* ---- words ---- */

static bool is_blank(const char *text, size_t length)
{
    size_t blanks = 0;

    while (blanks < length && strchr(" \t\r\n", text[blanks]) != NULL && text[blanks] != '\0')
        blanks++;
    return blanks == length;
}

/* The most common slip is one comma too many. */
static const char *hint_at(const char *text, size_t length, size_t offset)
{
    if (offset >= length || (text[offset] != '}' && text[offset] != ']'))
        return "";
    while (offset > 0 && is_blank(text + offset - 1, 1))
        offset--;
    return offset > 0 && text[offset - 1] == ',' ? "; remove the comma before it" : "";
}

static void refuse_text(const char *text, size_t length, const struct json_text_error *problem,
                        struct problem_list *problems)
{
    const char *const end = text + (problem->offset < length ? problem->offset : length);
    const char *line_begin = text;
    char words[JSON_WORDS_SIZE];
    unsigned line = 1;

    for (const char *at = text; at < end; at++) {
        if (!is_line_end(at))
            continue;
        line++;
        line_begin = at + 1;
    }
    json_words(problem, text, length, words);
    problem_list_add(problems, line, "%s (column %td)%s", words, end - line_begin + 1,
                     hint_at(text, length, problem->offset));
}

/*
 * Blanks the comments of `text`, which ends in NUL behind its `length`; lines stay where they are. False with a problem
 * when a comment never ends or the rest isn't one JSON value.
 */
static bool prepare(char *text, size_t length, struct problem_list *problems)
{
    struct json_text_error problem;
    const unsigned comment_line = erase_comments(text, length);

    if (comment_line > 0) {
        problem_list_add(problems, comment_line, "unterminated comment: close it with */");
        return false;
    }
    if (is_blank(text, length)) {
        problem_list_add(problems, 1, "is empty; the minimum is {\"Functions\": {}}");
        return false;
    }
    if (!json_text_check(text, length, &problem)) {
        refuse_text(text, length, &problem, problems);
        return false;
    }
    return true;
}

/* ---- the tree ---- */

enum { ESCAPE_MAX = sizeof "uD83D\\uDE00" - 1 };

struct json_reader {
    struct document *document;
    struct problem_list *problems;
    char *at; /* the text ends in NUL */
    unsigned line;
    unsigned depth;
};

static void skip_blanks(struct json_reader *reader)
{
    for (;; reader->at++) {
        if (is_line_end(reader->at))
            reader->line++;
        else if (*reader->at != ' ' && *reader->at != '\t' && *reader->at != '\r')
            return;
    }
}

/* Decodes in place the string that begins at the reader's quote. NULL when it can't be held, which is then said. */
static char *read_string(struct json_reader *reader, unsigned *length)
{
    char *const text = reader->at + 1;
    const char *from = text;
    char *to = text;
    bool is_sound = true;

    while (*from != '"') {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        struct bytes_view escape = {from + 1, strnlen(from + 1, ESCAPE_MAX)};
        const unsigned code = json_escape_take(&escape);

        from = escape.data;
        is_sound = is_sound && code != 0 && (code < 0xd800 || code > 0xdfff);
        to += utf8_put(to, code);
    }
    reader->at += from + 1 - reader->at;
    *to = '\0';
    *length = (unsigned)(to - text);
    if (is_sound)
        return text;
    problem_list_add(reader->problems, reader->line,
                     "strings must not contain \\u0000 or an unpaired surrogate");
    return NULL;
}

static bool read_value(struct json_reader *reader, struct node *parent, const char *key,
                       unsigned line);

static bool read_object(struct json_reader *reader, struct node *object)
{
    reader->at++;
    skip_blanks(reader);
    while (*reader->at != '}') {
        const unsigned line = reader->line;
        unsigned length;
        const char *key = read_string(reader, &length);

        if (key == NULL)
            return false;
        skip_blanks(reader);
        reader->at++; /* the colon */
        skip_blanks(reader);
        if (!read_value(reader, object, key, line))
            return false;
        skip_blanks(reader);
        if (*reader->at == ',') {
            reader->at++;
            skip_blanks(reader);
        }
    }
    reader->at++;
    return drop_duplicate_keys(reader->document, object, reader->problems);
}

static bool read_array(struct json_reader *reader, struct node *array)
{
    reader->at++;
    skip_blanks(reader);
    while (*reader->at != ']') {
        if (!read_value(reader, array, NULL, reader->line))
            return false;
        skip_blanks(reader);
        if (*reader->at == ',') {
            reader->at++;
            skip_blanks(reader);
        }
    }
    reader->at++;
    return true;
}

/* strtod() goes by the locale; this program never sets one. */
static void read_number(struct json_reader *reader, struct node *node)
{
    char *end;

    node->number = strtod(reader->at, &end);
    node->text = reader->at;
    node->length = (unsigned)(end - reader->at);
    reader->at = end;
}

static enum node_kind kind_at(char first)
{
    switch (first) {
    case '{':
        return NODE_OBJECT;
    case '[':
        return NODE_ARRAY;
    case '"':
        return NODE_STRING;
    case 't':
    case 'f':
        return NODE_BOOLEAN;
    case 'n':
        return NODE_NULL;
    default:
        return NODE_NUMBER;
    }
}

static bool read_nested(struct json_reader *reader, struct node *node)
{
    if (reader->depth == DOCUMENT_DEPTH_MAX) {
        problem_list_add(reader->problems, reader->line, "is nested more than %d levels deep",
                         DOCUMENT_DEPTH_MAX);
        return false;
    }
    reader->depth++;
    const bool is_read =
        node->kind == NODE_OBJECT ? read_object(reader, node) : read_array(reader, node);

    reader->depth--;
    return is_read;
}

static bool read_value(struct json_reader *reader, struct node *parent, const char *key,
                       unsigned line)
{
    struct node *node = document_add(reader->document, parent, kind_at(*reader->at), key, line);

    if (node == NULL) {
        if (document_is_full(reader->document))
            problem_list_add(reader->problems, line, "contains more than %d values",
                             DOCUMENT_NODES_MAX);
        return false;
    }
    switch (node->kind) {
    case NODE_OBJECT:
    case NODE_ARRAY:
        return read_nested(reader, node);
    case NODE_STRING:
        node->text = read_string(reader, &node->length);
        return node->text != NULL;
    case NODE_NUMBER:
        read_number(reader, node);
        return true;
    case NODE_BOOLEAN:
        node->number = *reader->at == 't' ? 1 : 0;
        reader->at += *reader->at == 't' ? 4 : 5;
        return true;
    case NODE_NULL:
        reader->at += 4;
        return true;
    }
    return false;
}

bool document_read_json(struct document *document, const char *text, size_t length,
                        struct problem_list *problems)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const size_t problems_before = problems->count;

    assert(document_root(document) == NULL);
    if (length > DOCUMENT_BYTES_MAX) {
        problem_list_add(problems, 1, "is larger than %d MiB", DOCUMENT_BYTES_MAX >> 20);
        return false;
    }
    if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    char *copy = arena_copy(document_arena(document), text, length);

    if (copy == NULL) {
        problems->is_out_of_memory = true;
        return false;
    }
    if (!prepare(copy, length, problems))
        return false;
    struct json_reader reader = {.document = document, .problems = problems, .at = copy, .line = 1};

    skip_blanks(&reader);
    const bool is_read = read_value(&reader, NULL, NULL, reader.line);

    if (!is_read && problems->count == problems_before && !problems->has_more)
        problems->is_out_of_memory = true;
    return is_read;
}
