/*
 * version_variables.c - the variables of a version's environment, the later of these above the earlier: LoggingConfig,
 * Environment, the .env file of all functions, its own, --env-vars for all functions, and for it.
 */
#include "config/version_builder.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/name_rules.h"
#include "config/settings/function_settings.h"
#include "config/values/env_file.h"
#include "config/values/env_vars.h"

#include <errno.h>
#include <string.h>

enum { LOGGING_VARIABLES_MAX = 3, SOURCES = 5, SHOWN_MAX = 100 };

static void add_variable(struct version_builder *builder, const char *name, const char *value)
{
    struct variable_list *list = &builder->version->environment;
    const char *const parts[] = {name, value, NULL};

    if (value != NULL)
        list->items[list->count++] = arena_join(builder->whole->arena, parts);
}

static enum system_log_level system_log_level_of(const char *text)
{
    if (text != NULL && strcmp(text, "DEBUG") == 0)
        return SYSTEM_LOG_DEBUG;
    return text != NULL && strcmp(text, "WARN") == 0 ? SYSTEM_LOG_WARN : SYSTEM_LOG_INFO;
}

/* LoggingConfig as AWS tells it to the runtime; its level has a default for JSON only. */
static void build_logging(struct version_builder *builder)
{
    const struct node *logging = builder->values[SLOT_LOGGING_CONFIG].node;

    builder->version->system_log_level = SYSTEM_LOG_INFO;
    if (logging == NULL)
        return;
    const char *format = node_text(node_member(logging, "LogFormat"));
    const char *level = node_text(node_member(logging, "ApplicationLogLevel"));

    if (format != NULL && strcmp(format, "JSON") == 0) {
        builder->version->has_json_log = true;
        builder->version->system_log_level =
            system_log_level_of(node_text(node_member(logging, "SystemLogLevel")));
        add_variable(builder, "AWS_LAMBDA_LOG_FORMAT=", format);
        add_variable(builder, "AWS_LAMBDA_LOG_LEVEL=", level == NULL ? "INFO" : level);
    }
    add_variable(builder,
                 "AWS_LAMBDA_LOG_GROUP_NAME=", node_text(node_member(logging, "LogGroup")));
}

/* ---- .env files ---- */

static void refuse_file(struct config_builder *builder, const struct node *node, const char *path)
{
    if (errno == ENOMEM) {
        builder->problems->is_out_of_memory = true;
        return;
    }
    problem_list_add_at(builder->leniency == NULL ? builder->problems : builder->warnings, node,
                        "%.200s can't be read: %s", path, strerror(errno));
}

/* The variables of the file that `node` names; NULL when it is NULL, or the file can't be read. */
static const struct node *read_file(struct config_builder *builder, const struct node *node)
{
    const char *text = node_text(node);

    if (text == NULL)
        return NULL;
    if (builder->env_file_name != NULL && strcmp(builder->env_file_name, text) == 0)
        return builder->env_file;
    const bool is_absolute = text[0] == '/';
    const char *const parts[] = {is_absolute ? "" : builder->folders.base, is_absolute ? "" : "/",
                                 text, NULL};
    const char *path = arena_join(builder->arena, parts);

    if (path == NULL)
        return NULL;
    builder->env_file_name = text;
    builder->env_file = env_file_read(builder->extras, path);
    if (builder->env_file == NULL)
        refuse_file(builder, node, path);
    else if (!document_add_file(builder->extras, path))
        builder->problems->is_out_of_memory = true;
    return builder->env_file;
}

/* ---- all of them ---- */

struct variable_source {
    const struct node *variables; /* an object; NULL for none */
    const char *file;             /* NULL: the configuration, which the settings have checked */
};

/* AWS_REGION and the like often stand in .env files. */
static bool may_be_set(struct version_builder *builder, const struct variable_source *source,
                       const char *name)
{
    if (source->file == NULL || (is_variable_name(name) && !is_reserved_variable(name)))
        return true;
    problem_list_add_file(
        builder->whole->warnings, source->file, "%.*s is %s, and is not set", SHOWN_MAX, name,
        is_variable_name(name) ? "reserved by AWS Lambda" : "no name that a variable can have");
    return false;
}

/* NULL when the variable isn't there yet. */
static char **find_variable(struct variable_list *list, const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] != NULL && strncmp(list->items[i], name, length) == 0 &&
            list->items[i][length] == '=')
            return &list->items[i];
    }
    return NULL;
}

static void put_variable(struct version_builder *builder, const struct variable_source *source,
                         const struct node *variable)
{
    struct variable_list *list = &builder->version->environment;
    const bool is_flag = variable->kind == NODE_BOOLEAN;
    const char *value = is_flag
                            ? (variable->number != 0 ? "true" : "false")
                            : arena_copy(builder->whole->arena, variable->text, variable->length);
    const char *const parts[] = {variable->key, "=", value, NULL};
    char **place = source->file == NULL ? NULL : find_variable(list, variable->key);

    if (value == NULL || !may_be_set(builder, source, variable->key))
        return;
    if (place == NULL)
        place = &list->items[list->count++];
    *place = arena_join(builder->whole->arena, parts);
}

static void put_source(struct version_builder *builder, const struct variable_source *source)
{
    for (const struct node *one = node_first_member(source->variables); one != NULL;
         one = one->next) {
        if (one->kind == NODE_STRING ||
            (source->file != NULL && (one->kind == NODE_NUMBER || one->kind == NODE_BOOLEAN)))
            put_variable(builder, source, one);
    }
}

void version_build_variables(struct version_builder *builder)
{
    struct config_builder *whole = builder->whole;
    const struct function *function = builder->version->function;
    const struct node *own_file = builder->values[SLOT_ENV_FILE].node;
    const struct variable_source sources[SOURCES] = {
        {node_member(builder->values[SLOT_ENVIRONMENT].node, "Variables"), NULL},
        {read_file(whole, whole->env_file_of_all), node_text(whole->env_file_of_all)},
        {read_file(whole, own_file), node_text(own_file)},
        {env_vars_of_all(whole->env_vars), "--env-vars"},
        {env_vars_of(whole->env_vars, function->name, function->logical_id), "--env-vars"},
    };
    struct variable_list *list = &builder->version->environment;
    size_t count = LOGGING_VARIABLES_MAX + 1;

    for (size_t i = 0; i < SOURCES; i++)
        count += sources[i].variables == NULL ? 0 : sources[i].variables->count;
    list->items = arena_take_array(whole->arena, count, sizeof *list->items);
    if (list->items == NULL)
        return;
    build_logging(builder);
    for (size_t i = 0; i < SOURCES; i++)
        put_source(builder, &sources[i]);
}
