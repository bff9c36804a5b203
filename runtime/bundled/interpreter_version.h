/*
 * interpreter_version.h - is an interpreter of the version that a function's runtime names? Pure.
 */
#ifndef RUNTIME_BUNDLED_INTERPRETER_VERSION_H
#define RUNTIME_BUNDLED_INTERPRETER_VERSION_H

#include "base/bytes.h"

enum { INTERPRETER_VERSION_SIZE = 32 };

/* What an interpreter is asked: it prints its path, then its version, a line each. */
extern const char interpreter_version_question_python[]; /* behind -c */
extern const char interpreter_version_question_nodejs[]; /* behind -p */

/* Takes that answer apart. False when it is none; `path` and `version` are then left alone. */
bool interpreter_version_read(struct bytes_view answer, char *path, size_t path_size,
                              char version[INTERPRETER_VERSION_SIZE]);

/* Is "3.11.7" a "python3.11", "20.19.2" a "nodejs20.x"? */
bool interpreter_version_fits(const char *runtime, const char *version);

#endif
