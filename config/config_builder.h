/*
 * config_builder.h - what building a snapshot carries along, from the tree to the structs of config.h.
 *
 * config.c builds the whole, function_builder.c a function and its aliases, version_builder.c a version. All of them
 * go on after a problem, so that one look finds everything; a snapshot with problems is thrown away in the end.
 */
#ifndef CONFIG_CONFIG_BUILDER_H
#define CONFIG_CONFIG_BUILDER_H

#include "config/config.h"
#include "config/folder_finder.h"
#include "config/settings/setting.h"

struct arena;
struct document;
struct problem_list;
struct node;

struct known_layer;

/* A path of config.watched. */
struct watched_path {
    const char *path;
    struct watched_path *next;
};

struct config_builder {
    struct arena *arena; /* of the snapshot: everything that is built lives there */
    struct config *config;
    struct problem_list *problems, *warnings;
    const struct document_leniency *leniency; /* NULL: a function that can't run is a problem */
    bool checks_code;
    struct folder_finder folders;
    const char *code_folder;     /* of config_options */
    const char *layers_folder;   /* Local.LayersFolder, absolute; NULL for none */
    const char *runtime_clients; /* the same of Local.RuntimeClients */
    struct watched_path *watched;
    struct ignored_parts *ignored_parts; /* of the document; NULL for none */
    struct known_layer *layers;          /* those found last (version_layers.c) */
    const char *archive, *unpacked;      /* the last one, and its folder; NULL before the first */
    char **no_items;                     /* of every empty list: a NULL */
    const char *region;
    const char *account_id;
    const struct node *inherit_environment; /* of all functions; NULL for none */
    unsigned idle_timeout_s;                /* of a function that says nothing */
    const struct node *env_file_of_all;     /* Local.EnvFile of the whole; NULL for none */
    const struct node *env_vars;            /* of --env-vars; NULL for none */
    struct document *extras;                /* for what is read beside the configuration */
    const char *env_file_name;              /* the last one that was read, with its variables */
    const struct node *env_file;
};

struct config_sources {
    const struct document *document;
    const char *path; /* of the configuration, absolute */
    const char *base; /* the folder that relative paths start from, absolute */
    struct problem_list *problems, *warnings;
    const char *code_folder;     /* as in config_options */
    const struct node *env_vars; /* of --env-vars; NULL for none */
    struct document
        *extras; /* for what is read beside the configuration, until config_build() returns */
    bool checks_code;
};

/* Copies all that it needs. NULL with a problem. */
struct config *config_build(const struct config_sources *sources);

/* Adds to config.watched. Borrows `path`, which lives as long as the snapshot; NULL is fine. */
void config_watch(struct config_builder *builder, const char *path);

/* Makes the one function of a snapshot that nobody uses yet one of the API. False when out of memory. */
bool config_make_unit(struct config *config, const struct config_unit_options *options);

/* Retains `other` for as long as `config` lives; once is enough. False when out of memory. */
bool config_keep_alive(struct config *config, struct config *other);

/* The function that the node describes, whose key is its name. NULL when out of memory or when it is not an object. */
const struct function *function_build(struct config_builder *builder, const struct node *node);

/* `values` are the version's, those of $LATEST under them; `place` is the object that describes it. */
const struct function_version *version_build(struct config_builder *builder,
                                             const struct function *function, const char *version,
                                             const struct setting_value *values,
                                             const struct node *place);

/* The defaults when `node` is NULL. NULL when out of memory. */
const struct event_invoke_config *event_invoke_config_build(struct config_builder *builder,
                                                            const struct function *function,
                                                            const struct node *node);

/* Empty when `node` is NULL. False when out of memory. */
bool string_list_build(struct config_builder *builder, const struct node *node,
                       struct string_list *list);

#endif
