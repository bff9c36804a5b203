/*
 * References are counted under a lock, since a pool thread that has just written an archive must know whether another one
 * is about to remove it: who finds the count at zero renames the folder away while it holds the lock.
 */
#include "runtime/registry/code_store.h"

#include "base/base64.h"
#include "base/name_table.h"
#include "base/zip/zip_extract.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FOLDERS_MAX = 16, FOLDER_MODE = 0700 };

struct code_reference {
    struct name_entry entry;
    char hex[CODE_HEX_SIZE];
    unsigned count;
};

struct code_store {
    uv_loop_t *loop;
    enum durability durability;
    unsigned pending;
    bool is_stopped;
    uv_mutex_t lock; /* of what follows */
    struct name_table references;
    unsigned long long next_temporary;
    char folder[CODE_PATH_SIZE - 128];
};

/* ---- paths ---- */

void code_store_folder(const struct code_store *store, const char *hex, char path[CODE_PATH_SIZE])
{
    (void)snprintf(path, CODE_PATH_SIZE, "%s/%s/files", store->folder, hex);
}

void code_store_archive(const struct code_store *store, const char *hex, char path[CODE_PATH_SIZE])
{
    (void)snprintf(path, CODE_PATH_SIZE, "%s/%s/archive.zip", store->folder, hex);
}

static void make_temporary_path(struct code_store *store, char path[CODE_PATH_SIZE])
{
    uv_mutex_lock(&store->lock);
    (void)snprintf(path, CODE_PATH_SIZE, "%s/.new-%ld-%llu", store->folder, (long)getpid(),
                   store->next_temporary++);
    uv_mutex_unlock(&store->lock);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

static void remove_folder(const char *path)
{
    (void)nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

/* ---- references, with the lock ---- */

static struct code_reference *reference_of(struct code_store *store, const char *hex)
{
    struct code_reference *reference = name_table_find(&store->references, "", hex);

    if (reference != NULL)
        return reference;
    reference = calloc(1, sizeof *reference);
    if (reference == NULL)
        return NULL;
    (void)snprintf(reference->hex, sizeof reference->hex, "%s", hex);
    if (!name_table_add(&store->references, &reference->entry, "", reference->hex, reference)) {
        free(reference);
        return NULL;
    }
    return reference;
}

static void forget(struct code_store *store, struct code_reference *reference)
{
    name_table_remove(&store->references, &reference->entry);
    free(reference);
}

void code_store_retain(struct code_store *store, const char *hex)
{
    struct code_reference *reference;

    uv_mutex_lock(&store->lock);
    reference = reference_of(store, hex);
    if (reference != NULL)
        reference->count++;
    uv_mutex_unlock(&store->lock);
}

/* ---- removing ---- */

struct removal {
    uv_work_t work;
    struct code_store *store;
    char hex[CODE_HEX_SIZE]; /* "": all without a reference */
};

/* Renamed away under the lock, so that nobody finds half of it. */
static void remove_unused(struct code_store *store, const char *hex)
{
    char from[CODE_PATH_SIZE], to[CODE_PATH_SIZE];
    const struct code_reference *reference;
    bool is_moved = false;

    make_temporary_path(store, to);
    (void)snprintf(from, sizeof from, "%s/%s", store->folder, hex);
    uv_mutex_lock(&store->lock);
    reference = name_table_find(&store->references, "", hex);
    if (reference == NULL)
        is_moved = rename(from, to) == 0;
    uv_mutex_unlock(&store->lock);
    if (is_moved)
        remove_folder(to);
}

static void sweep(struct code_store *store)
{
    DIR *folder = opendir(store->folder);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            remove_unused(store, entry->d_name);
        else if (strncmp(entry->d_name, ".new-", 5) == 0) {
            char path[CODE_PATH_SIZE];

            if (snprintf(path, sizeof path, "%s/%s", store->folder, entry->d_name) <
                (int)sizeof path)
                remove_folder(path);
        }
    }
    if (folder != NULL)
        (void)closedir(folder);
}

static void run_removal(uv_work_t *work)
{
    struct removal *removal = work->data;

    if (removal->hex[0] == '\0')
        sweep(removal->store);
    else
        remove_unused(removal->store, removal->hex);
}

static void on_removed(uv_work_t *work, int status)
{
    struct removal *removal = work->data;

    (void)status;
    removal->store->pending--;
    free(removal);
}

/* Without memory it is left to the next start. */
static void start_removal(struct code_store *store, const char *hex)
{
    struct removal *removal = calloc(1, sizeof *removal);

    if (removal == NULL)
        return;
    removal->work.data = removal;
    removal->store = store;
    (void)snprintf(removal->hex, sizeof removal->hex, "%s", hex);
    store->pending++;
    (void)uv_queue_work(store->loop, &removal->work, run_removal, on_removed);
}

void code_store_release(struct code_store *store, const char *hex)
{
    struct code_reference *reference;
    bool is_last = false;

    uv_mutex_lock(&store->lock);
    reference = name_table_find(&store->references, "", hex);
    if (reference != NULL && --reference->count == 0) {
        forget(store, reference);
        is_last = true;
    }
    uv_mutex_unlock(&store->lock);
    if (is_last && !store->is_stopped)
        start_removal(store, hex);
}

void code_store_sweep(struct code_store *store)
{
    start_removal(store, "");
}

unsigned code_store_pending(const struct code_store *store)
{
    return store->pending;
}

/* ---- putting, on a pool thread ---- */

struct putting {
    uv_work_t work;
    struct code_store *store;
    char *text; /* base64 */
    char *path; /* of a file */
    code_done_fn *on_done;
    void *context;
    enum code_status status;
    struct code_item item;
    char why[CODE_WHY_SIZE];
};

static enum code_status fail(struct putting *putting, enum code_status status, const char *why)
{
    (void)snprintf(putting->why, sizeof putting->why, "%s", why);
    return status;
}

static char *read_archive(struct putting *putting, size_t *length)
{
    struct stat about;
    char *data = NULL;
    size_t done = 0;
    const int file = open(putting->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    putting->status = CODE_UNREADABLE;
    (void)snprintf(putting->why, sizeof putting->why, "%s", strerror(errno));
    if (file < 0)
        return NULL;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)snprintf(putting->why, sizeof putting->why, "not a regular file");
    } else if (about.st_size > CODE_ZIPPED_MAX) {
        putting->status = CODE_ZIPPED_TOO_LARGE;
    } else {
        data = malloc((size_t)about.st_size + 1);
        putting->status = data == NULL ? CODE_NO_MEMORY : CODE_OK;
    }
    while (data != NULL && done < (size_t)about.st_size) {
        const ssize_t count = read(file, data + done, (size_t)about.st_size - done);

        if (count <= 0)
            break;
        done += (size_t)count;
    }
    (void)close(file);
    *length = done;
    return data;
}

static void make_item(struct code_item *item, struct bytes_view archive)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx context;
    char *text;

    sha256_init(&context);
    sha256_update(&context, archive.length, (const uint8_t *)archive.data);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        item->hex[2 * i] = digits[digest[i] >> 4];
        item->hex[2 * i + 1] = digits[digest[i] & 15];
    }
    item->hex[CODE_HEX_SIZE - 1] = '\0';
    item->size = (int64_t)archive.length;
    text = base64_encode((struct bytes_view){(const char *)digest, sizeof digest});
    (void)snprintf(item->base64, sizeof item->base64, "%s", text == NULL ? "" : text);
    free(text);
}

static bool write_archive(const char *folder, struct bytes_view archive)
{
    char path[CODE_PATH_SIZE + 16];
    size_t done = 0;
    int file;

    (void)snprintf(path, sizeof path, "%s/archive.zip", folder);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    while (done < archive.length) {
        const ssize_t count = write(file, archive.data + done, archive.length - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            break;
        done += (size_t)count;
    }
    return close(file) == 0 && done == archive.length;
}

static enum code_status status_of(struct putting *putting, enum zip_status status)
{
    switch (status) {
    case ZIP_OK:
        return CODE_OK;
    case ZIP_TOO_LARGE:
        return CODE_UNZIPPED_TOO_LARGE;
    case ZIP_NOT_WRITTEN:
        return fail(putting, CODE_NOT_WRITTEN, strerror(errno));
    case ZIP_NO_MEMORY:
        return CODE_NO_MEMORY;
    case ZIP_NO_ARCHIVE:
    case ZIP_UNREADABLE:
    case ZIP_NOT_SUPPORTED:
    case ZIP_UNSAFE:
    case ZIP_TOO_MANY:
        break;
    }
    return fail(putting, CODE_NO_ARCHIVE, zip_status_text(status));
}

/* Everything into a folder that is renamed when it is whole. */
static enum code_status fill(struct putting *putting, const char *folder, struct bytes_view archive)
{
    char files[CODE_PATH_SIZE + 16];
    enum code_status status;

    (void)snprintf(files, sizeof files, "%s/files", folder);
    if (mkdir(folder, FOLDER_MODE) != 0 || mkdir(files, 0755) != 0)
        return fail(putting, CODE_NOT_WRITTEN, strerror(errno));
    status = status_of(putting, zip_extract_bytes(archive, files, &zip_limits_default));
    if (status == CODE_OK && !write_archive(folder, archive))
        status = fail(putting, CODE_NOT_WRITTEN, strerror(errno));
    if (status == CODE_OK && putting->store->durability == DURABILITY_POWER) {
        const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (file >= 0) {
            (void)syncfs(file);
            (void)close(file);
        }
    }
    return status;
}

/* With a reference, before it is looked for. */
static enum code_status keep(struct putting *putting, struct bytes_view archive)
{
    char folder[CODE_PATH_SIZE], temporary[CODE_PATH_SIZE];
    struct code_store *store = putting->store;
    struct code_reference *reference;
    enum code_status status;
    struct stat about;

    (void)snprintf(folder, sizeof folder, "%s/%s", store->folder, putting->item.hex);
    uv_mutex_lock(&store->lock);
    reference = reference_of(store, putting->item.hex);
    if (reference != NULL)
        reference->count++;
    uv_mutex_unlock(&store->lock);
    if (reference == NULL)
        return CODE_NO_MEMORY;
    if (stat(folder, &about) == 0)
        return CODE_OK;
    make_temporary_path(store, temporary);
    status = fill(putting, temporary, archive);
    if (status == CODE_OK && rename(temporary, folder) != 0 && errno != EEXIST &&
        errno != ENOTEMPTY)
        status = fail(putting, CODE_NOT_WRITTEN, strerror(errno));
    if (status != CODE_OK || access(temporary, F_OK) == 0)
        remove_folder(temporary);
    return status;
}

static void run_putting(uv_work_t *work)
{
    struct putting *putting = work->data;
    size_t length = 0;
    char *data = NULL;

    if (putting->path != NULL) {
        data = read_archive(putting, &length);
    } else {
        data = base64_decode((struct bytes_view){putting->text, strlen(putting->text)}, &length);
        putting->status = data == NULL ? CODE_NO_BASE64 : CODE_OK;
        free(putting->text);
        putting->text = NULL;
    }
    if (data != NULL && length > CODE_ZIPPED_MAX) {
        putting->status = CODE_ZIPPED_TOO_LARGE;
    } else if (data != NULL && length == 0) {
        putting->status = CODE_EMPTY;
    } else if (data != NULL) {
        make_item(&putting->item, (struct bytes_view){data, length});
        putting->status = keep(putting, (struct bytes_view){data, length});
    }
    free(data);
}

static void on_put(uv_work_t *work, int cancelled)
{
    struct putting *putting = work->data;
    struct code_store *store = putting->store;

    (void)cancelled;
    if (putting->status != CODE_OK && putting->item.hex[0] != '\0')
        code_store_release(store, putting->item.hex);
    store->pending--;
    putting->on_done(putting->status, &putting->item, putting->why, putting->context);
    free(putting->path);
    free(putting);
}

static struct putting *new_putting(struct code_store *store, code_done_fn *on_done, void *context)
{
    struct putting *putting = calloc(1, sizeof *putting);

    if (putting == NULL)
        return NULL;
    putting->work.data = putting;
    putting->store = store;
    putting->on_done = on_done;
    putting->context = context;
    return putting;
}

static void start_putting(struct putting *putting)
{
    putting->store->pending++;
    (void)uv_queue_work(putting->store->loop, &putting->work, run_putting, on_put);
}

bool code_store_put_base64(struct code_store *store, char *text, code_done_fn *on_done,
                           void *context)
{
    struct putting *putting = new_putting(store, on_done, context);

    if (putting == NULL)
        return false;
    putting->text = text;
    start_putting(putting);
    return true;
}

bool code_store_put_file(struct code_store *store, const char *path, code_done_fn *on_done,
                         void *context)
{
    struct putting *putting = new_putting(store, on_done, context);

    if (putting == NULL)
        return false;
    putting->path = strdup(path);
    if (putting->path == NULL) {
        free(putting);
        return false;
    }
    start_putting(putting);
    return true;
}

/* ---- the whole ---- */

struct code_store *code_store_open(uv_loop_t *loop, const char *data_folder,
                                   enum durability durability)
{
    struct code_store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return NULL;
    if (uv_mutex_init(&store->lock) != 0) {
        free(store);
        return NULL;
    }
    store->loop = loop;
    store->durability = durability;
    (void)snprintf(store->folder, sizeof store->folder, "%s/code", data_folder);
    (void)mkdir(store->folder, FOLDER_MODE); /* a failure shows when it is used */
    return store;
}

void code_store_stop(struct code_store *store)
{
    store->is_stopped = true;
}

void code_store_close(struct code_store *store)
{
    if (store == NULL)
        return;
    while (store->references.first != NULL)
        forget(store, store->references.first->owner);
    name_table_clear(&store->references);
    uv_mutex_destroy(&store->lock);
    free(store);
}
