/*
 * sam_config.h - parameter_overrides, stack_name and region of the samconfig.toml (or .yaml, .yml) beside a template.
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
 */
#ifndef CONFIG_VALUES_SAM_CONFIG_H
#define CONFIG_VALUES_SAM_CONFIG_H

#include <limits.h>
#include <stdbool.h>

struct arena;
struct problem_list;
struct string_list;

struct sam_config_options {
    const char *folder;      /* of the template */
    const char *environment; /* of --config-env; NULL: "default", if there is one */
    struct arena *arena;     /* holds the parameters */
};

/*
 * Fills `parameters` with NAME=VALUE (AWS::StackName and AWS::Region among them), of which the last of a name counts, and `path` with the file, "" when there is none.
 * False with problems: one that was asked for isn't there, or can't be read.
 */
bool sam_config_read(const struct sam_config_options *options, struct string_list *parameters,
                     char path[PATH_MAX], struct problem_list *problems);

#endif
