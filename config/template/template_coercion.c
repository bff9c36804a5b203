
#include "config/template/template_function.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/document/yaml_scalar.h"
#include "config/settings/api_settings.h"
#include "config/settings/function_settings.h"

#include <string.h>
#include <strings.h>

static void to_text(struct template_scope *scope, struct node *node)
{
    const char *text = template_text(scope, node);

    if (text == NULL)
        return;
    node->kind = NODE_STRING;
    node->text = text;
    node->length = (unsigned)strlen(text);
}

static void to_number(struct node *node)
{
    double number;
    bool is_decimal;

    if (node->kind != NODE_STRING ||
        yaml_scalar_kind(node->text, &number, &is_decimal) != NODE_NUMBER || !is_decimal)
        return;
    node->kind = NODE_NUMBER;
    node->number = number;
}

static void to_flag(struct node *node)
{
    if (node->kind != NODE_STRING ||
        (strcasecmp(node->text, "true") != 0 && strcasecmp(node->text, "false") != 0))
        return;
    node->kind = NODE_BOOLEAN;
    node->number = strcasecmp(node->text, "true") == 0;
}

/* Objects whose keys are names, and the settings under each. */
static const struct {
    const char *name;
    const struct setting_scope *members; /* NULL: plain values */
    enum setting_type type;              /* of plain values */
} named[] = {
    {"Functions", &function_settings, SETTING_ANY},
    {"Apis", &api_settings, SETTING_ANY},
    {"Versions", &version_settings, SETTING_ANY},
    {"Aliases", &alias_settings, SETTING_ANY},
    {"Variables", NULL, SETTING_STRING},
    {"AdditionalVersionWeights", NULL, SETTING_NUMBER},
};

static void coerce_value(struct template_scope *scope, struct node *node,
                         const struct setting *setting);

static void coerce_named(struct template_scope *scope, struct node *object)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        const struct setting plain = {.name = "", .type = named[i].type};

        if (strcmp(named[i].name, object->key) != 0)
            continue;
        for (struct node *member = object->first; member != NULL; member = member->next) {
            if (named[i].members != NULL)
                template_coerce(scope, member, named[i].members);
            else
                coerce_value(scope, member, &plain);
        }
    }
}

static void coerce_elements(struct template_scope *scope, struct node *list,
                            const struct setting *setting, enum setting_type type)
{
    const struct setting element = {.name = "", .type = type, .scope = setting->scope};

    if (list->kind != NODE_ARRAY)
        return;
    for (struct node *node = list->first; node != NULL; node = node->next)
        coerce_value(scope, node, &element);
}

/* Nobody can know it yet, and its name is no number. */
static bool is_unknown(const struct node *node, enum setting_type type)
{
    return node->is_placeholder && node->kind == NODE_STRING &&
           (type == SETTING_INTEGER || type == SETTING_NUMBER || type == SETTING_FLAG ||
            type == SETTING_CHOICE);
}

static void coerce_value(struct template_scope *scope, struct node *node,
                         const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_STRING:
    case SETTING_CHOICE:
        to_text(scope, node);
        return;
    case SETTING_INTEGER:
    case SETTING_NUMBER:
        to_number(node);
        return;
    case SETTING_FLAG:
        to_flag(node);
        return;
    case SETTING_STRING_LIST:
        coerce_elements(scope, node, setting, SETTING_STRING);
        return;
    case SETTING_INTEGER_LIST:
        coerce_elements(scope, node, setting, SETTING_INTEGER);
        return;
    case SETTING_OBJECT_LIST:
        coerce_elements(scope, node, setting, SETTING_OBJECT);
        return;
    case SETTING_OBJECT:
        if (setting->scope != NULL)
            template_coerce(scope, node, setting->scope);
        else if (node->key != NULL && node->kind == NODE_OBJECT)
            coerce_named(scope, node);
        return;
    case SETTING_ANY:
        return;
    }
}

static enum setting_type coerce_member(struct template_scope *scope, struct node *member,
                                       const struct setting_scope *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->settings[i].name, member->key) != 0)
            continue;
        coerce_value(scope, member, &settings->settings[i]);
        return settings->settings[i].type;
    }
    return SETTING_ANY;
}

/* `before` is the member in front of it; NULL for the first. */
static void remove_member(struct node *object, struct node *before, const struct node *member)
{
    if (before == NULL)
        object->first = member->next;
    else
        before->next = member->next;
    if (object->last == member)
        object->last = before;
    object->count--;
}

void template_coerce(struct template_scope *scope, struct node *object,
                     const struct setting_scope *settings)
{
    struct node *member = object->kind == NODE_OBJECT ? object->first : NULL, *before = NULL;

    for (; member != NULL; member = member->next) {
        const enum setting_type type = coerce_member(scope, member, settings);

        if (is_unknown(member, type)) {
            problem_list_add_at(scope->warnings, member, "is not known, so the default is used");
            remove_member(object, before, member);
        } else {
            before = member;
        }
    }
}
