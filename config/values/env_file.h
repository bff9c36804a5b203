/*
 * env_file.h - files of variables, a line each: NAME=value. The form is that of the npm package dotenv:
 *
 *     # a comment
 *     export NAME=value        # the value ends before a blank and #
 *     QUOTED="line\nline"      in double quotes \n and \r are what they say; a value in quotes may have lines
 *     LITERAL='as it is'       the same in backticks
 *     EMPTY=
 *
 * https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow
 */
#ifndef CONFIG_VALUES_ENV_FILE_H
#define CONFIG_VALUES_ENV_FILE_H

#include <stddef.h>

enum { ENV_FILE_BYTES_MAX = 256 << 10 };

struct document;
struct node;

/*
 * The variables as an object, of which the last of a name counts, in the memory of `document`; lines that aren't of the
 * form are left out. NULL when out of memory.
 */
const struct node *env_file_parse(struct document *document, const char *text, size_t length);

/* The same of the file at `path`. NULL with errno. */
const struct node *env_file_read(struct document *document, const char *path);

#endif
