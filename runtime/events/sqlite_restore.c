#include "runtime/events/sqlite_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- damaged ---- */

/* The -wal belongs to the database: it has the newest events. The -shm is made again. */
static bool move_aside(struct sqlite_store *sqlite, char problem[STORE_MESSAGE_SIZE])
{
    static const char *const endings[] = {"", "-wal"};
    char from[sizeof sqlite->path + 8], to[sizeof sqlite->path + 64];
    const long long now_ms = (long long)clock_real_now_ms();

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s%s", sqlite->path, endings[i]);
        (void)snprintf(to, sizeof to, "%s.damaged-%lld%s", sqlite->path, now_ms, endings[i]);
        if (rename(from, to) != 0 && errno != ENOENT) {
            (void)snprintf(problem, STORE_MESSAGE_SIZE,
                           "%s is damaged (%s) and can't be moved aside: %s", sqlite->path,
                           sqlite->store.error, strerror(errno));
            return false;
        }
    }
    (void)snprintf(from, sizeof from, "%s-shm", sqlite->path);
    (void)unlink(from);
    (void)snprintf(problem, STORE_MESSAGE_SIZE,
                   "%s was damaged (%s); it is kept as %s.damaged-%lld, and a new, empty queue is "
                   "used; `sqlite3 FILE .recover` shows which of its events can be saved",
                   sqlite->path, sqlite->store.error, sqlite->path, now_ms);
    return true;
}

enum store_status sqlite_replace(struct store *store, char problem[STORE_MESSAGE_SIZE])
{
    struct sqlite_store *sqlite = (struct sqlite_store *)store;
    enum store_status status;

    problem[0] = '\0';
    if (sqlite->database != NULL || sqlite->is_reopened) {
        sqlite->is_reopened = false;
        sqlite_close_file(sqlite);
        if (sqlite->store.durability != DURABILITY_MEMORY && !move_aside(sqlite, problem)) {
            sqlite->is_reopened = true;
            return STORE_FAILED;
        }
    }
    status = sqlite_open_file(sqlite, problem);
    sqlite->is_reopened = status != STORE_OK; /* the next transaction tries again */
    if (status != STORE_OK)
        sqlite_close_file(sqlite);
    return status == STORE_DAMAGED ? STORE_FAILED : status;
}

/* ---- removed ---- */

/* Writes to a removed file would be lost. */
static bool is_removed(struct sqlite_store *sqlite)
{
    int has_moved = 0;

    return sqlite->store.durability != DURABILITY_MEMORY && sqlite->database != NULL &&
           sqlite3_file_control(sqlite->database, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
               SQLITE_OK &&
           has_moved != 0;
}

/* False when the folder was removed with the lock, not only the file. */
static bool has_lock(const struct sqlite_store *sqlite)
{
    return data_folder_is_locked(sqlite->store.data_folder) ||
           data_folder_is_locked(&sqlite->restored);
}

static enum store_status lock_again(struct sqlite_store *sqlite)
{
    char problem[DATA_FOLDER_ERROR_SIZE];

    data_folder_close(&sqlite->restored);
    if (data_folder_open(&sqlite->restored, sqlite->store.folder, problem) == DATA_FOLDER_OK)
        return STORE_OK;
    (void)snprintf(sqlite->store.error, sizeof sqlite->store.error, "%.*s",
                   (int)sizeof sqlite->store.error - 1, problem);
    return STORE_FAILED;
}

/* Removes the log of the removed file: beside a new file it would be taken for that one's. */
static void forget_log(const struct sqlite_store *sqlite)
{
    char path[sizeof sqlite->path + 8];

    (void)snprintf(path, sizeof path, "%s-wal", sqlite->path);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s-shm", sqlite->path);
    (void)unlink(path);
}

/* SQLite doesn't sync the copy that it writes. */
static bool sync_file(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const bool is_synced = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        (void)close(file);
    return is_synced;
}

/* Writes the file again, whole or not at all: by rename. */
static enum store_status write_again(struct sqlite_store *sqlite)
{
    char path[sizeof sqlite->path + 8];
    sqlite3_stmt *statement = NULL;
    enum store_status status;

    (void)snprintf(path, sizeof path, "%s.new", sqlite->path);
    (void)unlink(path);
    status = sqlite_check(
        sqlite, sqlite3_prepare_v2(sqlite->database, "VACUUM INTO ?1", -1, &statement, NULL));
    if (status == STORE_OK)
        status = sqlite_check(sqlite, sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC));
    if (status == STORE_OK)
        status = sqlite_check(sqlite, sqlite3_step(statement));
    (void)sqlite3_finalize(statement);
    if (status != STORE_OK) {
        (void)unlink(path);
        return status;
    }
    forget_log(sqlite);
    if (!sync_file(path) || rename(path, sqlite->path) != 0 || !sync_file(sqlite->store.folder)) {
        store_set_error(&sqlite->store, strerror(errno));
        status = STORE_FAILED;
    }
    if (status != STORE_OK)
        (void)unlink(path);
    return status;
}

static enum store_status open_again(struct sqlite_store *sqlite)
{
    char problem[STORE_MESSAGE_SIZE];
    const enum store_status status = sqlite_open_file(sqlite, problem);

    sqlite->is_reopened = status != STORE_OK;
    if (sqlite->is_reopened)
        sqlite_close_file(sqlite);
    return status;
}

enum store_status sqlite_restore(struct sqlite_store *sqlite, char note[STORE_MESSAGE_SIZE])
{
    enum store_status status = STORE_OK;
    bool has_folder;

    note[0] = '\0';
    if (sqlite->is_reopened)
        return open_again(sqlite);
    if (!is_removed(sqlite))
        return STORE_OK;
    if (access(sqlite->path, F_OK) == 0) {
        (void)snprintf(sqlite->store.error, sizeof sqlite->store.error,
                       "%s was replaced while the server had it open; restart the server",
                       sqlite->path);
        return STORE_FAILED;
    }
    has_folder = has_lock(sqlite);
    if (!has_folder)
        status = lock_again(sqlite);
    if (status == STORE_OK)
        status = write_again(sqlite);
    if (status != STORE_OK)
        return status;
    (void)snprintf(
        note, STORE_MESSAGE_SIZE,
        "%s was removed while the server had it open; it has been written again with all "
        "accepted events%s",
        sqlite->path, has_folder ? "" : "; dead letters and destination records are gone");
    sqlite_close_file(sqlite); /* nothing is left to write to the removed file */
    return open_again(sqlite);
}
