/*
 * data_folder.h - the folder that holds queue, dead letters and destinations, and the lock that keeps it to one server.
 *
 * The lock is a POSIX record lock: the kernel drops it when the process that took it ends, however that ends, and a
 * child between fork and exec doesn't share it. It belongs to the whole process, so nothing else in the process may
 * open <data folder>/lock: closing any descriptor of that file would drop the lock.
 *
 * Lifetime: opened by server_start() before the queue, closed last.
 */
#ifndef RUNTIME_EVENTS_DATA_FOLDER_H
#define RUNTIME_EVENTS_DATA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

enum { DATA_FOLDER_PATH_SIZE = 1024, DATA_FOLDER_ERROR_SIZE = 2048 };

struct data_folder {
    char path[DATA_FOLDER_PATH_SIZE]; /* absolute */
    int lock;                         /* descriptor of <path>/lock */
};

enum data_folder_status {
    DATA_FOLDER_OK,
    DATA_FOLDER_UNUSABLE, /* can't be made or written */
    DATA_FOLDER_IN_USE    /* by another server */
};

/*
 * Makes the folder, and those above it, if need be. `problem` says what is wrong and how to mend it. Blocks for up to 3 s
 * while a killed server is still ending, and for 0.2 s when the folder is in use.
 */
enum data_folder_status data_folder_open(struct data_folder *folder, const char *path,
                                         char problem[DATA_FOLDER_ERROR_SIZE]);
void data_folder_close(struct data_folder *folder);

/* Is the lock file that we hold still the one at that path? NULL and a closed folder have none. */
bool data_folder_is_locked(const struct data_folder *folder);

#endif
