/*
 * The text without its comments is read as words and symbols. Known ways to export a name:
 *
 *     export const NAME, export async function NAME, export { a as NAME }
 *     exports.NAME, exports["NAME"], defineProperty(exports, "NAME"), exports = { NAME }
 *
 * Regular expressions aren't recognised; a string that doesn't end on its line shows that one was misread, and then
 * nothing is certain.
 */
#include "config/check/exports.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- without comments ---- */

struct stripper {
    const char *at, *end;
    char *out;
    bool is_misread;
};

static void copy_string(struct stripper *stripper)
{
    const char quote = *stripper->at;

    do {
        if (*stripper->at == '\\' && stripper->end - stripper->at > 1)
            *stripper->out++ = *stripper->at++;
        else if (*stripper->at == '\n' && quote != '`')
            break;
        *stripper->out++ = *stripper->at++;
    } while (stripper->at < stripper->end && *stripper->at != quote);
    if (stripper->at < stripper->end && *stripper->at == quote)
        *stripper->out++ = *stripper->at++;
    else
        stripper->is_misread = true;
}

static void skip_comment(struct stripper *stripper)
{
    const bool is_line = stripper->at[1] == '/';

    stripper->at += 2;
    while (stripper->at < stripper->end) {
        if (is_line ? *stripper->at == '\n'
                    : stripper->end - stripper->at > 1 && memcmp(stripper->at, "*/", 2) == 0)
            break;
        stripper->at++;
    }
    if (!is_line && stripper->at < stripper->end)
        stripper->at += 2;
    *stripper->out++ = ' ';
}

/* Returns the length; `out` has room for the text. */
static size_t strip(struct bytes_view text, char *out, bool *is_misread)
{
    struct stripper stripper = {text.data, text.data + text.length, out, false};

    while (stripper.at < stripper.end) {
        if (strchr("\"'`", *stripper.at) != NULL && *stripper.at != '\0')
            copy_string(&stripper);
        else if (stripper.end - stripper.at > 1 && stripper.at[0] == '/' &&
                 (stripper.at[1] == '/' || stripper.at[1] == '*'))
            skip_comment(&stripper);
        else
            *stripper.out++ = *stripper.at++;
    }
    *is_misread = stripper.is_misread;
    return (size_t)(stripper.out - out);
}

/* ---- words and symbols ---- */

struct token {
    const char *text; /* NULL at the end */
    size_t length;
};

struct reader {
    const char *at, *end;
};

static bool is_word_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '$' ||
           (unsigned char)byte >= 0x80;
}

static struct token next_token(struct reader *reader)
{
    struct token token = {NULL, 0};

    while (reader->at < reader->end && isspace((unsigned char)*reader->at))
        reader->at++;
    if (reader->at >= reader->end)
        return token;
    token.text = reader->at;
    do {
        reader->at++;
    } while (is_word_byte(*token.text) && reader->at < reader->end && is_word_byte(*reader->at));
    token.length = (size_t)(reader->at - token.text);
    return token;
}

static bool token_is(struct token token, const char *text)
{
    return token.text != NULL && token.length == strlen(text) &&
           memcmp(token.text, text, token.length) == 0;
}

static bool is_quote(struct token token)
{
    return token_is(token, "\"") || token_is(token, "'") || token_is(token, "`");
}

/* ---- exports ---- */

struct search {
    const char *name;
    bool is_found;
    bool is_dynamic;  /* an export that only running the code can tell */
    bool has_exports; /* anything is exported */
    bool has_name;
};

/* From behind the opening brace: { a, b as NAME }, { NAME, other: 1, ...rest }. */
static void read_list(struct search *search, struct reader *reader)
{
    struct token before = {NULL, 0}, token = next_token(reader);
    unsigned depth = 1;

    while (token.text != NULL && depth > 0) {
        const struct token after = next_token(reader);

        if (strchr("{([", *token.text) != NULL)
            depth++;
        else if (strchr("})]", *token.text) != NULL)
            depth--;
        else if (depth == 1 && token_is(token, search->name))
            search->is_found |= !token_is(after, "as");
        else if (depth == 1 && token_is(token, ".") && token_is(before, "."))
            search->is_dynamic = true; /* ...rest */
        before = token;
        token = after;
    }
}

/* Behind `export`. Leaves `reader` there, except behind a list. */
static void read_export(struct search *search, struct reader *reader)
{
    static const char *const skipped[] = {"async", "const", "let", "var", "class", "function", "*"};
    struct reader ahead = *reader;
    struct token token = next_token(&ahead);
    bool is_declaration = false;

    if (token_is(token, "{")) {
        read_list(search, &ahead);
        *reader = ahead;
        return;
    }
    if (token_is(token, "*")) {
        search->is_dynamic = true;
        return;
    }
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (token_is(token, skipped[i])) {
            is_declaration = true;
            token = next_token(&ahead);
        }
    }
    search->is_found |= is_declaration && token_is(token, search->name);
}

/* Behind `exports`, which may follow `module.`. Leaves `reader` there, except behind a list. */
static void read_exports(struct search *search, struct reader *reader)
{
    struct reader ahead = *reader;
    const struct token token = next_token(&ahead);
    const struct token second = next_token(&ahead);

    if (token_is(token, ".")) {
        search->is_found |= token_is(second, search->name);
    } else if ((token_is(token, "[") || token_is(token, ",")) && is_quote(second)) {
        search->is_found |= token_is(next_token(&ahead), search->name);
    } else if (token_is(token, "=") && token_is(second, "{")) {
        read_list(search, &ahead);
        *reader = ahead;
    } else {
        search->is_dynamic = true;
    }
}

static void search_text(struct search *search, struct bytes_view text)
{
    struct reader reader = {text.data, text.data + text.length};
    struct token token;

    while (!search->is_found && (token = next_token(&reader)).text != NULL) {
        search->has_name |= token_is(token, search->name);
        if (token_is(token, "export"))
            read_export(search, &reader);
        else if (token_is(token, "exports"))
            read_exports(search, &reader);
        else
            continue;
        search->has_exports = true;
    }
}

enum export_status exports_nodejs(struct bytes_view text, const char *name)
{
    struct search search = {.name = name};
    char *const stripped = malloc(text.length + 1);
    bool is_misread;

    if (stripped == NULL)
        return EXPORT_UNSURE;
    search_text(&search, (struct bytes_view){stripped, strip(text, stripped, &is_misread)});
    free(stripped);
    if (search.is_found)
        return EXPORT_FOUND;
    if (is_misread || search.is_dynamic || (search.has_exports && search.has_name))
        return EXPORT_UNSURE;
    return EXPORT_MISSING;
}
