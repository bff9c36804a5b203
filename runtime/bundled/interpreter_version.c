#include "runtime/bundled/interpreter_version.h"

#include <string.h>

/* Without its line end. */
static struct bytes_view take_line(struct bytes_view *text)
{
    const char *const end = memchr(text->data, '\n', text->length);
    struct bytes_view line = {text->data, end == NULL ? text->length : (size_t)(end - text->data)};
    const size_t taken = end == NULL ? line.length : line.length + 1;

    text->data += taken;
    text->length -= taken;
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static bool is_version(struct bytes_view text)
{
    if (text.length == 0 || text.length >= INTERPRETER_VERSION_SIZE || text.data[0] == '.')
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if ((text.data[i] < '0' || text.data[i] > '9') && text.data[i] != '.')
            return false;
    }
    return true;
}

bool interpreter_version_read(struct bytes_view answer, char *path, size_t path_size,
                              char version[INTERPRETER_VERSION_SIZE])
{
    const struct bytes_view first = take_line(&answer), second = take_line(&answer);

    if (first.length == 0 || first.data[0] != '/' || first.length >= path_size ||
        memchr(first.data, '\0', first.length) != NULL || !is_version(second))
        return false;
    memcpy(path, first.data, first.length);
    path[first.length] = '\0';
    memcpy(version, second.data, second.length);
    version[second.length] = '\0';
    return true;
}

struct bytes_view interpreter_version_of(const char *runtime)
{
    const char *const number = runtime + strcspn(runtime, "0123456789");
    size_t length = strspn(number, "0123456789.");

    while (length > 0 && number[length - 1] == '.')
        length--;
    return (struct bytes_view){number, length};
}

bool interpreter_version_fits(const char *runtime, const char *version)
{
    const struct bytes_view wanted = interpreter_version_of(runtime);

    return strncmp(version, wanted.data, wanted.length) == 0 &&
           (version[wanted.length] == '.' || version[wanted.length] == '\0' || wanted.length == 0);
}
