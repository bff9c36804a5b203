#include "config/values/env_file.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config_file.h"
#include "config/document/document.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    struct document *document;
    const char *at, *end;
};

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

static bool is_name(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '.' ||
           character == '-';
}

static const char *end_of_line(const struct lines *lines)
{
    const char *end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));

    return end == NULL ? lines->end : end;
}

static void skip_blanks(struct lines *lines)
{
    while (lines->at < lines->end && is_blank(*lines->at))
        lines->at++;
}

/* ---- names ---- */

static size_t name_length(const struct lines *lines)
{
    const char *at = lines->at;

    while (at < lines->end && is_name(*at))
        at++;
    return (size_t)(at - lines->at);
}

/* NULL when the line has none, or out of memory. Ends behind "=". */
static const char *take_name(struct lines *lines)
{
    size_t length = name_length(lines);

    if (length == 6 && strncmp(lines->at, "export", 6) == 0 && lines->at + 6 < lines->end &&
        is_blank(lines->at[6])) {
        lines->at += 6;
        skip_blanks(lines);
        length = name_length(lines);
    }
    const char *begin = lines->at;

    lines->at += length;
    skip_blanks(lines);
    if (length == 0 || lines->at == lines->end || *lines->at != '=')
        return NULL;
    lines->at++;
    skip_blanks(lines);
    return arena_copy(document_arena(lines->document), begin, length);
}

/* ---- values ---- */

/* Behind the quote at `end`, where the value ends too. */
static const char *quoted(struct lines *lines, const char *end, char quote)
{
    struct text_builder builder;

    text_builder_init(&builder, document_arena(lines->document));
    while (lines->at < end) {
        const char next = lines->at[0], escape = lines->at + 1 < end ? lines->at[1] : '\0';

        if (quote == '"' && next == '\\' && (escape == 'n' || escape == 'r')) {
            text_builder_add(&builder, escape == 'n' ? "\n" : "\r", 1);
            lines->at += 2;
            continue;
        }
        text_builder_add(&builder, &next, 1);
        lines->at++;
    }
    lines->at = end + 1;
    return text_builder_end(&builder);
}

/* Up to # and without blanks at the end. */
static const char *unquoted(struct lines *lines)
{
    const char *begin = lines->at, *end = end_of_line(lines);
    const char *comment = memchr(begin, '#', (size_t)(end - begin));

    lines->at = end;
    if (comment != NULL)
        end = comment;
    while (end > begin && is_blank(end[-1]))
        end--;
    return arena_copy(document_arena(lines->document), begin, (size_t)(end - begin));
}

static const char *take_value(struct lines *lines)
{
    const char quote = lines->at < lines->end ? *lines->at : '\0';

    if (quote == '"' || quote == '\'' || quote == '`') {
        const char *end = memchr(lines->at + 1, quote, (size_t)(lines->end - lines->at - 1));

        if (end != NULL) {
            lines->at++;
            return quoted(lines, end, quote);
        }
    }
    return unquoted(lines);
}

/* ---- the whole ---- */

/* The last one of a name counts. False when out of memory. */
static bool put(struct lines *lines, struct node *object, const char *name, const char *value)
{
    struct node *node = object->first;

    while (node != NULL && strcmp(node->key, name) != 0)
        node = node->next;
    if (node == NULL)
        node = document_add(lines->document, object, NODE_STRING, name, 0);
    if (node == NULL)
        return false;
    node->text = value;
    node->length = (unsigned)strlen(value);
    return true;
}

static bool take_line(struct lines *lines, struct node *object)
{
    skip_blanks(lines);
    const char *name = take_name(lines);
    const char *value = name == NULL ? NULL : take_value(lines);
    bool is_put = true;

    if (value != NULL)
        is_put = put(lines, object, name, value);
    lines->at = end_of_line(lines);
    lines->at += lines->at < lines->end;
    return is_put && !arena_is_exhausted(document_arena(lines->document));
}

const struct node *env_file_parse(struct document *document, const char *text, size_t length)
{
    struct lines lines = {.document = document, .at = text, .end = text + length};
    struct node *object = document_add(document, NULL, NODE_OBJECT, NULL, 1);

    while (object != NULL && lines.at < lines.end) {
        if (!take_line(&lines, object))
            return NULL;
    }
    return object;
}

const struct node *env_file_read(struct document *document, const char *path)
{
    size_t length = 0;
    char *text = config_file_read(path, CONFIG_FILE_REGULAR, &length);

    if (text == NULL)
        return NULL;
    const bool is_small = length <= ENV_FILE_BYTES_MAX;
    const struct node *variables = is_small ? env_file_parse(document, text, length) : NULL;

    free(text);
    if (variables == NULL)
        errno = is_small ? ENOMEM : EFBIG;
    return variables;
}
