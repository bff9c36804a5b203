#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/function_name.h"
#include "config/names/nearest_name.h"
#include "config/template/resource_values.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100, NUMBER_MAX = 12, FUNCTION_NAME_LENGTH_MAX = 64, HASH_DIGITS = 12 };

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
    {"AWS::Serverless::HttpApi",        RESOURCE_API},
    {"AWS::Serverless::Api",            RESOURCE_API},
    {"AWS::Serverless::LayerVersion",   RESOURCE_LAYER},
    {"AWS::Lambda::LayerVersion",       RESOURCE_LAYER},
    {"AWS::CloudFormation::Stack",      RESOURCE_STACK},
    {"AWS::Serverless::Application",    RESOURCE_STACK},
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

/* Fn::Transform; loops have been expanded. */
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
        problem_list_add_at(scope->warnings, node,
                            "this macro is not run: the resources that it adds are missing");
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

struct template_resource *template_find_resource(struct template_scope *scope, const char *id)
{
    if (scope->row_count == 0)
        return NULL;
    struct template_resource **row = bsearch(id, scope->rows_by_id, scope->row_count,
                                             sizeof(struct template_resource *), compare_id);

    return row == NULL ? NULL : *row;
}

enum condition_state template_resource_exists(struct template_scope *scope,
                                              const struct template_resource *resource)
{
    const struct node *condition = node_member(resource->node, "Condition");

    const unsigned long uses = scope->effort->placeholder_uses;

    if (condition == NULL)
        return CONDITION_TRUE;
    if (condition->kind == NODE_STRING) {
        const enum condition_state state = template_condition(scope, condition, condition->text);

        scope->effort->placeholder_uses = uses;
        return state;
    }
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

static bool is_function(const struct template_resource *resource)
{
    return resource->kind == RESOURCE_FUNCTION || resource->kind == RESOURCE_SAM_FUNCTION;
}

/* CloudFormation cuts a logical id that is too long for a name, and adds 12 characters. Here they are a hash of it. */
static const char *shorten(struct template_scope *scope, const char *id)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    char name[FUNCTION_NAME_LENGTH_MAX + 1];
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    size_t length = FUNCTION_NAME_LENGTH_MAX - HASH_DIGITS - 1;

    for (const char *at = id; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    memcpy(name, id, length);
    name[length++] = '-';
    for (; length < FUNCTION_NAME_LENGTH_MAX; length++, hash >>= 5)
        name[length] = digits[hash & 31];
    const char *copy = arena_copy(document_arena(scope->document), name, length);

    scope->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

/* The name that AWS would give. */
static const char *own_name(struct template_scope *scope, const struct template_resource *resource)
{
    const char *id = resource->node->key;

    if (strcmp(resource->type, "AWS::S3::Bucket") == 0)
        return lower_case(scope, id);
    if (is_function(resource))
        id = template_unique_id(scope, resource, "-");
    if (id == NULL)
        return NULL;
    return is_function(resource) && strlen(id) > FUNCTION_NAME_LENGTH_MAX ? shorten(scope, id) : id;
}

static const char *find_name(struct template_scope *scope, const struct template_resource *resource)
{
    const char *property = resource_name_property(resource->type);
    const struct node *name = property == NULL ? NULL : node_member(resource->properties, property);
    const struct node *value = name == NULL ? &template_no_value : template_resolve(scope, name);

    if (value == NULL)
        return NULL;
    if (value == &template_no_value)
        return own_name(scope, resource);
    const char *text = template_value_text(scope, name, value);

    if (text == NULL || !value->is_placeholder || resource->kind == RESOURCE_OTHER)
        return text;
    return template_plain_name(scope, text, FUNCTION_NAME_LENGTH_MAX);
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

const struct node *template_qualified(struct template_scope *scope, const struct node *at,
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

/* Does its condition only guess that it isn't there? Something refers to it, so it may be. */
static bool is_guessed(struct template_scope *scope, const struct template_resource *resource)
{
    const struct node *condition = node_member(resource->node, "Condition");
    const unsigned long uses = scope->effort->placeholder_uses;

    (void)template_condition(scope, condition, condition->text);
    const bool is_guess = scope->effort->placeholder_uses != uses;

    scope->effort->placeholder_uses = uses;
    return is_guess;
}

/* False with a problem when its condition leaves it out. */
static bool is_there(struct template_scope *scope, const struct node *at,
                     const struct template_resource *resource)
{
    const enum condition_state state = template_resource_exists(scope, resource);

    if (state == CONDITION_FALSE && is_guessed(scope, resource))
        return true;
    if (state == CONDITION_FALSE)
        problem_list_add_at(scope->problems, at, "%.*s is excluded by its Condition", SHOWN_MAX,
                            resource->node->key);
    return state == CONDITION_TRUE;
}

/* "arn:aws:kafka:..." for an ARN, else "Resource.Attribute". */
static const struct node *unknown_value(struct template_scope *scope, const struct node *at,
                                        const struct template_named *resource,
                                        const char *attribute, const char *nearest)
{
    const size_t length = strlen(attribute);
    const char *const parts[] = {resource->id, ".", attribute, NULL};
    const char *text = NULL;

    if (length >= 3 && strcmp(attribute + length - 3, "Arn") == 0)
        text = template_arn(scope, resource->type, resource->name);
    else
        text = arena_join(document_arena(scope->document), parts);
    if (text == NULL) {
        scope->problems->is_out_of_memory = true;
        return NULL;
    }
    return template_placeholder(scope, at, text,
                                "%.*s of %.*s (%.*s) is known only after a deployment%s%s%s",
                                SHOWN_MAX, attribute, SHOWN_MAX, resource->id, SHOWN_MAX,
                                resource->type, nearest == NULL ? "" : " (did you mean ",
                                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?)");
}

/* Many attributes are what the property of the same name says. */
static const struct node *value_of_property(struct template_scope *scope,
                                            const struct template_named *resource,
                                            const char *attribute)
{
    const struct node *property = node_member(resource->properties, attribute);
    const struct node *value = property == NULL || strncmp(resource->type, "AWS::", 5) != 0
                                   ? NULL
                                   : template_resolve(scope, property);

    return value == &template_no_value ? NULL : value;
}

const struct node *template_named_value(struct template_scope *scope, const struct node *at,
                                        const struct template_named *resource,
                                        const char *attribute)
{
    struct nearest_name nearest;

    if (resource->name == NULL)
        return NULL;
    nearest_name_init(&nearest, attribute);
    const char *pattern = resource_pattern(resource->type, attribute, &nearest);

    if (pattern != NULL)
        return string(scope, template_pattern(scope, pattern, resource->name), at);
    const struct node *value = value_of_property(scope, resource, attribute);

    return value != NULL ? value : unknown_value(scope, at, resource, attribute, nearest.best);
}

static const struct node *row_value(struct template_scope *scope, const struct node *at,
                                    struct template_resource *resource, const char *attribute)
{
    const struct template_named named = {.id = resource->node->key,
                                         .type = resource->type,
                                         .name = template_resource_name(scope, resource),
                                         .properties = resource->properties};

    return template_named_value(scope, at, &named, attribute);
}

const struct node *template_resource_ref(struct template_scope *scope, const struct node *at,
                                         struct template_resource *resource)
{
    if (!is_there(scope, at, resource))
        return NULL;
    if (resource->kind == RESOURCE_VERSION)
        return template_qualified(scope, at, template_resource_function(scope, resource),
                                  version_number(scope, resource));
    if (resource->kind == RESOURCE_ALIAS)
        return template_qualified(scope, at, template_resource_function(scope, resource),
                                  template_resource_name(scope, resource));
    return row_value(scope, at, resource, "");
}

const struct node *template_resource_attribute(struct template_scope *scope, const struct node *at,
                                               struct template_resource *resource,
                                               const char *attribute)
{
    if (!is_there(scope, at, resource))
        return NULL;
    if (resource->kind == RESOURCE_VERSION && strcmp(attribute, "Version") == 0)
        return string(scope, version_number(scope, resource), at);
    if (resource->kind == RESOURCE_VERSION && strcmp(attribute, "FunctionArn") == 0)
        return template_resource_ref(scope, at, resource);
    if (resource->nested != NULL && strncmp(attribute, "Outputs.", 8) == 0)
        return template_stack_output(scope, at, resource, attribute);
    if (resource->kind == RESOURCE_ALIAS && strcmp(attribute, "AliasArn") == 0)
        return template_resource_ref(scope, at, resource);
    return row_value(scope, at, resource, attribute);
}

/* ---- parameters of AWS Systems Manager ---- */

/* Names may refer to such parameters again, of which none is looked for then. */
const struct node *template_ssm_value(struct template_scope *scope, const struct node *at,
                                      const char *name)
{
    const struct node *value = NULL;

    if (scope->is_reading_ssm || !template_spend_search(scope, scope->row_count, at))
        return NULL;
    scope->is_reading_ssm = true;
    for (size_t i = 0; value == NULL && i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];
        const struct node *source = node_member(row->properties, "Value");

        if (strcmp(row->type, "AWS::SSM::Parameter") != 0 || source == NULL ||
            template_resource_exists(scope, row) != CONDITION_TRUE)
            continue;
        const char *own = template_resource_name(scope, row);

        if (own != NULL && strcmp(own, name) == 0)
            value = template_resolve(scope, source);
    }
    scope->is_reading_ssm = false;
    return value == &template_no_value ? NULL : value;
}
