/*
 * record_file.h - dead letters and destination records on disk: one JSON object a line. Everything here blocks.
 *
 *   <data folder>/dead-letters/NAME.jsonl     <data folder>/destinations/NAME.jsonl
 *   <data folder>/accounts/<id>/dead-letters/… for accounts other than the configuration's
 *
 * A line is appended in one write. If the disk is full in the middle of it, or the machine stopped there, the incomplete
 * line is removed before the next one: readers never see half a line for long, and never two lines run together. Only regular files are written or read (record_reader.h); record_file_error() says what an errno means.
 *
 * Threads: any, one at a time (operations of runtime/events/store_worker.c).
 */
#ifndef RUNTIME_EVENTS_RECORD_FILE_H
#define RUNTIME_EVENTS_RECORD_FILE_H

#include "base/bytes.h"
#include "runtime/dispatch/account.h"

#include <stdio.h>

enum { RECORD_NAME_SIZE = 201, RECORD_PATH_SIZE = 2048 };

enum record_kind { RECORD_DEAD_LETTER, RECORD_DESTINATION };

struct record_file {
    enum record_kind kind;
    char account_id[ACCOUNT_ID_SIZE]; /* "" for the configuration's */
    char name[RECORD_NAME_SIZE];      /* "" stands for all of the kind, where that makes sense */
};

/* What follows the last ':' or '/' of an ARN, made safe as a file name. */
void record_file_name(const char *arn, char name[RECORD_NAME_SIZE]);

void record_file_path(const char *folder, const struct record_file *file,
                      char path[RECORD_PATH_SIZE]);

/*
 * `line` ends in its only line end. 0, or an errno with nothing written. `is_synced`: returns only when the line is safe
 * from a power cut.
 */
int record_file_append(const char *folder, const struct record_file *file, struct bytes_view line,
                       bool is_synced);

/*
 * The lines of one file, or of all of the kind (by their times), as one JSON array: the newest of each file that fit
 * into `byte_max`. 0 or an errno, and then `path` is what it is about; `array` is owned by the caller. A file that
 * isn't there is an empty one. A line that isn't JSON becomes a string.
 */
int record_file_list(const char *folder, const struct record_file *file, size_t byte_max,
                     struct bytes **array, char path[RECORD_PATH_SIZE]);

/* The names of an account's files of a kind, sorted. 0 or an errno; `names` is owned by the caller, also when empty. */
int record_file_names(const char *folder, const struct record_file *file,
                      char (**names)[RECORD_NAME_SIZE], size_t *count);

/* Replaces the file by one with the lines that `keeps` accepts. 0 or an errno. */
typedef bool record_keeps_fn(struct bytes_view line, void *context);
int record_file_filter(const char *folder, const struct record_file *file, record_keeps_fn *keeps,
                       void *context);

/* Removes an account's files of both kinds. 0 or an errno, and then `path` is what it is about. */
int record_file_remove_all(const char *folder, const char *account_id, char path[RECORD_PATH_SIZE]);

#endif
