/*
 * template_property.h - the properties of a function in a template: its own, those of Globals, and those that
 * Metadata.Invoked sets in their place.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_PROPERTY_H
#define CONFIG_TEMPLATE_TEMPLATE_PROPERTY_H

#include "config/template/template_resources.h"

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

/* Adds a note that begins with the template's path. */
void template_note(struct template_scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
