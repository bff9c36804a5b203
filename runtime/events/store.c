#include "runtime/events/store.h"

#include "runtime/events/record_reader.h"
#include "runtime/events/sqlite_store.h"

#include <stdio.h>

struct store *store_open(const struct store_options *options, char problem[STORE_MESSAGE_SIZE])
{
    return sqlite_store_open(options, problem);
}

size_t store_memory_bytes(void)
{
    return sqlite_store_memory_bytes();
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->engine->close(store);
}

void store_set_error(struct store *store, const char *error)
{
    (void)snprintf(store->error, sizeof store->error, "%s", error);
}

enum store_status store_file_status(struct store *store, const char *path, int error)
{
    if (error == 0)
        return STORE_OK;
    (void)snprintf(store->error, sizeof store->error, "%s: %s", path, record_file_error(error));
    return STORE_SKIPPED;
}
