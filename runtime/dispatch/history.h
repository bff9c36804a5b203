/*
 * history.h - what an account has invoked, newest first: a row for each attempt, for tests and people.
 *
 * An invocation gets its row when it begins to run, and the row is completed when it ends; the cost of both does not depend
 * on the number of rows. The oldest rows are dropped when there are more than HistorySize, when all weigh more than
 * HISTORY_BYTES_MAX, or when the histories of all accounts weigh more than ACCOUNT_BYTES_MAX. Payloads, responses and logs
 * are shared, not copied, up to HISTORY_PART_MAX; of larger ones a copy of the beginning is kept, and the row says so.
 *
 * Owns:     its rows.
 * Used by:  server/server_open.c (which feeds it), handlers/.
 * Lifetime: made when an account is first asked for it; freed with the account.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_HISTORY_H
#define RUNTIME_DISPATCH_HISTORY_H

#include "config/names/function_name.h"
#include "runtime/dispatch/invocation.h"

enum { HISTORY_BYTES_MAX = 64 << 20, HISTORY_PART_MAX = 256 << 10 };

enum history_status {
    HISTORY_RUNNING,
    HISTORY_SUCCEEDED,
    HISTORY_FAILED,    /* a function error, or the server stopped while it ran */
    HISTORY_THROTTLED, /* no place for it, or TooManyRequestsException was asked for */
    HISTORY_REJECTED,  /* another exception of the Invoke API, though there is such a function */
    HISTORY_STATUS_COUNT
};

/* "running", ...; and back. False when there is no such status. */
const char *history_status_name(enum history_status status);
bool history_status_parse(const char *name, enum history_status *status);

/* The status of a row with that outcome. */
enum history_status history_status_of(const struct outcome *outcome);
enum history_status history_status_of_exception(enum api_exception exception);

struct history_part {
    struct bytes *bytes; /* NULL for none */
    bool is_cut;         /* there was more: behind, of a log before */
};

struct history_row {
    struct history_row *newer, *older;
    enum history_status status;
    enum invocation_type type;
    unsigned attempt;
    bool
        has_run; /* it ended by a response or a function error: `duration_ms` and `is_cold_start` apply */
    bool is_cold_start;
    const char *function_error; /* "Unhandled"; NULL for none */
    const char *source;         /* "FunctionUrl"; NULL: a request of the API */
    int64_t started_at_ms;      /* by the account's clock */
    double queue_ms;            /* waited for an environment, without its initialisation */
    double duration_ms;
    int64_t enqueued_at_ms;      /* of an event; else 0 */
    struct history_part payload; /* without bytes: {} */
    struct history_part response, log;
    const char *qualifier, *version; /* the former "" for none */
    char request_id[REQUEST_ID_SIZE];

    struct history *history;
    struct invocation *invocation; /* while it runs, else NULL */
    size_t own_bytes, weight;      /* without and with its parts */
    char function_name[];          /* and what the two above point to */
};

/* Borrowed; made if need be. NULL when out of memory. */
struct history *history_of(struct account *account);

/* The dispatcher's news (see struct dispatch_observer). */
void history_accepted(struct invocation *invocation);
void history_finished(struct invocation *invocation);
void history_refused(struct invocation *invocation, enum dispatch_status status);

/* A piece of a streamed response, which is in no outcome. */
void history_streamed(const struct invocation *invocation, struct bytes_view piece);

/*
 * A request (`options`) was answered with `exception` before there was an invocation, although its function was found. A
 * DryRun leaves no row, since it invokes nothing.
 */
void history_rejected(const struct invocation_options *options, enum api_exception exception);

/* NULL when there is none; the others follow by `older`. */
const struct history_row *history_newest(const struct history *history);

size_t history_row_count(const struct history *history);
size_t history_weight(const struct history *history);

/* Drops all rows, also those of running invocations. Watches begin again at 0. */
void history_forget(struct history *history);

/* The same, and ends all watches with HISTORY_WATCH_RESET. */
void history_reset(struct history *history);

/* One listener sees each row when it is added and when it ends; NULL for none. It must not change the history. */
typedef void history_listener_fn(const struct history_row *row, void *context);
void history_listen(struct history *history, history_listener_fn *listener, void *context);

/* ---- asking ---- */

struct history_filter {
    char function_name[FUNCTION_NAME_MAX + 1]; /* "" for any, like the next two */
    char qualifier[FUNCTION_NAME_MAX + 1];
    char request_id[REQUEST_ID_SIZE];
    bool has_type, has_status;
    enum invocation_type type;
    enum history_status status;
};

bool history_matches(const struct history_filter *filter, const struct history_row *row);

/* How many rows match, of all or of those that are finished. A filter for running rows counts these in both cases. */
size_t history_count(const struct history *history, const struct history_filter *filter,
                     bool is_finished_only);

enum history_watch_end { HISTORY_WATCH_REACHED, HISTORY_WATCH_RESET };

struct history_watch;
typedef void history_watch_fn(struct history_watch *watch, enum history_watch_end end);

/*
 * The caller's memory. Counts matching finished rows (see above) as they come; a row stays counted when it is dropped to
 * make room.
 */
struct history_watch {
    struct history_filter filter;
    size_t at_least;
    size_t count;
    history_watch_fn *on_end; /* the watch has been stopped; it must not change the history */
    void *context;

    struct history *history;
    struct history_watch *previous, *next;
};

/* Fills in `count`; calls nothing, even if `count` is already enough. */
void history_watch_start(struct history *history, struct history_watch *watch);
void history_watch_stop(struct history_watch *watch);

#endif
