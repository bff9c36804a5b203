#include "base/zip/zip_pack.h"

#include "base/zip/zip_extract.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum {
    PATH_SIZE = 4096,
    PIECE_SIZE = 64 << 10,
    MADE_BY_UNIX = 3 << 8 | 20, /* version 2.0 of the format */
    NAMES_ARE_UTF8 = 1 << 11,
    MODE_SHIFT = 16, /* of permissions, in an entry's external attributes */
    YEAR_OF_ALL = 1980
};

struct packer {
    const struct zip_packing *packing;
    zipFile writer; /* NULL while the files are counted */
    uint64_t done, whole;
    size_t count, root_length;
    char path[PATH_SIZE]; /* of the entry at hand */
    char piece[PIECE_SIZE];
};

static enum zip_status pack_folder(struct packer *packer);

static const char *name_in_archive(const struct packer *packer)
{
    return packer->path + packer->root_length + 1;
}

static void add_bytes(struct packer *packer, size_t count)
{
    if (packer->writer == NULL) {
        packer->whole += count;
        return;
    }
    packer->done += count;
    packer->packing->on_progress(packer->done, packer->whole, packer->packing->context);
}

/* ---- one entry ---- */

static enum zip_status open_entry(const struct packer *packer, mode_t mode)
{
    zip_fileinfo about = {.external_fa = (uLong)mode << MODE_SHIFT};
    char name[PATH_SIZE + 1];

    about.tmz_date.tm_year = YEAR_OF_ALL;
    about.tmz_date.tm_mday = 1;
    (void)snprintf(name, sizeof name, "%s%s", name_in_archive(packer), S_ISDIR(mode) ? "/" : "");
    return zipOpenNewFileInZip4(packer->writer, name, &about, NULL, 0, NULL, 0, NULL, Z_DEFLATED,
                                Z_DEFAULT_COMPRESSION, 0, -MAX_WBITS, DEF_MEM_LEVEL,
                                Z_DEFAULT_STRATEGY, NULL, 0, MADE_BY_UNIX, NAMES_ARE_UTF8) == ZIP_OK
               ? ZIP_OK
               : ZIP_NOT_WRITTEN;
}

static enum zip_status close_entry(const struct packer *packer, enum zip_status status)
{
    return zipCloseFileInZip(packer->writer) != ZIP_OK && status == ZIP_OK ? ZIP_NOT_WRITTEN
                                                                           : status;
}

static enum zip_status write_piece(struct packer *packer, size_t length)
{
    if (zipWriteInFileInZip(packer->writer, packer->piece, (unsigned)length) != ZIP_OK)
        return ZIP_NOT_WRITTEN;
    add_bytes(packer, length);
    return ZIP_OK;
}

static enum zip_status write_file(struct packer *packer, int file, mode_t mode)
{
    enum zip_status status = open_entry(packer, mode);
    ssize_t length;

    if (status != ZIP_OK)
        return status;
    while (status == ZIP_OK && (length = read(file, packer->piece, PIECE_SIZE)) != 0)
        status = length < 0 ? ZIP_UNREADABLE : write_piece(packer, (size_t)length);
    return close_entry(packer, status);
}

static enum zip_status pack_file(struct packer *packer, const struct stat *about)
{
    enum zip_status status;
    int file;

    if (packer->writer == NULL) {
        add_bytes(packer, (size_t)about->st_size);
        return packer->whole > ZIP_UNPACKED_MAX ? ZIP_TOO_LARGE : ZIP_OK;
    }
    file = open(packer->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return ZIP_UNREADABLE;
    status = write_file(packer, file, about->st_mode);
    (void)close(file);
    return status;
}

static enum zip_status pack_link(struct packer *packer, size_t length, mode_t mode)
{
    enum zip_status status;

    if (packer->writer == NULL) {
        add_bytes(packer, length);
        return ZIP_OK;
    }
    status = open_entry(packer, mode);
    if (status != ZIP_OK)
        return status;
    return close_entry(packer, write_piece(packer, length));
}

static enum zip_status pack_child_folder(struct packer *packer, mode_t mode)
{
    if (packer->writer != NULL) {
        enum zip_status status = open_entry(packer, mode);

        if (status == ZIP_OK)
            status = close_entry(packer, ZIP_OK);
        if (status != ZIP_OK)
            return status;
    }
    return pack_folder(packer);
}

/* Is it a link that stays inside? Then its target lies in `piece`, so long. */
static bool is_kept_link(struct packer *packer, const struct stat *about, size_t *length)
{
    const char *name = name_in_archive(packer);
    ssize_t count;
    size_t depth = 0;

    if (!S_ISLNK(about->st_mode))
        return false;
    count = readlink(packer->path, packer->piece, PIECE_SIZE);
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
        depth++;
    *length = count < 0 ? 0 : (size_t)count;
    return count > 0 && zip_link_is_safe(packer->piece, *length, depth);
}

static enum zip_status pack_entry(struct packer *packer)
{
    struct stat about;
    size_t length;

    if (lstat(packer->path, &about) != 0)
        return ZIP_UNREADABLE;
    if (packer->writer == NULL && ++packer->count > ZIP_ENTRIES_MAX)
        return ZIP_TOO_MANY;
    if (is_kept_link(packer, &about, &length))
        return pack_link(packer, length, about.st_mode);
    if (stat(packer->path, &about) != 0)
        return ZIP_UNREADABLE;
    if (S_ISDIR(about.st_mode))
        return pack_child_folder(packer, about.st_mode);
    return S_ISREG(about.st_mode) ? pack_file(packer, &about) : ZIP_OK;
}

/* ---- the folder ---- */

static int is_packed(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
           strcmp(entry->d_name, ".git") != 0;
}

/* Not alphasort(): that goes by the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum zip_status pack_named(struct packer *packer, const char *name)
{
    const size_t length = strlen(packer->path);
    const size_t room = sizeof packer->path - length;
    enum zip_status status;

    if ((size_t)snprintf(packer->path + length, room, "/%s", name) >= room) {
        errno = ENAMETOOLONG; /* as a link to a folder above itself ends */
        return ZIP_UNREADABLE;
    }
    status = pack_entry(packer);
    if (status == ZIP_OK)
        packer->path[length] = '\0';
    return status;
}

static enum zip_status pack_folder(struct packer *packer)
{
    struct dirent **entries;
    const int count = scandir(packer->path, &entries, is_packed, by_name);
    enum zip_status status = count < 0 ? ZIP_UNREADABLE : ZIP_OK;

    for (int i = 0; i < count; i++) {
        if (status == ZIP_OK)
            status = pack_named(packer, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return status;
}

static enum zip_status pack_all(struct packer *packer)
{
    enum zip_status status = pack_folder(packer);

    if (status != ZIP_OK)
        return status;
    packer->writer = zipOpen64(packer->packing->archive, APPEND_STATUS_CREATE);
    if (packer->writer == NULL)
        return ZIP_NOT_WRITTEN;
    status = pack_folder(packer);
    if (zipClose(packer->writer, NULL) != ZIP_OK && status == ZIP_OK)
        status = ZIP_NOT_WRITTEN;
    return status;
}

enum zip_status zip_pack(const struct zip_packing *packing, char problem[ZIP_NAME_MAX + 1])
{
    struct packer *packer = calloc(1, sizeof *packer);
    enum zip_status status;
    int error;

    problem[0] = '\0';
    if (packer == NULL)
        return ZIP_NO_MEMORY;
    packer->packing = packing;
    packer->root_length = strlen(packing->folder);
    errno = 0;
    status = packer->root_length < sizeof packer->path ? ZIP_OK : ZIP_UNREADABLE;
    (void)snprintf(packer->path, sizeof packer->path, "%s", packing->folder);
    if (status == ZIP_OK)
        status = pack_all(packer);
    error = errno;
    (void)snprintf(problem, ZIP_NAME_MAX + 1, "%.*s", ZIP_NAME_MAX, packer->path);
    free(packer);
    errno = error;
    return status;
}
