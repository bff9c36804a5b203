#include "config/template/template_build.h"

#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* One that can't be read counts as none: `sam build` makes it anew. */
static bool read_built(struct template_build *build, const char *path)
{
    struct problem_list problems;
    size_t length = 0;
    char *text = config_file_read(path, CONFIG_FILE_REGULAR, &length);

    if (text == NULL)
        return errno != ENOMEM;
    problem_list_init(&problems, path);
    build->document = document_new();
    bool has_memory = build->document != NULL;

    if (has_memory && document_read_yaml(build->document, text, length, &problems))
        build->state = BUILD_FRESH;
    has_memory = has_memory && !problems.is_out_of_memory;
    problem_list_clear(&problems);
    free(text);
    return has_memory;
}

bool template_build_open(struct template_build *build, const char *folder, const char *path)
{
    return template_build_open_in(build, folder, ".aws-sam/build", path);
}

bool template_build_open_in(struct template_build *build, const char *base, const char *folder,
                            const char *path)
{
    char built[PATH_MAX];
    struct stat about_built, about_template;

    *build = (struct template_build){.state = BUILD_NONE, .folder = folder};
    if (snprintf(built, sizeof built, "%s/%s/template.yaml", base, folder) >= (int)sizeof built ||
        stat(built, &about_built) != 0 || !S_ISREG(about_built.st_mode))
        return true;
    if (stat(path, &about_template) == 0 &&
        is_older(&about_built.st_mtim, &about_template.st_mtim)) {
        build->state = BUILD_STALE;
        return true;
    }
    return read_built(build, built);
}

void template_build_close(struct template_build *build)
{
    document_free(build->document);
}

const char *template_build_folder(const struct template_build *build, const char *logical_id)
{
    if (build->state != BUILD_FRESH)
        return NULL;
    const struct node *resources = node_member(document_root(build->document), "Resources");
    const struct node *properties = node_member(node_member(resources, logical_id), "Properties");
    static const char *const names[] = {"CodeUri", "Code", "ContentUri", "Content"};
    const char *folder = NULL;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && folder == NULL; i++)
        folder = node_text(node_member(properties, names[i]));
    return folder;
}
