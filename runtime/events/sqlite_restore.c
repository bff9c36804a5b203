#include "runtime/events/sqlite_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- damaged ---- */

/* The -wal belongs to the database, without it the newest events would be missing; the -shm is made anew. */
static bool move_aside(struct event_store *store, char fault[STORE_MESSAGE_SIZE])
{
    static const char *const endings[] = {"", "-wal"};
    char from[sizeof store->path + 8], to[sizeof store->path + 64];
    const long long now_ms = (long long)clock_real_now_ms();

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s%s", store->path, endings[i]);
        (void)snprintf(to, sizeof to, "%s.damaged-%lld%s", store->path, now_ms, endings[i]);
        if (rename(from, to) != 0 && errno != ENOENT) {
            (void)snprintf(fault, STORE_MESSAGE_SIZE,
                           "%s is damaged (%s) and can't be moved aside: %s", store->path,
                           store->error, strerror(errno));
            return false;
        }
    }
    (void)snprintf(from, sizeof from, "%s-shm", store->path);
    (void)unlink(from);
    (void)snprintf(fault, STORE_MESSAGE_SIZE,
                   "%s was damaged (%s); it is kept as %s.damaged-%lld, and a new, empty queue is "
                   "begun: what may be saved of its events, `sqlite3 FILE .recover` shows",
                   store->path, store->error, store->path, now_ms);
    return true;
}

enum store_status event_store_replace(struct event_store *store, char fault[STORE_MESSAGE_SIZE])
{
    enum store_status status;

    fault[0] = '\0';
    if (store->database != NULL || store->is_reopened) {
        store->is_reopened = false;
        event_store_close_file(store);
        if (store->durability != DURABILITY_MEMORY && !move_aside(store, fault)) {
            store->is_reopened = true;
            return STORE_FAILED;
        }
    }
    status = event_store_open_file(store, fault);
    store->is_reopened = status != STORE_OK; /* the next transaction tries again */
    if (status != STORE_OK)
        event_store_close_file(store);
    return status == STORE_DAMAGED ? STORE_FAILED : status;
}

/* ---- removed ---- */

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
    char fault[DATA_FOLDER_ERROR_SIZE];

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
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
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
    status = event_store_check(
        store, sqlite3_prepare_v2(store->database, "VACUUM INTO ?1", -1, &statement, NULL));
    if (status == STORE_OK)
        status = event_store_check(store, sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC));
    if (status == STORE_OK)
        status = event_store_check(store, sqlite3_step(statement));
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
    char fault[STORE_MESSAGE_SIZE];
    const enum store_status status = event_store_open_file(store, fault);

    store->is_reopened = status != STORE_OK;
    if (store->is_reopened)
        event_store_close_file(store);
    return status;
}

enum store_status event_store_restore(struct event_store *store, char note[STORE_MESSAGE_SIZE])
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
    (void)snprintf(note, STORE_MESSAGE_SIZE,
                   "%s was removed while the server had it open; it is there again, with every "
                   "event that was accepted%s",
                   store->path, has_folder ? "" : "; dead letters and destinations begin anew");
    event_store_close_file(store); /* nothing is left to be written back to the one that is gone */
    return open_again(store);
}
