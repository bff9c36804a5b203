#include "config/template/template_resolve_internal.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <string.h>

enum { SHOWN_MAX = 100, OPERANDS_MIN = 2, OPERANDS_MAX = 10 };

static enum condition_state evaluate(struct template_scope *scope, const struct node *condition);

static enum condition_state state_of(bool is_true)
{
    return is_true ? CONDITION_TRUE : CONDITION_FALSE;
}

static enum condition_state refuse(struct template_scope *scope, const struct node *node,
                                   const char *form)
{
    problem_list_add_at(scope->problems, node, "must be %s", form);
    return CONDITION_PROBLEM;
}

/* Scalars by their text, so that 1 equals "1". */
static bool are_equal(struct template_scope *scope, const struct node *left,
                      const struct node *right)
{
    const char *a = template_text(scope, left), *b = template_text(scope, right);

    if (a != NULL && b != NULL)
        return strcmp(a, b) == 0;
    if (left->kind != right->kind || left->count != right->count || a != b ||
        !template_spend_search(scope, (size_t)left->count * left->count, left))
        return false;
    const struct node *other = right->first;

    for (const struct node *child = left->first; child != NULL; child = child->next) {
        if (child->key != NULL)
            other = node_member(right, child->key);
        if (other == NULL || !are_equal(scope, child, other))
            return false;
        other = other->next;
    }
    return true;
}

static enum condition_state evaluate_equals(struct template_scope *scope,
                                            const struct node *argument)
{
    if (argument->kind != NODE_ARRAY || argument->count != 2)
        return refuse(scope, argument, "[value, value]");
    const struct node *left = template_resolve(scope, argument->first);
    const struct node *right = template_resolve(scope, argument->last);

    if (left == NULL || right == NULL)
        return CONDITION_PROBLEM;
    if (left->is_placeholder || right->is_placeholder)
        return CONDITION_FALSE;
    return state_of(are_equal(scope, left, right));
}

static enum condition_state evaluate_not(struct template_scope *scope, const struct node *argument)
{
    if (argument->kind != NODE_ARRAY || argument->count != 1)
        return refuse(scope, argument, "[condition]");
    const enum condition_state inner = evaluate(scope, argument->first);

    return inner == CONDITION_PROBLEM ? inner : state_of(inner == CONDITION_FALSE);
}

/* All are looked at, so that every problem is found. */
static enum condition_state evaluate_many(struct template_scope *scope, const struct node *argument,
                                          enum condition_state decisive)
{
    enum condition_state result = decisive == CONDITION_TRUE ? CONDITION_FALSE : CONDITION_TRUE;

    if (argument->kind != NODE_ARRAY || argument->count < OPERANDS_MIN ||
        argument->count > OPERANDS_MAX)
        return refuse(scope, argument, "a list of 2 to 10 conditions");
    for (const struct node *operand = argument->first; operand != NULL; operand = operand->next) {
        const enum condition_state state = evaluate(scope, operand);

        if (state == CONDITION_PROBLEM)
            result = CONDITION_PROBLEM;
        else if (state == decisive && result != CONDITION_PROBLEM)
            result = decisive;
    }
    return result;
}

static enum condition_state evaluate_and(struct template_scope *scope, const struct node *argument)
{
    return evaluate_many(scope, argument, CONDITION_FALSE);
}

static enum condition_state evaluate_or(struct template_scope *scope, const struct node *argument)
{
    return evaluate_many(scope, argument, CONDITION_TRUE);
}

static enum condition_state evaluate_named(struct template_scope *scope,
                                           const struct node *argument)
{
    if (argument->kind != NODE_STRING)
        return refuse(scope, argument, "the name of a condition");
    return template_condition(scope, argument, argument->text);
}

static const struct {
    const char *name;
    enum condition_state (*evaluate)(struct template_scope *scope, const struct node *argument);
} operators[] = {
    {"Fn::Equals", evaluate_equals}, {"Fn::Not", evaluate_not},     {"Fn::And", evaluate_and},
    {"Fn::Or", evaluate_or},         {"Condition", evaluate_named},
};

static enum condition_state evaluate(struct template_scope *scope, const struct node *condition)
{
    static const char form[] = "a condition: Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition";

    if (!template_spend(scope, 1, condition))
        return CONDITION_PROBLEM;
    if (condition->kind != NODE_OBJECT || condition->count != 1)
        return refuse(scope, condition, form);
    if (scope->effort->depth >= TEMPLATE_DEPTH_MAX)
        return refuse(scope, condition, "simpler: its references are nested too deeply");
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].name, condition->first->key) != 0)
            continue;
        scope->effort->depth++;
        const enum condition_state state = operators[i].evaluate(scope, condition->first);

        scope->effort->depth--;
        return state;
    }
    return refuse(scope, condition, form);
}

static enum condition_state refuse_unknown(struct template_scope *scope, const struct node *at,
                                           const char *name)
{
    struct nearest_name nearest;

    if (scope->conditions != NULL && !template_spend(scope, scope->conditions->count, at))
        return CONDITION_PROBLEM;
    nearest_name_init(&nearest, name);
    for (const struct node *node = node_first_member(scope->conditions); node != NULL;
         node = node->next)
        nearest_name_offer(&nearest, node->key);
    problem_list_add_at(scope->problems, at, "unknown condition %.*s%s%s%s", SHOWN_MAX, name,
                        nearest.best == NULL ? "" : "; did you mean ",
                        nearest.best == NULL ? "" : nearest.best, nearest.best == NULL ? "" : "?");
    return CONDITION_PROBLEM;
}

enum condition_state template_condition(struct template_scope *scope, const struct node *at,
                                        const char *name)
{
    const struct node *condition = node_first_member(scope->conditions);
    size_t index = 0;

    for (; condition != NULL && strcmp(condition->key, name) != 0; condition = condition->next)
        index++;
    if (!template_spend_search(scope, index, at))
        return CONDITION_PROBLEM;
    if (condition == NULL)
        return refuse_unknown(scope, at, name);
    if (scope->condition_states == NULL)
        return refuse(scope, at, "no condition: it decides about a loop over conditions");
    struct template_condition *known = &scope->condition_states[index];

    if (known->state == CONDITION_BUSY) {
        problem_list_add_at(scope->problems, at, "the condition refers to itself");
        return CONDITION_PROBLEM;
    }
    if (known->state == CONDITION_UNKNOWN) {
        const unsigned long uses = scope->effort->placeholder_uses;

        known->state = CONDITION_BUSY;
        known->state = evaluate(scope, condition);
        known->is_guess = scope->effort->placeholder_uses != uses;
    } else if (known->is_guess) {
        scope->effort->placeholder_uses++;
    }
    return known->state;
}
