/*
 * template_parameters.c - the parameters of a template: what is given, what is allowed, and the value.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/document/yaml_scalar.h"
#include "config/names/nearest_name.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100, CHOICES_MAX = 400, LOWEST_LINE = 1 };

static const char ssm_type[] = "AWS::SSM::Parameter::Value<";

/* ---- what is given ---- */

static bool is_name_of(const char *item, const char *name, size_t length)
{
    return strncmp(item, name, length) == 0 && item[length] == '=';
}

/* The last one of a name counts. */
static const char *find_given(const struct string_list *list, const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = list == NULL ? 0 : list->count; i > 0; i--) {
        const char *item = list->items[i - 1];

        if (is_name_of(item, name, length))
            return item + length + 1;
    }
    return NULL;
}

const char *template_commanded(const struct template_scope *scope, const char *name)
{
    return find_given(scope->given, name);
}

const char *template_given(const struct template_scope *scope, const char *name)
{
    const char *value = find_given(scope->given, name);

    return value != NULL ? value : find_given(&scope->configured, name);
}

/* ---- what is allowed ---- */

static const char *type_of(const struct node *parameter)
{
    const char *type = node_text(node_member(parameter, "Type"));

    return type == NULL ? "String" : type;
}

static bool is_list_type(const char *type)
{
    return strcmp(type, "CommaDelimitedList") == 0 || strncmp(type, "List<", 5) == 0 ||
           strstr(type, "<List<") != NULL;
}

static bool is_ssm_type(const char *type)
{
    return strncmp(type, ssm_type, strlen(ssm_type)) == 0;
}

static bool is_number(const char *text, double *number)
{
    bool is_decimal;

    return yaml_scalar_kind(text, number, &is_decimal) == NODE_NUMBER;
}

/* False when the list of choices is there and doesn't hold the value; then `choices` says what it holds. */
static bool is_allowed(struct template_scope *scope, const struct node *parameter,
                       const char *value, char choices[CHOICES_MAX])
{
    const struct node *allowed = node_member(parameter, "AllowedValues");
    size_t used = 0;

    choices[0] = '\0';
    if (allowed == NULL || allowed->kind != NODE_ARRAY)
        return true;
    for (const struct node *choice = allowed->first; choice != NULL; choice = choice->next) {
        const char *text = template_text(scope, choice);

        if (text == NULL)
            continue;
        if (strcmp(text, value) == 0)
            return true;
        (void)snprintf(choices + used, CHOICES_MAX - used, "%s%s", used == 0 ? "" : ", ", text);
        used = strlen(choices);
    }
    return false;
}

/* False when the parameter sets a bound of that name and `value` is beyond it. */
static bool is_within(const struct node *parameter, const char *name, double value, bool is_max,
                      double *bound)
{
    const struct node *node = node_member(parameter, name);
    bool has_bound = node != NULL && node->kind == NODE_NUMBER;

    if (has_bound)
        *bound = node->number;
    else
        has_bound = node != NULL && node->kind == NODE_STRING && is_number(node->text, bound);
    return !has_bound || (is_max ? value <= *bound : value >= *bound);
}

/* `what` begins the problem: "--parameter gives" or "the default is". */
static void check_value(struct template_scope *scope, const struct node *parameter,
                        const char *value, const char *what)
{
    static const struct {
        const char *name;
        bool is_max, is_length;
    } bounds[] = {
        {"MinValue", false, false},
        {"MaxValue", true, false},
        {"MinLength", false, true},
        {"MaxLength", true, true},
    };
    const char *type = type_of(parameter);
    char choices[CHOICES_MAX];
    double number = 0, bound = 0;

    if (is_list_type(type))
        return;
    if (strcmp(type, "Number") == 0 && !is_number(value, &number)) {
        problem_list_add_at(scope->problems, parameter, "%s \"%.*s\" must be a number", what,
                            SHOWN_MAX, value);
        return;
    }
    if (!is_allowed(scope, parameter, value, choices))
        problem_list_add_at(scope->problems, parameter, "%s \"%.*s\" must be one of %s", what,
                            SHOWN_MAX, value, choices);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        const double measured = bounds[i].is_length ? (double)strlen(value) : number;

        if (!bounds[i].is_length && strcmp(type, "Number") != 0)
            continue;
        if (!is_within(parameter, bounds[i].name, measured, bounds[i].is_max, &bound))
            problem_list_add_at(scope->problems, parameter, "%s \"%.*s\" must be at %s %.15g%s",
                                what, SHOWN_MAX, value, bounds[i].is_max ? "most" : "least", bound,
                                bounds[i].is_length ? " characters long" : "");
    }
}

static bool is_pseudo_that_can_be_given(const char *item)
{
    return is_name_of(item, "AWS::StackName", 14) || is_name_of(item, "AWS::Region", 11) ||
           is_name_of(item, "AWS::AccountId", 14);
}

/* Is there a parameter of every name that is given? */
static void check_names(struct template_scope *scope)
{
    const unsigned line = scope->parameters == NULL ? LOWEST_LINE : scope->parameters->line;

    for (size_t i = 0; i < scope->given->count; i++) {
        const char *item = scope->given->items[i];
        const size_t length = strcspn(item, "=");
        char name[SHOWN_MAX + 1];
        struct nearest_name nearest;

        (void)snprintf(name, sizeof name, "%.*s", (int)(length < SHOWN_MAX ? length : SHOWN_MAX),
                       item);
        if (item[length] != '=') {
            problem_list_add(scope->problems, line, "--parameter %s: must be NAME=VALUE", name);
            continue;
        }
        nearest_name_init(&nearest, name);
        const struct node *node = node_first_member(scope->parameters);

        for (; node != NULL && !is_name_of(item, node->key, strlen(node->key)); node = node->next)
            nearest_name_offer(&nearest, node->key);
        if (node == NULL && !is_pseudo_that_can_be_given(item))
            problem_list_add(
                scope->problems, line, "--parameter %s: the template has no such parameter%s%s%s",
                name, nearest.best == NULL ? "" : "; did you mean ",
                nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?");
    }
}

/* CloudFormation refuses a nested stack with others. */
static void check_passed(struct template_scope *scope)
{
    const struct node *passed = node_member(scope->stack->properties, "Parameters");

    for (const struct node *one = node_first_member(passed); one != NULL; one = one->next) {
        struct nearest_name nearest;
        const struct node *node = node_first_member(scope->parameters);

        if (template_is_call(passed) || !template_spend_search(scope, passed->count, one))
            return;
        nearest_name_init(&nearest, one->key);
        for (; node != NULL && strcmp(one->key, node->key) != 0; node = node->next)
            nearest_name_offer(&nearest, node->key);
        if (node == NULL)
            problem_list_add_at(scope->problems, one, "%.200s has no such parameter%s%s%s",
                                scope->path, nearest.best == NULL ? "" : "; did you mean ",
                                nearest.best == NULL ? "" : nearest.best,
                                nearest.best == NULL ? "" : "?");
    }
}

void template_check_parameters(struct template_scope *scope)
{
    const struct node *parameter = node_first_member(scope->parameters);

    if (scope->given != NULL && !scope->is_partial)
        check_names(scope);
    if (scope->outer != NULL)
        check_passed(scope);
    for (; parameter != NULL; parameter = parameter->next) {
        const char *given = template_given(scope, parameter->key);
        const struct node *fallback = node_member(parameter, "Default");

        if (parameter->kind != NODE_OBJECT)
            problem_list_add_at(scope->problems, parameter, "must be an object (is %s)",
                                node_kind_name(parameter->kind));
        else if (given != NULL)
            check_value(scope, parameter, given,
                        find_given(scope->given, parameter->key) != NULL ? "--parameter value"
                                                                         : "samconfig value");
        else if (fallback != NULL && !is_ssm_type(type_of(parameter))) {
            const char *text = template_text(scope, fallback);

            if (text != NULL)
                check_value(scope, parameter, text, "default");
        }
    }
}

/* ---- the value ---- */

/* "a, b,c" */
static const struct node *split_list(struct template_scope *scope, const char *text,
                                     const struct node *at)
{
    struct node *list = template_list(scope, at);

    if (list == NULL)
        return NULL;
    for (;;) {
        const char *begin = text + strspn(text, " \t");
        size_t length = strcspn(begin, ",");
        const char *end = begin + length;

        while (length > 0 && strchr(" \t", begin[length - 1]) != NULL)
            length--;
        const char *copy = arena_copy(document_arena(scope->document), begin, length);
        const struct node *element = template_string(scope, copy, at);

        if (element == NULL || template_put(scope, list, NULL, element, at) == NULL)
            return NULL;
        if (*end == '\0')
            return list;
        text = end + 1;
    }
}

/* A parameter of AWS Systems Manager may be in the template. */
static const struct node *value_of_ssm(struct template_scope *scope, const struct node *parameter,
                                       const struct node *at)
{
    const struct node *fallback = node_member(parameter, "Default");
    const char *name = fallback == NULL ? NULL : template_text(scope, fallback);

    return name == NULL ? NULL : template_ssm_value(scope, at, name);
}

static const struct node *join_list(struct template_scope *scope, const struct node *list)
{
    struct text_builder builder;

    text_builder_init(&builder, document_arena(scope->document));
    for (const struct node *one = list->first; one != NULL; one = one->next) {
        const char *text = template_text(scope, one);

        text_builder_add_text(&builder, one == list->first ? "" : ",");
        text_builder_add_text(&builder, text == NULL ? "" : text);
    }
    return template_end_text(scope, &builder, list);
}

/* What the outer stack passes, resolved there; a list as its elements with commas. NULL for none, and with a problem. */
static const struct node *passed_value(struct template_scope *scope, const char *name)
{
    const struct node *source =
        scope->outer == NULL
            ? NULL
            : node_member(node_member(scope->stack->properties, "Parameters"), name);
    const struct node *value = source == NULL ? NULL : template_resolve(scope->outer, source);

    if (value == NULL || value == &template_no_value)
        return NULL;
    return value->kind == NODE_ARRAY ? join_list(scope, value) : value;
}

static const struct node *value_of_missing(struct template_scope *scope,
                                           const struct node *parameter, const struct node *at)
{
    const char *type = type_of(parameter);
    const bool is_ssm = is_ssm_type(type);
    const struct node *value = is_ssm ? value_of_ssm(scope, parameter, at) : NULL;

    if (value == NULL)
        value = template_placeholder(
            scope, at, parameter->key, "parameter %.*s%s%s %s (pass %s%.*s=VALUE)", SHOWN_MAX,
            parameter->key, scope->outer == NULL ? "" : " of the nested stack ",
            scope->outer == NULL ? "" : scope->stack->node->key,
            is_ssm ? "is read from AWS Systems Manager" : "has no default",
            scope->outer == NULL ? "--parameter " : "in its Parameters ", SHOWN_MAX,
            parameter->key);
    if (value != NULL && value->is_placeholder && is_list_type(type))
        return template_placeholder_list(scope, value);
    return value;
}

const struct node *template_parameter_value(struct template_scope *scope,
                                            const struct node *parameter, const struct node *at)
{
    const char *type = type_of(parameter), *value = template_given(scope, parameter->key);
    const struct node *fallback = node_member(parameter, "Default");
    const struct node *passed = passed_value(scope, parameter->key);

    if (passed != NULL && passed->is_placeholder)
        return is_list_type(type) ? template_placeholder_list(scope, passed) : passed;
    if (passed != NULL)
        value = template_text(scope, passed);
    if (value == NULL && (fallback == NULL || is_ssm_type(type)))
        return value_of_missing(scope, parameter, at);
    if (value == NULL) {
        value = template_text(scope, fallback);
        if (value == NULL) {
            if (!scope->problems->is_out_of_memory)
                problem_list_add_at(scope->problems, fallback,
                                    "must be a string or a number (is %s)",
                                    node_kind_name(fallback->kind));
            return NULL;
        }
    }
    if (!template_spend(scope, strlen(value) / 8, at))
        return NULL;
    return is_list_type(type) ? split_list(scope, value, at) : template_string(scope, value, at);
}
