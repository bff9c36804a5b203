#include "config/values/sam_config.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config.h"
#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS_MAX = 1000 };

static const char default_environment[] = "default";

static const struct {
    const char *name;
    bool (*read)(struct document *document, const char *text, size_t length,
                 struct problem_list *problems);
} files[] = {
    {"samconfig.toml", document_read_toml},
    {"samconfig.yaml", document_read_yaml},
    {"samconfig.yml", document_read_yaml},
};

/* Those of SAM's commands that set parameters, the later ones above the earlier ones. */
static const char *const commands[] = {
    "global", "build", "deploy", "sync", "local_invoke", "local_start_api", "local_start_lambda",
};

/* What they set besides parameters, as the pseudo parameters that it is. */
static const struct {
    const char *name, *parameter;
} places[] = {{"stack_name", "AWS::StackName"}, {"region", "AWS::Region"}};

struct overrides {
    struct arena *arena;
    struct string_list *parameters;
};

/* ---- the forms of parameter_overrides ---- */

static void put(struct overrides *overrides, const char *name, const char *value)
{
    const char *const parts[] = {name, "=", value, NULL};

    if (overrides->parameters->count < PARAMETERS_MAX && name[0] != '\0')
        overrides->parameters->items[overrides->parameters->count++] =
            arena_join(overrides->arena, parts);
}

/* "Name=Value" or "ParameterKey=Name,ParameterValue=Value". */
static void put_word(struct overrides *overrides, char *word)
{
    static const char key[] = "ParameterKey=", value[] = ",ParameterValue=";
    char *between = strstr(word, value);

    if (strncmp(word, key, strlen(key)) == 0 && between != NULL) {
        *between = '\0';
        put(overrides, word + strlen(key), between + strlen(value));
        return;
    }
    between = strchr(word, '=');
    if (between == NULL)
        return;
    *between = '\0';
    put(overrides, word, between + 1);
}

/* Words parted by blanks; quotes and backslashes as in a shell. */
static void put_words(struct overrides *overrides, const char *text, bool is_one_word)
{
    while (*text != '\0' && overrides->parameters->count < PARAMETERS_MAX) {
        struct text_builder word;
        char quote = '\0';

        text_builder_init(&word, overrides->arena);
        for (; *text != '\0' && (quote != '\0' || is_one_word || strchr(" \t\r\n", *text) == NULL);
             text++) {
            if (*text == quote || (quote == '\0' && (*text == '"' || *text == '\''))) {
                quote = quote == '\0' ? *text : '\0';
                continue;
            }
            text += *text == '\\' && quote != '\'' && text[1] != '\0';
            text_builder_add(&word, text, 1);
        }
        if (word.text != NULL && !word.is_out_of_memory)
            put_word(overrides, word.text);
        text += strspn(text, " \t\r\n");
    }
}

static const char *scalar(struct overrides *overrides, const struct node *node)
{
    if (node->kind == NODE_BOOLEAN)
        return node->number != 0 ? "true" : "false";
    return node->text == NULL ? NULL : arena_copy(overrides->arena, node->text, node->length);
}

static void put_overrides(struct overrides *overrides, const struct node *node)
{
    if (node_text(node) != NULL)
        put_words(overrides, node->text, false);
    for (const struct node *one = node_first_element(node); one != NULL; one = one->next) {
        if (node_text(one) != NULL)
            put_words(overrides, one->text, true);
    }
    for (const struct node *one = node_first_member(node); one != NULL; one = one->next) {
        const char *value = scalar(overrides, one);

        if (value != NULL)
            put(overrides, one->key, value);
    }
}

/* ---- the file ---- */

static bool put_environment(const struct sam_config_options *options, const struct node *root,
                            struct overrides *overrides, struct problem_list *problems)
{
    const char *name = options->environment == NULL ? default_environment : options->environment;
    const struct node *environment = node_member(root, name);

    if (environment == NULL && options->environment != NULL) {
        problem_list_add(problems, 1, "--config-env %.100s: no such environment", name);
        return false;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct node *parameters =
            node_member(node_member(environment, commands[i]), "parameters");
        const struct node *node = node_member(parameters, "parameter_overrides");

        if (node != NULL)
            put_overrides(overrides, node);
        for (size_t k = 0; k < sizeof places / sizeof places[0]; k++) {
            node = node_member(parameters, places[k].name);
            if (node_text(node) != NULL && node->length > 0)
                put(overrides, places[k].parameter, node->text);
        }
    }
    return true;
}

/* The index of the first that is there; the number of them when none is. */
static size_t find_file(const char *folder, char path[PATH_MAX], char **text, size_t *length)
{
    size_t i = 0;

    for (; i < sizeof files / sizeof files[0]; i++) {
        if (snprintf(path, PATH_MAX, "%s/%s", folder, files[i].name) >= PATH_MAX)
            continue;
        *text = config_file_read(path, CONFIG_FILE_REGULAR, length);
        if (*text != NULL || errno != ENOENT)
            break;
    }
    return i;
}

static bool read_file(const struct sam_config_options *options, size_t file, const char *text,
                      size_t length, struct overrides *overrides, struct problem_list *problems)
{
    struct document *document = document_new();
    bool is_read = document != NULL && files[file].read(document, text, length, problems);

    problems->is_out_of_memory |= document == NULL;
    is_read = is_read && put_environment(options, document_root(document), overrides, problems) &&
              problem_list_is_empty(problems);
    document_free(document);
    return is_read;
}

bool sam_config_read(const struct sam_config_options *options, struct string_list *parameters,
                     char path[PATH_MAX], struct problem_list *problems)
{
    struct overrides overrides = {.arena = options->arena, .parameters = parameters};
    char *text = NULL;
    size_t length = 0;
    struct problem_list list;
    bool is_read = options->environment == NULL;

    parameters->count = 0;
    parameters->items =
        arena_take_array(options->arena, PARAMETERS_MAX + 1, sizeof *parameters->items);
    const size_t file = find_file(options->folder, path, &text, &length);

    problem_list_init(&list, path);
    if (parameters->items == NULL)
        list.is_out_of_memory = true;
    else if (text != NULL)
        is_read = read_file(options, file, text, length, &overrides, &list);
    else if (file < sizeof files / sizeof files[0])
        problem_list_add(&list, PROBLEM_NO_LINE, "can't be read: %s", strerror(errno));
    else if (options->environment != NULL)
        problem_list_add(&list, 1, "--config-env needs a samconfig.toml beside the template");
    is_read = is_read && problem_list_is_empty(&list);
    list.is_out_of_memory |= arena_is_exhausted(options->arena);
    free(text);
    problem_list_take(problems, &list);
    if (text == NULL)
        path[0] = '\0';
    return is_read;
}
