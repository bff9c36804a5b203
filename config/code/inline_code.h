/*
 * inline_code.h - code that the configuration itself contains (InlineCode, Code.ZipFile).
 *
 * AWS makes a file of it, index.py or index.js, and puts its cfn-response module beside it. index.js is a CommonJS module
 * there; here text with import or export statements is index.mjs, which a newer Node.js would find out by itself.
 */
#ifndef CONFIG_CODE_INLINE_CODE_H
#define CONFIG_CODE_INLINE_CODE_H

#include "config/code/code_folder.h"
#include "config/config.h"

/* False with `why`: also for a family that has no inline code. */
bool inline_code_write(struct code_folder *folder, const char *store, enum runtime_family family,
                       struct bytes_view text);

#endif
