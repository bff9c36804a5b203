/*
 * store.h - the queue on disk: rows of events in SQLite. Everything here blocks.
 *
 * Owns:     <data folder>/queue.db with its -wal and -shm (none for DURABILITY_MEMORY).
 * Used by:  runtime/events/store_worker.c, and the operations that run on it (event_queue.c, dead_letter.c).
 * Threads:  any, one at a time. Its parts: sqlite_internal.h.
 *
 * Rows of one function and account form a lane, and stand in it in the order of (due, sequence): one index does for
 * taking what is due, for the next time that something is, and for the counts at the start. Which events run is known in
 * memory alone: after a kill their rows are due as before, with the attempt not counted.
 *
 * To change the tables, raise STORE_FORMAT, and let event_store_open() bring an older file up to it.
 */
#ifndef RUNTIME_EVENTS_STORE_H
#define RUNTIME_EVENTS_STORE_H

#include "config/config.h"
#include "runtime/events/event.h"

#include <sqlite3.h>

enum {
    STORE_FORMAT = 2,
    STORE_FOLDER_SIZE = 1024,
    STORE_ERROR_SIZE = 1536,
    STORE_MESSAGE_SIZE = 8192
};

enum store_status {
    STORE_OK,
    STORE_FAILED,  /* no room, no access, I/O error, no memory: may work later */
    STORE_DAMAGED, /* the file is not, or no longer, a sound database */
    STORE_SKIPPED, /* this operation can't be done by itself and left the transaction as it was: the others go on */
    STORE_CLOSED /* never came to be done */
};

enum store_statement {
    STORE_BEGIN,
    STORE_COMMIT,
    STORE_ROLLBACK,
    STORE_ADD,
    STORE_ADD_LANE,
    STORE_FINISH,
    STORE_RESCHEDULE,
    STORE_READ,
    STORE_CLEAR,
    STORE_CLEAR_NEWEST,
    STORE_OLDEST,
    STORE_NEWEST,
    STORE_PROBE,
    STORE_ADD_ORIGIN,
    STORE_ORIGIN,
    STORE_MARK,
    STORE_IS_MARKED,
    STORE_MARKED_QUEUE,
    STORE_FORGET_MARKED,
    STORE_CLEAR_ORIGINS,
    STORE_STATEMENT_COUNT
};

struct event_store;

struct store_options {
    const char *folder;                    /* the data folder; shorter than STORE_FOLDER_SIZE */
    const struct data_folder *data_folder; /* who has its lock; NULL: nobody */
    enum durability durability;
};

/*
 * NULL with `fault` saying what is wrong and how to mend it. A damaged file is moved aside and a new one begun; `fault`
 * then says so although a store is returned, and is "" otherwise.
 */
struct event_store *event_store_open(const struct store_options *options,
                                     char fault[STORE_MESSAGE_SIZE]);
void event_store_close(struct event_store *store);

/*
 * Before a transaction: where somebody has removed the data folder, or the file in it, both are made again with all that
 * the open file still holds, and `note` says so; it is "" otherwise. When that fails the store may be closed: the next
 * call tries again.
 */
enum store_status event_store_restore(struct event_store *store, char note[STORE_MESSAGE_SIZE]);

/* Moves a file that turned out to be damaged aside and begins a new one; `fault` says where the old one is. */
enum store_status event_store_replace(struct event_store *store, char fault[STORE_MESSAGE_SIZE]);

const char *event_store_folder(const struct event_store *store);
enum durability event_store_durability(const struct event_store *store);

/* Why the last operation failed, for people. */
const char *event_store_error(const struct event_store *store);
void event_store_set_error(struct event_store *store, const char *error);

/* Of a file beside it: STORE_OK for 0, else STORE_SKIPPED with an error that names the file. */
enum store_status event_store_file_status(struct event_store *store, const char *path, int error);

/* A statement ready to be bound and stepped; reset it by event_store_end(). NULL after a failed event_store_replace(). */
sqlite3_stmt *event_store_statement(struct event_store *store, enum store_statement statement);
enum store_status event_store_end(struct event_store *store, sqlite3_stmt *statement, int result);

/* Steps a statement without rows to its end. `changed` (may be NULL) is how many rows it changed. */
enum store_status event_store_step(struct event_store *store, sqlite3_stmt *statement,
                                   int *changed);

/* A transaction. After a failure call event_store_rollback(). */
enum store_status event_store_begin(struct event_store *store);
enum store_status event_store_commit(struct event_store *store, bool *has_written);
void event_store_rollback(struct event_store *store);

/* Within a transaction: a write that changes nothing, to find out whether writing works. */
enum store_status event_store_probe(struct event_store *store);

/* What is there at the start; the caller's callback copies what it needs. False from it stops. */
struct store_lane {
    int64_t id;
    const char *account_id, *function_name;
    size_t count;
    int64_t next_due_ms;
};
typedef bool store_lane_fn(const struct store_lane *lane, void *context);
enum store_status event_store_lanes(struct event_store *store, store_lane_fn *on_lane,
                                    void *context);

struct store_start {
    int64_t last_sequence, last_lane_id; /* 0 for none */
    int64_t newest_ms; /* the newest time by the clock of an account with events; 0 when empty */
};
enum store_status event_store_start(struct event_store *store, struct store_start *start);

/* Within a transaction. */
enum store_status event_store_add_lane(struct event_store *store, const struct store_lane *lane);
enum store_status event_store_add(struct event_store *store, const struct event *event);
enum store_status event_store_finish(struct event_store *store, int64_t sequence);

/* Writes what a try changed; the whole row if it isn't there. `now_ms` by the account's clock. */
enum store_status event_store_reschedule(struct event_store *store, const struct event *event,
                                         int64_t now_ms);

/* Removes all events of an account up to and with that sequence, and the newest time with them. */
enum store_status event_store_clear(struct event_store *store, const char *account_id,
                                    int64_t last_sequence);

/* Rows of a lane in their order, as owned events. */
struct store_read {
    int64_t lane_id;
    int64_t due_max_ms; /* only those due by then */
    size_t event_max, byte_max;
    bool has_payload;    /* payloads too, not only what they are about */
    const int64_t *held; /* sorted sequences to leave out; `held_count` of them */
    size_t held_count;
    /* out */
    struct event *first; /* by `next` */
    size_t count;
    int64_t
        next_due_ms; /* of the first that is left in the database and not held; INT64_MAX for none */
};
enum store_status event_store_read(struct event_store *store, struct store_read *read);

/* When the oldest was accepted, by its account's clock; `lane_id` 0 when the queue is empty. */
enum store_status event_store_oldest(struct event_store *store, int64_t *lane_id,
                                     int64_t *enqueued_at_ms);

#endif
