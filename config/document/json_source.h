/*
 * json_source.h - makes the text of a configuration ready to be read: comments out of the way, and is it JSON?
 *
 * Used by:  document_json.c.
 */
#ifndef CONFIG_DOCUMENT_JSON_SOURCE_H
#define CONFIG_DOCUMENT_JSON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct problem_list;

/* LF, CR LF and CR alone each end one line. `at` is followed by another character or NUL. */
static inline bool json_is_line_end(const char *at)
{
    return *at == '\n' || (*at == '\r' && at[1] != '\n');
}

/*
 * Writes blanks over the comments of `text`, which ends in NUL behind its `length`; lines stay where they are. False
 * with a problem when a comment never ends or the rest isn't one JSON value.
 */
bool json_source_prepare(char *text, size_t length, struct problem_list *problems);

#endif
