/*
 * template_sections.h - the sections of a template, and the scope that they make.
 *
 * Used by:  template.c, and template_stacks.c for nested ones.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_SECTIONS_H
#define CONFIG_TEMPLATE_TEMPLATE_SECTIONS_H

#include "config/template/template_scope.h"

struct text_builder;

/*
 * Fills the rest of a scope that has its documents, problems, paths and root. `config_env` is the environment of samconfig.toml;
 * NULL: "default". False when there is nothing to go on with.
 */
bool template_open_scope(struct template_scope *scope, const char *config_env);

/* Metadata.Invoked of the whole; NULL for none. */
const struct node *template_invoked_of_all(const struct template_scope *scope);

/* Adds what is ignored of them: "Rules, Outputs, Globals.Table". */
void template_note_sections(struct template_scope *scope, struct text_builder *parts);

#endif
