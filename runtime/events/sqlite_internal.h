/*
 * sqlite_internal.h - what the parts of the queue on disk share; nobody else includes this.
 *
 *   sqlite_store.c    opening and closing it, transactions, its statements
 *   sqlite_file.c     the database: its tables, and whether a file is one of ours
 *   sqlite_restore.c  a file that is damaged, or that somebody has removed
 *   sqlite_rows.c     the rows (by what store.h declares alone)
 */
#ifndef RUNTIME_EVENTS_SQLITE_INTERNAL_H
#define RUNTIME_EVENTS_SQLITE_INTERNAL_H

#include "runtime/events/data_folder.h"
#include "runtime/events/store.h"

struct event_store {
    sqlite3 *database; /* NULL after a replacement or a restoration that failed */
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
    enum durability durability;
    bool is_opening;  /* what our statements find wrong then is the file's fault */
    int change_count; /* of the connection, when the transaction began */
    char error[STORE_ERROR_SIZE];
    char folder[STORE_FOLDER_SIZE];
    char path[STORE_FOLDER_SIZE + 16];
    const struct data_folder *data_folder;
    struct data_folder restored; /* locked again, after it had been removed */
    bool is_reopened;            /* the file was restored, and could not be opened yet */
};

/* sqlite_store.c: what SQLite's result comes to; the text of an error is kept. */
enum store_status event_store_check(struct event_store *store, int result);

/*
 * event_store_file.c: opens the file, makes the tables in an empty one, prepares the statements. STORE_FAILED with
 * `fault` already said when the file is sound but not for us.
 */
enum store_status event_store_open_file(struct event_store *store, char fault[STORE_MESSAGE_SIZE]);
void event_store_close_file(struct event_store *store);

#endif
