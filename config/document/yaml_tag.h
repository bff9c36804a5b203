/*
 * yaml_tag.h - the tags of CloudFormation's templates, short for functions: `!Sub x` is {"Fn::Sub": "x"}.
 *
 * Used by:  document_yaml.c.
 */
#ifndef CONFIG_DOCUMENT_YAML_TAG_H
#define CONFIG_DOCUMENT_YAML_TAG_H

#include <stdbool.h>

enum yaml_tag_kind {
    YAML_TAG_NONE,     /* none, or one that changes nothing */
    YAML_TAG_TEXT,     /* !!str: the scalar is text, whatever it looks like */
    YAML_TAG_FUNCTION, /* one of CloudFormation's */
    YAML_TAG_UNKNOWN
};

/* `tag` as libyaml gives it ("!Sub", "tag:yaml.org,2002:str"), or NULL. `function` becomes the long form, "Fn::Sub". */
enum yaml_tag_kind yaml_tag_kind(const char *tag, const char **function);

/* The nearest of CloudFormation's tags to an unknown one; NULL when none is near. */
const char *yaml_tag_nearest(const char *tag);

#endif
