/*
 * zip_path.h - which names and which links of an archive stay inside of the folder that it is unpacked into.
 *
 * Threads: any.
 */
#ifndef BASE_ZIP_ZIP_PATH_H
#define BASE_ZIP_ZIP_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { ZIP_NAME_MAX = 1024, ZIP_LINK_MAX = 1024, ZIP_DEPTH_MAX = 64 };

/* The parts of a name, without empty ones and ".". */
struct zip_path {
    char text[ZIP_NAME_MAX + 1]; /* each part ends in NUL */
    size_t part_count;
    const char *parts[ZIP_DEPTH_MAX];
    bool is_folder; /* the name ends in '/' */
};

/*
 * False for a name that is empty, absolute, too long or too deep, that has a ".." or a NUL in it, or no part at all, except
 * that of the folder itself ("./").
 */
bool zip_path_read(const char *name, size_t length, struct zip_path *path);

/*
 * Does a link with that target, in a folder `depth` levels below the root, lead to something inside of the root? It must
 * be relative, and ".." may stand at its beginning only: then each link that it meets on the way, which obeys the same rule
 * and lies in a real folder, stays inside as well.
 */
bool zip_link_is_safe(const char *target, size_t length, size_t depth);

#endif
