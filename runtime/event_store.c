#include "runtime/event_store.h"

#include "runtime/clock.h"
#include "runtime/data_folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The payload stands last: SQLite keeps what doesn't fit on a page in a chain behind it, which a list of events then
 * never touches. The index carries the sequence too (as the row id), so held rows are passed over without being read.
 */
enum { APPLICATION_ID = 0x496e766f /* "Invo" */, CHECKPOINT_PAGES = 2000 };

static const char schema[] =
    "CREATE TABLE lanes(id INTEGER PRIMARY KEY, account TEXT NOT NULL, function TEXT NOT NULL,"
    " UNIQUE(account, function));"
    "CREATE TABLE events(sequence INTEGER PRIMARY KEY, lane INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, enqueued_at_ms INTEGER NOT NULL, run_count INTEGER NOT NULL,"
    " throttle_count INTEGER NOT NULL, request_id TEXT NOT NULL, qualifier TEXT, trace_header TEXT,"
    " last_error TEXT, last_version TEXT, last_response BLOB, payload BLOB);"
    "CREATE INDEX events_due ON events(lane, due_ms);"
    "CREATE TABLE dead_letters(message_id TEXT PRIMARY KEY, account TEXT NOT NULL,"
    " queue TEXT NOT NULL, function TEXT NOT NULL, qualifier TEXT,"
    " is_redriven INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX dead_letters_redriven ON dead_letters(account, queue) WHERE is_redriven;"
    "CREATE TABLE newest(id INTEGER PRIMARY KEY CHECK(id = 1), at_ms INTEGER NOT NULL);"
    "INSERT INTO newest VALUES(1, 0);";

#define EVENT_COLUMNS                                                                              \
    "sequence, due_ms, enqueued_at_ms, run_count, throttle_count, request_id, qualifier,"          \
    " trace_header, last_error, last_version, last_response, payload"

/* clang-format off */
static const char *const texts[] = {
    [STORE_BEGIN]    = "BEGIN IMMEDIATE",
    [STORE_COMMIT]   = "COMMIT",
    [STORE_ROLLBACK] = "ROLLBACK",
    [STORE_ADD]      = "INSERT OR REPLACE INTO events(" EVENT_COLUMNS ", lane)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [STORE_ADD_LANE] = "INSERT OR IGNORE INTO lanes(id, account, function) VALUES(?1, ?2, ?3)",
    [STORE_FINISH]   = "DELETE FROM events WHERE sequence = ?1",
    [STORE_RESCHEDULE] = "UPDATE events SET due_ms = ?2, run_count = ?3, throttle_count = ?4, trace_header = ?5,"
                       " last_error = ?6, last_version = ?7, last_response = ?8 WHERE sequence = ?1",
    [STORE_READ]     = "SELECT " EVENT_COLUMNS " FROM events WHERE lane = ?1 ORDER BY due_ms, sequence",
    [STORE_CLEAR]    = "DELETE FROM events WHERE lane = ?1 AND sequence <= ?2",
    [STORE_OLDEST]   = "SELECT lane, enqueued_at_ms FROM events ORDER BY sequence LIMIT 1",
    [STORE_NEWEST]   = "UPDATE newest SET at_ms = ?1 WHERE at_ms < ?1",
    [STORE_ADD_ORIGIN] = "INSERT OR IGNORE INTO dead_letters(message_id, account, queue, function, qualifier)"
                       " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STORE_ORIGIN]   = "SELECT function, qualifier FROM dead_letters WHERE message_id = ?1 AND NOT is_redriven",
    [STORE_MARK]     = "UPDATE dead_letters SET is_redriven = 1 WHERE message_id = ?1 AND NOT is_redriven",
    [STORE_IS_MARKED] = "SELECT 1 FROM dead_letters WHERE message_id = ?1 AND is_redriven",
    [STORE_MARKED_QUEUE] = "SELECT account, queue FROM dead_letters WHERE is_redriven LIMIT 1",
    [STORE_FORGET_MARKED] = "DELETE FROM dead_letters WHERE account = ?1 AND queue = ?2 AND is_redriven",
    [STORE_CLEAR_ORIGINS] = "DELETE FROM dead_letters WHERE account = ?1",
};
/* clang-format on */
static_assert(sizeof texts / sizeof texts[0] == STORE_STATEMENT_COUNT, "one text a statement");

struct event_store {
    sqlite3 *database; /* NULL after a replacement or a restoration that failed */
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
    enum durability durability;
    char error[STORE_ERROR_SIZE];
    char folder[STORE_FOLDER_SIZE];
    char path[STORE_FOLDER_SIZE + 16];
    const struct data_folder *data_folder;
    struct data_folder restored; /* locked again, after it had been removed */
    bool is_reopened;            /* the file was restored, and could not be opened yet */
};

static enum store_status status_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STORE_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_DAMAGED;
    default:
        return STORE_FAILED;
    }
}

static enum store_status check(struct event_store *store, int result)
{
    const enum store_status status = status_of(result);

    if (status != STORE_OK)
        (void)snprintf(store->error, sizeof store->error, "%s",
                       store->database == NULL ? "the database is not open"
                                               : sqlite3_errmsg(store->database));
    return status;
}

static enum store_status execute(struct event_store *store, const char *sql)
{
    return check(store, sqlite3_exec(store->database, sql, NULL, NULL, NULL));
}

static enum store_status read_number(struct event_store *store, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);

    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            *number = sqlite3_column_int64(statement, 0);
    }
    (void)check(store, result);
    (void)sqlite3_finalize(statement);
    return status_of(result);
}

static void close_database(struct event_store *store)
{
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    (void)sqlite3_close_v2(store->database);
    store->database = NULL;
}

static enum store_status open_database(struct event_store *store)
{
    char setting[64];
    enum store_status status;

    status = check(store,
                   sqlite3_open_v2(store->path, &store->database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   NULL));
    if (status != STORE_OK)
        return status;
    (void)sqlite3_extended_result_codes(store->database, 1);
    (void)sqlite3_busy_timeout(store->database, 5000); /* somebody looks into it with a tool */
    (void)snprintf(setting, sizeof setting, "PRAGMA synchronous = %s",
                   store->durability == DURABILITY_POWER ? "FULL" : "NORMAL");
    status = execute(store, setting);
    if (status == STORE_OK)
        status = execute(store, "PRAGMA journal_mode = WAL");
    if (status == STORE_OK)
        status = execute(store, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000");
    (void)sqlite3_wal_autocheckpoint(store->database, CHECKPOINT_PAGES);
    return status;
}

static enum store_status prepare(struct event_store *store)
{
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
        const enum store_status status = check(
            store, sqlite3_prepare_v3(store->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL));

        if (status != STORE_OK)
            return status;
    }
    return STORE_OK;
}

enum file_kind { FILE_NEW, FILE_OURS, FILE_NEWER, FILE_FOREIGN };

static enum store_status read_kind(struct event_store *store, enum file_kind *kind, int64_t *format)
{
    int64_t application_id = 0, table_count = 0;
    enum store_status status = read_number(store, "PRAGMA application_id", &application_id);

    if (status == STORE_OK)
        status = read_number(store, "PRAGMA user_version", format);
    if (status == STORE_OK)
        status = read_number(store, "SELECT count(*) FROM sqlite_master", &table_count);
    if (status != STORE_OK)
        return status;
    if (application_id == 0 && *format == 0 && table_count == 0)
        *kind = FILE_NEW;
    else if (application_id != APPLICATION_ID)
        *kind = FILE_FOREIGN;
    else
        *kind = *format > STORE_FORMAT ? FILE_NEWER : FILE_OURS;
    return STORE_OK;
}

static enum store_status make_tables(struct event_store *store)
{
    char setting[96];
    enum store_status status = execute(store, "BEGIN IMMEDIATE");

    (void)snprintf(setting, sizeof setting, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, STORE_FORMAT);
    if (status == STORE_OK)
        status = execute(store, schema);
    if (status == STORE_OK)
        status = execute(store, setting);
    if (status == STORE_OK)
        status = execute(store, "COMMIT");
    return status;
}

/* STORE_FAILED with `fault` already said when the file is sound but not for us. */
static enum store_status open_file(struct event_store *store, char fault[STORE_FAULT_SIZE])
{
    enum file_kind kind = FILE_NEW;
    int64_t format = 0;
    enum store_status status = open_database(store);

    if (status == STORE_OK)
        status = read_kind(store, &kind, &format);
    if (status != STORE_OK)
        return status;
    switch (kind) {
    case FILE_NEW:
        status = make_tables(store);
        break;
    case FILE_OURS:
        status = execute(store, "DELETE FROM lanes WHERE NOT EXISTS"
                                " (SELECT 1 FROM events WHERE lane = lanes.id)");
        break;
    case FILE_NEWER:
        (void)snprintf(fault, STORE_FAULT_SIZE,
                       "%s: written by a newer invoked (format %lld; this one knows up to %d): "
                       "use that version, or another --data-dir",
                       store->path, (long long)format, STORE_FORMAT);
        return STORE_FAILED;
    case FILE_FOREIGN:
        (void)snprintf(fault, STORE_FAULT_SIZE,
                       "%s: a database of another program: move it away, or use another "
                       "--data-dir",
                       store->path);
        return STORE_FAILED;
    }
    return status == STORE_OK ? prepare(store) : status;
}

/* The -wal belongs to the database, without it the newest events would be missing; the -shm is made anew. */
static bool move_aside(struct event_store *store, char fault[STORE_FAULT_SIZE])
{
    static const char *const endings[] = {"", "-wal"};
    char from[sizeof store->path + 8], to[sizeof store->path + 64];
    const long long now_ms = (long long)clock_real_now_ms();

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s%s", store->path, endings[i]);
        (void)snprintf(to, sizeof to, "%s.damaged-%lld%s", store->path, now_ms, endings[i]);
        if (rename(from, to) != 0 && errno != ENOENT) {
            (void)snprintf(fault, STORE_FAULT_SIZE,
                           "%s is damaged (%s) and can't be moved aside: %s", store->path,
                           store->error, strerror(errno));
            return false;
        }
    }
    (void)snprintf(from, sizeof from, "%s-shm", store->path);
    (void)unlink(from);
    (void)snprintf(fault, STORE_FAULT_SIZE,
                   "%s was damaged (%s); it is kept as %s.damaged-%lld, and a new, empty queue is "
                   "begun: what may be saved of its events, `sqlite3 FILE .recover` shows",
                   store->path, store->error, store->path, now_ms);
    return true;
}

enum store_status event_store_replace(struct event_store *store, char fault[STORE_FAULT_SIZE])
{
    enum store_status status;

    fault[0] = '\0';
    if (store->database != NULL || store->is_reopened) {
        store->is_reopened = false;
        close_database(store);
        if (store->durability != DURABILITY_MEMORY && !move_aside(store, fault))
            return STORE_FAILED;
    }
    status = open_file(store, fault);
    if (status != STORE_OK)
        close_database(store);
    return status == STORE_DAMAGED ? STORE_FAILED : status;
}

/* Nobody would find what is written to it. */
static bool is_removed(struct event_store *store)
{
    int has_moved = 0;

    return store->durability != DURABILITY_MEMORY && store->database != NULL &&
           sqlite3_file_control(store->database, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
               SQLITE_OK &&
           has_moved != 0;
}

/* The lock went with the folder, or the file alone was removed. */
static bool has_lock(const struct event_store *store)
{
    return data_folder_is_locked(store->data_folder) || data_folder_is_locked(&store->restored);
}

static enum store_status lock_again(struct event_store *store)
{
    char fault[DATA_FOLDER_FAULT_SIZE];

    data_folder_close(&store->restored);
    if (data_folder_open(&store->restored, store->folder, fault) == DATA_FOLDER_OK)
        return STORE_OK;
    (void)snprintf(store->error, sizeof store->error, "%.*s", (int)sizeof store->error - 1, fault);
    return STORE_FAILED;
}

/* The log of the file that is gone: beside the new one it would be taken for that one's. */
static void forget_log(const struct event_store *store)
{
    char path[sizeof store->path + 8];

    (void)snprintf(path, sizeof path, "%s-wal", store->path);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s-shm", store->path);
    (void)unlink(path);
}

/* What SQLite leaves to the system when it writes a copy. */
static bool sync_file(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const bool is_synced = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        (void)close(file);
    return is_synced;
}

/* Whole or not at all: by rename. */
static enum store_status write_again(struct event_store *store)
{
    char path[sizeof store->path + 8];
    sqlite3_stmt *statement = NULL;
    enum store_status status;

    (void)snprintf(path, sizeof path, "%s.new", store->path);
    (void)unlink(path);
    status =
        check(store, sqlite3_prepare_v2(store->database, "VACUUM INTO ?1", -1, &statement, NULL));
    if (status == STORE_OK)
        status = check(store, sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC));
    if (status == STORE_OK)
        status = check(store, sqlite3_step(statement));
    (void)sqlite3_finalize(statement);
    if (status != STORE_OK) {
        (void)unlink(path);
        return status;
    }
    forget_log(store);
    if (!sync_file(path) || rename(path, store->path) != 0 || !sync_file(store->folder)) {
        event_store_set_error(store, strerror(errno));
        status = STORE_FAILED;
    }
    if (status != STORE_OK)
        (void)unlink(path);
    return status;
}

static enum store_status open_again(struct event_store *store)
{
    char fault[STORE_FAULT_SIZE];
    const enum store_status status = open_file(store, fault);

    store->is_reopened = status != STORE_OK;
    if (store->is_reopened)
        close_database(store);
    return status;
}

enum store_status event_store_restore(struct event_store *store, char note[STORE_FAULT_SIZE])
{
    enum store_status status = STORE_OK;
    bool has_folder;

    note[0] = '\0';
    if (store->is_reopened)
        return open_again(store);
    if (!is_removed(store))
        return STORE_OK;
    if (access(store->path, F_OK) == 0) {
        (void)snprintf(store->error, sizeof store->error,
                       "%s was replaced while the server had it open: start the server again",
                       store->path);
        return STORE_FAILED;
    }
    has_folder = has_lock(store);
    if (!has_folder)
        status = lock_again(store);
    if (status == STORE_OK)
        status = write_again(store);
    if (status != STORE_OK)
        return status;
    (void)snprintf(note, STORE_FAULT_SIZE,
                   "%s was removed while the server had it open; it is there again, with every "
                   "event that was accepted%s",
                   store->path, has_folder ? "" : "; dead letters and destinations begin anew");
    close_database(store); /* nothing is left to be written back to the one that is gone */
    return open_again(store);
}

struct event_store *event_store_open(const struct event_store_options *options,
                                     char fault[STORE_FAULT_SIZE])
{
    struct event_store *store = calloc(1, sizeof *store);
    enum store_status status;

    (void)snprintf(fault, STORE_FAULT_SIZE, "%s", store == NULL ? "out of memory" : "");
    if (store == NULL)
        return NULL;
    store->restored.lock = -1;
    store->durability = options->durability;
    store->data_folder = options->data_folder;
    (void)snprintf(store->folder, sizeof store->folder, "%s", options->folder);
    (void)snprintf(store->path, sizeof store->path, "%s%s",
                   options->durability == DURABILITY_MEMORY ? "" : store->folder,
                   options->durability == DURABILITY_MEMORY ? ":memory:" : "/queue.db");
    status = open_file(store, fault);
    if (status == STORE_DAMAGED)
        status = event_store_replace(store, fault);
    if (status == STORE_OK)
        return store;
    if (fault[0] == '\0')
        (void)snprintf(fault, STORE_FAULT_SIZE,
                       "%s: %s: free some room and see that it may be written, or use another "
                       "--data-dir",
                       store->path, store->error);
    event_store_close(store);
    return NULL;
}

void event_store_close(struct event_store *store)
{
    if (store == NULL)
        return;
    close_database(store);
    data_folder_close(&store->restored);
    free(store);
}

const char *event_store_folder(const struct event_store *store)
{
    return store->folder;
}

enum durability event_store_durability(const struct event_store *store)
{
    return store->durability;
}

const char *event_store_error(const struct event_store *store)
{
    return store->error;
}

void event_store_set_error(struct event_store *store, const char *error)
{
    (void)snprintf(store->error, sizeof store->error, "%s", error);
}

sqlite3_stmt *event_store_statement(struct event_store *store, enum store_statement statement)
{
    return store->statements[statement];
}

enum store_status event_store_end(struct event_store *store, sqlite3_stmt *statement, int result)
{
    const enum store_status status = check(store, result);

    (void)sqlite3_reset(statement);
    return status;
}

/* SQLite answers misuse for a statement that is NULL, so a store without a database fails in good order. */
enum store_status event_store_step(struct event_store *store, sqlite3_stmt *statement, int *changed)
{
    const int result = sqlite3_step(statement);

    if (changed != NULL)
        *changed = result == SQLITE_DONE ? sqlite3_changes(store->database) : 0;
    return event_store_end(store, statement, result);
}

enum store_status event_store_begin(struct event_store *store)
{
    return event_store_step(store, store->statements[STORE_BEGIN], NULL);
}

enum store_status event_store_commit(struct event_store *store)
{
    return event_store_step(store, store->statements[STORE_COMMIT], NULL);
}

void event_store_rollback(struct event_store *store)
{
    char error[sizeof store->error];

    memcpy(error, store->error, sizeof error); /* the first fault is the one to tell */
    if (store->database != NULL && sqlite3_get_autocommit(store->database) == 0)
        (void)event_store_step(store, store->statements[STORE_ROLLBACK], NULL);
    memcpy(store->error, error, sizeof error);
}
