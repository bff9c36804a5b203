/*
 * function_folder.h - a folder of functions as a configuration: what lies there says what there is and how it runs.
 *
 *   NAME.py                    Python, `handler` in it
 *   NAME.mjs, NAME.js, NAME.cjs   Node.js, `handler` in it
 *   NAME/ with bootstrap       a custom runtime
 *   NAME/ with app.py          Python, app.handler
 *   NAME/ with index.mjs/.js   Node.js, index.handler
 *   NAME, NAME.sh, ... executable   a Local.Command
 *
 * Hidden files and all else are left out.
 */
#ifndef CONFIG_FUNCTION_FOLDER_H
#define CONFIG_FUNCTION_FOLDER_H

#include <stdbool.h>

struct document;
struct problem_list;

/* Fills an empty document with what a configuration file would say. False with at least one problem. */
bool function_folder_read(const char *path, struct document *document,
                          struct problem_list *problems);

#endif
