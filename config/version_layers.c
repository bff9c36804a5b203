/*
 * The layers of a version: folders, or archives, that become folders. One that isn't here is a problem of a
 * configuration of our own, unless it is somebody's layer in AWS; otherwise it is left out, with a warning, and the
 * function is served all the same.
 */
#include "config/version_builder.h"

#include "base/arena.h"
#include "base/zip/zip_extract.h"
#include "config/code/code_folder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/settings/function_settings.h"

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LAYER_NAME_MAX = 140,
    ENTRIES_MAX = 1 << 20,
    SEARCHED_MAX = 16,
    WHY_SIZE = 2 * CODE_FOLDER_WHY_SIZE
};

/* Functions mostly share their layers, so those found last are kept in mind. */
struct known_layer {
    const char *text;   /* as it was asked for */
    const char *folder; /* NULL: it can't be had */
    const char *why;    /* then */
    uint64_t size;
    struct known_layer *next;
};

/* Enough to tell whether it is too large. */
static uint64_t size_of(const char *folder)
{
    char *const roots[] = {(char *)folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    const FTSENT *entry;
    uint64_t size = 0;
    size_t count = 0;

    while (walk != NULL && size <= ZIP_UNPACKED_MAX && count++ < ENTRIES_MAX &&
           (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_F)
            size += (uint64_t)entry->fts_statp->st_size;
    }
    if (walk != NULL)
        (void)fts_close(walk);
    return size;
}

/* ---- where it is ---- */

/* "arn:aws:lambda:us-east-1:123456789012:layer:NAME:VERSION" */
static bool is_arn(const char *text)
{
    return strncmp(text, "arn:", 4) == 0;
}

static void tell_why(struct version_builder *builder, struct known_layer *layer, const char *text,
                     const char *why)
{
    const char *const parts[] = {text, why, NULL};

    layer->why = arena_join(builder->whole->arena, parts);
}

static void find_path(struct version_builder *builder, struct known_layer *layer, const char *text)
{
    struct config_builder *whole = builder->whole;
    struct code_folder unpacked;
    const char *path = NULL;
    struct stat about;
    const enum folder_status status = folder_finder_find(&whole->folders, text, &path);

    if (status != FOLDER_FOUND)
        config_watch(whole, path);
    if (status == FOLDER_FOUND) {
        layer->folder = path;
    } else if (status == FOLDER_NOT_A_FOLDER && code_is_archive(path) && stat(path, &about) == 0) {
        if (code_folder_unpack(&unpacked, whole->code_folder, path))
            layer->folder = version_copy_text(whole, unpacked.path);
        else
            layer->why = version_copy_text(whole, unpacked.why);
    } else if (path != NULL && strstr(path, "/.aws-sam/build/") != NULL) {
        tell_why(builder, layer, path, " isn't there: run `sam build`");
    } else if (path != NULL) {
        tell_why(builder, layer, path, ": no such folder or archive");
    }
}

/* In Local.LayersFolder by its name: NAME-VERSION, then NAME; each a folder or an archive. */
static void find_by_name(struct version_builder *builder, struct known_layer *layer)
{
    static const char *const ends[] = {"", ".zip"};
    const char *const folder = builder->whole->layers_folder;
    const char *const found = strstr(layer->text, ":layer:");
    const char *const name = found == NULL ? "" : found + strlen(":layer:");
    const char *const end = strchrnul(name, ':');
    const int length = (int)(end - name);
    const char *const version = *end == ':' ? end + 1 : "";
    char file[LAYER_NAME_MAX + 32], path[PATH_MAX];
    struct stat about;

    for (int i = 0; folder != NULL && length > 0 && length <= LAYER_NAME_MAX && i < 4; i++) {
        (void)snprintf(file, sizeof file, "%.*s%s%.10s%s", length, name, i < 2 ? "-" : "",
                       i < 2 ? version : "", ends[i % 2]);
        if (snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path &&
            strchr(file, '/') == NULL && stat(path, &about) == 0) {
            find_path(builder, layer, version_copy_text(builder->whole, path));
            return;
        }
    }
    tell_why(builder, layer, layer->text,
             folder == NULL
                 ? " is in AWS: set Local.LayersFolder to a folder that has it as NAME or NAME.zip"
                 : " is in AWS, and not in Local.LayersFolder, as NAME or NAME.zip");
}

/* NULL when out of memory. */
static const struct known_layer *find(struct version_builder *builder, const struct node *node)
{
    struct config_builder *whole = builder->whole;
    struct known_layer *layer = whole->layers;

    for (int i = 0; layer != NULL && i < SEARCHED_MAX; i++, layer = layer->next) {
        if (strcmp(layer->text, node->text) == 0)
            return layer;
    }
    layer = arena_take(whole->arena, sizeof *layer);
    if (layer == NULL)
        return NULL;
    layer->text = version_copy_text(whole, node->text);
    if (layer->text == NULL)
        return NULL;
    if (is_arn(layer->text))
        find_by_name(builder, layer);
    else
        find_path(builder, layer, layer->text);
    if (layer->folder != NULL && whole->code_folder != NULL)
        layer->size = size_of(layer->folder);
    layer->next = whole->layers;
    whole->layers = layer;
    return layer;
}

/* ---- the whole ---- */

static void leave_out(struct version_builder *builder, const struct node *node,
                      const struct known_layer *layer)
{
    const bool is_problem = builder->whole->leniency == NULL && !is_arn(layer->text);

    if (layer->why == NULL)
        return; /* out of memory */
    if (is_problem)
        problem_list_add_at(builder->whole->problems, node, "%s", layer->why);
    else
        problem_list_add_at(builder->whole->warnings, node, "the layer is left out: %s",
                            layer->why);
}

void version_build_layers(struct version_builder *builder)
{
    const struct node *list = builder->values[SLOT_LAYERS].node;
    struct string_list *layers = &builder->version->layers;
    uint64_t size = 0;

    layers->items = builder->whole->no_items;
    if (list == NULL || list->kind != NODE_ARRAY || list->count > LAYERS_MAX)
        return; /* none, or a problem that has been told */
    layers->items = arena_take_array(builder->whole->arena, list->count + 1u, sizeof(char *));
    for (const struct node *node = list->first; node != NULL && layers->items != NULL;
         node = node->next) {
        const struct known_layer *layer =
            node_text(node) == NULL || node->length == 0 ? NULL : find(builder, node);

        if (layer == NULL)
            continue;
        if (layer->folder == NULL)
            leave_out(builder, node, layer);
        else
            layers->items[layers->count++] = (char *)layer->folder;
        size += layer->size;
    }
    if (size > ZIP_UNPACKED_MAX)
        version_cannot_run(builder, LEFT_OUT_CODE, list,
                           "the layers have %llu bytes unpacked; AWS takes less than 262144000",
                           (unsigned long long)size);
}
