#include "base/zip/zip_path.h"

#include <string.h>

static bool is_dots(const char *part, size_t length)
{
    return length == 2 && part[0] == '.' && part[1] == '.';
}

static bool is_nothing(const char *part, size_t length)
{
    return length == 0 || (length == 1 && part[0] == '.');
}

bool zip_path_read(const char *name, size_t length, struct zip_path *path)
{
    path->part_count = 0;
    if (length == 0 || length > ZIP_NAME_MAX || name[0] == '/' ||
        memchr(name, '\0', length) != NULL)
        return false;
    memcpy(path->text, name, length);
    path->text[length] = '\0';
    path->is_folder = name[length - 1] == '/';
    for (char *at = path->text, *end = path->text + length; at < end;) {
        const size_t part = strcspn(at, "/");

        at[part] = '\0';
        if (is_dots(at, part) || path->part_count == ZIP_DEPTH_MAX)
            return false;
        if (!is_nothing(at, part))
            path->parts[path->part_count++] = at;
        at += part + 1;
    }
    return path->part_count > 0 || path->is_folder;
}

bool zip_link_is_safe(const char *target, size_t length, size_t depth)
{
    bool is_descending = false;

    if (length == 0 || length > ZIP_LINK_MAX || target[0] == '/' ||
        memchr(target, '\0', length) != NULL)
        return false;
    for (size_t at = 0; at < length;) {
        const char *part = target + at;
        const char *slash = memchr(part, '/', length - at);
        const size_t part_length = slash == NULL ? length - at : (size_t)(slash - part);

        if (is_dots(part, part_length)) {
            if (is_descending || depth == 0)
                return false;
            depth--;
        } else if (!is_nothing(part, part_length)) {
            is_descending = true;
        }
        at += part_length + 1;
    }
    return true;
}
