/*
 * inspect_rows.h - rows of the /_invoked/ lists, for those who send them one by one (handlers/console/feed.c).
 */
#ifndef HANDLERS_INSPECT_INSPECT_ROWS_H
#define HANDLERS_INSPECT_INSPECT_ROWS_H

#include "base/json/json_writer.h"
#include "handlers/api.h"
#include "runtime/dispatch/history.h"

/* inspect_history.c, inspect_functions.c: a row as the list has it. */
void inspect_history_write_row(struct json_writer *writer, const struct history_row *row,
                               bool has_timings);
void inspect_function_write(struct json_writer *writer, const struct api *api,
                            const struct account *account, const struct function *function);

/* Does the account see the function: is it its own, or one of the file? */
bool inspect_function_is_seen(const struct config *config, const struct account *account,
                              const struct function *function);

/* inspect_clock.c: `{"now":…,"mode":…` without its end. False when out of memory. */
bool inspect_clock_append(struct bytes **json, struct clock *clock);

#endif
