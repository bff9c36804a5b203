#include "config/config_store.h"

#include "config/document/problem_list.h"
#include "config/published_versions.h"

#include <stdlib.h>
#include <string.h>

struct config_store {
    char *path;
    struct config_options options;
    struct config *file;    /* as read */
    struct config *current; /* with the functions of the API */
    struct config **units;
    size_t unit_count;
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
    store->file = config;
    store->current = config_retain(config);
    return store;
}

static void free_units(struct config **units, size_t count)
{
    for (size_t i = 0; i < count; i++)
        config_release(units[i]);
    free(units);
}

void config_store_free(struct config_store *store)
{
    if (store == NULL)
        return;
    config_release(store->current);
    config_release(store->file);
    free_units(store->units, store->unit_count);
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

struct config *config_store_file(const struct config_store *store)
{
    return store->file;
}

/* Takes both on success. */
static bool join(struct config_store *store, struct config *file, struct config **units,
                 size_t count)
{
    struct config *joined = count == 0 ? config_retain(file) : config_join(file, units, count);

    if (joined == NULL)
        return false;
    config_release(store->current);
    store->current = joined;
    if (file != store->file)
        config_release(store->file);
    store->file = file;
    if (units != store->units)
        free_units(store->units, store->unit_count);
    store->units = units;
    store->unit_count = count;
    return true;
}

bool config_store_set_units(struct config_store *store, struct config *const *units,
                            size_t unit_count)
{
    struct config **copy = calloc(unit_count + 1, sizeof *copy);

    if (copy == NULL)
        return false;
    for (size_t i = 0; i < unit_count; i++)
        copy[i] = config_retain(units[i]);
    if (join(store, store->file, copy, unit_count))
        return true;
    free_units(copy, unit_count);
    return false;
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
    const bool is_kept = published_versions_keep(config, store->file, &notes) &&
                         join(store, config, store->units, store->unit_count);

    notes.is_out_of_memory = notes.is_out_of_memory || !is_kept;
    problem_list_hand_over(&notes, warnings);
    if (!is_kept)
        config_release(config);
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
