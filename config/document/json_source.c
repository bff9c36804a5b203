#include "config/document/json_source.h"

#include "config/document/problem_list.h"
#include "base/json/json_text.h"

#include <stddef.h>
#include <string.h>

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
        if (json_is_line_end(eraser->at))
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
            if (json_is_line_end(eraser.at))
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

/* Jackson speaks of a source that nobody sees here; only the place in it is of use. */
static void drop_source(char *reason)
{
    static const char source_begin[] = "[Source: ", source_end[] = "line: ";
    char *begin = strstr(reason, source_begin);
    const char *end = begin == NULL ? NULL : strstr(begin, source_end);

    if (end != NULL)
        memmove(begin + 1, end, strlen(end) + 1);
}

/* The most common slip has a reason that names something else. */
static const char *hint_at(const char *text, size_t length, size_t offset)
{
    if (offset >= length || (text[offset] != '}' && text[offset] != ']'))
        return "";
    while (offset > 0 && is_blank(text + offset - 1, 1))
        offset--;
    return offset > 0 && text[offset - 1] == ',' ? "; remove the comma before it" : "";
}

static void refuse_text(const char *text, size_t length, struct json_text_error *problem,
                        struct problem_list *problems)
{
    const char *const end = text + (problem->offset < length ? problem->offset : length);
    const char *line_begin = text;
    unsigned line = 1;

    for (const char *at = text; at < end; at++) {
        if (!json_is_line_end(at))
            continue;
        line++;
        line_begin = at + 1;
    }
    drop_source(problem->reason);
    problem_list_add(problems, line, "%s (column %td)%s", problem->reason, end - line_begin + 1,
                     hint_at(text, length, problem->offset));
}

bool json_source_prepare(char *text, size_t length, struct problem_list *problems)
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
