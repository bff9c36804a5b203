#include "config/config_file.h"

#include "config/document/document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* False with errno. */
static bool is_regular(int descriptor)
{
    struct stat about;

    if (fstat(descriptor, &about) != 0)
        return false;
    errno = ESPIPE;
    return S_ISREG(about.st_mode);
}

char *config_file_read(const char *path, enum config_file_kind kind, size_t *length)
{
    const int flags = kind == CONFIG_FILE_REGULAR ? O_NONBLOCK : 0;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);
    char *text = NULL;

    if (descriptor < 0)
        return NULL;
    if (kind == CONFIG_FILE_ANY || is_regular(descriptor))
        text = read_descriptor(descriptor, length);
    const int reason = errno;

    close(descriptor);
    errno = reason;
    return text;
}
