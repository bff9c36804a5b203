/*
 * exports.h - does a source file define a function that a handler names?
 *
 * Searches the text, runs nothing, and says "unsure" where only running it could tell (`from x import *`,
 * `module.exports = require(...)`). Pure; reads every byte once or twice and allocates at most the text's size.
 */
#ifndef CONFIG_CHECK_EXPORTS_H
#define CONFIG_CHECK_EXPORTS_H

#include "base/bytes.h"

enum export_status { EXPORT_FOUND, EXPORT_MISSING, EXPORT_UNSURE };

/* Is `name` bound at the top level of a Python module? */
enum export_status exports_python(struct bytes_view text, const char *name);

/* Does a JavaScript module, CommonJS or ES, export `name`? */
enum export_status exports_nodejs(struct bytes_view text, const char *name);

#endif
