/*
 * A module is read as logical lines: strings, comments and line breaks inside brackets are skipped. A line binds a name
 * by def, class, import, an assignment, `as` or `for`. Lines inside a def or class at the top level don't count; those
 * inside if, try, with and for do.
 */
#include "config/check/exports.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 10000 };

struct word {
    const char *text;
    size_t length;
};

/* What the words of a logical line have shown so far. */
struct line {
    bool is_in_body; /* of a top-level def or class */
    unsigned word_count;
    struct word first, last;
    bool has_import; /* `import` was read */
    bool has_name;   /* the name was read, left of any `=` */
    bool has_equals; /* an `=` was read */
};

struct reader {
    const char *at, *end;
    const char *name;
    unsigned depth; /* of brackets */
    bool is_in_body;
    bool is_found, is_dynamic;
    struct line line;
};

static bool is_word_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

static bool word_is(struct word word, const char *text)
{
    return word.length > 0 && word.length == strlen(text) &&
           memcmp(word.text, text, word.length) == 0;
}

static bool is_one_of(struct word word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (word_is(word, *words))
            return true;
    }
    return false;
}

/* From the opening quote to behind the closing one. */
static void skip_string(struct reader *reader)
{
    const char quote = *reader->at;
    const bool is_triple =
        reader->end - reader->at >= 3 && reader->at[1] == quote && reader->at[2] == quote;

    reader->at += is_triple ? 3 : 1;
    while (reader->at < reader->end) {
        if (*reader->at == '\\') {
            reader->at += reader->end - reader->at >= 2 ? 2 : 1;
        } else if (is_triple && reader->end - reader->at >= 3 && reader->at[0] == quote &&
                   reader->at[1] == quote && reader->at[2] == quote) {
            reader->at += 3;
            return;
        } else if (!is_triple && (*reader->at == quote || *reader->at == '\n')) {
            reader->at += *reader->at == quote;
            return;
        } else {
            reader->at++;
        }
    }
}

static void note_word(struct reader *reader, struct word word)
{
    static const char *const definitions[] = {"def", "class", NULL};
    static const char *const dynamic[] = {"globals",     "setattr", "exec",   "locals",
                                          "__getattr__", "vars",    "global", NULL};
    static const char *const imports[] = {"import", "from", NULL};
    struct line *const line = &reader->line;
    const bool is_name = word_is(word, reader->name);

    if (line->word_count == 0)
        line->first = word;
    if (is_one_of(word, dynamic))
        reader->is_dynamic = true;
    if (is_name && !line->is_in_body) {
        const bool is_defined = line->word_count > 0 && is_one_of(line->last, definitions);
        const bool is_imported = line->has_import && is_one_of(line->first, imports);
        const bool is_as = line->word_count > 0 && word_is(line->last, "as");
        const bool is_loop = line->word_count > 0 && word_is(line->first, "for");

        reader->is_found |= is_defined || is_imported || is_as || is_loop;
        line->has_name |= !line->has_equals;
    }
    line->has_import |= word_is(word, "import");
    line->last = word;
    line->word_count++;
}

static void end_line(struct reader *reader)
{
    reader->line = (struct line){.is_in_body = reader->is_in_body};
}

/* The blanks at the beginning of a logical line: without any, it begins a new top-level statement. */
static void start_line(struct reader *reader)
{
    static const char *const bodies[] = {"def", "class", "async", NULL};
    const char *word = reader->at;

    if (reader->at >= reader->end || strchr(" \t\r\n#", *reader->at) != NULL || *reader->at == '\0')
        return;
    while (word < reader->end && is_word_byte(*word))
        word++;
    reader->is_in_body = is_one_of((struct word){reader->at, (size_t)(word - reader->at)}, bodies);
    reader->line.is_in_body = false; /* the statement itself is at the top level */
}

static void note_symbol(struct reader *reader)
{
    struct line *const line = &reader->line;
    const char symbol = *reader->at;
    const int before = line->word_count > 0 ? reader->at[-1] : ' ';
    const int after = reader->end - reader->at > 1 ? reader->at[1] : ' ';

    if (strchr("([{", symbol) != NULL && reader->depth < DEPTH_MAX)
        reader->depth++;
    else if (strchr(")]}", symbol) != NULL && reader->depth > 0)
        reader->depth--;
    else if (symbol == '*' && line->has_import)
        reader->is_dynamic |= word_is(line->first, "from");
    else if (symbol == '=' && after != '=' && strchr("=!<>:", before) == NULL &&
             reader->depth == 0) {
        reader->is_found |=
            line->has_name || (!line->is_in_body && word_is(line->last, reader->name));
        line->has_equals = true;
    } else if (symbol == ':' && reader->depth == 0 && line->word_count == 1) {
        reader->is_found |= line->has_name; /* handler: Handler = ... */
    }
    reader->at++;
}

static void read_token(struct reader *reader)
{
    const char byte = *reader->at;

    if (byte == '#') {
        while (reader->at < reader->end && *reader->at != '\n')
            reader->at++;
    } else if (byte == '"' || byte == '\'') {
        skip_string(reader);
    } else if (byte == '\\' && reader->end - reader->at >= 2) {
        reader->at += 2; /* a continued line */
    } else if (is_word_byte(byte)) {
        const char *const begin = reader->at;

        while (reader->at < reader->end && is_word_byte(*reader->at))
            reader->at++;
        note_word(reader, (struct word){begin, (size_t)(reader->at - begin)});
    } else if (byte == '\n' && reader->depth == 0) {
        reader->at++;
        end_line(reader);
        start_line(reader);
    } else if (byte == ';' && reader->depth == 0) {
        const bool is_in_body = reader->line.is_in_body;

        reader->at++;
        reader->line = (struct line){.is_in_body = is_in_body};
    } else {
        note_symbol(reader);
    }
}

enum export_status exports_python(struct bytes_view text, const char *name)
{
    struct reader reader = {.at = text.data, .end = text.data + text.length, .name = name};

    if (text.length >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        reader.at += 3; /* a byte order mark */
    start_line(&reader);
    while (reader.at < reader.end && !reader.is_found)
        read_token(&reader);
    if (reader.is_found)
        return EXPORT_FOUND;
    return reader.is_dynamic ? EXPORT_UNSURE : EXPORT_MISSING;
}
