#include "runtime/events/sqlite_internal.h"

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>

/*
 * The payload is the last column: SQLite keeps what doesn't fit on a page in overflow pages, which a list of events then
 * never reads. The index has the sequence too (as the row id), so held rows are skipped without reading them.
 */
enum { APPLICATION_ID = 0x496e766f /* "Invo" */, CHECKPOINT_PAGES = 2000 };

static const char schema[] =
    "CREATE TABLE lanes(id INTEGER PRIMARY KEY, account TEXT NOT NULL, function TEXT NOT NULL,"
    " UNIQUE(account, function));"
    "CREATE TABLE events(sequence INTEGER PRIMARY KEY, lane INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, enqueued_at_ms INTEGER NOT NULL, run_count INTEGER NOT NULL,"
    " throttle_count INTEGER NOT NULL, request_id TEXT NOT NULL, qualifier TEXT, trace_header TEXT,"
    " last_error TEXT, last_version TEXT, tenant_id TEXT, last_response BLOB, payload BLOB);"
    "CREATE INDEX events_due ON events(lane, due_ms);"
    "CREATE TABLE dead_letters(message_id TEXT PRIMARY KEY, account TEXT NOT NULL,"
    " queue TEXT NOT NULL, function TEXT NOT NULL, qualifier TEXT,"
    " is_redriven INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX dead_letters_redriven ON dead_letters(account, queue) WHERE is_redriven;"
    "CREATE TABLE newest(account TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;";

/*
 * Each to the next format. Format 1 knew only the newest time of all accounts, format 2 no tenants. What is added stands
 * behind the payload in an old file.
 */
static const char *const upgrades[SQLITE_FORMAT_NUMBER] = {
    [1] = "BEGIN IMMEDIATE; ALTER TABLE newest RENAME TO old_newest;"
          "CREATE TABLE newest(account TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
          "INSERT INTO newest SELECT DISTINCT account, (SELECT at_ms FROM old_newest) FROM lanes;"
          "DROP TABLE old_newest; PRAGMA user_version = 2; COMMIT",
    [2] = "BEGIN IMMEDIATE; ALTER TABLE events ADD COLUMN tenant_id TEXT; PRAGMA user_version = 3; "
          "COMMIT",
};

static const char tidying[] =
    "DELETE FROM lanes WHERE NOT EXISTS (SELECT 1 FROM events WHERE lane = lanes.id);"
    "DELETE FROM newest WHERE account NOT IN (SELECT account FROM lanes)";

#define EVENT_COLUMNS                                                                              \
    "sequence, due_ms, enqueued_at_ms, run_count, throttle_count, request_id, qualifier,"          \
    " trace_header, last_error, last_version, last_response, payload, tenant_id"

/* clang-format off */
static const char *const texts[] = {
    [SQL_BEGIN]    = "BEGIN IMMEDIATE",
    [SQL_COMMIT]   = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ADD]      = "INSERT OR REPLACE INTO events(" EVENT_COLUMNS ", lane)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [SQL_ADD_LANE] = "INSERT OR REPLACE INTO lanes(id, account, function) VALUES(?1, ?2, ?3)",
    [SQL_FINISH]   = "DELETE FROM events WHERE sequence = ?1",
    [SQL_RESCHEDULE] = "UPDATE events SET due_ms = ?2, run_count = ?3, throttle_count = ?4, trace_header = ?5,"
                       " last_error = ?6, last_version = ?7, last_response = ?8 WHERE sequence = ?1",
    [SQL_READ]     = "SELECT " EVENT_COLUMNS " FROM events WHERE lane = ?1 ORDER BY due_ms, sequence",
    [SQL_CLEAR]    = "DELETE FROM events WHERE sequence <= ?2 AND lane IN (SELECT id FROM lanes WHERE account = ?1)",
    [SQL_CLEAR_NEWEST] = "DELETE FROM newest WHERE account = ?1",
    [SQL_FIND]     = "SELECT " EVENT_COLUMNS ", lane FROM events WHERE sequence = ?1",
    [SQL_OLDEST]   = "SELECT lane, enqueued_at_ms FROM events ORDER BY sequence LIMIT 1",
    [SQL_NEWEST]   = "INSERT INTO newest SELECT account, ?1 FROM lanes WHERE id = ?2"
                       " ON CONFLICT(account) DO UPDATE SET at_ms = excluded.at_ms WHERE at_ms < excluded.at_ms",
    [SQL_PROBE]    = "INSERT OR REPLACE INTO newest VALUES('', 0)",
    [SQL_ADD_ORIGIN] = "INSERT OR IGNORE INTO dead_letters(message_id, account, queue, function, qualifier)"
                       " VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_ORIGIN]   = "SELECT function, qualifier FROM dead_letters WHERE message_id = ?1 AND NOT is_redriven",
    [SQL_MARK]     = "UPDATE dead_letters SET is_redriven = 1 WHERE message_id = ?1 AND NOT is_redriven",
    [SQL_IS_MARKED] = "SELECT 1 FROM dead_letters WHERE message_id = ?1 AND is_redriven",
    [SQL_MARKED_QUEUE] = "SELECT account, queue FROM dead_letters WHERE is_redriven LIMIT 1",
    [SQL_FORGET_MARKED] = "DELETE FROM dead_letters WHERE account = ?1 AND queue = ?2 AND is_redriven",
    [SQL_CLEAR_ORIGINS] = "DELETE FROM dead_letters WHERE account = ?1",
};
/* clang-format on */
static_assert(sizeof texts / sizeof texts[0] == SQL_COUNT, "one text a statement");

static enum store_status execute(struct sqlite_store *sqlite, const char *sql)
{
    return sqlite_check(sqlite, sqlite3_exec(sqlite->database, sql, NULL, NULL, NULL));
}

static enum store_status read_number(struct sqlite_store *sqlite, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int result = sqlite3_prepare_v2(sqlite->database, sql, -1, &statement, NULL);

    if (result == SQLITE_OK) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            *number = sqlite3_column_int64(statement, 0);
    }
    status = sqlite_check(sqlite, result);
    (void)sqlite3_finalize(statement);
    return status;
}

void sqlite_close_file(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(sqlite->statements[i]);
        sqlite->statements[i] = NULL;
    }
    (void)sqlite3_close_v2(sqlite->database);
    sqlite->database = NULL;
}

static enum store_status open_database(struct sqlite_store *sqlite)
{
    char setting[64];
    enum store_status status;

    status = sqlite_check(
        sqlite,
        sqlite3_open_v2(sqlite->path, &sqlite->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    if (status != STORE_OK)
        return status;
    (void)sqlite3_extended_result_codes(sqlite->database, 1);
    (void)sqlite3_busy_timeout(sqlite->database, 5000); /* somebody may look into it with a tool */
    (void)snprintf(setting, sizeof setting, "PRAGMA synchronous = %s",
                   sqlite->store.durability == DURABILITY_POWER ? "FULL" : "NORMAL");
    status = execute(sqlite, setting);
    if (status == STORE_OK)
        status = execute(sqlite, "PRAGMA journal_mode = WAL");
    if (status == STORE_OK)
        status = execute(sqlite, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000");
    (void)sqlite3_wal_autocheckpoint(sqlite->database, CHECKPOINT_PAGES);
    return status;
}

static enum store_status prepare(struct sqlite_store *sqlite)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        const enum store_status status = sqlite_check(
            sqlite, sqlite3_prepare_v3(sqlite->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                       &sqlite->statements[i], NULL));

        if (status != STORE_OK)
            return status;
    }
    return STORE_OK;
}

enum file_kind { FILE_NEW, FILE_OURS, FILE_NEWER, FILE_FOREIGN, FILE_DAMAGED };

enum { FORMAT_MAX = 100 /* no later version will ever have more */ };

static enum store_status read_kind(struct sqlite_store *sqlite, enum file_kind *kind,
                                   int64_t *format)
{
    int64_t application_id = 0, table_count = 0, own_count = 0;
    enum store_status status = read_number(sqlite, "PRAGMA application_id", &application_id);

    if (status == STORE_OK)
        status = read_number(sqlite, "PRAGMA user_version", format);
    if (status == STORE_OK)
        status = read_number(sqlite, "SELECT count(*) FROM sqlite_master", &table_count);
    if (status == STORE_OK)
        status = read_number(sqlite,
                             "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
                             " ('lanes', 'events', 'dead_letters', 'newest')",
                             &own_count);
    if (status != STORE_OK)
        return status;
    if (application_id == 0 && *format == 0 && table_count == 0)
        *kind = FILE_NEW;
    else if (application_id != APPLICATION_ID)
        *kind = own_count == 4 ? FILE_DAMAGED : FILE_FOREIGN;
    else if (*format < 1 || *format > FORMAT_MAX)
        *kind = FILE_DAMAGED;
    else
        *kind = *format > SQLITE_FORMAT_NUMBER ? FILE_NEWER : FILE_OURS;
    return STORE_OK;
}

static enum store_status make_tables(struct sqlite_store *sqlite)
{
    char setting[96];
    enum store_status status = execute(sqlite, "BEGIN IMMEDIATE");

    (void)snprintf(setting, sizeof setting, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, SQLITE_FORMAT_NUMBER);
    if (status == STORE_OK)
        status = execute(sqlite, schema);
    if (status == STORE_OK)
        status = execute(sqlite, setting);
    if (status == STORE_OK)
        status = execute(sqlite, "COMMIT");
    return status;
}

/* SQLite would open a FIFO or a device, and only then find that it can't be used. */
static bool has_regular_files(const struct sqlite_store *sqlite, char problem[STORE_MESSAGE_SIZE])
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char path[sizeof sqlite->path + 8];
    struct stat status;

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", sqlite->path, endings[i]);
        if (sqlite->store.durability == DURABILITY_MEMORY || stat(path, &status) != 0 ||
            S_ISREG(status.st_mode))
            continue;
        (void)snprintf(problem, STORE_MESSAGE_SIZE,
                       "%s: not a regular file: remove it, or use another --data-dir", path);
        return false;
    }
    return true;
}

static enum store_status open_file(struct sqlite_store *sqlite, char problem[STORE_MESSAGE_SIZE])
{
    enum file_kind kind = FILE_NEW;
    int64_t format = 0;
    enum store_status status = STORE_FAILED;

    if (!has_regular_files(sqlite, problem))
        return STORE_FAILED;
    status = open_database(sqlite);
    if (status == STORE_OK)
        status = read_kind(sqlite, &kind, &format);
    if (status != STORE_OK)
        return status;
    switch (kind) {
    case FILE_NEW:
        status = make_tables(sqlite);
        break;
    case FILE_OURS:
        for (; status == STORE_OK && format < SQLITE_FORMAT_NUMBER; format++)
            status = execute(sqlite, upgrades[format]);
        if (status == STORE_OK && execute(sqlite, tidying) == STORE_DAMAGED)
            status = STORE_DAMAGED; /* a full disk is no reason not to start */
        break;
    case FILE_DAMAGED:
        store_set_error(&sqlite->store, "its header is damaged");
        return STORE_DAMAGED;
    case FILE_NEWER:
        (void)snprintf(problem, STORE_MESSAGE_SIZE,
                       "%s: written by a newer invoked (format %lld; this one knows up to %d): "
                       "use that version, or another --data-dir",
                       sqlite->path, (long long)format, SQLITE_FORMAT_NUMBER);
        return STORE_FAILED;
    case FILE_FOREIGN:
        (void)snprintf(problem, STORE_MESSAGE_SIZE,
                       "%s: a database of another program: move it away, or use another "
                       "--data-dir",
                       sqlite->path);
        return STORE_FAILED;
    }
    return status == STORE_OK ? prepare(sqlite) : status;
}

static bool ignore_lane(const struct store_lane *lane, void *context)
{
    (void)lane;
    (void)context;
    return true;
}

/* Reads all that the start needs, so that damage there is found while the file can still be replaced. */
enum store_status sqlite_open_file(struct sqlite_store *sqlite, char problem[STORE_MESSAGE_SIZE])
{
    struct store_start start;
    enum store_status status;

    sqlite->is_opening = true;
    status = open_file(sqlite, problem);
    if (status == STORE_OK)
        status = sqlite_start(&sqlite->store, &start);
    if (status == STORE_OK)
        status = sqlite_lanes(&sqlite->store, ignore_lane, NULL);
    sqlite->is_opening = false;
    return status;
}
