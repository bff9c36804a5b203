#include "config/template/template_code.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/template/template_build.h"
#include "config/template/template_property.h"
#include "config/template/template_values.h"

#include <string.h>

enum { SHOWN_MAX = 60 };

static const char mend[] = "set its folder in Metadata: {Invoked: {CodeUri: FOLDER}}";

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

static enum template_code refuse_unbuilt(struct template_scope *scope, const struct node *place,
                                         const struct node *method)
{
    problem_list_add_at(scope->problems, place,
                        "is built by %.*s, and .aws-sam/build %s: run `sam build`, or %s",
                        SHOWN_MAX, method->text,
                        scope->build->state == BUILD_STALE   ? "is older than the template"
                        : scope->build->state == BUILD_FRESH ? "doesn't contain it"
                                                             : "doesn't exist",
                        mend);
    return CODE_PROBLEM;
}

static enum template_code refuse_remote(struct template_scope *scope, const struct node *place)
{
    problem_list_add_at(scope->problems, place,
                        "the code is in S3, which is not available "
                        "locally: %s",
                        mend);
    return CODE_PROBLEM;
}

/* A folder inside .aws-sam/build. */
static enum template_code find_built(struct template_scope *scope, const struct node *origin,
                                     const char *folder, const struct node **found)
{
    const char *const parts[] = {folder[0] == '/' ? "" : ".aws-sam/build/", folder, NULL};
    const char *path = arena_join(document_arena(scope->document), parts);

    scope->problems->is_out_of_memory |= path == NULL;
    *found = path == NULL ? NULL : template_string(scope, path, origin);
    return *found == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

static enum template_code find_folder(struct template_scope *scope, const struct node *place,
                                      const struct node *value, const struct node **folder)
{
    const char *text = template_text(scope, value);

    if (text == NULL)
        return scope->problems->is_out_of_memory ? CODE_PROBLEM : refuse_remote(scope, place);
    if (strncmp(text, "s3://", 5) == 0 || strncmp(text, "https://", 8) == 0)
        return refuse_remote(scope, place);
    *folder = template_string(scope, text, place);
    return *folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
}

/* Code of AWS::Lambda::Function: {"ZipFile": text}, {"ImageUri": ...}, {"S3Bucket": ...}, or a folder. */
static enum template_code look_into_code(const struct node *code)
{
    if (node_member(code, "ZipFile") != NULL)
        return CODE_INLINE;
    return node_member(code, "ImageUri") != NULL ? CODE_IMAGE : CODE_NONE;
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
    *place = template_property(scope, function, is_sam ? "CodeUri" : "Code");
    if (!is_sam && look_into_code(*place) != CODE_NONE)
        return look_into_code(*place);
    if (node_text(method) != NULL && !is_run_from_source(method->text))
        return refuse_unbuilt(scope, *place == NULL ? function->node : *place, method);
    if (*place == NULL)
        return CODE_NONE;
    const struct node *value = (*place)->kind == NODE_OBJECT && !template_is_call(*place)
                                   ? *place
                                   : template_resolve(scope, *place);

    return value == NULL ? CODE_PROBLEM : find_folder(scope, *place, value, folder);
}

enum template_code template_code_find(struct template_scope *scope,
                                      const struct template_resource *function,
                                      const struct node **folder, const struct node **place)
{
    const struct node *asset = template_metadata(function, "aws:asset:path");
    const char *built = template_build_folder(scope->build, function->node->key);

    if (is_image(scope, function, place))
        return CODE_IMAGE;
    if (node_text(asset) != NULL) {
        *folder = template_string(scope, asset->text, asset);
        return *folder == NULL ? CODE_PROBLEM : CODE_FOLDER;
    }
    if (built != NULL) {
        const struct node *origin = template_property(
            scope, function, function->kind == RESOURCE_SAM_FUNCTION ? "CodeUri" : "Code");

        return find_built(scope, origin == NULL ? function->node : origin, built, folder);
    }
    return find_source(scope, function, folder, place);
}
