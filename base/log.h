/*
 * log.h - the server's log: what it has to say, and every line that a handler prints.
 *
 * Nobody waits for it. Lines gather in a bounded buffer (line_writer.h) that goes out a few milliseconds later; when
 * nobody reads the other end, further lines are dropped and counted, never waited for. Errors and warnings go out at
 * once. A line that is below the level costs a comparison.
 *
 *   text   12:34:56.789 warn  the data folder is nearly full
 *          12:34:56.789 [hello 3f6c1f6e-7b0a-4d4c-9a53-0d6c0a5d0a2e] hi there
 *   json   {"time":"2025-11-21T12:34:56.789Z","level":"info","function":"hello","requestId":"3f6c…","message":"hi there"}
 *
 * Times are local in text, UTC in JSON. Control characters and bytes that aren't UTF-8 are made harmless in both, so
 * a handler can neither forge a line nor reach the terminal. A line of more than 32 KB is shown as several.
 *
 * Lifetime: opened first by server_start(), closed last.
 * Threads:  event-loop thread only.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/bytes.h"

#include <stdbool.h>
#include <uv.h>

struct log; /* opaque */

/* From the gravest on: a log shows its own level and those before it. */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

enum log_format { LOG_TEXT, LOG_JSON };

struct log_options {
    int descriptor; /* where it goes; borrowed, and left open */
    enum log_format format;
    enum log_level level;
    enum log_level platform_level; /* of START, END and REPORT */
    bool has_short_ids;            /* text only: the first 8 characters of request ids */
    bool has_colour;               /* text only; see log_may_colour() */
};

/* Is `descriptor` a terminal, and does neither NO_COLOR nor TERM=dumb forbid it? */
bool log_may_colour(int descriptor);

/* NULL when out of memory. */
struct log *log_open(uv_loop_t *loop, const struct log_options *options);

/* Flushes like log_flush(); the memory is freed once the loop has closed the handle. NULL is fine. */
void log_close(struct log *log);

/* Would a line of this level be shown? For lines that are costly to make. */
bool log_shows(const struct log *log, enum log_level level);

/* One line (or several, parted by line ends; each becomes a line of its own); no line end at the end. */
__attribute__((format(printf, 3, 4))) void log_write(struct log *log, enum log_level level,
                                                     const char *format, ...);

/* Members of a JSON object, without its braces: `"attempt":2,"condition":null`. */
enum { LOG_MEMBERS_MAX = 8192 };

/* One line; in JSON with these members beside `message`. More than LOG_MEMBERS_MAX bytes of them are left out. */
void log_write_members(struct log *log, enum log_level level, struct bytes_view members,
                       const char *message);

/*
 * What a handler printed, at level info: one line, without its line end. `request_id` is NULL outside of an invocation.
 */
void log_function_line(struct log *log, const char *function_name, const char *request_id,
                       struct bytes_view line);

/* The same for START, END and REPORT, at the level that the options give them. */
void log_platform_line(struct log *log, const char *function_name, const char *request_id,
                       struct bytes_view line);

/* Tries to get everything out, and waits for a slow reader up to a second: for the way to exit. */
void log_flush(struct log *log);

/* Writes what is buffered, as far as that goes without waiting, so that lines are in the log before their invocation ends. */
void log_push(struct log *log);

#endif
