/*
 * record_reader.h - the lines of a dead-letter or destination file, one after the other. Everything here blocks.
 *
 * Only regular files are opened, and never in a way that could wait: a FIFO, a device or a link that somebody put in the
 * place of a file is an error. Lines are bounded.
 *
 * Used by: record_file.c, async_redrive.c. Threads: any, one at a time.
 */
#ifndef RUNTIME_EVENTS_RECORD_READER_H
#define RUNTIME_EVENTS_RECORD_READER_H

#include "base/bytes.h"

#include <sys/types.h>

enum { RECORD_LINE_MAX = 64 * 1024 * 1024 };

struct record_reader {
    int descriptor;
    char *buffer;
    size_t start, length, capacity; /* of what was read and isn't consumed yet */
    off_t offset;                   /* of the next line */
};

enum record_read_status {
    RECORD_READ_LINE,
    RECORD_READ_END,   /* also before a last line without its end */
    RECORD_READ_FAILED /* with errno */
};

/* Opens a regular file, -1 with errno otherwise; `flags` as for open(). */
int record_file_descriptor(const char *path, int flags);

/* What such an errno means for a file of records. */
const char *record_file_error(int error);

/* False with errno. */
bool record_reader_open(struct record_reader *reader, const char *path, off_t offset);
void record_reader_close(struct record_reader *reader);

/* `line` without its line end; valid until the next call. */
enum record_read_status record_reader_next(struct record_reader *reader, struct bytes_view *line);

#endif
