/*
 * version_builder.h - one version of a function while it is built.
 *
 * version_builder.c builds its plain settings, version_way.c how it runs, or why it can't.
 */
#ifndef CONFIG_VERSION_BUILDER_H
#define CONFIG_VERSION_BUILDER_H

#include "config/config_builder.h"

struct version_builder {
    struct config_builder *whole;
    const struct setting_value *values;
    const struct node *place; /* the object that describes the version */
    struct function_version *version;
};

/* The only one of Runtime, ImageConfig, Local.Command and Local.Mock; or it is left out. */
void version_build_way(struct version_builder *builder);

/* A command of one or two parts, each of which may be NULL; its first item is the program. */
void version_build_command(struct version_builder *builder, struct string_list *list,
                           const struct node *first, const struct node *second);

/* A copy that lives as long as the snapshot. NULL for NULL, and when out of memory. */
const char *version_copy_text(struct config_builder *builder, const char *text);

#endif
