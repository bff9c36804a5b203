#include "config/config_store.h"

#include "config/document/problem_list.h"
#include "config/published_versions.h"

#include <stdlib.h>
#include <string.h>

struct config_store {
    char *path;
    struct config_options options;
    struct config *current;
};

static bool copy_list(struct string_list *copy, const struct string_list *list)
{
    copy->items = calloc(list->count + 1, sizeof *copy->items);
    if (copy->items == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        copy->items[i] = strdup(list->items[i]);
        if (copy->items[i] == NULL)
            return false;
        copy->count++;
    }
    return true;
}

/* NULL stays NULL. */
static bool copy_text(const char **copy, const char *text)
{
    *copy = text == NULL ? NULL : strdup(text);
    return text == NULL || *copy != NULL;
}

static void clear_list(struct string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

struct config_store *config_store_new(const char *path, const struct config_options *options,
                                      struct config *config)
{
    static const struct config_options no_options = {.parameters = {.count = 0}};
    struct config_store *store = calloc(1, sizeof *store);

    if (options == NULL)
        options = &no_options;
    if (store != NULL)
        store->path = strdup(path);
    if (store == NULL || store->path == NULL ||
        !copy_list(&store->options.parameters, &options->parameters) ||
        !copy_text(&store->options.env_vars, options->env_vars) ||
        !copy_text(&store->options.config_env, options->config_env)) {
        config_store_free(store);
        return NULL;
    }
    if (options->code_folder != NULL) {
        store->options.code_folder = strdup(options->code_folder);
        if (store->options.code_folder == NULL) {
            config_store_free(store);
            return NULL;
        }
    }
    store->options.is_reload = true;
    store->current = config;
    return store;
}

void config_store_free(struct config_store *store)
{
    if (store == NULL)
        return;
    config_release(store->current);
    clear_list(&store->options.parameters);
    free((char *)store->options.code_folder);
    free((char *)store->options.env_vars);
    free((char *)store->options.config_env);
    free(store->path);
    free(store);
}

struct config *config_store_current(const struct config_store *store)
{
    return store->current;
}

struct config *config_store_read(const struct config_store *store, struct config_problems *problems,
                                 struct config_problems *warnings)
{
    struct config_options options = store->options;

    options.warnings = warnings;
    return config_load(store->path, &options, problems);
}

bool config_store_take(struct config_store *store, struct config *config,
                       struct config_problems *warnings)
{
    struct problem_list notes;

    problem_list_init(&notes, NULL);
    const bool is_kept = published_versions_keep(config, store->current, &notes);

    notes.is_out_of_memory = notes.is_out_of_memory || !is_kept;
    problem_list_hand_over(&notes, warnings);
    config_release(is_kept ? store->current : config);
    if (is_kept)
        store->current = config;
    return is_kept;
}

bool config_store_reload(struct config_store *store, struct config_problems *problems)
{
    struct config_problems warnings = {0};
    struct config *config = config_store_read(store, problems, &warnings);

    if (config == NULL) {
        config_problems_clear(&warnings);
        return false;
    }
    *problems = warnings; /* a configuration that has been read has no problems */
    return config_store_take(store, config, problems);
}
