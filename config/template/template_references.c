/*
 * template_references.c - what Ref and Fn::GetAtt name: parameters, pseudo parameters, and resources; patterns.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

/* ---- patterns ---- */

static const struct {
    const char *begin, *partition, *url_suffix; /* of regions that begin so */
} partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn"},
    {"us-gov-", "aws-us-gov", "amazonaws.com"},
    {"eusc-", "aws-eusc", "amazonaws.eu"},
    {"", "aws", "amazonaws.com"},
};

static size_t partition_of(const char *region)
{
    size_t i = 0;

    while (strncmp(region, partitions[i].begin, strlen(partitions[i].begin)) != 0)
        i++;
    return i;
}

static const char stack_name_default[] = "local";

static const char *stack_name(struct template_scope *scope)
{
    const char *given = template_given(scope, "AWS::StackName");

    if (given != NULL)
        return given;
    return scope->stack_name == NULL ? stack_name_default : scope->stack_name;
}

static const char *stands_for(struct template_scope *scope, char letter, const char *name)
{
    switch (letter) {
    case 'P':
        return partitions[partition_of(scope->region)].partition;
    case 'U':
        return partitions[partition_of(scope->region)].url_suffix;
    case 'R':
        return scope->region;
    case 'A':
        return scope->account_id;
    case 'S':
        return stack_name(scope);
    default:
        return name;
    }
}

const char *template_pattern(struct template_scope *scope, const char *pattern, const char *name)
{
    struct text_builder builder;

    text_builder_init(&builder, document_arena(scope->document));
    while (*pattern != '\0') {
        const size_t length = strcspn(pattern, "%");

        text_builder_add(&builder, pattern, length);
        pattern += length;
        if (*pattern == '\0')
            break;
        text_builder_add_text(&builder, stands_for(scope, pattern[1], name));
        pattern += 2;
    }
    const char *text = text_builder_end(&builder);

    scope->problems->is_out_of_memory |= text == NULL;
    return text;
}

/* ---- names ---- */

static const struct {
    const char *name, *pattern; /* NULL: no value */
} pseudo_parameters[] = {
    {"AWS::Region", "%R"},
    {"AWS::AccountId", "%A"},
    {"AWS::Partition", "%P"},
    {"AWS::URLSuffix", "%U"},
    {"AWS::StackName", "%S"},
    {"AWS::StackId", "arn:%P:cloudformation:%R:%A:stack/%S/00000000-0000-0000-0000-000000000000"},
    {"AWS::NoValue", NULL},
};

static const struct node *refuse_pseudo(struct template_scope *scope, const struct node *at,
                                        const char *name)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < sizeof pseudo_parameters / sizeof pseudo_parameters[0]; i++)
        nearest_name_offer(&nearest, pseudo_parameters[i].name);
    problem_list_add_at(scope->problems, at, "unknown pseudo parameter %.*s%s%s%s", SHOWN_MAX, name,
                        nearest.best == NULL ? "" : "; did you mean ",
                        nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?");
    return NULL;
}

static const struct node *pseudo(struct template_scope *scope, const struct node *at,
                                 const char *name)
{
    for (size_t i = 0; i < sizeof pseudo_parameters / sizeof pseudo_parameters[0]; i++) {
        if (strcmp(pseudo_parameters[i].name, name) != 0)
            continue;
        if (pseudo_parameters[i].pattern == NULL)
            return &template_no_value;
        const char *text = template_pattern(scope, pseudo_parameters[i].pattern, "");

        return text == NULL ? NULL : template_string(scope, text, at);
    }
    return refuse_pseudo(scope, at, name);
}

static const struct node *refuse_name(struct template_scope *scope, const struct node *at,
                                      const char *name)
{
    const struct node *const lists[] = {scope->parameters, scope->resources};
    struct nearest_name nearest;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < 2; i++) {
        if (lists[i] != NULL && !template_spend(scope, lists[i]->count, at))
            return NULL;
        for (const struct node *node = node_first_member(lists[i]); node != NULL; node = node->next)
            nearest_name_offer(&nearest, node->key);
    }
    problem_list_add_at(scope->problems, at, "no parameter or resource is named %.*s%s%s%s",
                        SHOWN_MAX, name, nearest.best == NULL ? "" : "; did you mean ",
                        nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?");
    return NULL;
}

/* Macros of the account may add anything. */
static bool has_macro(const struct template_scope *scope)
{
    const struct node *transform = node_member(scope->root, "Transform");

    for (const struct node *one = node_first_element(transform); one != NULL; one = one->next) {
        if (!template_is_own_transform(one))
            return true;
    }
    return transform != NULL && transform->kind != NODE_ARRAY &&
           !template_is_own_transform(transform);
}

static const struct node *value_of_unknown(struct template_scope *scope, const struct node *at,
                                           const char *id, const char *name)
{
    if (!has_macro(scope) && !scope->is_partial)
        return refuse_name(scope, at, id);
    return template_placeholder(
        scope, at, name, "%.*s is not here, and may be added by a deployment", SHOWN_MAX, id);
}

const struct node *template_ref(struct template_scope *scope, const struct node *at,
                                const char *name)
{
    const size_t parameter_count = scope->parameters == NULL ? 0 : scope->parameters->count;
    const struct node *parameter = node_member(scope->parameters, name), *value;

    if (!template_spend_search(scope, parameter_count, at))
        return NULL;
    if (strncmp(name, "AWS::", 5) == 0)
        return pseudo(scope, at, name);
    if (parameter != NULL)
        return template_parameter_value(scope, parameter, at);
    struct template_resource *resource = template_find_resource(scope, name);

    if (resource != NULL)
        return template_resource_ref(scope, at, resource);
    if (template_generated_value(scope, at, name, "", &value))
        return value;
    return value_of_unknown(scope, at, name, name);
}

/* SAM knows resources with a dot, so that Function.Version.Version is an attribute, and ${Function.Version} none. */
const struct node *template_get_att(struct template_scope *scope, const struct node *at,
                                    const char *name)
{
    const char *first = strchr(name, '.'), *last = strrchr(name, '.');
    const struct node *value;

    if (!template_spend(scope, 1, at))
        return NULL;
    if (first == NULL || first[1] == '\0' || last[1] == '\0') {
        problem_list_add_at(scope->problems, at, "must be Resource.Attribute (is %.*s)", SHOWN_MAX,
                            name);
        return NULL;
    }
    const char *id = arena_copy(document_arena(scope->document), name, (size_t)(first - name));
    const char *longer = arena_copy(document_arena(scope->document), name, (size_t)(last - name));

    if (id == NULL || longer == NULL) {
        scope->problems->is_out_of_memory = true;
        return NULL;
    }
    if (template_generated_value(scope, at, name, "", &value) ||
        (first != last && template_generated_value(scope, at, longer, last + 1, &value)))
        return value;
    struct template_resource *resource = template_find_resource(scope, id);

    if (resource != NULL)
        return template_resource_attribute(scope, at, resource, first + 1);
    if (template_generated_value(scope, at, id, first + 1, &value))
        return value;
    return value_of_unknown(scope, at, id, name);
}

/* ---- ARNs ---- */

/* "kafka" for AWS::Kafka::Cluster. */
const char *template_arn(struct template_scope *scope, const char *type, const char *name)
{
    const char *begin = strncmp(type, "AWS::", 5) == 0 ? type + 5 : "CloudFormation";
    char pattern[SHOWN_MAX + 40], service[SHOWN_MAX + 1];
    size_t length = strcspn(begin, ":%");

    if (length > SHOWN_MAX)
        length = SHOWN_MAX;
    for (size_t i = 0; i < length; i++)
        service[i] = (char)(begin[i] >= 'A' && begin[i] <= 'Z' ? begin[i] | 0x20 : begin[i]);
    service[length] = '\0';
    (void)snprintf(pattern, sizeof pattern, "arn:%%P:%s:%%R:%%A:%%N", service);
    return template_pattern(scope, pattern, name);
}
