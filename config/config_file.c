#include "config/config_file.h"

#include "config/document/document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_BLOCK = 64 * 1024 };

static char *read_descriptor(int descriptor, size_t *length)
{
    size_t capacity = FIRST_BLOCK, used = 0;
    char *text = malloc(capacity);

    while (text != NULL) {
        const ssize_t got = read(descriptor, text + used, capacity - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0) {
            *length = used;
            return text;
        }
        if (got < 0)
            break;
        used += (size_t)got;
        if (used > DOCUMENT_BYTES_MAX) {
            errno = EFBIG;
            break;
        }
        if (used < capacity)
            continue;
        char *larger = realloc(text, capacity * 2);

        if (larger == NULL)
            break;
        text = larger;
        capacity *= 2;
    }
    free(text);
    return NULL;
}

char *config_file_read(const char *path, size_t *length)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return NULL;
    char *text = read_descriptor(descriptor, length);
    const int reason = errno;

    close(descriptor);
    errno = reason;
    return text;
}
