#include "config/template/template.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/settings/config_settings.h"
#include "config/template/template_build.h"
#include "config/template/template_function.h"
#include "config/template/template_sections.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Of types that are listed one by one. */
enum { NUMBER_MAX = 24, TYPES_MAX = 50 };

/* clang-format off */
/* What Metadata.Invoked of the whole sets outside of Local. */
static const char *const root_settings[] = {"Region", "AccountId", "AccountLimit", NULL};
/* clang-format on */

static const struct document_leniency leniency = {
    .code_remedy = "set its folder in Metadata: {Invoked: {CodeUri: FOLDER}}",
    .image_remedy =
        "set in Metadata: {Invoked: {...}} how the handler starts: Runtime, Handler and "
        "CodeUri, or ImageConfig with an EntryPoint, or Command or Mock",
};

static const struct document_leniency serverless_leniency = {
    .code_remedy = "set its folder in custom: {invoked: {FUNCTION: {CodeUri: FOLDER}}}",
    .image_remedy = "set in custom: {invoked: {FUNCTION: {...}}} how the handler starts: Runtime, "
                    "Handler and CodeUri, or ImageConfig with an EntryPoint, or Command or Mock",
};

bool template_is_one(const struct node *root)
{
    return node_member(root, "Resources") != NULL && node_member(root, "Functions") == NULL;
}

/* ---- the whole ---- */

static void put_place(struct template_scope *scope, struct node *root, const char *key,
                      const char *text)
{
    const struct node *own = node_member(template_invoked_of_all(scope), key);
    const struct node *origin = own == NULL ? scope->root : own;
    const struct node *value = template_string(scope, text, origin);

    if (value != NULL)
        template_put(scope, root, key, value, origin);
}

/* Metadata.Invoked of the template holds what Local of the whole holds, and where it all is. */
static void put_local(struct template_scope *scope, struct node *root)
{
    const struct node *invoked = template_invoked_of_all(scope);
    struct node *local = NULL;

    put_place(scope, root, "Region", scope->region);
    put_place(scope, root, "AccountId", scope->account_id);
    if (invoked != NULL && invoked->kind != NODE_OBJECT)
        problem_list_add_at(scope->problems, invoked, "must be an object (is %s)",
                            node_kind_name(invoked->kind));
    if (invoked == NULL || invoked->kind != NODE_OBJECT)
        return;
    for (const struct node *member = invoked->first; member != NULL; member = member->next) {
        if (strcmp(member->key, "AccountLimit") == 0)
            template_put_resolved(scope, root, member->key, member);
        if (template_is_among(member->key, root_settings))
            continue;
        if (local == NULL)
            local = template_put_object(scope, root, "Local", invoked);
        if (local == NULL)
            return;
        template_put_resolved(scope, local, member->key, member);
    }
}

static void put_functions_of(struct template_scope *scope, struct node *root,
                             struct node *functions)
{
    for (size_t i = 0; i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];

        if (row->kind != RESOURCE_FUNCTION && row->kind != RESOURCE_SAM_FUNCTION)
            continue;
        if (template_resource_exists(scope, row) != CONDITION_TRUE)
            continue;
        if (!template_put_function(scope, functions, row))
            return;
    }
    template_put_versions(scope);
    template_put_apis(scope, root);
}

/* Those of nested stacks, too. */
static void put_functions(struct template_scope *whole, struct node *root)
{
    struct node *functions = template_put_object(whole, root, "Functions", whole->resources);

    for (struct template_scope *scope = whole; functions != NULL && scope != NULL;
         scope = scope->next)
        put_functions_of(scope, root, functions);
    if (functions != NULL && functions->count == 0 && problem_list_is_empty(whole->problems))
        problem_list_add_at(whole->warnings, whole->resources, "no function that can be served");
}

/* ---- what is ignored ---- */

static void note_part(struct text_builder *parts, const char *before, const char *name)
{
    text_builder_add_text(parts, parts->length == 0 ? "" : ", ");
    text_builder_add_text(parts, before);
    text_builder_add_text(parts, name);
}

struct type_count {
    const char *type;
    unsigned count;
};

/* Of each type in turn; the last place counts all that find none. */
static void count_types(const struct template_scope *scope, struct type_count counts[TYPES_MAX + 1])
{
    for (size_t i = 0; i < scope->row_count; i++) {
        size_t at = 0;

        if (scope->rows[i].kind != RESOURCE_OTHER &&
            (scope->rows[i].kind != RESOURCE_STACK || scope->rows[i].nested != NULL))
            continue;
        while (at < TYPES_MAX && counts[at].count > 0 &&
               strcmp(counts[at].type, scope->rows[i].type) != 0)
            at++;
        if (counts[at].count++ == 0)
            counts[at].type = at == TYPES_MAX ? "others" : scope->rows[i].type;
    }
}

/* "3 x AWS::DynamoDB::Table", in the order of the template. */
static void note_types(struct template_scope *scope, struct text_builder *parts)
{
    struct type_count counts[TYPES_MAX + 1] = {{NULL, 0}};

    count_types(scope, counts);
    for (size_t i = 0; i <= TYPES_MAX && counts[i].count > 0; i++) {
        char number[NUMBER_MAX];

        (void)snprintf(number, sizeof number, "%u x ", counts[i].count);
        note_part(parts, number, counts[i].type);
    }
}

/* The functions of macros are not in the template. */
static void note_transforms(struct template_scope *scope)
{
    const struct node *transform = node_member(scope->root, "Transform");
    const struct node *one = transform;

    if (transform != NULL && transform->kind == NODE_ARRAY)
        one = transform->first;
    for (; one != NULL; one = one == transform ? NULL : one->next) {
        if (!template_is_own_transform(one))
            template_note(scope, "macro %.200s is not supported: what it would add is missing",
                          node_text(one) == NULL ? "under Transform" : one->text);
    }
}

static void note_all(struct template_scope *scope)
{
    struct text_builder parts;

    text_builder_init(&parts, document_arena(scope->document));
    template_note_sections(scope, &parts);
    note_types(scope, &parts);
    const char *list = text_builder_end(&parts);

    if (list == NULL)
        scope->problems->is_out_of_memory = true;
    else if (parts.length > 0)
        template_note(scope, "ignored: %s", list);
    note_transforms(scope);
    template_note_ignored_globals(scope);
    if (scope->build->state == BUILD_STALE)
        template_note(scope, ".aws-sam/build is older than the template and is not used: run "
                             "`sam build`, or remove it");
    if (scope->build->state == BUILD_FRESH)
        template_note(scope, "using the code in .aws-sam/build");
}

/* ---- reading ---- */

static void prepare(struct template_scope *whole)
{
    for (struct template_scope *scope = whole; scope != NULL; scope = scope->next) {
        template_check_parameters(scope);
        note_all(scope);
    }
}

static bool read_in_scope(struct template_scope *scope)
{
    struct node *root = document_add(scope->document, NULL, NODE_OBJECT, NULL, scope->root->line);

    if (root == NULL) {
        scope->problems->is_out_of_memory = true;
        return false;
    }
    root->origin = scope->root;
    put_local(scope, root);
    put_functions(scope, root);
    template_coerce(scope, root, &config_settings);
    if (document_is_full(scope->document))
        problem_list_add(scope->problems, 1, "contains more than %d values", DOCUMENT_NODES_MAX);
    else if (arena_is_exhausted(document_arena(scope->document)))
        scope->problems->is_out_of_memory = true;
    return !scope->problems->is_out_of_memory && !document_is_full(scope->document);
}

/* NULL when out of memory. */
static const char *folder_of(struct document *document, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    return arena_copy(document_arena(document), path, slash == path ? 1 : (size_t)(slash - path));
}

static bool read_whole(struct template_scope *scope, struct template_build *build)
{
    scope->build = build;
    if (!template_build_open(build, scope->folder, scope->path)) {
        scope->problems->is_out_of_memory = true;
        return false;
    }
    if (!template_open_stacks(scope))
        return false;
    prepare(scope);
    return read_in_scope(scope);
}

bool template_read(const struct template_options *options)
{
    struct template_effort effort = {.depth = 0};
    struct template_scope scope = {.document = options->document,
                                   .source = options->document,
                                   .effort = &effort,
                                   .problems = options->problems,
                                   .warnings = options->warnings,
                                   .given = options->parameters,
                                   .env_vars = options->env_vars,
                                   .stack_name = options->stack_name,
                                   .is_partial = options->is_partial,
                                   .path = options->path,
                                   .folder = folder_of(options->document, options->path),
                                   .root = document_root(options->document),
                                   .prefix = "",
                                   .whole = &scope};
    struct template_build build = {.state = BUILD_NONE};

    document_be_lenient(options->document, options->is_partial ? &serverless_leniency : &leniency);
    if (scope.folder == NULL) {
        options->problems->is_out_of_memory = true;
        return false;
    }
    if (!template_open_scope(&scope, options->config_env))
        return false;
    const bool is_read = read_whole(&scope, &build);

    template_close_stacks(&scope);
    template_build_close(&build);
    return is_read;
}
