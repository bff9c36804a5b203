/*
 * dead_letter_count.h - how many dead letters there are below a data folder, and which queues got more of them.
 *
 * Looks at the files of all accounts: <data>/dead-letters/NAME.jsonl and <data>/accounts/ID/dead-letters/NAME.jsonl.
 */
#ifndef SERVER_CLI_DEAD_LETTER_COUNT_H
#define SERVER_CLI_DEAD_LETTER_COUNT_H

#include <stdbool.h>
#include <stddef.h>

struct dead_letter_count; /* opaque: of each queue, at one time */

/* Returns owned, NULL when out of memory. A folder that isn't there holds none. */
struct dead_letter_count *dead_letter_count_new(const char *data_folder);
void dead_letter_count_free(struct dead_letter_count *count);

/*
 * How many more there are in `later` than in `earlier`, queue by queue (one that got fewer counts for nothing).
 * `queues` gets the names of those with more, "hello-dlq, orders", cut off to `size`.
 */
size_t dead_letter_count_more(const struct dead_letter_count *earlier,
                              const struct dead_letter_count *later, char *queues, size_t size);

#endif
