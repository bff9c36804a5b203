/*
 * running_marks.h - which events run, in a file that survives a kill of the server: the next start tells of each that
 * was cut off.
 *
 * A mark is written into <data folder>/running through a shared mapping: no system call, no commit, and after SIGKILL
 * the kernel still has it. Only the log and the stream depend on marks; what runs again is known from the database
 * (store.h). So where there is no room for the file, or for another mark, the events run without.
 *
 * Lifetime: opened and closed with the event queue, which holds the lock of the data folder.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_EVENTS_RUNNING_MARKS_H
#define RUNTIME_EVENTS_RUNNING_MARKS_H

#include "base/request_id.h"

#include <stddef.h>

/* An event while it ran. */
struct running_mark {
    int64_t sequence;
    int64_t run_count; /* runs that had ended before */
    char request_id[REQUEST_ID_SIZE];
};

struct running_marks; /* opaque */

/* NULL when out of memory. `found` gets the marks of the server before in the order of
 * acceptance, `found_count` of them; owned by the caller. */
struct running_marks *running_marks_open(const char *folder, struct running_mark **found,
                                         size_t *found_count);

/* Accepts NULL. What is still marked stays so. */
void running_marks_close(struct running_marks *marks);

/* A mark to be given back to running_marks_clear(); 0 when there is no room. Accepts NULL. */
unsigned running_marks_set(struct running_marks *marks, const struct running_mark *mark);
void running_marks_clear(struct running_marks *marks, unsigned mark);

#endif
