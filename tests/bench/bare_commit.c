/*
 * bare_commit.c - the least that it can cost to keep an event and to forget it: what `make bench` compares with.
 *
 * bare_commit SECONDS FILE SYNCHRONOUS BATCH
 *
 * Adds BATCH rows to a new SQLite file in one transaction and deletes them in another, over and over, with the settings
 * of runtime/events/sqlite_file.c. SYNCHRONOUS is NORMAL or FULL. Prints how many rows a second came and went.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *database;

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void execute(const char *sql)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        execute(sql); /* says what is wrong */
    return statement;
}

/* One transaction: the statement for each of these rows. */
static void commit(sqlite3_stmt *statement, sqlite3_int64 first, sqlite3_int64 count)
{
    execute("BEGIN IMMEDIATE");
    for (sqlite3_int64 row = first; row < first + count; row++) {
        (void)sqlite3_bind_int64(statement, 1, row);
        if (sqlite3_step(statement) != SQLITE_DONE)
            execute("ROLLBACK");
        (void)sqlite3_reset(statement);
    }
    execute("COMMIT");
}

int main(int argc, char **argv)
{
    char setting[64];

    if (argc != 5 || sqlite3_open(argv[2], &database) != SQLITE_OK)
        return 1;
    (void)snprintf(setting, sizeof setting, "PRAGMA synchronous = %s", argv[3]);
    execute("PRAGMA journal_mode = WAL");
    execute(setting);
    execute("CREATE TABLE events(sequence INTEGER PRIMARY KEY, request_id TEXT NOT NULL, payload "
            "BLOB)");

    sqlite3_stmt *const add =
        prepare("INSERT INTO events VALUES(?, '8078aee7-bc6f-41ba-b315-000000000000', "
                "'{\"name\":\"bench\",\"list\":[1,2,3],\"flag\":true}')");
    sqlite3_stmt *const forget = prepare("DELETE FROM events WHERE sequence = ?");
    const sqlite3_int64 batch = atoll(argv[4]);
    const double began = now_s(), end = began + atof(argv[1]);
    sqlite3_int64 rows = 0;

    while (now_s() < end) {
        commit(add, rows, batch);
        commit(forget, rows, batch);
        rows += batch;
    }
    (void)printf("%.1f\n", (double)rows / (now_s() - began));
    (void)sqlite3_finalize(add);
    (void)sqlite3_finalize(forget);
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
