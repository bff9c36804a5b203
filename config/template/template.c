#include "config/template/template.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"
#include "config/settings/config_settings.h"
#include "config/template/template_build.h"
#include "config/template/template_function.h"
#include "config/template/template_loops.h"
#include "config/values/sam_config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Of types that are listed one by one. */
enum { NUMBER_MAX = 24, TYPES_MAX = 50 };

static const char region_default[] = "us-east-1";
static const char account_id_default[] = "123456789012";

/* clang-format off */
static const struct {
    const char *name;
    bool is_ignored;
} sections[] = {
    {"AWSTemplateFormatVersion", false}, {"Description", false}, {"Transform", false}, {"Globals", false},
    {"Metadata", false}, {"Parameters", false}, {"Mappings", false}, {"Conditions", false}, {"Resources", false},
    {"Rules", true}, {"Hooks", true}, {"Outputs", true},
};

/* What Metadata.Invoked of the whole sets outside of Local. */
static const char *const root_settings[] = {"Region", "AccountId", "AccountLimit", NULL};
/* clang-format on */

static const struct document_leniency leniency = {
    .code_remedy = "set its folder in Metadata: {Invoked: {CodeUri: FOLDER}}",
    .image_remedy =
        "set in Metadata: {Invoked: {...}} how the handler starts: Runtime, Handler and "
        "CodeUri, or ImageConfig with an EntryPoint, or Command or Mock",
};

bool template_is_one(const struct node *root)
{
    return node_member(root, "Resources") != NULL && node_member(root, "Functions") == NULL;
}

/* ---- sections ---- */

static void refuse_section(struct template_scope *scope, const struct node *section)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, section->key);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        nearest_name_offer(&nearest, sections[i].name);
    problem_list_add_at(scope->problems, section, "unknown section of a template%s%s%s",
                        nearest.best == NULL ? "" : "; did you mean ",
                        nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?");
}

static bool is_function(const struct node *resource)
{
    const char *type = node_text(node_member(resource, "Type"));

    return type != NULL && (strcmp(type, "AWS::Serverless::Function") == 0 ||
                            strcmp(type, "AWS::Lambda::Function") == 0);
}

/* A key that stands twice: a problem in a function and when it is a function's, else the last one counts. */
static void tell_duplicates(struct template_scope *scope)
{
    const struct node *resources = node_member(scope->root, "Resources");

    for (const struct document_duplicate *one = document_duplicates(scope->document); one != NULL;
         one = one->next) {
        const struct node *resource = one->kept;

        while (resource != NULL && resource->parent != resources)
            resource = resource->parent;
        const bool is_of_function =
            resource != NULL &&
            (is_function(resource) || (resource == one->kept && is_function(one->first)));

        problem_list_add_at(is_of_function ? scope->problems : scope->warnings, one->kept,
                            "duplicate key (first defined on line %u)%s", one->first->line,
                            is_of_function ? "" : ": the last one counts");
    }
}

static void check_sections(struct template_scope *scope)
{
    for (const struct node *section = scope->root->first; section != NULL;
         section = section->next) {
        size_t i = 0;

        while (i < sizeof sections / sizeof sections[0] &&
               strcmp(sections[i].name, section->key) != 0)
            i++;
        if (i == sizeof sections / sizeof sections[0])
            refuse_section(scope, section);
    }
}

/* A section that is an object; NULL when it isn't there, or none, which is then said. */
static const struct node *find_section(struct template_scope *scope, const struct node *in,
                                       const char *name)
{
    const struct node *section = node_member(in, name);

    if (section == NULL || section->kind == NODE_OBJECT)
        return section;
    problem_list_add_at(scope->problems, section, "must be an object (is %s)",
                        node_kind_name(section->kind));
    return NULL;
}

/* ---- the scope ---- */

static const struct node *invoked_of_all(const struct template_scope *scope)
{
    return node_member(node_member(scope->root, "Metadata"), "Invoked");
}

/* What --parameter gives, else Metadata.Invoked, else the default. */
static const char *find_place(struct template_scope *scope, const char *pseudo, const char *name,
                              const char *fallback)
{
    const char *given = template_given(scope, pseudo);
    const struct node *own = node_member(invoked_of_all(scope), name);
    const char *text = own == NULL ? NULL : template_text(scope, own);

    return given != NULL ? given : text != NULL ? text : fallback;
}

/* A broken one that nobody asked for is no reason to refuse the template. */
static bool read_sam_config(struct template_scope *scope, const struct template_options *options)
{
    const struct sam_config_options sam = {.folder = scope->folder,
                                           .environment = options->config_env,
                                           .arena = document_arena(scope->document)};
    struct problem_list *list = options->config_env == NULL ? scope->warnings : scope->problems;
    char path[PATH_MAX];
    const bool is_read = sam_config_read(&sam, &scope->configured, path, list);

    if (path[0] != '\0' && !document_add_file(scope->document, path))
        scope->problems->is_out_of_memory = true;
    return is_read || options->config_env == NULL;
}

/* Conditions first: a loop over resources may ask for them. */
static bool init_conditions(struct template_scope *scope)
{
    size_t count = 0;

    if (scope->conditions != NULL) {
        scope->conditions = template_write_out(scope, scope->conditions);
        if (scope->conditions == NULL)
            return false;
        count = scope->conditions->count;
    }
    scope->condition_states = arena_take_array(document_arena(scope->document), count + 1,
                                               sizeof *scope->condition_states);
    scope->problems->is_out_of_memory |= scope->condition_states == NULL;
    return scope->condition_states != NULL;
}

static bool init_scope(struct template_scope *scope, const struct template_options *options)
{
    const struct node *root = document_root(options->document);

    *scope = (struct template_scope){.document = options->document,
                                     .problems = options->problems,
                                     .warnings = options->warnings,
                                     .given = options->parameters,
                                     .env_vars = options->env_vars,
                                     .stack_name = options->stack_name,
                                     .is_partial = options->is_partial,
                                     .path = options->path,
                                     .folder = scope->folder,
                                     .root = root};
    if (root->kind != NODE_OBJECT || node_member(root, "Resources") == NULL) {
        problem_list_add_at(scope->problems, root,
                            "must be an AWS SAM or CloudFormation template with Resources");
        return false;
    }
    if (!options->is_partial)
        tell_duplicates(scope);
    check_sections(scope);
    if (!options->is_partial && !read_sam_config(scope, options))
        return false;
    scope->parameters = find_section(scope, root, "Parameters");
    scope->conditions = find_section(scope, root, "Conditions");
    scope->mappings = find_section(scope, root, "Mappings");
    scope->resources = find_section(scope, root, "Resources");
    scope->globals = find_section(scope, find_section(scope, root, "Globals"), "Function");
    scope->region = find_place(scope, "AWS::Region", "Region", region_default);
    scope->account_id = find_place(scope, "AWS::AccountId", "AccountId", account_id_default);
    scope->bench = document_add(scope->document, NULL, NODE_ARRAY, NULL, root->line);
    if (scope->bench == NULL) {
        scope->problems->is_out_of_memory = true;
        return false;
    }
    if (!init_conditions(scope) || scope->resources == NULL)
        return false;
    scope->resources = template_write_out(scope, scope->resources);
    return scope->resources != NULL && template_find_resources(scope);
}

/* ---- the whole ---- */

static void put_place(struct template_scope *scope, struct node *root, const char *key,
                      const char *text)
{
    const struct node *own = node_member(invoked_of_all(scope), key);
    const struct node *origin = own == NULL ? scope->root : own;
    const struct node *value = template_string(scope, text, origin);

    if (value != NULL)
        template_put(scope, root, key, value, origin);
}

/* Metadata.Invoked of the template holds what Local of the whole holds, and where it all is. */
static void put_local(struct template_scope *scope, struct node *root)
{
    const struct node *invoked = invoked_of_all(scope);
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

static void put_functions(struct template_scope *scope, struct node *root)
{
    struct node *functions = template_put_object(scope, root, "Functions", scope->resources);

    for (size_t i = 0; functions != NULL && i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];

        if (row->kind != RESOURCE_FUNCTION && row->kind != RESOURCE_SAM_FUNCTION)
            continue;
        if (template_resource_exists(scope, row) != CONDITION_TRUE)
            continue;
        if (!template_put_function(scope, functions, row))
            return;
    }
    if (functions != NULL)
        template_put_versions(scope);
    if (functions != NULL)
        template_put_apis(scope, root);
    if (functions != NULL && functions->count == 0 && problem_list_is_empty(scope->problems))
        problem_list_add_at(scope->warnings, scope->resources, "no function that can be served");
}

/* ---- what is ignored ---- */

static void note_part(struct text_builder *parts, const char *before, const char *name)
{
    text_builder_add_text(parts, parts->length == 0 ? "" : ", ");
    text_builder_add_text(parts, before);
    text_builder_add_text(parts, name);
}

static void note_sections(struct template_scope *scope, struct text_builder *parts)
{
    const struct node *one = node_first_member(node_member(scope->root, "Globals"));

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (sections[i].is_ignored && node_member(scope->root, sections[i].name) != NULL)
            note_part(parts, "", sections[i].name);
    }
    for (; one != NULL; one = one->next) {
        if (strcmp(one->key, "Function") != 0 && strcmp(one->key, "Api") != 0 &&
            strcmp(one->key, "HttpApi") != 0)
            note_part(parts, "Globals.", one->key);
    }
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

        if (scope->rows[i].kind != RESOURCE_OTHER)
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
    note_sections(scope, &parts);
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

static bool read_in_scope(struct template_scope *scope)
{
    template_check_parameters(scope);
    note_all(scope);
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

bool template_read(const struct template_options *options)
{
    struct template_scope scope = {.folder = folder_of(options->document, options->path)};
    struct template_build build;

    document_be_lenient(options->document, &leniency);
    if (scope.folder == NULL) {
        options->problems->is_out_of_memory = true;
        return false;
    }
    if (!init_scope(&scope, options))
        return false;
    if (!template_build_open(&build, scope.folder, options->path)) {
        template_build_close(&build);
        options->problems->is_out_of_memory = true;
        return false;
    }
    scope.build = &build;
    const bool is_read = read_in_scope(&scope);

    template_build_close(&build);
    return is_read;
}
