
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/target_arn.h"

#include <string.h>

enum { TARGET_NAME_MAX = 64 };

/* What SAM makes for a destination without an ARN. */
static const struct {
    const char *type, *pattern;
} made[] = {
    {"SQS", "arn:%P:sqs:%R:%A:%N"},
    {"SNS", "arn:%P:sns:%R:%A:%N"},
};

static const char *const types[] = {"SQS", "SNS", "Lambda", "EventBridge", "S3Bucket", NULL};

/* Resolved, an object. NULL with a problem, or when it is AWS::NoValue; then `is_nothing` is set. */
static const struct node *resolve_object(struct template_scope *scope, const struct node *source,
                                         bool *is_nothing)
{
    const struct node *value = template_resolve(scope, source);

    *is_nothing = value == &template_no_value;
    if (value == NULL || *is_nothing)
        return NULL;
    if (value->kind == NODE_OBJECT)
        return value;
    problem_list_add_at(scope->problems, source, "must be an object (is %s)",
                        node_kind_name(value->kind));
    return NULL;
}

/* An ARN that nobody can know yet becomes one of that name. NULL when out of memory. */
static const struct node *as_target(struct template_scope *scope, const struct node *value,
                                    const char *type)
{
    const char *slash = strrchr(value->text, '/'), *colon = strrchr(value->text, ':');
    const char *last = slash > colon ? slash : colon;
    const char *name =
        template_plain_name(scope, last == NULL ? value->text : last + 1, TARGET_NAME_MAX);
    const size_t row = type != NULL && strcmp(type, "SNS") == 0 ? 1 : 0;

    return name == NULL
               ? NULL
               : template_string(scope, template_pattern(scope, made[row].pattern, name), value);
}

static bool is_unknown(const struct node *member)
{
    return member->is_placeholder && member->kind == NODE_STRING &&
           (strcmp(member->key, "TargetArn") == 0 || strcmp(member->key, "Destination") == 0) &&
           target_arn_problem(member->text, TARGET_ON_FAILURE) != NULL;
}

/* All members but those that only SAM knows. */
static bool put_members(struct template_scope *scope, struct node *to, const struct node *object,
                        const char *left_out)
{
    const char *type = node_text(node_member(object, "Type"));

    for (const struct node *member = object->first; member != NULL; member = member->next) {
        const struct node *value = member;

        if (strcmp(member->key, left_out) == 0)
            continue;
        if (is_unknown(member))
            value = as_target(scope, member, type);
        if (value == NULL || template_put(scope, to, member->key, value, member) == NULL)
            return false;
    }
    return true;
}

bool template_put_dead_letter(struct template_scope *scope, struct node *to,
                              const struct node *source)
{
    bool is_nothing;
    const struct node *object = resolve_object(scope, source, &is_nothing);

    if (object == NULL)
        return is_nothing;
    struct node *config = template_put_object(scope, to, "DeadLetterConfig", source);

    return config != NULL && put_members(scope, config, object, "Type");
}

/* The queue or topic that SAM makes. */
static bool put_made(struct template_scope *scope, struct node *to, const struct node *outcome,
                     const char *type, const char *function)
{
    const char *what = strcmp(type, "SQS") == 0 ? "Queue" : "Topic";
    const char *const parts[] = {function, "EventInvokeConfig", outcome->key, what, NULL};
    const char *name = arena_join(document_arena(scope->document), parts), *arn = NULL;

    for (size_t i = 0; name != NULL && i < sizeof made / sizeof made[0]; i++) {
        if (strcmp(made[i].type, type) == 0)
            arn = template_pattern(scope, made[i].pattern, name);
    }
    if (arn == NULL) {
        scope->problems->is_out_of_memory = true;
        return false;
    }
    const struct node *value = template_string(scope, arn, outcome);

    return value != NULL && template_put(scope, to, "Destination", value, outcome) != NULL;
}

/* OnSuccess or OnFailure; `outcome` is resolved. */
static bool put_outcome(struct template_scope *scope, struct node *to, const struct node *outcome,
                        const char *function)
{
    if (outcome->kind != NODE_OBJECT)
        return template_put(scope, to, outcome->key, outcome, outcome) != NULL;
    struct node *own = template_put_object(scope, to, outcome->key, outcome);
    const struct node *type = node_member(outcome, "Type");

    if (own == NULL || !put_members(scope, own, outcome, function == NULL ? "" : "Type"))
        return false;
    if (function == NULL)
        return true;
    if (type != NULL && (type->kind != NODE_STRING || !template_is_among(type->text, types))) {
        problem_list_add_at(scope->problems, type,
                            "must be SQS, SNS, Lambda, EventBridge or S3Bucket");
        return false;
    }
    if (node_member(outcome, "Destination") != NULL)
        return true;
    if (type != NULL && (strcmp(type->text, "SQS") == 0 || strcmp(type->text, "SNS") == 0))
        return put_made(scope, own, outcome, type->text, function);
    problem_list_add_at(scope->problems, outcome,
                        "Destination (an ARN) is required; SAM creates one only for Type SQS "
                        "and SNS");
    return false;
}

static bool put_destinations(struct template_scope *scope, struct node *to,
                             const struct node *config, const char *function)
{
    bool are_put = true;

    if (config->kind != NODE_OBJECT)
        return template_put(scope, to, config->key, config, config) != NULL;
    struct node *own = template_put_object(scope, to, config->key, config);

    for (const struct node *outcome = config->first; own != NULL && outcome != NULL;
         outcome = outcome->next)
        are_put &= put_outcome(scope, own, outcome, function);
    return own != NULL && are_put;
}

bool template_put_events(struct template_scope *scope, struct node *to, const struct node *source,
                         const char *function)
{
    bool is_nothing, are_put = true;
    const struct node *object = resolve_object(scope, source, &is_nothing);

    if (object == NULL)
        return is_nothing;
    struct node *config = template_put_object(scope, to, "EventInvokeConfig", source);

    for (const struct node *member = object->first; config != NULL && member != NULL;
         member = member->next) {
        if (strcmp(member->key, "FunctionName") == 0 || strcmp(member->key, "Qualifier") == 0)
            continue; /* of AWS::Lambda::EventInvokeConfig */
        if (strcmp(member->key, "DestinationConfig") == 0)
            are_put &= put_destinations(scope, config, member, function);
        else
            are_put &= template_put(scope, config, member->key, member, member) != NULL;
    }
    return config != NULL && are_put;
}
