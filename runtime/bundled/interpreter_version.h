/*
 * interpreter_version.h - is an interpreter of the version that a function's runtime names? Pure.
 */
#ifndef RUNTIME_BUNDLED_INTERPRETER_VERSION_H
#define RUNTIME_BUNDLED_INTERPRETER_VERSION_H

#include "base/bytes.h"

enum { INTERPRETER_VERSION_SIZE = 32 };

/* The version in a runtime's name: "3.12" of "python3.12", "20" of "nodejs20.x". */
struct bytes_view interpreter_version_of(const char *runtime);

/*
 * Reads what an interpreter prints when it is asked (bundled_language.h): its path, then its version, a line each.
 * False when it printed something else; `path` and `version` are then left alone. */
bool interpreter_version_read(struct bytes_view answer, char *path, size_t path_size,
                              char version[INTERPRETER_VERSION_SIZE]);

/* Is "3.11.7" a "python3.11", "20.19.2" a "nodejs20.x"? */
bool interpreter_version_fits(const char *runtime, const char *version);

#endif
