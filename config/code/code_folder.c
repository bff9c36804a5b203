#include "config/code/code_folder.h"

#include "base/folder.h"
#include "base/zip/zip_extract.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_SIZE = 64 << 10, HASH_TEXT_SIZE = 2 * SHA256_DIGEST_SIZE + 1 };

/* Returns false, so that failures can end in it. */
__attribute__((format(printf, 2, 3))) static bool fail(struct code_folder *folder,
                                                       const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(folder->why, sizeof folder->why, format, arguments);
    va_end(arguments);
    return false;
}

bool code_is_archive(const char *path)
{
    const char *const dot = strrchr(path, '.');

    return dot != NULL && (strcasecmp(dot, ".zip") == 0 || strcasecmp(dot, ".jar") == 0);
}

/* ---- the name ---- */

static void end_hash(struct sha256_ctx *hash, char text[HASH_TEXT_SIZE])
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static bool hash_file(struct code_folder *folder, const char *path, char text[HASH_TEXT_SIZE])
{
    static const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK; /* a pipe has no end */
    const int descriptor = open(path, flags);
    struct sha256_ctx hash;
    uint8_t piece[PIECE_SIZE];
    struct stat about;
    ssize_t length = -1;

    sha256_init(&hash);
    if (descriptor >= 0 && fstat(descriptor, &about) == 0 && !S_ISREG(about.st_mode))
        errno = EINVAL;
    else
        while (descriptor >= 0 && (length = read(descriptor, piece, sizeof piece)) > 0)
            sha256_update(&hash, (size_t)length, piece);
    const int error = errno;

    if (descriptor >= 0)
        (void)close(descriptor);
    if (length < 0)
        return fail(folder, "can't read %s: %s", path, strerror(error));
    end_hash(&hash, text);
    return true;
}

static void hash_files(const struct code_file *files, size_t count, char text[HASH_TEXT_SIZE])
{
    struct sha256_ctx hash;

    sha256_init(&hash);
    for (size_t i = 0; i < count; i++) {
        const size_t length = files[i].text.length;

        sha256_update(&hash, strlen(files[i].name) + 1, (const uint8_t *)files[i].name);
        sha256_update(&hash, sizeof length, (const uint8_t *)&length);
        sha256_update(&hash, length, (const uint8_t *)files[i].text.data);
    }
    end_hash(&hash, text);
}

/* ---- the folder ---- */

/* Is it there already? Else `draft` is a new folder beside it. False with `why`. */
static bool begin(struct code_folder *folder, const char *store, const char *name,
                  char draft[PATH_MAX], bool *is_there)
{
    char given[PATH_MAX];
    struct stat about;

    *is_there = false;
    if (store == NULL) {
        (void)snprintf(folder->path, sizeof folder->path, "%s", name);
        *is_there = true;
        return true;
    }
    int error = folder_make(store);

    if (error == 0 && realpath(store, given) == NULL)
        error = errno;
    if (error != 0)
        return fail(folder, "can't make %s: %s", store, strerror(error));
    if (snprintf(folder->path, sizeof folder->path, "%s/%s", given, name) >=
            (int)sizeof folder->path ||
        snprintf(draft, PATH_MAX, "%s/.XXXXXX", given) >= PATH_MAX)
        return fail(folder, "%s: the path is too long", store);
    *is_there = lstat(folder->path, &about) == 0 && S_ISDIR(about.st_mode);
    if (*is_there || (mkdtemp(draft) != NULL && chmod(draft, 0755) == 0))
        return true;
    return fail(folder, "can't make a folder in %s: %s", store, strerror(errno));
}

/* Another server may have made it meanwhile. */
static bool end(struct code_folder *folder, const char *draft)
{
    struct stat about;

    if (rename(draft, folder->path) == 0)
        return true;
    const int error = errno;

    folder_remove(draft);
    if (lstat(folder->path, &about) == 0 && S_ISDIR(about.st_mode))
        return true;
    return fail(folder, "can't make %s: %s", folder->path, strerror(error));
}

bool code_folder_unpack(struct code_folder *folder, const char *store, const char *archive)
{
    char name[HASH_TEXT_SIZE], draft[PATH_MAX];
    bool is_there = false;

    if (!hash_file(folder, archive, name) || !begin(folder, store, name, draft, &is_there))
        return false;
    if (is_there)
        return true;
    errno = 0;
    const enum zip_status status = zip_extract_file(archive, draft, &zip_limits_default);
    const int error = errno;

    if (status == ZIP_OK)
        return end(folder, draft);
    folder_remove(draft);
    if (status == ZIP_UNREADABLE || status == ZIP_NOT_WRITTEN)
        return fail(folder, "%s %s: %s", archive, zip_status_text(status), strerror(error));
    return fail(folder, "%s %s", archive, zip_status_text(status));
}

static bool write_one(const char *folder, const struct code_file *file)
{
    char path[PATH_MAX];
    char *slash;

    if (snprintf(path, sizeof path, "%s/%s", folder, file->name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    slash = strrchr(path, '/');
    *slash = '\0';
    errno = folder_make(path);
    *slash = '/';
    FILE *const out = errno == 0 ? fopen(path, "wxe") : NULL;

    if (out == NULL)
        return false;
    const bool is_written = fwrite(file->text.data, 1, file->text.length, out) == file->text.length;

    return fclose(out) == 0 && is_written;
}

bool code_folder_write(struct code_folder *folder, const char *store, const struct code_file *files,
                       size_t count)
{
    char name[HASH_TEXT_SIZE], draft[PATH_MAX];
    bool is_there = false;

    hash_files(files, count, name);
    if (!begin(folder, store, name, draft, &is_there))
        return false;
    for (size_t i = 0; i < count && !is_there; i++) {
        if (write_one(draft, &files[i]))
            continue;
        (void)fail(folder, "can't write %s/%s: %s", draft, files[i].name, strerror(errno));
        folder_remove(draft);
        return false;
    }
    return is_there || end(folder, draft);
}
