/*
 * code_store.h - archives of functions and layers, kept once for equal contents: <data folder>/code/SHA256/archive.zip and,
 * unpacked, …/files.
 *
 * Who uses code holds a reference. Code without one is removed, at the latest at the next start.
 *
 * Lifetime: opened before the registry, closed after everything that uses code.
 * Threads:  event-loop thread only; archives are read, unpacked and removed on libuv's pool threads.
 */
#ifndef RUNTIME_REGISTRY_CODE_STORE_H
#define RUNTIME_REGISTRY_CODE_STORE_H

#include "base/bytes.h"
#include "config/config.h"

#include <uv.h>

enum {
    CODE_HEX_SIZE = 65,
    CODE_BASE64_SIZE = 45,
    CODE_PATH_SIZE = 1200,
    CODE_ZIPPED_MAX = 52428800,
    CODE_WHY_SIZE = 512
};

struct code_store; /* opaque */

struct code_item {
    char hex[CODE_HEX_SIZE];       /* the SHA-256 of the archive; names it here */
    char base64[CODE_BASE64_SIZE]; /* the same as AWS writes it */
    int64_t size;                  /* of the archive */
};

enum code_status {
    CODE_OK,
    CODE_NO_BASE64,
    CODE_EMPTY,
    CODE_ZIPPED_TOO_LARGE,
    CODE_UNZIPPED_TOO_LARGE,
    CODE_NO_ARCHIVE, /* or a damaged or an unsafe one: `why` says which */
    CODE_UNREADABLE, /* a file that should be read can't be */
    CODE_NOT_WRITTEN,
    CODE_NO_MEMORY
};

/* With CODE_OK the callee has a reference to `item`. */
typedef void code_done_fn(enum code_status status, const struct code_item *item, const char *why,
                          void *context);

/* NULL when out of memory. */
struct code_store *code_store_open(uv_loop_t *loop, const char *data_folder,
                                   enum durability durability);
/* The loop ends: from now on nothing is removed any more. */
void code_store_stop(struct code_store *store);

/* All that was begun has ended, and no snapshot uses code. */
void code_store_close(struct code_store *store);

/*
 * Keeps an archive: as base64 text, which is taken, or from a file, whose path is copied. `on_done` is called once, later.
 * False when out of memory; then `text` stays the caller's.
 */
bool code_store_put_base64(struct code_store *store, char *text, code_done_fn *on_done,
                           void *context);
bool code_store_put_file(struct code_store *store, const char *path, code_done_fn *on_done,
                         void *context);

void code_store_retain(struct code_store *store, const char *hex);
void code_store_release(struct code_store *store, const char *hex);

/* Removes what nobody has a reference to; once, at the start. */
void code_store_sweep(struct code_store *store);

/* How many jobs are on the pool. */
unsigned code_store_pending(const struct code_store *store);

/* Paths of the unpacked code and of the archive. */
void code_store_folder(const struct code_store *store, const char *hex, char path[CODE_PATH_SIZE]);
void code_store_archive(const struct code_store *store, const char *hex, char path[CODE_PATH_SIZE]);

#endif
