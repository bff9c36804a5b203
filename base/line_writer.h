/*
 * line_writer.h - lines of text on their way to a descriptor that may be slow, and must never make anyone wait.
 *
 * Lines gather in a bounded buffer. It goes out a few milliseconds after the first of them, or when 32 KB are pending:
 * so a system call serves many lines. A pipe, terminal or socket is written to only when it takes what it is given, by
 * whole lines of at most PIPE_BUF bytes, which the kernel never mixes with those of other writers. When the buffer is
 * full, further lines are dropped and counted, and the count is said in a line of its own once there is room.
 *
 * A reader that is gone for good is noticed by EPIPE: the process must ignore SIGPIPE.
 *
 * Used by: log.c. Threads: event-loop thread only.
 */
#ifndef BASE_LINE_WRITER_H
#define BASE_LINE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct line_writer; /* opaque */

enum { LINE_WRITER_CAPACITY = 1048576, LINE_MAX_BYTES = 262144 };

/* Makes the line, with its line end, that says how many were dropped; returns its length, 0 for none. */
typedef size_t line_writer_dropped_fn(char *line, size_t size, unsigned long long dropped_count,
                                      void *context);

/* `descriptor` is borrowed. NULL when out of memory. */
struct line_writer *line_writer_open(uv_loop_t *loop, int descriptor,
                                     line_writer_dropped_fn *on_dropped, void *context);

/* Flushes with a limit of a second; the memory is freed once the loop has closed the handle. NULL is fine. */
void line_writer_close(struct line_writer *writer);

/*
 * Room for a line of up to `size` bytes (LINE_MAX_BYTES at most), or NULL, and the line counts as dropped. What was
 * written there is taken over by line_writer_commit(), before any other call.
 */
char *line_writer_reserve(struct line_writer *writer, size_t size);

/* `length` bytes were written, the last of them a line end. */
void line_writer_commit(struct line_writer *writer, size_t length);

/* Writes what can be written without waiting. */
void line_writer_push(struct line_writer *writer);

/* The same, waiting for the reader until all is out or `limit_ms` have gone by. False when something is left. */
bool line_writer_flush(struct line_writer *writer, int limit_ms);

#endif
