/*
 * Where a version's code is. What is no folder becomes one (config/code/); what isn't there makes the version one that
 * can't run here. To add another place for code: a row in `places`.
 */
#include "config/version_builder.h"

#include "base/arena.h"
#include "config/code/code_folder.h"
#include "config/code/inline_code.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/settings/function_settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char code_remedy[] = "set CodeUri to a folder";

static const char *remedy_of(const struct version_builder *builder)
{
    const struct document_leniency *leniency = builder->whole->leniency;

    return leniency == NULL ? code_remedy : leniency->code_remedy;
}

/* ---- archives and single files ---- */

/* The functions of a template often share one archive: the last one is kept in mind. */
static const char *unpack(struct version_builder *builder, const struct node *node,
                          const char *archive)
{
    struct config_builder *whole = builder->whole;
    struct code_folder folder;

    builder->version->code_source = archive;
    config_watch(whole, archive);
    if (whole->archive != NULL && strcmp(whole->archive, archive) == 0)
        return whole->unpacked;
    if (!code_folder_unpack(&folder, whole->code_folder, archive)) {
        version_cannot_run(builder, LEFT_OUT_CODE, node, "%s: %s", folder.why, remedy_of(builder));
        return NULL;
    }
    whole->archive = archive;
    whole->unpacked = version_copy_text(whole, folder.path);
    return whole->unpacked;
}

/* `path` is no folder. A file that isn't an archive runs where it lies. */
static const char *find_file(struct version_builder *builder, const struct node *node,
                             const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat about;

    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
        version_cannot_run(builder, LEFT_OUT_CODE, node,
                           "must be a folder, an archive or a file (%s is not): %s", path,
                           remedy_of(builder));
        return NULL;
    }
    if (code_is_archive(path))
        return unpack(builder, node, path);
    return arena_copy(builder->whole->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/* ---- CodeUri ---- */

static void refuse_missing(struct version_builder *builder, const struct node *node,
                           const char *path)
{
    builder->version->code_source = path;
    config_watch(builder->whole, path); /* it may come */
    if (strstr(path, "/.aws-sam/build/") != NULL)
        version_cannot_run(builder, LEFT_OUT_CODE, node,
                           "the code isn't built (%s is missing): run `sam build`, or %s", path,
                           remedy_of(builder));
    else if (builder->whole->leniency == NULL)
        problem_list_add_at(builder->whole->problems, node, "no such folder: %s", path);
    else
        version_cannot_run(builder, LEFT_OUT_CODE, node,
                           "no such folder: %s: build the code, or %s", path, remedy_of(builder));
}

static bool is_remote(const char *text)
{
    return strncmp(text, "s3://", 5) == 0 || strncmp(text, "https://", 8) == 0;
}

/* Its place in Local.S3Folder. NULL when it isn't there, or when out of memory. */
static const char *find_in_s3_folder(struct version_builder *builder, const char *text)
{
    const char *folder = builder->whole->config->s3_folder;
    const char *const parts[] = {folder, "/", text + strlen("s3://"), NULL};
    const char *path = folder == NULL || strncmp(text, "s3://", strlen("s3://")) != 0
                           ? NULL
                           : arena_join(builder->whole->arena, parts);

    return path != NULL && access(path, F_OK) == 0 ? path : NULL;
}

const char *version_find_folder(struct version_builder *builder, const struct node *node)
{
    const char *path = NULL, *text = node_text(node);

    if (text == NULL || node->length == 0)
        return NULL; /* has its problem already */
    if (is_remote(text)) {
        text = find_in_s3_folder(builder, text);
        if (text == NULL) {
            version_cannot_run(builder, LEFT_OUT_CODE, node,
                               "the code is in S3, which is not available locally: %s",
                               remedy_of(builder));
            return NULL;
        }
    }
    switch (folder_finder_find(&builder->whole->folders, text, &path)) {
    case FOLDER_FOUND:
        return path;
    case FOLDER_MISSING:
        refuse_missing(builder, node, path);
        return NULL;
    case FOLDER_NOT_A_FOLDER:
        return find_file(builder, node, path);
    case FOLDER_UNREADABLE:
        version_cannot_run(builder, LEFT_OUT_CODE, node, "can't access %s: %s", path,
                           strerror(errno));
        return NULL;
    case FOLDER_NO_MEMORY:
        return NULL;
    }
    return NULL;
}

/* ---- code in the configuration itself ---- */

static const char *write_text(struct version_builder *builder, const struct node *node)
{
    struct code_folder folder;

    if (node_text(node) == NULL || builder->version->family == RUNTIME_FAMILY_NONE)
        return NULL; /* has its problem already */
    builder->version->code_source = "inline code";
    if (inline_code_write(&folder, builder->whole->code_folder, builder->version->family,
                          (struct bytes_view){node->text, node->length}))
        return version_copy_text(builder->whole, folder.path);
    version_cannot_run(builder, LEFT_OUT_CODE, node, "%s: %s", folder.why, remedy_of(builder));
    return NULL;
}

static const char *write_code(struct version_builder *builder, const struct node *node)
{
    return write_text(builder, node_member(node, "ZipFile"));
}

/* ---- which of them ---- */

static const struct {
    enum function_slot slot;
    const char *name;
    const char *(*find)(struct version_builder *builder, const struct node *node);
} places[] = {
    {SLOT_CODE_URI, "CodeUri", version_find_folder},
    {SLOT_INLINE_CODE, "InlineCode", write_text},
    {SLOT_CODE, "Code", write_code},
};

enum { PLACES = sizeof places / sizeof places[0] };

/* A version's own place replaces that of $LATEST. Two of equal right are a problem. PLACES for none. */
static size_t choose_place(const struct version_builder *builder)
{
    size_t chosen = PLACES;

    for (size_t i = 0; i < PLACES; i++) {
        const struct node *node = builder->values[places[i].slot].node;
        const struct node *other =
            chosen == PLACES ? NULL : builder->values[places[chosen].slot].node;

        if (node == NULL || (other != NULL && node->parent != builder->place))
            continue;
        if (other != NULL && other->parent == builder->place)
            problem_list_add_at(builder->whole->problems, node,
                                "can't be combined with %s: keep one of them", places[chosen].name);
        else
            chosen = i;
    }
    return chosen;
}

void version_build_code(struct version_builder *builder)
{
    const size_t place = choose_place(builder);

    if (place == PLACES) {
        problem_list_add_at(builder->whole->problems, builder->values[SLOT_RUNTIME].node,
                            "requires CodeUri, the folder with the code");
        return;
    }
    const char *folder = places[place].find(builder, builder->values[places[place].slot].node);

    if (builder->version->kind == FUNCTION_LEFT_OUT)
        return;
    builder->version->code_uri = folder;
    builder->version->working_directory = folder;
}
