/*
 * folder_finder.h - finds the folders and programs that a configuration names, relative to its own folder.
 *
 * Ten thousand functions mostly lie side by side, so the canonical name of the last parent folder is kept: one lstat()
 * a function instead of one for each part of its path, and none for a version that shares its function's folder.
 *
 * Used by:  function_builder.c, version_builder.c.
 */
#ifndef CONFIG_FOLDER_FINDER_H
#define CONFIG_FOLDER_FINDER_H

struct arena;

struct folder_finder {
    struct arena *arena;      /* borrowed; holds the results */
    const char *base;         /* absolute and canonical; borrowed */
    const char *text, *found; /* the last one, as asked for and as it is; NULL before the first */
    const char *parent; /* the last parent folder as it was asked for; NULL before the first */
    const char *canonical_parent; /* its canonical name */
};

enum folder_status {
    FOLDER_FOUND,
    FOLDER_MISSING,
    FOLDER_NOT_A_FOLDER,
    FOLDER_UNREADABLE,
    FOLDER_NO_MEMORY
};

void folder_finder_init(struct folder_finder *finder, struct arena *arena, const char *base);

/*
 * Borrows `text` until the end of the finder. `folder` becomes the canonical name on FOLDER_FOUND, else where it was
 * looked for (NULL on FOLDER_NO_MEMORY). FOLDER_UNREADABLE leaves the reason in errno.
 */
enum folder_status folder_finder_find(struct folder_finder *finder, const char *text,
                                      const char **folder);

/* A program's name: one with a slash becomes absolute, another one is left to PATH. NULL when out of memory. */
const char *folder_finder_program(const struct folder_finder *finder, const char *text);

#endif
