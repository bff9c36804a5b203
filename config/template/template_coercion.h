/*
 * template_coercion.h - makes values what their settings want, as CloudFormation does: Timeout: "30" is a number, and a
 * variable 8080 is a text.
 *
 * What can't be made so stays as it is, for its problem.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_COERCION_H
#define CONFIG_TEMPLATE_TEMPLATE_COERCION_H

#include "config/settings/setting.h"

struct template_scope;

void template_coerce(struct template_scope *scope, struct node *object,
                     const struct setting_scope *settings);

#endif
