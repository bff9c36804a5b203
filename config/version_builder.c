/* One version of a function, from the settings that apply to it. */
#include "config/version_builder.h"

#include "base/arena.h"
#include "config/check/code_check.h"
#include "config/document/document.h"
#include "config/document/json_value.h"
#include "config/document/problem_list.h"
#include "config/names/bundled_language.h"
#include "config/names/function_name.h"
#include "config/names/name_rules.h"
#include "config/settings/function_settings.h"
#include "config/version_facts.h"

#include <errno.h>
#include <string.h>

const char *version_copy_text(struct config_builder *builder, const char *text)
{
    return text == NULL ? NULL : arena_copy(builder->arena, text, strlen(text));
}

/* ---- lists ---- */

static bool list_reserve(struct config_builder *builder, struct string_list *list, size_t count)
{
    list->count = 0;
    list->items = builder->no_items;
    if (count == 0)
        return true;
    list->items = arena_take_array(builder->arena, count + 1, sizeof *list->items);
    return list->items != NULL;
}

static void list_append(struct config_builder *builder, struct string_list *list,
                        const struct node *node)
{
    for (const struct node *item = node_first_element(node); item != NULL; item = item->next) {
        if (item->kind == NODE_STRING)
            list->items[list->count++] = arena_copy(builder->arena, item->text, item->length);
    }
}

bool string_list_build(struct config_builder *builder, const struct node *node,
                       struct string_list *list)
{
    if (!list_reserve(builder, list, node == NULL ? 0 : node->count))
        return false;
    list_append(builder, list, node);
    return true;
}

static bool list_holds(const struct string_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != NULL && strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

/* Each name once: first the function's, then those for all. */
static void build_inherited(struct version_builder *builder)
{
    const struct node *const sources[] = {builder->values[SLOT_INHERIT_ENVIRONMENT].node,
                                          builder->whole->inherit_environment};
    struct string_list *list = &builder->version->inherit_environment;
    size_t count = 0;

    for (size_t i = 0; i < 2; i++)
        count += sources[i] == NULL ? 0 : sources[i]->count;
    if (!list_reserve(builder->whole, list, count))
        return;
    for (size_t i = 0; i < 2; i++) {
        const struct node *name = node_first_element(sources[i]);

        for (; name != NULL && name->index < SETTING_LIST_MAX; name = name->next) {
            if (name->kind == NODE_STRING && !list_holds(list, name->text))
                list->items[list->count++] =
                    arena_copy(builder->whole->arena, name->text, name->length);
        }
    }
}

void version_build_command(struct version_builder *builder, struct string_list *list,
                           const struct node *first, const struct node *second)
{
    const size_t count = (first == NULL ? 0 : first->count) + (second == NULL ? 0 : second->count);

    if (!list_reserve(builder->whole, list, count))
        return;
    list_append(builder->whole, list, first);
    list_append(builder->whole, list, second);
    if (list->count > 0 && list->items[0] != NULL)
        list->items[0] = (char *)folder_finder_program(&builder->whole->folders, list->items[0]);
}

/* ---- the rest ---- */

/* Does the version itself say so, directly or under Local? If not, it has it from $LATEST. */
static bool is_own(const struct version_builder *builder, const struct node *node)
{
    return node->parent == builder->place || node->parent->parent == builder->place;
}

/* Versions share what they inherit, so that a long list costs its memory once. */
static void build_canned(struct version_builder *builder, const struct node *node,
                         const struct canned_items *inherited, struct canned_items *items)
{
    if (node == NULL)
        return;
    if (inherited != NULL && !is_own(builder, node)) {
        *items = *inherited;
        return;
    }
    items->list = node_to_cjson(node, builder->whole->arena);
    items->count = node->count;
    if (items->list != NULL)
        items->hash = json_value_hash(items->list);
}

static enum mount_task mount_task_of(const char *text)
{
    for (int i = 0; text != NULL && mount_task_names[i] != NULL; i++) {
        if (strcmp(text, mount_task_names[i]) == 0)
            return (enum mount_task)i;
    }
    return MOUNT_TASK_AUTO;
}

static void build_local(struct version_builder *builder)
{
    const struct setting_value *values = builder->values;
    struct function_version *version = builder->version;
    struct config_builder *whole = builder->whole;

    const struct function_version *latest = version->function->latest;

    build_canned(builder, values[SLOT_MOCK].node, latest == NULL ? NULL : &latest->mock,
                 &version->mock);
    build_canned(builder, values[SLOT_FAULTS].node, latest == NULL ? NULL : &latest->faults,
                 &version->faults);
    version->idle_timeout_s = values[SLOT_IDLE_TIMEOUT].node == NULL
                                  ? whole->idle_timeout_s
                                  : setting_unsigned(&values[SLOT_IDLE_TIMEOUT]);
    version->enforce_memory = setting_flag(&values[SLOT_ENFORCE_MEMORY]);
    version->freeze = setting_flag(&values[SLOT_FREEZE]);
    version->mount_task = mount_task_of(setting_text(&values[SLOT_MOUNT_TASK]));
    version->access_denied = setting_flag(&values[SLOT_ACCESS_DENIED]);
    version->attach = setting_flag(&values[SLOT_ATTACH]);
    string_list_build(whole, values[SLOT_ALLOWED_ACCESS_KEY_IDS].node,
                      &version->allowed_access_key_ids);
    version_build_command(builder, &version->debug_command, values[SLOT_DEBUG_COMMAND].node, NULL);
    build_inherited(builder);
}

static void check_debugging(struct version_builder *builder)
{
    const struct function_version *version = builder->version;
    const struct node *attach = builder->values[SLOT_ATTACH].node,
                      *debug = builder->values[SLOT_DEBUG_COMMAND].node;
    struct problem_list *problems = builder->whole->problems;

    if (version->kind == FUNCTION_LEFT_OUT)
        return;
    if (version->attach && debug != NULL)
        problem_list_add_at(
            problems, debug,
            "can't be combined with Attach: either you start the handler or invoked does");
    if (version->attach && version->kind != FUNCTION_RUNTIME && version->kind != FUNCTION_IMAGE)
        problem_list_add_at(problems, attach,
                            "requires Runtime or ImageConfig: other functions have no process "
                            "to attach to");
    if (version->freeze && (version->attach || debug != NULL ||
                            (version->kind != FUNCTION_RUNTIME && version->kind != FUNCTION_IMAGE)))
        problem_list_add_at(problems, builder->values[SLOT_FREEZE].node,
                            "requires Runtime or ImageConfig, without Attach and DebugCommand: "
                            "there is no process of invoked's own between invocations");
    if (version->mount_task == MOUNT_TASK_ON &&
        (version->attach || version->kind != FUNCTION_RUNTIME))
        problem_list_add_at(problems, builder->values[SLOT_MOUNT_TASK].node,
                            "on requires Runtime, without Attach: it is for processes that "
                            "invoked starts from a folder of code");
    if (debug != NULL && version->kind == FUNCTION_MOCK)
        problem_list_add_at(problems, debug,
                            "requires a process, which canned responses don't have: remove it");
}

/* An inherited one has been built with $LATEST. */
static const struct event_invoke_config *build_event_invoke_config(struct version_builder *builder)
{
    const struct function *function = builder->version->function;
    const struct node *node = builder->values[SLOT_EVENT_INVOKE_CONFIG].node;

    if (function->latest != NULL && (node == NULL || node->parent != builder->place))
        return function->latest->event_invoke_config;
    return event_invoke_config_build(builder->whole, function, node);
}

static void build_plain(struct version_builder *builder)
{
    const struct setting_value *values = builder->values;
    struct function_version *version = builder->version;
    const char *description = setting_text(&values[SLOT_DESCRIPTION]);
    const char *dead_letter =
        node_text(node_member(values[SLOT_DEAD_LETTER_CONFIG].node, "TargetArn"));

    version->handler = version_copy_text(builder->whole, setting_text(&values[SLOT_HANDLER]));
    version->description =
        version_copy_text(builder->whole, description == NULL ? "" : description);
    version->timeout_s = setting_unsigned(&values[SLOT_TIMEOUT]);
    version->memory_mb = setting_unsigned(&values[SLOT_MEMORY_SIZE]);
    if (dead_letter != NULL && dead_letter[0] != '\0')
        version->dead_letter_arn = version_copy_text(builder->whole, dead_letter);
}

/* ---- the code ---- */

static const struct node *node_of(const struct version_builder *builder, enum code_subject subject)
{
    const struct setting_value *const values = builder->values;
    const struct node *commands[] = {node_member(values[SLOT_IMAGE_CONFIG].node, "EntryPoint"),
                                     node_member(values[SLOT_IMAGE_CONFIG].node, "Command"),
                                     values[SLOT_COMMAND].node};
    const struct node *node = NULL;

    switch (subject) {
    case CODE_SUBJECT_HANDLER:
        node = values[SLOT_HANDLER].node;
        break;
    case CODE_SUBJECT_FOLDER:
        node = values[SLOT_CODE_URI].node;
        break;
    case CODE_SUBJECT_COMMAND:
        for (size_t i = 0; i < 3 && node == NULL; i++)
            node = node_first_element(commands[i]);
        break;
    }
    return node == NULL ? builder->place : node;
}

static void check_code(const struct version_builder *builder)
{
    const struct function_version *const latest = builder->version->function->latest;
    struct code_finding finding;

    if (!builder->whole->checks_code || builder->version->kind == FUNCTION_LEFT_OUT ||
        (latest != NULL && code_check_is_same(latest, builder->version)) ||
        !code_check(builder->version, &finding))
        return;
    const bool is_problem = finding.is_certain && builder->whole->leniency == NULL;

    problem_list_add_at(is_problem ? builder->whole->problems : builder->whole->warnings,
                        node_of(builder, finding.subject), "%s", finding.text);
}

const struct function_version *version_build(struct config_builder *builder,
                                             const struct function *function,
                                             const char *version_name,
                                             const struct setting_value *values,
                                             const struct node *place)
{
    struct function_version *version = arena_take(builder->arena, sizeof *version);
    struct version_builder one = {
        .whole = builder, .values = values, .place = place, .version = version};

    if (version == NULL)
        return NULL;
    version->function = function;
    version->source = builder->config;
    version->version = version_copy_text(builder, version_name);
    if (version->version == NULL)
        return NULL;
    build_plain(&one);
    version_build_variables(&one);
    build_local(&one);
    string_list_build(builder, NULL, &version->command);
    version_build_layers(&one);
    version_build_way(&one);
    check_debugging(&one);
    version->event_invoke_config = build_event_invoke_config(&one);
    if (arena_is_exhausted(builder->arena))
        return NULL;
    check_code(&one);
    version->fingerprint = version_fingerprint(version, builder->region);
    return version;
}

/* ---- what becomes of events ---- */

static void check_destination(struct config_builder *builder, const struct function *function,
                              const struct node *destination)
{
    struct function_name parsed;
    const char *arn = node_text(destination);

    if (arn == NULL || strncmp(arn, "arn:", 4) != 0 ||
        function_name_parse(arn, destination->length, &parsed) != FUNCTION_NAME_OK)
        return;
    if (strcmp(parsed.name, function->name) == 0 && strcmp(parsed.region, builder->region) == 0 &&
        strcmp(parsed.account_id, builder->account_id) == 0)
        problem_list_add_at(builder->problems, destination,
                            "You can't specify the function as a destination for itself.");
}

static const char *build_destination(struct config_builder *builder,
                                     const struct function *function, const struct node *outcome)
{
    const struct node *destination = node_member(outcome, "Destination");

    if (destination == NULL)
        return NULL;
    check_destination(builder, function, destination);
    return version_copy_text(builder, node_text(destination));
}

const struct event_invoke_config *event_invoke_config_build(struct config_builder *builder,
                                                            const struct function *function,
                                                            const struct node *node)
{
    static const struct event_invoke_config defaults = {.maximum_retry_attempts =
                                                            RETRY_ATTEMPTS_DEFAULT,
                                                        .maximum_event_age_s = EVENT_AGE_DEFAULT_S};
    struct setting_value values[EVENT_INVOKE_SLOT_COUNT];
    struct problem_list told; /* its problems have been told where the function was read */

    if (node == NULL || node->kind != NODE_OBJECT)
        return &defaults;
    struct event_invoke_config *config = arena_take(builder->arena, sizeof *config);

    if (config == NULL)
        return NULL;
    problem_list_init(&told, NULL);
    setting_init(&event_invoke_settings, values);
    setting_read(&event_invoke_settings, node, values, &told);
    problem_list_clear(&told);
    const struct node *destinations = values[SLOT_DESTINATION_CONFIG].node;

    config->maximum_retry_attempts = setting_unsigned(&values[SLOT_RETRY_ATTEMPTS]);
    config->maximum_event_age_s = setting_unsigned(&values[SLOT_EVENT_AGE]);
    config->has_retry_attempts = values[SLOT_RETRY_ATTEMPTS].node != NULL;
    config->has_event_age = values[SLOT_EVENT_AGE].node != NULL;
    config->on_success =
        build_destination(builder, function, node_member(destinations, "OnSuccess"));
    config->on_failure =
        build_destination(builder, function, node_member(destinations, "OnFailure"));
    return config;
}
