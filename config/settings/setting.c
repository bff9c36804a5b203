#include "config/settings/setting.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { QUOTE_MAX = 80, NAMES_MAX = 600 };

static const char *const expected[] = {
    [SETTING_STRING] = "a string",
    [SETTING_CHOICE] = "a string",
    [SETTING_INTEGER] = "a number",
    [SETTING_NUMBER] = "a number",
    [SETTING_FLAG] = "true or false",
    [SETTING_STRING_LIST] = "a list of strings",
    [SETTING_INTEGER_LIST] = "a list of numbers",
    [SETTING_OBJECT] = "an object",
    [SETTING_OBJECT_LIST] = "a list of objects",
    [SETTING_ANY] = "a value",
};

static const enum node_kind kinds[] = {
    [SETTING_STRING] = NODE_STRING,      [SETTING_CHOICE] = NODE_STRING,
    [SETTING_INTEGER] = NODE_NUMBER,     [SETTING_NUMBER] = NODE_NUMBER,
    [SETTING_FLAG] = NODE_BOOLEAN,       [SETTING_STRING_LIST] = NODE_ARRAY,
    [SETTING_INTEGER_LIST] = NODE_ARRAY, [SETTING_OBJECT] = NODE_OBJECT,
    [SETTING_OBJECT_LIST] = NODE_ARRAY,
};

void setting_init(const struct setting_scope *scope, struct setting_value *values)
{
    for (size_t i = 0; i < scope->count; i++) {
        const struct setting *setting = &scope->settings[i];

        if (setting->slot != SETTING_NO_SLOT)
            values[setting->slot] = (struct setting_value){.fallback = setting->fallback};
        if (setting->scope != NULL && setting->scope->fills_outer_slots)
            setting_init(setting->scope, values);
    }
}

/* ---- one value ---- */

static bool is_of_kind(const struct node *node, enum node_kind kind, const char *wanted,
                       struct problem_list *problems)
{
    if (node->kind == kind)
        return true;
    problem_list_add_at(problems, node, "must be %s (is %s)", wanted, node_kind_name(node->kind));
    return false;
}

static bool is_number_in_range(const struct setting *setting, const struct node *node,
                               struct problem_list *problems)
{
    const bool is_in_range = node->number >= setting->min && node->number <= setting->max;
    char quoted[QUOTE_MAX];

    if (is_in_range &&
        (setting->type == SETTING_NUMBER || (double)(long long)node->number == node->number))
        return true;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be %s%.15g to %.15g (is %s)",
                        is_in_range ? "a whole number, " : "", setting->min, setting->max, quoted);
    return false;
}

static bool is_length_in_range(const struct setting *setting, const struct node *node,
                               struct problem_list *problems)
{
    if (node->length >= setting->min && node->length <= setting->max)
        return true;
    if (node->length == 0)
        problem_list_add_at(problems, node, "must not be empty");
    else
        problem_list_add_at(problems, node, "must be %.0f to %.0f characters long (is %u long)",
                            setting->min, setting->max, node->length);
    return false;
}

static bool is_count_in_range(const struct setting *setting, const struct node *node,
                              struct problem_list *problems)
{
    if (node->count < setting->min) {
        problem_list_add_at(problems, node, "must not be empty");
        return false;
    }
    if (node->count > setting->max) {
        problem_list_add_at(problems, node, "must have at most %.0f entries (has %u)", setting->max,
                            node->count);
        return false;
    }
    return true;
}

static bool is_choice(const struct setting *setting, const struct node *node,
                      struct problem_list *problems)
{
    char quoted[QUOTE_MAX], names[NAMES_MAX] = "";
    size_t used = 0;

    for (const char *const *choice = setting->choices; *choice != NULL; choice++) {
        if (strcmp(node->text, *choice) == 0)
            return true;
        const char *comma = choice == setting->choices ? "" : choice[1] == NULL ? " or " : ", ";

        (void)snprintf(names + used, sizeof names - used, "%s%s", comma, *choice);
        used = strlen(names);
    }
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be %s (is %s)", names, quoted);
    return false;
}

static bool are_elements_sound(const struct setting *setting, const struct node *list,
                               struct problem_list *problems)
{
    bool are_sound = true;

    for (const struct node *element = list->first; element != NULL; element = element->next) {
        switch (setting->type) {
        case SETTING_STRING_LIST:
            are_sound &= is_of_kind(element, NODE_STRING, "a string", problems);
            break;
        case SETTING_INTEGER_LIST:
            are_sound &= is_of_kind(element, NODE_NUMBER, "a number", problems) &&
                         is_number_in_range(setting, element, problems);
            break;
        case SETTING_OBJECT_LIST:
            if (!is_of_kind(element, NODE_OBJECT, "an object", problems))
                are_sound = false;
            else
                setting_read(setting->scope, element, NULL, problems);
            break;
        case SETTING_STRING:
        case SETTING_CHOICE:
        case SETTING_INTEGER:
        case SETTING_NUMBER:
        case SETTING_FLAG:
        case SETTING_OBJECT:
        case SETTING_ANY:
            break;
        }
    }
    return are_sound;
}

static bool is_sound(const struct setting *setting, const struct node *node,
                     struct problem_list *problems)
{
    if (setting->type == SETTING_ANY)
        return true;
    if (!is_of_kind(node, kinds[setting->type], expected[setting->type], problems))
        return false;
    switch (setting->type) {
    case SETTING_STRING:
        return is_length_in_range(setting, node, problems);
    case SETTING_CHOICE:
        return is_choice(setting, node, problems);
    case SETTING_INTEGER:
    case SETTING_NUMBER:
        return is_number_in_range(setting, node, problems);
    case SETTING_STRING_LIST:
    case SETTING_OBJECT_LIST:
        return is_count_in_range(setting, node, problems) &&
               are_elements_sound(setting, node, problems);
    case SETTING_INTEGER_LIST:
        if (node->count > 0)
            return are_elements_sound(setting, node, problems);
        problem_list_add_at(problems, node, "must not be empty");
        return false;
    case SETTING_OBJECT:
        return is_count_in_range(setting, node, problems);
    case SETTING_FLAG:
    case SETTING_ANY:
        return true;
    }
    return true;
}

bool setting_check(const struct setting *setting, const struct node *node,
                   struct problem_list *problems)
{
    if (!is_sound(setting, node, problems))
        return false;
    const size_t problems_before = problems->count;

    if (setting->check != NULL)
        setting->check(node, problems);
    return problems->count == problems_before;
}

/* ---- one object ---- */

static const struct setting *find_setting(const struct setting_scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->count; i++) {
        const struct setting *setting = &scope->settings[i];

        if (setting->name[0] == name[0] && strcmp(setting->name, name) == 0)
            return setting;
    }
    return NULL;
}

/* `names` ends in NULL, or is NULL. */
static bool is_among(const char *name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static void refuse_unknown(const struct setting_scope *scope, const struct node *member,
                           struct problem_list *problems)
{
    char names[NAMES_MAX] = "";
    size_t used = 0;
    struct nearest_name nearest;

    if (is_among(member->key, scope->outer)) {
        problem_list_add_at(problems, member, "applies to the whole function: move it there");
        return;
    }
    if (is_among(member->key, scope->of_whole)) {
        problem_list_add_at(problems, member,
                            "applies to all functions: move it to Local of the whole file");
        return;
    }
    if (is_among(member->key, scope->useless)) {
        problem_list_add_at(problems, member, "has no effect on a local server: remove it");
        return;
    }
    nearest_name_init(&nearest, member->key);
    for (size_t i = 0; i < scope->count; i++) {
        nearest_name_offer(&nearest, scope->settings[i].name);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ",
                       scope->settings[i].name);
        used = strlen(names);
    }
    if (nearest.best != NULL)
        problem_list_add_at(problems, member, "unknown key; did you mean %s?", nearest.best);
    else
        problem_list_add_at(problems, member, "unknown key; known here: %s", names);
}

static void read_member(const struct setting *setting, const struct node *member,
                        struct setting_value *values, struct problem_list *problems)
{
    const struct setting_scope *inner = setting->type == SETTING_OBJECT ? setting->scope : NULL;

    if (values != NULL && setting->slot != SETTING_NO_SLOT)
        values[setting->slot].node = member;
    if (setting_check(setting, member, problems) && inner != NULL)
        setting_read(inner, member, inner->fills_outer_slots ? values : NULL, problems);
}

void setting_read(const struct setting_scope *scope, const struct node *object,
                  struct setting_value *values, struct problem_list *problems)
{
    const size_t problems_before = problems->count;

    for (const struct node *member = object->first; member != NULL; member = member->next) {
        const struct setting *setting = find_setting(scope, member->key);

        if (setting == NULL)
            refuse_unknown(scope, member, problems);
        else
            read_member(setting, member, values, problems);
    }
    if (scope->check != NULL && problems->count == problems_before)
        scope->check(object, problems);
}

/* ---- what fills a slot ---- */

unsigned setting_unsigned(const struct setting_value *value)
{
    const double number = value->node != NULL && value->node->kind == NODE_NUMBER
                              ? value->node->number
                              : value->fallback;

    return number >= 0 && number <= UINT_MAX ? (unsigned)number : (unsigned)value->fallback;
}

bool setting_flag(const struct setting_value *value)
{
    return value->node != NULL && value->node->kind == NODE_BOOLEAN ? value->node->number != 0
                                                                    : value->fallback != 0;
}

const char *setting_text(const struct setting_value *value)
{
    return node_text(value->node);
}
