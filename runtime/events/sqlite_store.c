#include "runtime/events/sqlite_store.h"

#include "runtime/events/sqlite_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * While the file is opened nothing but the file can make our statements fail in these ways: tables are missing or have
 * other columns, the header says a file format that isn't ours or that nobody may write.
 */
static bool is_damage_at_open(const struct sqlite_store *sqlite, int result)
{
    switch (result & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_EMPTY:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH:
    case SQLITE_SCHEMA:
        return true;
    case SQLITE_READONLY:
        return access(sqlite->path, W_OK) == 0 && access(sqlite->store.folder, W_OK) == 0;
    default:
        return false;
    }
}

enum store_status sqlite_check(struct sqlite_store *sqlite, int result)
{
    enum store_status status = STORE_FAILED;

    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STORE_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        status = STORE_DAMAGED;
        break;
    default:
        if (sqlite->is_opening && is_damage_at_open(sqlite, result))
            status = STORE_DAMAGED;
    }
    store_set_error(&sqlite->store, sqlite->database == NULL ? "the database is not open"
                                                             : sqlite3_errmsg(sqlite->database));
    return status;
}

enum store_status sqlite_end(struct sqlite_store *sqlite, sqlite3_stmt *statement, int result)
{
    const bool is_done = result == SQLITE_DONE || result == SQLITE_ROW;
    const enum store_status status = is_done ? STORE_OK : sqlite_check(sqlite, result);

    (void)sqlite3_reset(statement);
    return status;
}

/* SQLite answers misuse for a statement that is NULL, so a store without a database fails in good order. */
enum store_status sqlite_step(struct sqlite_store *sqlite, enum sqlite_statement which,
                              int *changed)
{
    sqlite3_stmt *statement = sqlite->statements[which];
    const int result = sqlite3_step(statement);

    if (changed != NULL)
        *changed = result == SQLITE_DONE ? sqlite3_changes(sqlite->database) : 0;
    if (result != SQLITE_DONE)
        return sqlite_end(sqlite, statement, result);
    (void)sqlite3_reset(statement);
    return STORE_OK;
}

static enum store_status begin(struct store *store, char note[STORE_MESSAGE_SIZE])
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    const enum store_status status = sqlite_restore(sqlite, note);

    if (status != STORE_OK)
        return status;
    sqlite->change_count = sqlite->database == NULL ? 0 : sqlite3_total_changes(sqlite->database);
    return sqlite_step(sqlite, SQL_BEGIN, NULL);
}

static enum store_status commit(struct store *store, bool *has_written)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    const enum store_status status = sqlite_step(sqlite, SQL_COMMIT, NULL);

    *has_written =
        status == STORE_OK && sqlite3_total_changes(sqlite->database) != sqlite->change_count;
    return status;
}

static void rollback(struct store *store)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    char error[sizeof store->error];

    memcpy(error, store->error, sizeof error); /* the first problem is the one to tell */
    if (sqlite->database != NULL && sqlite3_get_autocommit(sqlite->database) == 0)
        (void)sqlite_step(sqlite, SQL_ROLLBACK, NULL);
    memcpy(store->error, error, sizeof error);
}

static void close_store(struct store *store)
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;

    sqlite_close_file(sqlite);
    data_folder_close(&sqlite->restored);
    free(sqlite);
}

static const struct store_engine engine = {
    .close = close_store,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .replace = sqlite_replace,
    .start = sqlite_start,
    .lanes = sqlite_lanes,
    .add_lane = sqlite_add_lane,
    .add = sqlite_add,
    .take = sqlite_take,
    .reschedule = sqlite_reschedule,
    .finish = sqlite_finish,
    .clear = sqlite_clear,
    .find = sqlite_find,
    .oldest = sqlite_oldest,
    .probe = sqlite_probe,
    .origin = sqlite_origin,
    .redrive = sqlite_redrive,
    .is_redriven = sqlite_is_redriven,
    .redriven_queue = sqlite_redriven_queue,
    .forget_redriven = sqlite_forget_redriven,
    .forget_letters = sqlite_forget_letters,
};

struct store *sqlite_store_open(const struct store_options *options,
                                char problem[STORE_MESSAGE_SIZE])
{
    struct sqlite_store *sqlite = calloc(1, sizeof *sqlite);
    const bool is_in_memory = options->durability == DURABILITY_MEMORY;
    enum store_status status;

    (void)snprintf(problem, STORE_MESSAGE_SIZE, "%s", sqlite == NULL ? "out of memory" : "");
    if (sqlite == NULL)
        return NULL;
    sqlite->store.engine = &engine;
    sqlite->store.durability = options->durability;
    sqlite->store.data_folder = options->data_folder;
    (void)snprintf(sqlite->store.folder, sizeof sqlite->store.folder, "%s", options->folder);
    (void)snprintf(sqlite->path, sizeof sqlite->path, "%s%s",
                   is_in_memory ? "" : sqlite->store.folder,
                   is_in_memory ? ":memory:" : "/queue.db");
    sqlite->restored.lock = -1;
    status = sqlite_open_file(sqlite, problem);
    if (status == STORE_DAMAGED)
        status = sqlite_replace(&sqlite->store, problem);
    if (status == STORE_OK)
        return &sqlite->store;
    if (problem[0] == '\0')
        (void)snprintf(problem, STORE_MESSAGE_SIZE,
                       "%s: %s: free some disk space and make the file writable, or use another "
                       "--data-dir",
                       sqlite->path, sqlite->store.error);
    close_store(&sqlite->store);
    return NULL;
}

size_t sqlite_store_memory_bytes(void)
{
    return (size_t)sqlite3_memory_used();
}
