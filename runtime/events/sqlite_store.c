#include "runtime/events/sqlite_internal.h"

#include "runtime/events/record_reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * While the file is opened nothing but the file can make our statements fail in these ways: tables are missing or have
 * other columns, the header says a file format that isn't ours or that nobody may write.
 */
static bool is_damage_at_open(const struct event_store *store, int result)
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
        return access(store->path, W_OK) == 0 && access(store->folder, W_OK) == 0;
    default:
        return false;
    }
}

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

enum store_status event_store_check(struct event_store *store, int result)
{
    enum store_status status = status_of(result);

    if (status == STORE_FAILED && store->is_opening && is_damage_at_open(store, result))
        status = STORE_DAMAGED;
    if (status != STORE_OK)
        (void)snprintf(store->error, sizeof store->error, "%s",
                       store->database == NULL ? "the database is not open"
                                               : sqlite3_errmsg(store->database));
    return status;
}

struct event_store *event_store_open(const struct store_options *options,
                                     char fault[STORE_MESSAGE_SIZE])
{
    struct event_store *store = calloc(1, sizeof *store);
    enum store_status status;

    (void)snprintf(fault, STORE_MESSAGE_SIZE, "%s", store == NULL ? "out of memory" : "");
    if (store == NULL)
        return NULL;
    store->restored.lock = -1;
    store->durability = options->durability;
    store->data_folder = options->data_folder;
    (void)snprintf(store->folder, sizeof store->folder, "%s", options->folder);
    (void)snprintf(store->path, sizeof store->path, "%s%s",
                   options->durability == DURABILITY_MEMORY ? "" : store->folder,
                   options->durability == DURABILITY_MEMORY ? ":memory:" : "/queue.db");
    status = event_store_open_file(store, fault);
    if (status == STORE_DAMAGED)
        status = event_store_replace(store, fault);
    if (status == STORE_OK)
        return store;
    if (fault[0] == '\0')
        (void)snprintf(fault, STORE_MESSAGE_SIZE,
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
    event_store_close_file(store);
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

enum store_status event_store_file_status(struct event_store *store, const char *path, int error)
{
    if (error == 0)
        return STORE_OK;
    (void)snprintf(store->error, sizeof store->error, "%s: %s", path, record_file_error(error));
    return STORE_SKIPPED;
}

sqlite3_stmt *event_store_statement(struct event_store *store, enum store_statement statement)
{
    return store->statements[statement];
}

enum store_status event_store_end(struct event_store *store, sqlite3_stmt *statement, int result)
{
    const enum store_status status = event_store_check(store, result);

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
    store->change_count = store->database == NULL ? 0 : sqlite3_total_changes(store->database);
    return event_store_step(store, store->statements[STORE_BEGIN], NULL);
}

enum store_status event_store_commit(struct event_store *store, bool *has_written)
{
    const enum store_status status = event_store_step(store, store->statements[STORE_COMMIT], NULL);

    *has_written =
        status == STORE_OK && sqlite3_total_changes(store->database) != store->change_count;
    return status;
}

enum store_status event_store_probe(struct event_store *store)
{
    return event_store_step(store, store->statements[STORE_PROBE], NULL);
}

void event_store_rollback(struct event_store *store)
{
    char error[sizeof store->error];

    memcpy(error, store->error, sizeof error); /* the first fault is the one to tell */
    if (store->database != NULL && sqlite3_get_autocommit(store->database) == 0)
        (void)event_store_step(store, store->statements[STORE_ROLLBACK], NULL);
    memcpy(store->error, error, sizeof error);
}
