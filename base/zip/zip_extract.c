/*
 * Two passes: first folders and files, then links, so that nothing is ever written through a link of the archive. Each
 * part of a name is opened in the folder before it without following links.
 */
#include "base/zip/zip_extract.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct zip_limits zip_limits_default = {ZIP_UNPACKED_MAX, ZIP_ENTRIES_MAX};

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

struct extraction {
    struct zip_archive *archive;
    const struct zip_limits *limits;
    struct zip_extracted done;
    int root; /* descriptor */
    int file; /* of the entry that is being written */
    char link[ZIP_LINK_MAX + 1];
    size_t link_length;
};

static enum zip_status count_entry(struct extraction *extraction)
{
    return ++extraction->done.entry_count > extraction->limits->entry_max ? ZIP_TOO_MANY : ZIP_OK;
}

/* Our own folder for what doesn't fit: a file where the archive has a folder of that name. */
static enum zip_status failure_of(int error)
{
    return error == ENOTDIR || error == ELOOP || error == EISDIR || error == EEXIST ||
                   error == ENAMETOOLONG
               ? ZIP_NO_ARCHIVE
               : ZIP_NOT_WRITTEN;
}

/* The descriptor of a folder in `parent`, which is made if need be, and closes `parent` unless it is the root. */
static enum zip_status enter_folder(struct extraction *extraction, int parent, const char *name,
                                    int *folder)
{
    enum zip_status status = ZIP_OK;

    if (mkdirat(parent, name, FOLDER_MODE) == 0)
        status = count_entry(extraction);
    else if (errno != EEXIST)
        status = failure_of(errno);
    if (status == ZIP_OK) {
        *folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*folder < 0)
            status = failure_of(errno);
    }
    const int error = errno;

    if (parent != extraction->root)
        (void)close(parent);
    errno = error;
    return status;
}

/* The folder of the first `count` parts; the caller leaves it. */
static enum zip_status enter(struct extraction *extraction, const struct zip_path *path,
                             size_t count, int *folder)
{
    enum zip_status status = ZIP_OK;

    *folder = extraction->root;
    for (size_t i = 0; i < count && status == ZIP_OK; i++)
        status = enter_folder(extraction, *folder, path->parts[i], folder);
    return status;
}

static void leave(const struct extraction *extraction, int folder)
{
    const int error = errno;

    if (folder != extraction->root)
        (void)close(folder);
    errno = error;
}

/* ---- files ---- */

static bool write_piece(const char *data, size_t length, void *context)
{
    struct extraction *extraction = context;

    extraction->done.size += length;
    while (length > 0) {
        const ssize_t count = write(extraction->file, data, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        data += count;
        length -= (size_t)count;
    }
    return true;
}

/* Of an earlier entry with the same name. */
static enum zip_status open_file(struct extraction *extraction, int folder, const char *name)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return failure_of(errno);
    extraction->file = openat(folder, name, flags, 0600);
    return extraction->file < 0 ? failure_of(errno) : ZIP_OK;
}

static enum zip_status fill_file(struct extraction *extraction, const struct zip_entry *entry)
{
    const mode_t mode = entry->mode == 0 ? FILE_MODE : entry->mode | S_IRUSR;
    const uint64_t left = extraction->limits->unpacked_max - extraction->done.size;
    enum zip_status status =
        entry->size > left ? ZIP_TOO_LARGE
                           : zip_archive_read(extraction->archive, left, write_piece, extraction);

    if (status == ZIP_OK && fchmod(extraction->file, mode) != 0)
        status = ZIP_NOT_WRITTEN;
    const int error = errno;

    if (close(extraction->file) != 0 && status == ZIP_OK)
        return ZIP_NOT_WRITTEN;
    errno = error;
    return status;
}

static enum zip_status extract_file(struct extraction *extraction, const struct zip_entry *entry)
{
    int folder;
    const size_t last = entry->path.part_count - 1;
    enum zip_status status = enter(extraction, &entry->path, last, &folder);

    if (status != ZIP_OK)
        return status;
    status = count_entry(extraction);
    if (status == ZIP_OK)
        status = open_file(extraction, folder, entry->path.parts[last]);
    leave(extraction, folder);
    return status == ZIP_OK ? fill_file(extraction, entry) : status;
}

static enum zip_status extract_folder(struct extraction *extraction, const struct zip_entry *entry)
{
    int folder;
    const enum zip_status status = enter(extraction, &entry->path, entry->path.part_count, &folder);

    if (status == ZIP_OK)
        leave(extraction, folder);
    return status;
}

/* ---- links ---- */

static bool keep_target(const char *data, size_t length, void *context)
{
    struct extraction *extraction = context;

    memcpy(extraction->link + extraction->link_length, data, length);
    extraction->link_length += length;
    return true;
}

static enum zip_status make_link(struct extraction *extraction, int folder, const char *name)
{
    struct stat about;

    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(about.st_mode))
            return ZIP_NO_ARCHIVE;
        if (unlinkat(folder, name, 0) != 0)
            return ZIP_NOT_WRITTEN;
    }
    return symlinkat(extraction->link, folder, name) == 0 ? ZIP_OK : failure_of(errno);
}

static enum zip_status extract_link(struct extraction *extraction, const struct zip_entry *entry)
{
    const size_t last = entry->path.part_count - 1;
    enum zip_status status;
    int folder;

    extraction->link_length = 0;
    status = zip_archive_read(extraction->archive, ZIP_LINK_MAX, keep_target, extraction);
    if (status == ZIP_TOO_LARGE)
        status = ZIP_UNSAFE;
    if (status != ZIP_OK)
        return status;
    if (!zip_link_is_safe(extraction->link, extraction->link_length, last))
        return ZIP_UNSAFE;
    extraction->link[extraction->link_length] = '\0';
    status = enter(extraction, &entry->path, last, &folder);
    if (status != ZIP_OK)
        return status;
    status = count_entry(extraction);
    if (status == ZIP_OK)
        status = make_link(extraction, folder, entry->path.parts[last]);
    leave(extraction, folder);
    return status;
}

/* ---- the whole ---- */

static enum zip_status extract_entry(struct extraction *extraction, const struct zip_entry *entry)
{
    switch (entry->kind) {
    case ZIP_ENTRY_FILE:
        return extract_file(extraction, entry);
    case ZIP_ENTRY_FOLDER:
        return extract_folder(extraction, entry);
    case ZIP_ENTRY_LINK:
        return extract_link(extraction, entry);
    }
    return ZIP_UNSAFE;
}

static enum zip_status extract_pass(struct extraction *extraction, bool wants_links)
{
    struct zip_entry entry;
    enum zip_status status;
    bool is_last = false;

    zip_archive_rewind(extraction->archive);
    for (;;) {
        status = zip_archive_next(extraction->archive, &entry, &is_last);
        if (status != ZIP_OK || is_last)
            return status;
        if ((entry.kind == ZIP_ENTRY_LINK) == wants_links)
            status = extract_entry(extraction, &entry);
        if (status != ZIP_OK)
            return status;
    }
}

enum zip_status zip_extract(struct zip_archive *archive, const char *folder,
                            const struct zip_limits *limits, struct zip_extracted *extracted)
{
    struct extraction extraction = {.archive = archive, .limits = limits, .file = -1};
    enum zip_status status;

    extraction.root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (extraction.root < 0)
        return ZIP_NOT_WRITTEN;
    status = extract_pass(&extraction, false);
    if (status == ZIP_OK)
        status = extract_pass(&extraction, true);
    const int error = errno;

    (void)close(extraction.root);
    errno = error;
    if (extracted != NULL)
        *extracted = extraction.done;
    return status;
}

enum zip_status zip_extract_bytes(struct bytes_view bytes, const char *folder,
                                  const struct zip_limits *limits)
{
    struct zip_archive *archive;
    enum zip_status status = zip_archive_open(bytes, &archive);

    if (status == ZIP_OK)
        status = zip_extract(archive, folder, limits, NULL);
    zip_archive_close(archive);
    return status;
}

enum zip_status zip_extract_file(const char *path, const char *folder,
                                 const struct zip_limits *limits)
{
    struct zip_archive *archive;
    enum zip_status status = zip_archive_open_file(path, &archive);

    if (status == ZIP_OK)
        status = zip_extract(archive, folder, limits, NULL);
    zip_archive_close(archive);
    return status;
}
