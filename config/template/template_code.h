/*
 * template_code.h - where the code of a function in a template lies.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_CODE_H
#define CONFIG_TEMPLATE_TEMPLATE_CODE_H

#include "config/template/template_resources.h"

enum template_code {
    CODE_FOLDER,
    CODE_NONE,   /* the template doesn't say */
    CODE_INLINE, /* in the template itself */
    CODE_IMAGE,  /* in a container image */
    CODE_PROBLEM /* which has been said, or when out of memory */
};

/* `folder` becomes a string on CODE_FOLDER; on CODE_INLINE and CODE_IMAGE `place` is the property that says so. */
enum template_code template_code_find(struct template_scope *scope,
                                      const struct template_resource *function,
                                      const struct node **folder, const struct node **place);

#endif
