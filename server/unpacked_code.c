#include "server/unpacked_code.h"

#include "base/folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char aside[] = ".gone-";

struct cleaning {
    uv_work_t work;
    char folder[];
};

/* ---- what is used ---- */

static bool is_last_part(const char *path, const char *name)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');

    return slash != NULL && strcmp(slash + 1, name) == 0;
}

static bool is_used_by_version(const struct function_version *version, const char *name)
{
    bool is_used = is_last_part(version->code_uri, name);

    for (size_t i = 0; i < version->layers.count && !is_used; i++)
        is_used = is_last_part(version->layers.items[i], name);
    return is_used;
}

static bool is_used(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        if (is_used_by_version(function->latest, name))
            return true;
        for (size_t k = 0; k < function->version_count; k++) {
            if (is_used_by_version(function->versions[k], name))
                return true;
        }
    }
    return false;
}

/* ---- removing ---- */

static bool is_aside(const char *name)
{
    return strncmp(name, aside, strlen(aside)) == 0;
}

static bool join(char path[PATH_MAX], const char *folder, const char *before, const char *name)
{
    return snprintf(path, PATH_MAX, "%s/%s%s", folder, before, name) < PATH_MAX;
}

/* Is there anything to remove? */
static bool put_aside(const char *folder, const struct config *config)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    char from[PATH_MAX], to[PATH_MAX];
    bool has_any = false;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        const char *name = entry->d_name;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_used(config, name))
            continue;
        has_any = true;
        if (!is_aside(name) && join(from, folder, "", name) && join(to, folder, aside, name))
            (void)rename(from, to);
    }
    if (entries != NULL)
        (void)closedir(entries);
    return has_any;
}

static void run(uv_work_t *work)
{
    const struct cleaning *cleaning = work->data;
    DIR *entries = opendir(cleaning->folder);
    const struct dirent *entry;
    char path[PATH_MAX];

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (is_aside(entry->d_name) && join(path, cleaning->folder, "", entry->d_name))
            folder_remove(path);
    }
    if (entries != NULL)
        (void)closedir(entries);
}

static void on_done(uv_work_t *work, int status)
{
    (void)status;
    free(work->data);
}

void unpacked_code_clean(uv_loop_t *loop, const char *folder, const struct config *config)
{
    if (!put_aside(folder, config))
        return;
    struct cleaning *cleaning = calloc(1, sizeof *cleaning + strlen(folder) + 1);

    if (cleaning == NULL)
        return; /* the next start removes them */
    memcpy(cleaning->folder, folder, strlen(folder) + 1);
    cleaning->work.data = cleaning;
    if (uv_queue_work(loop, &cleaning->work, run, on_done) != 0)
        free(cleaning);
}
