/*
 * The sections of a template: what they are called, which of them is used, and the scope that they make.
 */
#include "config/template/template_sections.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"
#include "config/template/template_loops.h"
#include "config/template/template_resolve.h"
#include "config/values/sam_config.h"

#include <limits.h>
#include <string.h>

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
/* clang-format on */

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

    for (const struct document_duplicate *one = document_duplicates(scope->source); one != NULL;
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

const struct node *template_invoked_of_all(const struct template_scope *scope)
{
    return node_member(node_member(scope->root, "Metadata"), "Invoked");
}

/* What --parameter gives, else Metadata.Invoked, else samconfig.toml, else the default. */
static const char *find_place(struct template_scope *scope, const char *pseudo, const char *name,
                              const char *fallback)
{
    const char *commanded = template_commanded(scope, pseudo);
    const char *configured = template_given(scope, pseudo);
    const struct node *own = node_member(template_invoked_of_all(scope), name);
    const char *text = own == NULL ? NULL : template_text(scope, own);

    if (commanded != NULL)
        return commanded;
    if (text != NULL)
        return text;
    return configured != NULL ? configured : fallback;
}

/* A broken one that nobody asked for is no reason to refuse the template. */
static bool read_sam_config(struct template_scope *scope, const char *config_env)
{
    const struct sam_config_options sam = {.folder = scope->folder,
                                           .environment = config_env,
                                           .arena = document_arena(scope->document)};
    struct problem_list *list = config_env == NULL ? scope->warnings : scope->problems;
    char path[PATH_MAX];
    const bool is_read = sam_config_read(&sam, &scope->configured, path, list);

    if (path[0] != '\0' && !document_add_file(scope->document, path))
        scope->problems->is_out_of_memory = true;
    return is_read || config_env == NULL;
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

/* Of a nested stack the outer one says where it all is. */
static void find_places(struct template_scope *scope)
{
    const struct template_scope *outer = scope->outer;

    scope->region =
        outer != NULL ? outer->region : find_place(scope, "AWS::Region", "Region", region_default);
    scope->account_id = outer != NULL
                            ? outer->account_id
                            : find_place(scope, "AWS::AccountId", "AccountId", account_id_default);
}

bool template_open_scope(struct template_scope *scope, const char *config_env)
{
    const struct node *root = scope->root;

    if (root->kind != NODE_OBJECT || node_member(root, "Resources") == NULL) {
        problem_list_add_at(scope->problems, root,
                            "must be an AWS SAM or CloudFormation template with Resources");
        return false;
    }
    if (!scope->is_partial)
        tell_duplicates(scope);
    check_sections(scope);
    if (!scope->is_partial && scope->outer == NULL && !read_sam_config(scope, config_env))
        return false;
    scope->parameters = find_section(scope, root, "Parameters");
    scope->conditions = find_section(scope, root, "Conditions");
    scope->mappings = find_section(scope, root, "Mappings");
    scope->outputs = find_section(scope, root, "Outputs");
    scope->resources = find_section(scope, root, "Resources");
    scope->globals = find_section(scope, find_section(scope, root, "Globals"), "Function");
    find_places(scope);
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

/* ---- what is ignored ---- */

static void note_part(struct text_builder *parts, const char *before, const char *name)
{
    text_builder_add_text(parts, parts->length == 0 ? "" : ", ");
    text_builder_add_text(parts, before);
    text_builder_add_text(parts, name);
}

/* Outputs of a nested stack are what the outer one reads. */
void template_note_sections(struct template_scope *scope, struct text_builder *parts)
{
    const struct node *one = node_first_member(node_member(scope->root, "Globals"));

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (sections[i].is_ignored && node_member(scope->root, sections[i].name) != NULL &&
            (scope->outer == NULL || strcmp(sections[i].name, "Outputs") != 0))
            note_part(parts, "", sections[i].name);
    }
    for (; one != NULL; one = one->next) {
        if (strcmp(one->key, "Function") != 0 && strcmp(one->key, "Api") != 0 &&
            strcmp(one->key, "HttpApi") != 0)
            note_part(parts, "Globals.", one->key);
    }
}
