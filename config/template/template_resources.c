#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/function_name.h"
#include "config/names/nearest_name.h"
#include "config/template/resource_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100, NUMBER_MAX = 12 };

/* clang-format off */
static const struct {
    const char *type;
    enum resource_kind kind;
} kinds[] = {
    {"AWS::Serverless::Function",       RESOURCE_SAM_FUNCTION},
    {"AWS::Lambda::Function",           RESOURCE_FUNCTION},
    {"AWS::Lambda::Version",            RESOURCE_VERSION},
    {"AWS::Lambda::Alias",              RESOURCE_ALIAS},
    {"AWS::Lambda::EventInvokeConfig",  RESOURCE_EVENT_INVOKE_CONFIG},
    {"AWS::Lambda::Url",                RESOURCE_URL},
};

/* What SAM makes without being told to, when a function has an event of such an API. */
static const char *const implicit_apis[] = {
    "ServerlessRestApi", "ServerlessRestApiProdStage", "ServerlessHttpApi",
    "ServerlessHttpApiApiGatewayDefaultStage", NULL
};
/* clang-format on */

/* ---- finding ---- */

static enum resource_kind kind_of(const char *type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].kind;
    }
    return RESOURCE_OTHER;
}

static bool is_macro(const char *id)
{
    return strncmp(id, "Fn::", 4) == 0;
}

static void fill_row(struct template_scope *scope, struct template_resource *row,
                     const struct node *node)
{
    const struct node *type = node_member(node, "Type");

    *row = (struct template_resource){.node = node, .type = ""};
    if (is_macro(node->key))
        problem_list_add_at(scope->problems, node,
                            "macros are not supported: write out the resources");
    else if (node->kind != NODE_OBJECT)
        problem_list_add_at(scope->problems, node, "must be an object (is %s)",
                            node_kind_name(node->kind));
    else if (node_text(type) == NULL)
        problem_list_add_at(scope->problems, node,
                            "Type is required, such as "
                            "AWS::Serverless::Function");
    if (node_text(type) == NULL || is_macro(node->key))
        return;
    row->type = type->text;
    row->kind = kind_of(row->type);
    row->properties = node_member(node, "Properties");
    if (row->properties == NULL || row->properties->kind == NODE_OBJECT)
        return;
    if (row->kind != RESOURCE_OTHER)
        problem_list_add_at(scope->problems, row->properties, "must be an object (is %s)",
                            node_kind_name(row->properties->kind));
    row->properties = NULL;
}

static int by_id(const void *left, const void *right)
{
    const struct template_resource *const *a = left, *const *b = right;

    return strcmp((*a)->node->key, (*b)->node->key);
}

bool template_find_resources(struct template_scope *scope)
{
    const size_t problems_before = scope->problems->count;
    size_t i = 0;

    scope->row_count = scope->resources->count;
    scope->rows = arena_take_array(document_arena(scope->document), scope->row_count + 1,
                                   sizeof *scope->rows);
    scope->rows_by_id = arena_take_array(document_arena(scope->document), scope->row_count + 1,
                                         sizeof(struct template_resource *));
    if (scope->rows == NULL || scope->rows_by_id == NULL) {
        scope->problems->is_out_of_memory = true;
        return false;
    }
    for (const struct node *node = scope->resources->first; node != NULL; node = node->next) {
        scope->rows_by_id[i] = &scope->rows[i];
        fill_row(scope, &scope->rows[i++], node);
    }
    qsort(scope->rows_by_id, scope->row_count, sizeof(struct template_resource *), by_id);
    return scope->problems->count == problems_before;
}

static int compare_id(const void *wanted, const void *element)
{
    const struct template_resource *const *row = element;

    return strcmp(wanted, (*row)->node->key);
}

static struct template_resource *find(struct template_scope *scope, const char *id)
{
    struct template_resource **row = bsearch(id, scope->rows_by_id, scope->row_count,
                                             sizeof(struct template_resource *), compare_id);

    return row == NULL ? NULL : *row;
}

/* A function with AutoPublishAlias, of which SAM lets Ref say Function.Alias and Function.Version. */
static struct template_resource *find_published(struct template_scope *scope, const char *id,
                                                const char **part)
{
    const char *dot = strchr(id, '.');
    const char *copy =
        dot == NULL ? NULL : arena_copy(document_arena(scope->document), id, (size_t)(dot - id));
    struct template_resource *row = copy == NULL ? NULL : find(scope, copy);

    if (row == NULL || row->kind != RESOURCE_SAM_FUNCTION)
        return NULL;
    *part = dot + 1;
    return row;
}

bool template_resource_is_known(struct template_scope *scope, const char *id)
{
    const char *part;

    return find(scope, id) != NULL || template_is_among(id, implicit_apis) ||
           find_published(scope, id, &part) != NULL;
}

enum condition_state template_resource_exists(struct template_scope *scope,
                                              const struct template_resource *resource)
{
    const struct node *condition = node_member(resource->node, "Condition");

    if (condition == NULL)
        return CONDITION_TRUE;
    if (condition->kind == NODE_STRING)
        return template_condition(scope, condition, condition->text);
    problem_list_add_at(scope->problems, condition, "must be the name of a condition (is %s)",
                        node_kind_name(condition->kind));
    return CONDITION_PROBLEM;
}

/* ---- names ---- */

/* Bucket names have no capitals. */
static const char *lower_case(struct template_scope *scope, const char *id)
{
    char *lower = arena_copy(document_arena(scope->document), id, strlen(id));

    scope->problems->is_out_of_memory |= lower == NULL;
    for (char *at = lower; at != NULL && *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    }
    return lower;
}

static const char *find_name(struct template_scope *scope, const struct template_resource *resource)
{
    const char *property = resource_name_property(resource->type);
    const struct node *name = property == NULL ? NULL : node_member(resource->properties, property);
    const struct node *value = name == NULL ? &template_no_value : template_resolve(scope, name);

    if (value == NULL)
        return NULL;
    if (value != &template_no_value)
        return template_resolve_text(scope, name);
    if (strcmp(resource->type, "AWS::S3::Bucket") == 0)
        return lower_case(scope, resource->node->key);
    return resource->node->key;
}

const char *template_resource_name(struct template_scope *scope, struct template_resource *resource)
{
    if (resource->name == NULL)
        resource->name = find_name(scope, resource);
    return resource->name;
}

static const char *function_arn(struct template_scope *scope, const char *name)
{
    return template_pattern(scope, "arn:%P:lambda:%R:%A:function:%N", name);
}

/* A function may be given by name, partial ARN or ARN. */
static const char *find_function(struct template_scope *scope,
                                 const struct template_resource *resource)
{
    const char *property = resource->kind == RESOURCE_URL ? "TargetFunctionArn" : "FunctionName";
    const struct node *name = node_member(resource->properties, property);
    struct function_name parsed;

    if (name == NULL) {
        problem_list_add_at(scope->problems, resource->node, "%s is required", property);
        return NULL;
    }
    const char *text = template_resolve_text(scope, name);

    if (text == NULL)
        return NULL;
    if (function_name_parse(text, strlen(text), &parsed) != FUNCTION_NAME_OK) {
        problem_list_add_at(scope->problems, name, "must be a function's name or ARN (is %.*s)",
                            SHOWN_MAX, text);
        return NULL;
    }
    const char *copy =
        arena_copy(document_arena(scope->document), parsed.name, strlen(parsed.name));

    scope->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

const char *template_resource_function(struct template_scope *scope,
                                       struct template_resource *resource)
{
    if (resource->function == NULL)
        resource->function = find_function(scope, resource);
    return resource->function;
}

/* ---- versions ---- */

/* Those that are there, up to `last`, or all when that is NULL. */
static unsigned count_versions(struct template_scope *scope, const char *function,
                               const struct template_resource *last)
{
    unsigned count = 0;

    if (!template_spend_search(scope, scope->row_count, scope->resources))
        return 0;
    for (size_t i = 0; i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];

        if (row->kind != RESOURCE_VERSION || template_resource_exists(scope, row) != CONDITION_TRUE)
            continue;
        if (!template_spend(scope, 1, row->node))
            return 0;
        const char *name = template_resource_function(scope, row);

        count += name != NULL && strcmp(name, function) == 0;
        if (row == last)
            break;
    }
    return count;
}

unsigned template_version_count(struct template_scope *scope, const char *function)
{
    return count_versions(scope, function, NULL);
}

unsigned template_resource_version(struct template_scope *scope, struct template_resource *resource)
{
    const char *function = template_resource_function(scope, resource);

    if (resource->version == 0 && function != NULL)
        resource->version = count_versions(scope, function, resource);
    return resource->version;
}

static const char *version_number(struct template_scope *scope, struct template_resource *resource)
{
    const unsigned number = template_resource_version(scope, resource);
    char digits[NUMBER_MAX];

    if (number == 0)
        return NULL;
    const int length = snprintf(digits, sizeof digits, "%u", number);
    const char *copy = arena_copy(document_arena(scope->document), digits, (size_t)length);

    scope->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

/* ---- values ---- */

static const struct node *string(struct template_scope *scope, const char *text,
                                 const struct node *at)
{
    return text == NULL ? NULL : template_string(scope, text, at);
}

/* The ARN of a function with a qualifier. */
static const struct node *qualified(struct template_scope *scope, const struct node *at,
                                    const char *function, const char *qualifier)
{
    const char *arn = function == NULL ? NULL : function_arn(scope, function);
    const char *const parts[] = {arn, ":", qualifier, NULL};

    if (arn == NULL || qualifier == NULL)
        return NULL;
    const char *text = arena_join(document_arena(scope->document), parts);

    scope->problems->is_out_of_memory |= text == NULL;
    return string(scope, text, at);
}

/* Function.Alias or Function.Version. */
static const struct node *published(struct template_scope *scope, const struct node *at,
                                    struct template_resource *function, const char *part)
{
    const struct node *alias = node_member(function->properties, "AutoPublishAlias");
    const char *name = template_resource_name(scope, function);
    char number[NUMBER_MAX];

    if (alias == NULL)
        alias = node_member(scope->globals, "AutoPublishAlias");
    if (alias == NULL || (strcmp(part, "Alias") != 0 && strcmp(part, "Version") != 0)) {
        problem_list_add_at(scope->problems, at,
                            "%.*s has no %.*s: AutoPublishAlias provides only Alias and Version",
                            SHOWN_MAX, function->node->key, SHOWN_MAX, part);
        return NULL;
    }
    if (strcmp(part, "Alias") == 0)
        return qualified(scope, at, name, template_resolve_text(scope, alias));
    if (name == NULL)
        return NULL;
    (void)snprintf(number, sizeof number, "%u", template_version_count(scope, name) + 1);
    return qualified(scope, at, name, number);
}

/* False with a problem when its condition leaves it out. */
static bool is_there(struct template_scope *scope, const struct node *at,
                     const struct template_resource *resource)
{
    const enum condition_state state = template_resource_exists(scope, resource);

    if (state == CONDITION_FALSE)
        problem_list_add_at(scope->problems, at, "%.*s is excluded by its Condition", SHOWN_MAX,
                            resource->node->key);
    return state == CONDITION_TRUE;
}

static const struct node *row_value(struct template_scope *scope, const struct node *at,
                                    struct template_resource *resource, const char *attribute)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, attribute);
    const char *pattern = resource_pattern(resource->type, attribute, &nearest);

    if (pattern != NULL) {
        const char *name = template_resource_name(scope, resource);

        return name == NULL ? NULL : string(scope, template_pattern(scope, pattern, name), at);
    }
    problem_list_add_at(scope->problems, at,
                        "can't resolve %.*s of %.*s (%.*s)%s%s%s: set a value under "
                        "Metadata.Invoked of the function",
                        SHOWN_MAX, attribute, SHOWN_MAX, resource->node->key, SHOWN_MAX,
                        resource->type, nearest.best == NULL ? "" : " (did you mean ",
                        nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?)");
    return NULL;
}

const struct node *template_resource_ref(struct template_scope *scope, const struct node *at,
                                         const char *id)
{
    struct template_resource *resource = find(scope, id);
    const char *part = NULL;

    if (resource == NULL && template_is_among(id, implicit_apis))
        return string(scope, id, at);
    if (resource == NULL)
        resource = find_published(scope, id, &part);
    if (resource == NULL || !is_there(scope, at, resource))
        return NULL;
    if (part != NULL)
        return published(scope, at, resource, part);
    if (resource->kind == RESOURCE_VERSION)
        return qualified(scope, at, template_resource_function(scope, resource),
                         version_number(scope, resource));
    if (resource->kind == RESOURCE_ALIAS)
        return qualified(scope, at, template_resource_function(scope, resource),
                         template_resource_name(scope, resource));
    return row_value(scope, at, resource, "");
}

const struct node *template_resource_attribute(struct template_scope *scope, const struct node *at,
                                               const char *id, const char *attribute)
{
    struct template_resource *resource = find(scope, id);

    if (resource == NULL) {
        problem_list_add_at(scope->problems, at,
                            "can't resolve %.*s: set a value under Metadata.Invoked of the "
                            "function",
                            SHOWN_MAX, id);
        return NULL;
    }
    if (!is_there(scope, at, resource))
        return NULL;
    if (resource->kind == RESOURCE_VERSION && strcmp(attribute, "Version") == 0)
        return string(scope, version_number(scope, resource), at);
    if (resource->kind == RESOURCE_VERSION && strcmp(attribute, "FunctionArn") == 0)
        return template_resource_ref(scope, at, id);
    if (resource->kind == RESOURCE_ALIAS && strcmp(attribute, "AliasArn") == 0)
        return template_resource_ref(scope, at, id);
    return row_value(scope, at, resource, attribute);
}
