#include "runtime/registry/registry_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { APPLICATION_ID = 0x496e7646 /* "InvF" */, FORMAT = 1, PATH_SIZE = 1200 };

/* To change the table, raise FORMAT and bring an older file up to it in open_sound(). */
static const char schema[] =
    "CREATE TABLE resources(kind INTEGER NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL,"
    " document TEXT NOT NULL, PRIMARY KEY(kind, account, name)) WITHOUT ROWID";

struct registry_store {
    sqlite3 *database;
    sqlite3_stmt *put, *drop;
    enum durability durability;
    char path[PATH_SIZE];
};

static bool execute(struct registry_store *store, const char *sql)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool read_number(struct registry_store *store, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool is_read = false;

    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
        is_read = true;
    }
    (void)sqlite3_finalize(statement);
    return is_read;
}

static void close_database(struct registry_store *store)
{
    (void)sqlite3_finalize(store->put);
    (void)sqlite3_finalize(store->drop);
    (void)sqlite3_close_v2(store->database);
    store->put = store->drop = NULL;
    store->database = NULL;
}

static bool make_table(struct registry_store *store)
{
    char sql[512];

    (void)snprintf(
        sql, sizeof sql,
        "BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", schema,
        APPLICATION_ID, FORMAT);
    return execute(store, sql);
}

static bool prepare(struct registry_store *store)
{
    return sqlite3_prepare_v3(store->database,
                              "INSERT OR REPLACE INTO resources VALUES(?1, ?2, ?3, ?4)", -1,
                              SQLITE_PREPARE_PERSISTENT, &store->put, NULL) == SQLITE_OK &&
           sqlite3_prepare_v3(
               store->database,
               "DELETE FROM resources WHERE kind = ?1 AND account = ?2 AND name = ?3", -1,
               SQLITE_PREPARE_PERSISTENT, &store->drop, NULL) == SQLITE_OK;
}

enum opened { OPENED, OPENED_DAMAGED, OPENED_UNUSABLE };

/* Damage is what SQLite calls so; anything else (no descriptor, no room, no right) leaves the file where it is. */
static enum opened failed(const struct registry_store *store, char problem[REGISTRY_MESSAGE_SIZE])
{
    const int code = store->database == NULL ? SQLITE_NOMEM : sqlite3_errcode(store->database);
    const int error = store->database == NULL ? 0 : sqlite3_system_errno(store->database);

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
        code == SQLITE_ERROR) /* tables that aren't ours */
        return OPENED_DAMAGED;
    if (error != 0 && (code == SQLITE_CANTOPEN || code == SQLITE_IOERR))
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE, "%s: %s", store->path, strerror(error));
    else
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE,
                       "%s: %s: make it writable, or use another --data-dir", store->path,
                       sqlite3_errstr(code));
    return OPENED_UNUSABLE;
}

/* Reads every page, so that damage is found while the file can still be moved aside. */
static enum opened open_sound(struct registry_store *store, char problem[REGISTRY_MESSAGE_SIZE])
{
    int64_t application = 0, format = 0, tables = 0, count = 0;

    if (!read_number(store, "PRAGMA application_id", &application) ||
        !read_number(store, "PRAGMA user_version", &format) ||
        !read_number(store, "SELECT count(*) FROM sqlite_master", &tables))
        return failed(store, problem);
    if (application == 0 && format == 0 && tables == 0)
        return make_table(store) && prepare(store) ? OPENED : failed(store, problem);
    if (application != APPLICATION_ID) {
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE,
                       "%s: a database of another program: move it away, or use another --data-dir",
                       store->path);
        return OPENED_UNUSABLE;
    }
    if (format > FORMAT) {
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE,
                       "%s: written by a newer invoked (format %lld; this one knows up to %d): use "
                       "that version, or another --data-dir",
                       store->path, (long long)format, FORMAT);
        return OPENED_UNUSABLE;
    }
    return read_number(store, "SELECT sum(length(document)) FROM resources", &count) &&
                   prepare(store)
               ? OPENED
               : failed(store, problem);
}

static enum opened open_database(struct registry_store *store, char problem[REGISTRY_MESSAGE_SIZE])
{
    struct stat about;

    if (store->durability != DURABILITY_MEMORY && stat(store->path, &about) == 0 &&
        !S_ISREG(about.st_mode)) {
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE,
                       "%s: not a regular file: remove it, or use another --data-dir", store->path);
        return OPENED_UNUSABLE;
    }
    if (sqlite3_open_v2(store->path, &store->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return failed(store, problem);
    (void)sqlite3_busy_timeout(store->database, 5000); /* somebody may look into it with a tool */
    (void)execute(store, store->durability == DURABILITY_POWER ? "PRAGMA synchronous = FULL"
                                                               : "PRAGMA synchronous = NORMAL");
    if (!execute(store, "PRAGMA journal_mode = WAL") ||
        !execute(store, "PRAGMA temp_store = MEMORY"))
        return failed(store, problem);
    return open_sound(store, problem);
}

/* With what belongs to it. False when it stays where it is. */
static bool move_aside(const struct registry_store *store, char problem[REGISTRY_MESSAGE_SIZE])
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    const long long now = (long long)time(NULL);
    char from[PATH_SIZE + 8], to[PATH_SIZE + 64];
    bool is_moved = false;

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(from, sizeof from, "%s%s", store->path, endings[i]);
        (void)snprintf(to, sizeof to, "%s.damaged-%lld%s", store->path, now, endings[i]);
        if (rename(from, to) == 0 && i == 0)
            is_moved = true;
    }
    (void)snprintf(
        problem, REGISTRY_MESSAGE_SIZE,
        "%s is damaged: it was moved to %s.damaged-%lld, and the functions that were made "
        "by the API are gone: make them again",
        store->path, store->path, now);
    return is_moved;
}

struct registry_store *registry_store_open(const char *folder, enum durability durability,
                                           char problem[REGISTRY_MESSAGE_SIZE])
{
    struct registry_store *store = calloc(1, sizeof *store);
    enum opened opened;

    problem[0] = '\0';
    if (store == NULL) {
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE, "out of memory");
        return NULL;
    }
    store->durability = durability;
    (void)snprintf(store->path, sizeof store->path,
                   durability == DURABILITY_MEMORY ? ":memory:" : "%s/functions.db", folder);
    opened = open_database(store, problem);
    if (opened == OPENED_DAMAGED) {
        close_database(store);
        if (move_aside(store, problem)) {
            char again[REGISTRY_MESSAGE_SIZE];

            opened = open_database(store, again);
        }
    }
    if (opened == OPENED)
        return store;
    registry_store_close(store);
    return NULL;
}

void registry_store_close(struct registry_store *store)
{
    if (store == NULL)
        return;
    close_database(store);
    free(store);
}

bool registry_store_read(struct registry_store *store, registry_row_fn *on_row, void *context)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(store->database,
                                    "SELECT kind, account, name, document FROM resources"
                                    " ORDER BY kind, account, name",
                                    -1, &statement, NULL);

    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result != SQLITE_ROW)
            break;
        const struct registry_row row = {
            .kind = (enum resource_kind)sqlite3_column_int(statement, 0),
            .account_id = (const char *)sqlite3_column_text(statement, 1),
            .name = (const char *)sqlite3_column_text(statement, 2),
            .document = (const char *)sqlite3_column_text(statement, 3),
        };

        if (!on_row(&row, context))
            break;
    }
    (void)sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

static bool write_row(struct registry_store *store, const struct registry_row *row)
{
    sqlite3_stmt *statement = row->document == NULL ? store->drop : store->put;
    int result;

    (void)sqlite3_bind_int(statement, 1, (int)row->kind);
    (void)sqlite3_bind_text(statement, 2, row->account_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, row->name, -1, SQLITE_STATIC);
    if (row->document != NULL)
        (void)sqlite3_bind_text(statement, 4, row->document, -1, SQLITE_STATIC);
    result = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return result == SQLITE_DONE;
}

bool registry_store_write(struct registry_store *store, const struct registry_row *rows,
                          size_t count, char why[REGISTRY_MESSAGE_SIZE])
{
    bool is_written = execute(store, "BEGIN IMMEDIATE");

    for (size_t i = 0; i < count && is_written; i++)
        is_written = write_row(store, &rows[i]);
    is_written = is_written && execute(store, "COMMIT");
    if (is_written)
        return true;
    (void)snprintf(why, REGISTRY_MESSAGE_SIZE, "%s: %s", store->path,
                   sqlite3_errmsg(store->database));
    (void)execute(store, "ROLLBACK");
    return false;
}
