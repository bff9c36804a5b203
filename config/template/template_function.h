/*
 * template_function.h - turns resources of functions into the settings of a configuration file.
 *
 * template_function.c builds a function, with the properties of template_property.c, the code of template_code.c, the
 * variables of template_environment.c and the destinations of template_events.c; template_versions.c adds settings from
 * other resources, and template_coercion.c turns "30" into 30
 * where a setting wants a number.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_FUNCTION_H
#define CONFIG_TEMPLATE_TEMPLATE_FUNCTION_H

#include "config/settings/setting.h"
#include "config/template/template_resolve.h"

/*
 * Adds the function to `functions` and to its resource, unless it has problems or its code is not available. False when out of memory.
 */
bool template_put_function(struct template_scope *scope, struct node *functions,
                           struct template_resource *function);

/* Adds versions, aliases and event settings from other resources to the functions. False when out of memory. */
bool template_put_versions(struct template_scope *scope);

/* Adds Apis, the last member of the configuration, for events of HTTP and REST APIs. */
void template_put_apis(struct template_scope *scope, struct node *root);

/* ---- code ---- */

enum template_code {
    CODE_FOLDER,
    CODE_NONE,   /* the template doesn't say */
    CODE_INLINE, /* in the template itself */
    CODE_IMAGE,  /* in a container image */
    CODE_PROBLEM /* which has been said, or when out of memory */
};

/* `folder` becomes a string on CODE_FOLDER; on CODE_INLINE and CODE_IMAGE `place` is the property that says so. */
enum template_code template_find_code(struct template_scope *scope,
                                      const struct template_resource *function,
                                      const struct node **folder, const struct node **place);

/* Adds Layers. */
void template_put_layers(struct template_scope *scope, struct node *to,
                         const struct template_resource *function);

/* ---- properties ---- */

/* Its own, merged with that of Globals as SAM does. Not resolved. NULL for none. */
const struct node *template_property(struct template_scope *scope,
                                     const struct template_resource *function, const char *name);

/* Metadata.Invoked of a function; NULL for none. */
const struct node *template_invoked(const struct template_resource *function);

/* Its member; NULL for none. */
const struct node *template_override(const struct template_resource *function, const char *name);

/* A member of Metadata; NULL for none. */
const struct node *template_metadata(const struct template_resource *function, const char *name);

/* What of its properties is ignored becomes a note; an unknown one that is near to a known one is a problem. */
void template_note_ignored(struct template_scope *scope, const struct template_resource *resource);

/* The same of Globals.Function. */
void template_note_ignored_globals(struct template_scope *scope);

/* ---- the environment ---- */

/* Adds Environment, without the variables that .env files and --env-vars set. */
void template_put_environment(struct template_scope *scope, struct node *to,
                              const struct template_resource *function);

/* An object, after resolving it when it is a call such as Fn::If. NULL for none and with a problem. */
const struct node *template_as_object(struct template_scope *scope, const struct node *source);

/* ---- events ---- */

/* Adds DeadLetterConfig, from that of CloudFormation or the DeadLetterQueue of SAM. False when there was a problem. */
bool template_put_dead_letter(struct template_scope *scope, struct node *to,
                              const struct node *source);

/*
 * Adds EventInvokeConfig. `function` is the logical id that names the queues and topics which SAM makes for a
 * destination that only says Type; NULL where there is no SAM. False when there was a problem.
 */
bool template_put_events(struct template_scope *scope, struct node *to, const struct node *source,
                         const char *function);

/* ---- values ---- */

/* Converts values to the types of their settings, as CloudFormation does; what can't be converted is left for the check. */
void template_coerce(struct template_scope *scope, struct node *object,
                     const struct setting_scope *settings);

#endif
