/*
 * version_builder.h - one version of a function while it is built.
 *
 * version_builder.c builds its plain settings, version_variables.c its environment, version_way.c how it runs or why it
 * can't, version_client.c which of AWS's clients runs it, version_code.c where its code is, version_layers.c its layers.
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

/* Environment and LoggingConfig, with what stands beside the configuration. */
void version_build_variables(struct version_builder *builder);

/* The only one of Runtime, ImageConfig, Local.Command and Local.Mock; or it is left out. */
void version_build_way(struct version_builder *builder);

/*
 * It can't run here, for a reason that is formatted: a problem, or in a lenient document the version is left out. The
 * first reason counts.
 */
void version_cannot_run(struct version_builder *builder, enum left_out_cause cause,
                        const struct node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The folder that its code runs from, and where the process starts. */
void version_build_code(struct version_builder *builder);

/*
 * Runs a runtime that isn't bundled by AWS's client for it (version_client.c). True when it does, or when it can't for a
 * reason that was said; false when the code is no build of that language.
 */
bool version_build_client(struct version_builder *builder, const struct node *runtime);

void version_build_layers(struct version_builder *builder);

/* The folder that a path means, of an archive that of its contents. NULL when it can't be had, which has been said. */
const char *version_find_folder(struct version_builder *builder, const struct node *node);

/* A command of one or two parts, each of which may be NULL; its first item is the program. */
void version_build_command(struct version_builder *builder, struct string_list *list,
                           const struct node *first, const struct node *second);

/* A copy that lives as long as the snapshot. NULL for NULL, and when out of memory. */
const char *version_copy_text(struct config_builder *builder, const char *text);

#endif
