/*
 * code_check.h - can the code of a function version run? Looks at files, runs nothing.
 *
 * Used by: config/version_builder.c, for `invoked check`.
 */
#ifndef CONFIG_CHECK_CODE_CHECK_H
#define CONFIG_CHECK_CODE_CHECK_H

#include "config/config.h"

enum { CODE_FINDING_SIZE = 1024 };

enum code_subject { CODE_SUBJECT_HANDLER, CODE_SUBJECT_FOLDER, CODE_SUBJECT_COMMAND };

struct code_finding {
    enum code_subject subject; /* the setting that is wrong */
    bool is_certain;           /* false: the code may run all the same */
    char text[CODE_FINDING_SIZE];
};

/* True with the first thing that is wrong. Versions that start no process have nothing wrong. */
bool code_check(const struct function_version *version, struct code_finding *finding);

/* Would code_check() look at the same files for both? */
bool code_check_is_same(const struct function_version *a, const struct function_version *b);

#endif
