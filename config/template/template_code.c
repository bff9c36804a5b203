/*
 * Where a function's code is: in an asset of the CDK, in the output of `sam build`, or where the template says. Whether it
 * is there is looked at later, as of any other configuration.
 */
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/template/template_build.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MAX = 60 };

/* ---- what `sam build` makes ---- */

/* `sam build` only adds packages to these; what else it builds can't run from its source. */
static bool is_run_from_source(const char *method)
{
    static const char *const families[] = {"python", "nodejs", "ruby"};

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (strncmp(method, families[i], strlen(families[i])) == 0)
            return true;
    }
    return false;
}

/* A folder inside .aws-sam/build. */
static enum template_code find_built(struct template_scope *scope, const struct node *origin,
                                     const char *folder, const struct node **found)
{
    const bool is_absolute = folder[0] == '/';
    const char *const parts[] = {is_absolute ? "" : scope->build->folder, is_absolute ? "" : "/",
                                 folder, NULL};
    const char *path = arena_join(document_arena(scope->document), parts);

    scope->problems->is_out_of_memory |= path == NULL;
    *found = path == NULL ? NULL : template_string(scope, path, origin);
    return *found == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

/* Where `sam build` puts it; that it isn't there is found as of any other folder. */
static enum template_code find_unbuilt(struct template_scope *scope,
                                       const struct template_resource *function,
                                       const struct node *place, const char *method,
                                       const struct node **folder)
{
    if (scope->build->state == BUILD_STALE)
        problem_list_add_at(scope->warnings, place,
                            "is built by %.*s, and .aws-sam/build is older than the template: the "
                            "last build is used; run `sam build`",
                            SHOWN_MAX, method);
    return find_built(scope, place, function->node->key, folder);
}

/* ---- assets of the CDK ---- */

/* Is there such a file or folder, relative to the template? */
static bool is_there(const struct template_scope *scope, const char *path)
{
    const char *slash = strrchr(scope->path, '/');
    char whole[PATH_MAX];

    if (path[0] == '/' || slash == NULL)
        return access(path, F_OK) == 0;
    return snprintf(whole, sizeof whole, "%.*s/%s", (int)(slash - scope->path), scope->path, path) <
               (int)sizeof whole &&
           access(whole, F_OK) == 0;
}

/* `cdk synth` may have written the template to another place than the assets. */
static const char *const asset_folders[] = {"", "cdk.out/"};
static const char *const asset_ends[] = {"", ".zip", ".jar"};

/* The asset of that name, a folder or an archive. NULL for none, or when out of memory. */
static const char *find_asset(struct template_scope *scope, const char *start, const char *name)
{
    for (size_t i = 0; i < sizeof asset_folders / sizeof asset_folders[0]; i++) {
        for (size_t k = 0; k < sizeof asset_ends / sizeof asset_ends[0]; k++) {
            const char *const parts[] = {asset_folders[i], start, name, asset_ends[k], NULL};
            const char *path = arena_join(document_arena(scope->document), parts);

            scope->problems->is_out_of_memory |= path == NULL;
            if (path == NULL || is_there(scope, path))
                return path;
        }
    }
    return NULL;
}

/* Where nothing else says so, the key of an asset in S3 is its hash and an ending. */
static const char *find_asset_by_key(struct template_scope *scope, const char *key)
{
    const char *slash = strrchr(key, '/');
    const char *hash = slash == NULL ? key : slash + 1;
    const char *name = arena_copy(document_arena(scope->document), hash, strcspn(hash, "."));

    scope->problems->is_out_of_memory |= name == NULL;
    return name == NULL || name[0] == '\0' ? NULL : find_asset(scope, "asset.", name);
}

static enum template_code take_asset(struct template_scope *scope, const struct node *asset,
                                     const struct node **folder)
{
    const char *found = find_asset(scope, "", asset->text);

    const char *place = template_place(scope, found == NULL ? asset->text : found);

    *folder = place == NULL ? NULL : template_string(scope, place, asset);
    return *folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

/* ---- what the template says ---- */

/* "s3://bucket/key", as far as the two can be told. */
static enum template_code find_remote(struct template_scope *scope, const struct node *place,
                                      const struct node *value, const struct node **folder)
{
    const char *bucket = node_text(node_member(value, "Bucket")),
               *key = node_text(node_member(value, "Key"));

    if (bucket == NULL)
        bucket = node_text(node_member(value, "S3Bucket"));
    if (key == NULL)
        key = node_text(node_member(value, "S3Key"));
    const char *const parts[] = {"s3://", bucket == NULL ? "" : bucket, "/", key == NULL ? "" : key,
                                 NULL};
    const char *path = key == NULL ? NULL : find_asset_by_key(scope, key);

    if (path != NULL)
        path = template_place(scope, path);
    else
        path = arena_join(document_arena(scope->document), parts);
    scope->problems->is_out_of_memory |= path == NULL;
    *folder = path == NULL ? NULL : template_string(scope, path, place);
    return *folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

static enum template_code find_folder(struct template_scope *scope, const struct node *place,
                                      const struct node *value, const struct node **folder)
{
    const char *text = template_text(scope, value);

    if (text == NULL)
        return scope->problems->is_out_of_memory ? CODE_PROBLEM
                                                 : find_remote(scope, place, value, folder);
    const char *path = template_place(scope, text);

    *folder = path == NULL ? NULL : template_string(scope, path, place);
    return *folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

/*
 * Code of AWS::Lambda::Function: {"ZipFile": text}, {"ImageUri": ...}, {"S3Bucket": ...}, or a folder. On CODE_INLINE it
 * becomes the text.
 */
static enum template_code look_into_code(const struct node **code)
{
    const struct node *text = node_member(*code, "ZipFile");

    if (text != NULL) {
        *code = text;
        return CODE_INLINE;
    }
    return node_member(*code, "ImageUri") != NULL ? CODE_IMAGE : CODE_NONE;
}

static bool is_image(struct template_scope *scope, const struct template_resource *function,
                     const struct node **place)
{
    const struct node *type = template_property(scope, function, "PackageType");

    *place = template_property(scope, function, "ImageUri");
    if (type == NULL)
        return *place != NULL;
    const struct node *value = template_resolve(scope, type);

    if (value == NULL || node_text(value) == NULL || strcmp(value->text, "Image") != 0)
        return false;
    *place = type;
    return true;
}

/* The property that says where the code of a function, or the content of a layer, is. */
static const char *property_of(const struct template_resource *resource)
{
    if (resource->kind == RESOURCE_SAM_FUNCTION)
        return "CodeUri";
    if (resource->kind == RESOURCE_FUNCTION)
        return "Code";
    return strcmp(resource->type, "AWS::Serverless::LayerVersion") == 0 ? "ContentUri" : "Content";
}

/* `sam build` puts the content of a layer into a folder of its language, so its source is never enough. */
static bool needs_build(const struct template_resource *resource, const struct node *method)
{
    return node_text(method) != NULL &&
           (resource->kind == RESOURCE_LAYER || !is_run_from_source(method->text));
}

/* What the template itself says, when nothing was built from it. */
static enum template_code find_source(struct template_scope *scope,
                                      const struct template_resource *function,
                                      const struct node **folder, const struct node **place)
{
    const bool is_sam = function->kind == RESOURCE_SAM_FUNCTION;
    const struct node *method = template_metadata(function, "BuildMethod");

    *place = is_sam ? template_property(scope, function, "InlineCode") : NULL;
    if (*place != NULL)
        return CODE_INLINE;
    *place = template_property(scope, function, property_of(function));
    const enum template_code code =
        function->kind == RESOURCE_FUNCTION ? look_into_code(place) : CODE_NONE;

    if (code != CODE_NONE)
        return code;
    if (needs_build(function, method))
        return find_unbuilt(scope, function, *place == NULL ? function->node : *place, method->text,
                            folder);
    if (*place == NULL)
        return CODE_NONE;
    const struct node *value = (*place)->kind == NODE_OBJECT && !template_is_call(*place)
                                   ? *place
                                   : template_resolve(scope, *place);

    return value == NULL ? CODE_PROBLEM : find_folder(scope, *place, value, folder);
}

enum template_code template_find_code(struct template_scope *scope,
                                      const struct template_resource *function,
                                      const struct node **folder, const struct node **place)
{
    const struct node *asset = template_metadata(function, "aws:asset:path");
    const char *built = template_build_folder(scope->build, function->node->key);

    if (is_image(scope, function, place))
        return CODE_IMAGE;
    if (node_text(asset) != NULL)
        return take_asset(scope, asset, folder);
    if (built != NULL) {
        const struct node *origin = template_property(scope, function, property_of(function));

        return find_built(scope, origin == NULL ? function->node : origin, built, folder);
    }
    return find_source(scope, function, folder, place);
}
