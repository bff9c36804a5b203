#include "config/folder_finder.h"

#include "base/arena.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void folder_finder_init(struct folder_finder *finder, struct arena *arena, const char *base)
{
    *finder = (struct folder_finder){.arena = arena, .base = base};
}

/* Absolute, without "./" in front and without slashes at the end. */
static char *absolute(const struct folder_finder *finder, const char *text)
{
    const char *base = strcmp(finder->base, "/") == 0 ? "" : finder->base;

    while (text[0] == '.' && text[1] == '/') {
        text += 2;
        text += strspn(text, "/");
    }
    const char *const parts[] = {text[0] == '/' ? "" : base, text[0] == '/' ? "" : "/", text, NULL};
    char *path = arena_join(finder->arena, parts);

    for (size_t length = path == NULL ? 0 : strlen(path); length > 1 && path[length - 1] == '/';
         length--)
        path[length - 1] = '\0';
    return path;
}

static enum folder_status status_of_errno(void)
{
    return errno == ENOENT    ? FOLDER_MISSING
           : errno == ENOTDIR ? FOLDER_NOT_A_FOLDER
                              : FOLDER_UNREADABLE;
}

/* Resolves every link in it. `path` stays as it is when that fails. */
static enum folder_status resolve(const struct folder_finder *finder, const char **path)
{
    char resolved[PATH_MAX];
    struct stat about;

    if (realpath(*path, resolved) == NULL || stat(resolved, &about) != 0)
        return status_of_errno();
    if (!S_ISDIR(about.st_mode))
        return FOLDER_NOT_A_FOLDER;
    const char *copy = arena_copy(finder->arena, resolved, strlen(resolved));

    if (copy == NULL)
        return FOLDER_NO_MEMORY;
    *path = copy;
    return FOLDER_FOUND;
}

/* `parent` is one that was asked for; it becomes canonical. */
static enum folder_status resolve_parent(struct folder_finder *finder, const char **parent)
{
    const char *const asked = *parent;

    if (finder->parent != NULL && strcmp(finder->parent, asked) == 0) {
        *parent = finder->canonical_parent;
        return FOLDER_FOUND;
    }
    const enum folder_status status = resolve(finder, parent);

    if (status == FOLDER_FOUND) {
        finder->parent = asked;
        finder->canonical_parent = *parent;
    }
    return status;
}

static enum folder_status find(struct folder_finder *finder, const char *text, const char **folder)
{
    const char *path = absolute(finder, text);
    struct stat about;

    *folder = path;
    if (path == NULL)
        return FOLDER_NO_MEMORY;
    const char *slash = strrchr(path, '/');

    if (slash == path || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0)
        return resolve(finder, folder);
    const char *parent = arena_copy(finder->arena, path, (size_t)(slash - path));

    if (parent == NULL)
        return FOLDER_NO_MEMORY;
    const enum folder_status status = resolve_parent(finder, &parent);

    if (status != FOLDER_FOUND)
        return status;
    const char *const parts[] = {strcmp(parent, "/") == 0 ? "" : parent, slash, NULL};
    const char *joined = arena_join(finder->arena, parts);

    if (joined == NULL)
        return FOLDER_NO_MEMORY;
    *folder = joined;
    if (lstat(joined, &about) != 0)
        return status_of_errno();
    if (S_ISLNK(about.st_mode))
        return resolve(finder, folder);
    return S_ISDIR(about.st_mode) ? FOLDER_FOUND : FOLDER_NOT_A_FOLDER;
}

enum folder_status folder_finder_find(struct folder_finder *finder, const char *text,
                                      const char **folder)
{
    if (finder->text != NULL && strcmp(finder->text, text) == 0) {
        *folder = finder->found;
        return FOLDER_FOUND;
    }
    const enum folder_status status = find(finder, text, folder);

    if (status == FOLDER_FOUND) {
        finder->text = text;
        finder->found = *folder;
    }
    return status;
}

const char *folder_finder_program(const struct folder_finder *finder, const char *text)
{
    if (strchr(text, '/') == NULL)
        return arena_copy(finder->arena, text, strlen(text));
    return absolute(finder, text);
}
