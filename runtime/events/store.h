/*
 * store.h - where the queue is kept: what a storage engine must be able to do. Everything here blocks.
 *
 * Events of one function and account form a lane. Which events run is known in memory alone: whoever takes due events
 * holds them as a lease and names them in its next take; after a kill nothing is held, so they are due again, and the
 * attempt that was cut off isn't counted.
 *
 * To add an engine, write a `struct store_engine` and an open function as in sqlite_store.h, and choose between them in
 * store_open(). Nothing else knows which engine there is.
 *
 * Used by:  runtime/events/store_worker.c, and the operations that run on it (event_queue.c, async_redrive.c).
 * Threads:  any, one at a time.
 */
#ifndef RUNTIME_EVENTS_STORE_H
#define RUNTIME_EVENTS_STORE_H

#include "config/config.h"
#include "runtime/events/event.h"
#include "runtime/events/record_file.h"

enum {
    STORE_FOLDER_SIZE = 1024,
    STORE_ERROR_SIZE = 1536,
    STORE_MESSAGE_SIZE = 8192,
    EVENT_RECORDS_MAX = 2
};

enum store_status {
    STORE_OK,
    STORE_FAILED,  /* no room, no access, I/O error, no memory: may work later */
    STORE_DAMAGED, /* the data are not, or no longer, sound */
    STORE_SKIPPED, /* this operation can't be done by itself and left the transaction as it was: the others go on */
    STORE_CLOSED /* never came to be done */
};

struct store_options {
    const char *folder;                    /* the data folder; shorter than STORE_FOLDER_SIZE */
    const struct data_folder *data_folder; /* who has its lock; NULL: nobody */
    enum durability durability;
};

/* First member of an engine's own struct. */
struct store {
    const struct store_engine *engine;
    enum durability durability;
    const struct data_folder *data_folder;
    char folder[STORE_FOLDER_SIZE];
    char error[STORE_ERROR_SIZE]; /* why the last operation failed, for people */
};

struct store_lane {
    int64_t id;
    const char *account_id, *function_name;
    size_t count;
    int64_t next_due_ms;
};

/* The callback copies what it needs. False from it stops. */
typedef bool store_lane_fn(const struct store_lane *lane, void *context);

struct store_start {
    int64_t last_sequence, last_lane_id; /* 0 for none */
    int64_t newest_ms; /* the newest time by the clock of an account with events; 0 when empty */
};

/* A line for a file, and whose dead letter it is. */
struct event_record {
    struct record_file file;
    struct bytes *line;               /* with its line end; owned */
    char message_id[REQUEST_ID_SIZE]; /* "" unless it is a dead letter */
};

/* How an event ends: with its records, and perhaps with a new event for a function that is its destination. */
struct event_end {
    struct event *event, *follow_up; /* the latter NULL for none */
    const char *function_name;       /* of the event */
    size_t record_count;
    struct event_record records[EVENT_RECORDS_MAX];
};

/* Events of a lane, by due time and then by sequence: a take for running them, or (without payloads) a list. */
struct store_read {
    int64_t lane_id;
    int64_t due_max_ms; /* only those due by then */
    size_t event_max, byte_max;
    bool has_payload;    /* payloads too, not only what they are about */
    const int64_t *held; /* sorted sequences to leave out; `held_count` of them */
    size_t held_count;
    /* out */
    struct event *first; /* owned, by `next` */
    size_t count;
    int64_t next_due_ms; /* of the first that is left and not held; INT64_MAX for none */
};

/* Where a dead letter came from. */
struct store_origin {
    char *function_name, *qualifier; /* owned; NULL for none */
};

struct store_engine {
    void (*close)(struct store *store);

    /*
     * Begins a transaction. What somebody has removed meanwhile is made again first, with all that is still known;
     * `note` says so, and is "" otherwise.
     */
    enum store_status (*begin)(struct store *store, char note[STORE_MESSAGE_SIZE]);
    /* `has_written`: the transaction has changed something. */
    enum store_status (*commit)(struct store *store, bool *has_written);
    void (*rollback)(struct store *store);

    /* Moves damaged data aside and begins anew; `problem` says where the old ones are. */
    enum store_status (*replace)(struct store *store, char problem[STORE_MESSAGE_SIZE]);

    /* Before the first transaction. `lanes` tells those with events; `find` an event, without its payload, or NULL. */
    enum store_status (*start)(struct store *store, struct store_start *start);
    enum store_status (*lanes)(struct store *store, store_lane_fn *on_lane, void *context);
    enum store_status (*find)(struct store *store, int64_t sequence, struct event **event);

    /* All that follow: within a transaction. */

    enum store_status (*add_lane)(struct store *store, const struct store_lane *lane);
    enum store_status (*add)(struct store *store, const struct event *event);
    enum store_status (*take)(struct store *store, struct store_read *read);
    /* Writes what a try changed; the whole event if it isn't there. `now_ms` by the account's clock. */
    enum store_status (*reschedule)(struct store *store, const struct event *event, int64_t now_ms);
    /* Removes the event, notes the origins of its dead letters, adds its follow-up. */
    enum store_status (*finish)(struct store *store, const struct event_end *end);
    /* Removes all events of an account up to and with that sequence, and its newest time. */
    enum store_status (*clear)(struct store *store, const char *account_id, int64_t last_sequence);
    /* When the oldest was accepted, by its account's clock; `lane_id` 0 when there is none. */
    enum store_status (*oldest)(struct store *store, int64_t *lane_id, int64_t *enqueued_at_ms);
    /* A write that changes nothing, to find out whether writing works. */
    enum store_status (*probe)(struct store *store);

    /* Dead letters: each is put back at most once. */

    /* No function name: nobody knows, or it has been redriven. */
    enum store_status (*origin)(struct store *store, const char *message_id,
                                struct store_origin *origin);
    /* Marks it as redriven. `is_first` false: it is already, or unknown. */
    enum store_status (*redrive)(struct store *store, const char *message_id, bool *is_first);
    enum store_status (*is_redriven)(struct store *store, const char *message_id,
                                     bool *is_redriven);
    /* A queue with marks; no name in `file` when there is none. */
    enum store_status (*redriven_queue)(struct store *store, struct record_file *file);
    enum store_status (*forget_redriven)(struct store *store, const struct record_file *file);
    enum store_status (*forget_letters)(struct store *store, const char *account_id);
};

/*
 * NULL with `problem` saying what is wrong and how to mend it. Damaged data are moved aside and a new store is begun;
 * `problem` then says so although a store is returned, and is "" otherwise.
 */
struct store *store_open(const struct store_options *options, char problem[STORE_MESSAGE_SIZE]);

/* What all stores of this process hold in memory. On any thread, at any time. */
size_t store_memory_bytes(void);

/* Accepts NULL. */
void store_close(struct store *store);

void store_set_error(struct store *store, const char *error);

/* Of a file of records: STORE_OK for 0, else STORE_SKIPPED with an error that names the file. */
enum store_status store_file_status(struct store *store, const char *path, int error);

#endif
