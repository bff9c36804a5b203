/*
 * dead_letter_count.h - counts the dead letters in a data folder, by queue.
 *
 * Reads the files of all accounts: <data>/dead-letters/NAME.jsonl and <data>/accounts/ID/dead-letters/NAME.jsonl.
 */
#ifndef SERVER_CLI_DEAD_LETTER_COUNT_H
#define SERVER_CLI_DEAD_LETTER_COUNT_H

#include <stdbool.h>
#include <stddef.h>

struct dead_letter_count; /* opaque: the lines of each queue's file at one time */

/* Returns owned, NULL when out of memory. A missing folder counts as empty. */
struct dead_letter_count *dead_letter_count_new(const char *data_folder);
void dead_letter_count_free(struct dead_letter_count *count);

/*
 * How many letters were added between `earlier` and `later`; a queue that shrank counts as 0. `queues` gets the names
 * of the queues that grew ("hello-dlq, orders"), truncated to `size`.
 */
size_t dead_letter_count_more(const struct dead_letter_count *earlier,
                              const struct dead_letter_count *later, char *queues, size_t size);

#endif
