/*
 * document_toml.c - reads TOML 1.0 into a document: tables, arrays of tables, inline tables, every kind of string.
 *
 * Numbers that JSON doesn't know (0x1f, 1_000, inf) and dates become texts.
 */
#include "config/document/document.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "base/utf8.h"
#include "config/document/problem_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_PARTS_MAX = 20 };

struct toml_reader {
    struct document *document;
    struct problem_list *problems;
    const char *at, *end;
    unsigned line, depth;
};

static bool refuse(struct toml_reader *reader, const char *problem)
{
    problem_list_add(reader->problems, reader->line, "is not TOML: %s", problem);
    return false;
}

static char peek(const struct toml_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool looks_at(const struct toml_reader *reader, const char *text)
{
    const size_t length = strlen(text);

    return (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, text, length) == 0;
}

static bool take(struct toml_reader *reader, const char *text)
{
    if (!looks_at(reader, text))
        return false;
    reader->at += strlen(text);
    return true;
}

static void skip_blanks(struct toml_reader *reader)
{
    while (peek(reader) == ' ' || peek(reader) == '\t')
        reader->at++;
}

static void skip_comment(struct toml_reader *reader)
{
    if (peek(reader) != '#')
        return;
    while (reader->at < reader->end && *reader->at != '\n')
        reader->at++;
}

/* Also over the ends of lines. */
static void skip_space(struct toml_reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        skip_comment(reader);
        if (peek(reader) == '\n')
            reader->line++;
        else if (peek(reader) != '\r')
            return;
        reader->at++;
    }
}

static struct node *add(struct toml_reader *reader, struct node *parent, enum node_kind kind,
                        const char *key)
{
    struct node *node = document_add(reader->document, parent, kind, key, reader->line);

    if (node == NULL && document_is_full(reader->document))
        problem_list_add(reader->problems, reader->line, "contains more than %d values",
                         DOCUMENT_NODES_MAX);
    else if (node == NULL)
        reader->problems->is_out_of_memory = true;
    return node;
}

/* ---- strings ---- */

/* \uXXXX and \UXXXXXXXX. */
static bool add_unicode(struct toml_reader *reader, struct text_builder *builder, size_t digits)
{
    unsigned character = 0;
    char bytes[4];

    for (; digits > 0; digits--, reader->at++) {
        const char *place = strchr("0123456789abcdef", peek(reader) | 0x20);

        if (peek(reader) == '\0' || place == NULL || *place == '\0')
            return refuse(reader, "\\u needs hexadecimal digits");
        character = character << 4 | (unsigned)(place - "0123456789abcdef");
    }
    if (character == 0 || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return refuse(reader, "no such character");
    text_builder_add(builder, bytes, utf8_put(bytes, character));
    return true;
}

/* Behind the backslash. */
static bool add_escape(struct toml_reader *reader, struct text_builder *builder, bool is_multi_line)
{
    static const char letters[] = "btnfr\"\\e", meanings[] = "\b\t\n\f\r\"\\\x1b";
    const char letter = peek(reader);
    const char *place = letter == '\0' ? NULL : strchr(letters, letter);

    if (is_multi_line && (letter == '\n' || letter == '\r' || letter == ' ' || letter == '\t')) {
        while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL)
            reader->line += *reader->at++ == '\n';
        return true;
    }
    reader->at++;
    if (place != NULL)
        text_builder_add(builder, &meanings[place - letters], 1);
    else if (letter == 'u' || letter == 'U')
        return add_unicode(reader, builder, letter == 'u' ? 4 : 8);
    else
        return refuse(reader, "unknown escape in a string");
    return true;
}

/* Behind the opening quotes, up to and over `quotes`. NULL with a problem. */
static const char *read_string(struct toml_reader *reader, const char *quotes)
{
    const bool is_literal = quotes[0] == '\'', is_multi_line = quotes[1] != '\0';
    struct text_builder builder;

    text_builder_init(&builder, document_arena(reader->document));
    if (is_multi_line && (take(reader, "\n") || take(reader, "\r\n")))
        reader->line++;
    while (!looks_at(reader, quotes)) {
        const char next = peek(reader);

        if (next == '\0' || (next == '\n' && !is_multi_line)) {
            refuse(reader, "a string has no end");
            return NULL;
        }
        reader->at++;
        reader->line += next == '\n';
        if (next == '\\' && !is_literal) {
            if (!add_escape(reader, &builder, is_multi_line))
                return NULL;
            continue;
        }
        text_builder_add(&builder, &next, 1);
    }
    reader->at += strlen(quotes);
    const char *text = text_builder_end(&builder);

    reader->problems->is_out_of_memory |= text == NULL;
    return text;
}

/* The quotes that stand here; NULL for none. Takes them. */
static const char *take_quotes(struct toml_reader *reader)
{
    static const char *const quotes[] = {"\"\"\"", "'''", "\"", "'"};

    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        if (take(reader, quotes[i]))
            return quotes[i];
    }
    return NULL;
}

/* ---- keys ---- */

static bool is_bare(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

/* One part of a key. NULL with a problem. */
static const char *read_key(struct toml_reader *reader)
{
    const char *begin = reader->at, *quotes = take_quotes(reader);

    if (quotes != NULL)
        return read_string(reader, quotes);
    while (is_bare(peek(reader)))
        reader->at++;
    if (reader->at == begin) {
        refuse(reader, "expected a key");
        return NULL;
    }
    const char *key =
        arena_copy(document_arena(reader->document), begin, (size_t)(reader->at - begin));

    reader->problems->is_out_of_memory |= key == NULL;
    return key;
}

static struct node *find_member(struct node *object, const char *key)
{
    for (struct node *member = object->first; member != NULL; member = member->next) {
        if (strcmp(member->key, key) == 0)
            return member;
    }
    return NULL;
}

/* The table of that name, the last of an array of them; made if it isn't there. NULL with a problem. */
static struct node *open_table(struct toml_reader *reader, struct node *object, const char *key)
{
    struct node *member = find_member(object, key);

    if (member == NULL)
        return add(reader, object, NODE_OBJECT, key);
    if (member->kind == NODE_ARRAY && member->last != NULL)
        member = member->last;
    if (member->kind == NODE_OBJECT)
        return member;
    refuse(reader, "a key has a value already and can't be a table");
    return NULL;
}

/* "a.b.c" from `object` on; `key` becomes the last part. NULL with a problem. */
static struct node *read_path(struct toml_reader *reader, struct node *object, const char **key)
{
    for (unsigned parts = 1;; parts++) {
        if (parts > KEY_PARTS_MAX && !refuse(reader, "a key has too many parts"))
            return NULL;
        *key = read_key(reader);
        if (*key == NULL)
            return NULL;
        skip_blanks(reader);
        if (!take(reader, "."))
            return object;
        skip_blanks(reader);
        object = open_table(reader, object, *key);
        if (object == NULL)
            return NULL;
    }
}

/* ---- values ---- */

static bool read_value(struct toml_reader *reader, struct node *parent, const char *key);

static bool read_pair(struct toml_reader *reader, struct node *object)
{
    const char *key;
    struct node *place = read_path(reader, object, &key);

    if (place == NULL)
        return false;
    if (find_member(place, key) != NULL)
        return refuse(reader, "duplicate key");
    if (!take(reader, "="))
        return refuse(reader, "expected = behind a key");
    skip_blanks(reader);
    return read_value(reader, place, key);
}

static bool read_array(struct toml_reader *reader, struct node *parent, const char *key)
{
    struct node *array = add(reader, parent, NODE_ARRAY, key);

    if (array == NULL)
        return false;
    for (;;) {
        skip_space(reader);
        if (take(reader, "]"))
            return true;
        if (array->count > 0 && !take(reader, ","))
            return refuse(reader, "expected , or ] in an array");
        skip_space(reader);
        if (array->count > 0 && take(reader, "]"))
            return true;
        if (!read_value(reader, array, NULL))
            return false;
    }
}

static bool read_inline_table(struct toml_reader *reader, struct node *parent, const char *key)
{
    struct node *object = add(reader, parent, NODE_OBJECT, key);

    if (object == NULL)
        return false;
    skip_blanks(reader);
    while (!take(reader, "}")) {
        if (object->count > 0 && !take(reader, ","))
            return refuse(reader, "expected , or } in a table");
        skip_blanks(reader);
        if (!read_pair(reader, object))
            return false;
        skip_blanks(reader);
    }
    return true;
}

static bool is_number(const char *text)
{
    char *end;

    return text[0] != '\0' && strspn(text, "0123456789+-.eE") == strlen(text) &&
           (strtod(text, &end), *end == '\0');
}

/* true, 12, 1979-05-27 */
static bool read_word(struct toml_reader *reader, struct node *parent, const char *key)
{
    const char *begin = reader->at;

    while (reader->at < reader->end && strchr(",]}#\r\n\t ", *reader->at) == NULL)
        reader->at++;
    if (reader->at == begin)
        return refuse(reader, "expected a value");
    const char *text =
        arena_copy(document_arena(reader->document), begin, (size_t)(reader->at - begin));

    if (text == NULL) {
        reader->problems->is_out_of_memory = true;
        return false;
    }
    const bool is_true = strcmp(text, "true") == 0, is_flag = is_true || strcmp(text, "false") == 0;
    struct node *node = add(reader, parent,
                            is_flag           ? NODE_BOOLEAN
                            : is_number(text) ? NODE_NUMBER
                                              : NODE_STRING,
                            key);

    if (node == NULL)
        return false;
    node->number = node->kind == NODE_NUMBER ? strtod(text, NULL) : is_true;
    node->text = is_flag ? NULL : text;
    node->length = is_flag ? 0 : (unsigned)strlen(text);
    return true;
}

static bool read_value(struct toml_reader *reader, struct node *parent, const char *key)
{
    const bool is_array = looks_at(reader, "["), is_table = looks_at(reader, "{");
    const char *quotes = take_quotes(reader);

    if (quotes != NULL) {
        const char *text = read_string(reader, quotes);
        struct node *node = text == NULL ? NULL : add(reader, parent, NODE_STRING, key);

        if (node == NULL)
            return false;
        node->text = text;
        node->length = (unsigned)strlen(text);
        return true;
    }
    if (!is_array && !is_table)
        return read_word(reader, parent, key);
    if (reader->depth == DOCUMENT_DEPTH_MAX)
        return refuse(reader, "is nested too deeply");
    reader->depth++;
    reader->at++;
    const bool is_read =
        is_array ? read_array(reader, parent, key) : read_inline_table(reader, parent, key);

    reader->depth--;
    return is_read;
}

/* ---- the whole ---- */

/* "[a.b]" and "[[a.b]]", behind the first bracket. NULL with a problem. */
static struct node *read_header(struct toml_reader *reader, struct node *root)
{
    const bool is_array = take(reader, "[");
    const char *key;

    skip_blanks(reader);
    struct node *place = read_path(reader, root, &key);

    if (place == NULL)
        return NULL;
    if (!take(reader, is_array ? "]]" : "]")) {
        refuse(reader, "expected ] behind the name of a table");
        return NULL;
    }
    if (!is_array)
        return open_table(reader, place, key);
    struct node *array = find_member(place, key);

    if (array == NULL)
        array = add(reader, place, NODE_ARRAY, key);
    else if (array->kind != NODE_ARRAY && !refuse(reader, "a table of that name is no array"))
        return NULL;
    return array == NULL ? NULL : add(reader, array, NODE_OBJECT, NULL);
}

static bool read_lines(struct toml_reader *reader, struct node *root)
{
    struct node *table = root;

    for (;;) {
        skip_space(reader);
        if (reader->at == reader->end)
            return true;
        if (take(reader, "["))
            table = read_header(reader, root);
        else if (!read_pair(reader, table))
            return false;
        if (table == NULL)
            return false;
        skip_blanks(reader);
        skip_comment(reader);
        if (reader->at < reader->end && peek(reader) != '\n' && peek(reader) != '\r')
            return refuse(reader, "expected the end of the line");
    }
}

static bool is_text(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;

    while (at < end && *at != '\0' && utf8_length(at, end) > 0)
        at += utf8_length(at, end);
    return at == end;
}

bool document_read_toml(struct document *document, const char *text, size_t length,
                        struct problem_list *problems)
{
    struct toml_reader reader = {
        .document = document, .problems = problems, .at = text, .end = text + length, .line = 1};

    assert(document_root(document) == NULL);
    if (!is_text(text, length))
        return refuse(&reader, "it is no UTF-8, or contains \\0");
    struct node *root = add(&reader, NULL, NODE_OBJECT, NULL);

    return root != NULL && read_lines(&reader, root) && !problems->is_out_of_memory;
}
