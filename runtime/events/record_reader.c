#include "runtime/events/record_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

int record_file_descriptor(const char *path, int flags)
{
    const int descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    struct stat status;
    int error = EISDIR;

    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, &status) != 0)
        error = errno;
    else if (S_ISREG(status.st_mode))
        return descriptor;
    else if (!S_ISDIR(status.st_mode))
        error = ENXIO;
    (void)close(descriptor);
    errno = error;
    return -1;
}

const char *record_file_error(int error)
{
    switch (error) {
    case ELOOP:
        return "is a symbolic link; remove it, records go to regular files only";
    case EISDIR:
        return "is a directory; remove it, records go to regular files only";
    case ENXIO:
        return "is not a regular file; remove it, records go to regular files only";
    case EMSGSIZE:
        return "has a line of more than 64 MiB; remove it";
    default:
        return strerror(error);
    }
}

bool record_reader_open(struct record_reader *reader, const char *path, off_t offset)
{
    *reader = (struct record_reader){.offset = offset};
    reader->descriptor = record_file_descriptor(path, O_RDONLY);
    return reader->descriptor >= 0;
}

void record_reader_close(struct record_reader *reader)
{
    (void)close(reader->descriptor);
    free(reader->buffer);
}

/* Makes room behind what is there. */
static bool make_room(struct record_reader *reader)
{
    char *grown;

    if (reader->start > 0)
        memmove(reader->buffer, reader->buffer + reader->start, reader->length);
    reader->start = 0;
    if (reader->length + READ_SIZE <= reader->capacity)
        return true;
    if (reader->length > RECORD_LINE_MAX) {
        errno = EMSGSIZE;
        return false;
    }
    grown = realloc(reader->buffer, 2 * reader->capacity + READ_SIZE);
    if (grown == NULL) {
        errno = ENOMEM;
        return false;
    }
    reader->buffer = grown;
    reader->capacity = 2 * reader->capacity + READ_SIZE;
    return true;
}

static ssize_t read_more(struct record_reader *reader)
{
    ssize_t got;

    if (!make_room(reader))
        return -1;
    do
        got = pread(reader->descriptor, reader->buffer + reader->length, READ_SIZE,
                    reader->offset + (off_t)reader->length);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        reader->length += (size_t)got;
    return got;
}

enum record_read_status record_reader_next(struct record_reader *reader, struct bytes_view *line)
{
    size_t searched = 0;

    for (;;) {
        const char *begin = reader->buffer + reader->start;
        const char *end = reader->length == searched
                              ? NULL
                              : memchr(begin + searched, '\n', reader->length - searched);
        ssize_t got;

        if (end != NULL) {
            *line = (struct bytes_view){begin, (size_t)(end - begin)};
            reader->start += line->length + 1;
            reader->length -= line->length + 1;
            reader->offset += (off_t)line->length + 1;
            return RECORD_READ_LINE;
        }
        searched = reader->length;
        got = read_more(reader);
        if (got <= 0)
            return got == 0 ? RECORD_READ_END : RECORD_READ_FAILED;
    }
}
