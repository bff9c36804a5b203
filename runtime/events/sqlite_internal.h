/*
 * sqlite_internal.h - what the parts of the SQLite engine share; nobody else includes this.
 *
 *   sqlite_store.c    opening and closing, transactions
 *   sqlite_file.c     the database file: its tables and statements, and whether a file is one of ours
 *   sqlite_restore.c  a file that is damaged, or that somebody has removed
 *   sqlite_rows.c     events, lanes and dead letters
 *
 * To change the tables, raise SQLITE_FORMAT and let sqlite_open_file() bring an older file up to it.
 */
#ifndef RUNTIME_EVENTS_SQLITE_INTERNAL_H
#define RUNTIME_EVENTS_SQLITE_INTERNAL_H

#include "runtime/events/data_folder.h"
#include "runtime/events/store.h"

#include <sqlite3.h>

enum { SQLITE_FORMAT_NUMBER = 3 };

enum sqlite_statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_ADD,
    SQL_ADD_LANE,
    SQL_FINISH,
    SQL_RESCHEDULE,
    SQL_READ,
    SQL_CLEAR,
    SQL_CLEAR_NEWEST,
    SQL_FIND,
    SQL_OLDEST,
    SQL_NEWEST,
    SQL_PROBE,
    SQL_ADD_ORIGIN,
    SQL_ORIGIN,
    SQL_MARK,
    SQL_IS_MARKED,
    SQL_MARKED_QUEUE,
    SQL_FORGET_MARKED,
    SQL_CLEAR_ORIGINS,
    SQL_COUNT
};

struct sqlite_store {
    struct store store; /* first */
    sqlite3 *database;  /* NULL after a replacement or a restoration that failed */
    sqlite3_stmt *statements[SQL_COUNT];
    bool is_opening;  /* what our statements find wrong then is the file's problem */
    int change_count; /* of the connection, when the transaction began */
    char path[STORE_FOLDER_SIZE + 16];
    struct data_folder restored; /* locked again, after it had been removed */
    bool is_reopened; /* the file was replaced or restored, and could not be opened yet */
};

/* sqlite_store.c: what SQLite's result comes to; keeps the text of an error. */
enum store_status sqlite_check(struct sqlite_store *sqlite, int result);

/* Resets a statement after its last step; `result` is that step's. */
enum store_status sqlite_end(struct sqlite_store *sqlite, sqlite3_stmt *statement, int result);

/* Steps a statement once and resets it. `changed` (may be NULL) is how many rows it changed. */
enum store_status sqlite_step(struct sqlite_store *sqlite, enum sqlite_statement which,
                              int *changed);

/*
 * sqlite_file.c: opens the file, makes the tables in an empty one, prepares the statements. STORE_FAILED with `problem`
 * already said when the file is sound but not for us.
 */
enum store_status sqlite_open_file(struct sqlite_store *sqlite, char problem[STORE_MESSAGE_SIZE]);
void sqlite_close_file(struct sqlite_store *sqlite);

/* sqlite_restore.c: the file again, where somebody has removed it; part of `begin`. */
enum store_status sqlite_restore(struct sqlite_store *sqlite, char note[STORE_MESSAGE_SIZE]);
enum store_status sqlite_replace(struct store *store, char problem[STORE_MESSAGE_SIZE]);

/* sqlite_rows.c: see struct store_engine. */
enum store_status sqlite_start(struct store *store, struct store_start *start);
enum store_status sqlite_lanes(struct store *store, store_lane_fn *on_lane, void *context);
enum store_status sqlite_add_lane(struct store *store, const struct store_lane *lane);
enum store_status sqlite_add(struct store *store, const struct event *event);
enum store_status sqlite_take(struct store *store, struct store_read *read);
enum store_status sqlite_reschedule(struct store *store, const struct event *event, int64_t now_ms);
enum store_status sqlite_finish(struct store *store, const struct event_end *end);
enum store_status sqlite_clear(struct store *store, const char *account_id, int64_t last_sequence);
enum store_status sqlite_find(struct store *store, int64_t sequence, struct event **event);
enum store_status sqlite_oldest(struct store *store, int64_t *lane_id, int64_t *enqueued_at_ms);
enum store_status sqlite_probe(struct store *store);
enum store_status sqlite_origin(struct store *store, const char *message_id,
                                struct store_origin *origin);
enum store_status sqlite_redrive(struct store *store, const char *message_id, bool *is_first);
enum store_status sqlite_is_redriven(struct store *store, const char *message_id,
                                     bool *is_redriven);
enum store_status sqlite_redriven_queue(struct store *store, struct record_file *file);
enum store_status sqlite_forget_redriven(struct store *store, const struct record_file *file);
enum store_status sqlite_forget_letters(struct store *store, const char *account_id);

#endif
