#include "base/zip/zip_archive.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unzip.h>

enum { PIECE_SIZE = 64 << 10, HOST_UNIX = 3, HOST_MACOS = 19, FLAG_ENCRYPTED = 1 };

struct zip_archive {
    unzFile reader;
    struct bytes_view bytes; /* of an archive in memory; of another one only its length */
    int file;                /* of an archive that isn't; -1 for none */
    uint64_t position;
    bool is_short; /* something that should be there is not: minizip itself takes it for zeros */
    bool is_begun;
    uint64_t entry_size; /* as the archive claims */
    char piece[PIECE_SIZE];
};

/* ---- minizip's file functions, over memory or a file ---- */

static voidpf source_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return opaque;
}

static size_t read_file(struct zip_archive *archive, char *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t count =
            pread(archive->file, buffer + done, size - done, (off_t)(archive->position + done));

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    return done;
}

static uLong source_read(voidpf opaque, voidpf stream, void *buffer, uLong size)
{
    struct zip_archive *archive = stream;
    const uint64_t left = archive->bytes.length - archive->position;
    size_t count = size < left ? size : left;

    (void)opaque;
    if (archive->file >= 0)
        count = read_file(archive, buffer, count);
    else if (count > 0)
        memcpy(buffer, archive->bytes.data + archive->position, count);
    archive->is_short = archive->is_short || count < size;
    archive->position += count;
    return count;
}

static ZPOS64_T source_tell(voidpf opaque, voidpf stream)
{
    const struct zip_archive *archive = stream;

    (void)opaque;
    return archive->position;
}

static long source_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    struct zip_archive *archive = stream;
    const uint64_t start = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                           : origin == ZLIB_FILEFUNC_SEEK_END ? archive->bytes.length
                                                              : archive->position;

    (void)opaque;
    if (offset > archive->bytes.length - start)
        return -1;
    archive->position = start + offset;
    return 0;
}

static int source_close(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static int source_error(voidpf opaque, voidpf stream)
{
    const struct zip_archive *archive = stream;

    (void)opaque;
    return archive->is_short;
}

/* ---- opening ---- */

/* Takes `file`, which is -1 for an archive in memory. An archive without entries is none: AWS has no use for it either. */
static enum zip_status open_source(struct bytes_view bytes, int file, struct zip_archive **archive)
{
    struct zip_archive *opened = calloc(1, sizeof *opened);
    zlib_filefunc64_def functions = {
        .zopen64_file = source_open,
        .zread_file = source_read,
        .ztell64_file = source_tell,
        .zseek64_file = source_seek,
        .zclose_file = source_close,
        .zerror_file = source_error,
        .opaque = opened,
    };
    unz_global_info64 about;

    *archive = NULL;
    if (opened == NULL) {
        if (file >= 0)
            (void)close(file);
        return ZIP_NO_MEMORY;
    }
    opened->bytes = bytes;
    opened->file = file;
    opened->reader = unzOpen2_64("", &functions);
    if (opened->reader == NULL || unzGetGlobalInfo64(opened->reader, &about) != UNZ_OK ||
        about.number_entry == 0) {
        zip_archive_close(opened);
        return ZIP_NO_ARCHIVE;
    }
    *archive = opened;
    return ZIP_OK;
}

enum zip_status zip_archive_open(struct bytes_view bytes, struct zip_archive **archive)
{
    return open_source(bytes, -1, archive);
}

enum zip_status zip_archive_open_file(const char *path, struct zip_archive **archive)
{
    /* Opening a pipe might wait for ever. */
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat about;

    *archive = NULL;
    if (file < 0)
        return ZIP_UNREADABLE;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(file);
        return ZIP_NO_ARCHIVE;
    }
    return open_source((struct bytes_view){NULL, (size_t)about.st_size}, file, archive);
}

void zip_archive_close(struct zip_archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->reader != NULL)
        (void)unzClose(archive->reader);
    if (archive->file >= 0)
        (void)close(archive->file);
    free(archive);
}

void zip_archive_rewind(struct zip_archive *archive)
{
    archive->is_begun = false;
}

/* ---- entries ---- */

static bool read_kind(const unz_file_info64 *about, struct zip_entry *entry)
{
    const unsigned host = (unsigned)(about->version >> 8) & 0xff;
    const mode_t mode = (mode_t)(about->external_fa >> 16);
    const bool has_mode = host == HOST_UNIX || host == HOST_MACOS;

    entry->mode = has_mode ? mode & 0777 : 0;
    entry->kind = entry->path.is_folder ? ZIP_ENTRY_FOLDER : ZIP_ENTRY_FILE;
    if (!has_mode || (mode & S_IFMT) == 0)
        return true;
    if (S_ISLNK(mode)) {
        entry->kind = ZIP_ENTRY_LINK;
        return !entry->path.is_folder;
    }
    if (S_ISDIR(mode)) {
        entry->kind = ZIP_ENTRY_FOLDER;
        return true;
    }
    return S_ISREG(mode) && !entry->path.is_folder;
}

static enum zip_status read_entry(struct zip_archive *archive, struct zip_entry *entry)
{
    char name[ZIP_NAME_MAX + 1];
    unz_file_info64 about;

    if (unzGetCurrentFileInfo64(archive->reader, &about, name, sizeof name, NULL, 0, NULL, 0) !=
        UNZ_OK)
        return ZIP_NO_ARCHIVE;
    if (about.size_filename > ZIP_NAME_MAX ||
        !zip_path_read(name, about.size_filename, &entry->path))
        return ZIP_UNSAFE;
    if ((about.flag & FLAG_ENCRYPTED) != 0)
        return ZIP_NOT_SUPPORTED;
    entry->size = archive->entry_size = about.uncompressed_size;
    if (!read_kind(&about, entry) ||
        (entry->path.part_count == 0 && entry->kind != ZIP_ENTRY_FOLDER))
        return ZIP_UNSAFE;
    if (entry->kind != ZIP_ENTRY_FOLDER && about.compression_method != 0 &&
        about.compression_method != Z_DEFLATED)
        return ZIP_NOT_SUPPORTED;
    return ZIP_OK;
}

enum zip_status zip_archive_next(struct zip_archive *archive, struct zip_entry *entry,
                                 bool *is_last)
{
    int result;

    *is_last = false;
    result =
        archive->is_begun ? unzGoToNextFile(archive->reader) : unzGoToFirstFile(archive->reader);
    archive->is_begun = true;
    if (result == UNZ_END_OF_LIST_OF_FILE) {
        *is_last = true;
        return ZIP_OK;
    }
    return result == UNZ_OK ? read_entry(archive, entry) : ZIP_NO_ARCHIVE;
}

/* minizip compares the CRC of what is as long as it should be, so the length is ours to compare. */
static enum zip_status read_pieces(struct zip_archive *archive, uint64_t size_max,
                                   zip_piece_fn *on_piece, void *context)
{
    for (uint64_t size = 0;;) {
        const int count = unzReadCurrentFile(archive->reader, archive->piece, PIECE_SIZE);

        if (count < 0)
            return ZIP_NO_ARCHIVE;
        if (count == 0)
            return size == archive->entry_size ? ZIP_OK : ZIP_NO_ARCHIVE;
        if ((uint64_t)count > size_max)
            return ZIP_TOO_LARGE;
        size_max -= (uint64_t)count;
        size += (uint64_t)count;
        if (!on_piece(archive->piece, (size_t)count, context))
            return ZIP_NOT_WRITTEN;
    }
}

enum zip_status zip_archive_read(struct zip_archive *archive, uint64_t size_max,
                                 zip_piece_fn *on_piece, void *context)
{
    enum zip_status status;
    int opened = unzOpenCurrentFile(archive->reader);

    if (opened != UNZ_OK)
        return opened == UNZ_INTERNALERROR ? ZIP_NO_MEMORY : ZIP_NO_ARCHIVE;
    status = read_pieces(archive, size_max, on_piece, context);
    if (unzCloseCurrentFile(archive->reader) != UNZ_OK && status == ZIP_OK)
        status = ZIP_NO_ARCHIVE; /* the CRC */
    return status;
}

const char *zip_status_text(enum zip_status status)
{
    static const char *const texts[] = {
        [ZIP_OK] = "is all right",
        [ZIP_NO_ARCHIVE] = "is not a zip archive, or a damaged one",
        [ZIP_UNREADABLE] = "can't be read",
        [ZIP_NOT_SUPPORTED] = "is encrypted, or compressed in another way than deflate",
        [ZIP_UNSAFE] = "has an entry that leads out of its folder, or is no file, folder or link",
        [ZIP_TOO_LARGE] = "is too large when unpacked",
        [ZIP_TOO_MANY] = "has too many files and folders",
        [ZIP_NOT_WRITTEN] = "can't be unpacked: the disk refuses",
        [ZIP_NO_MEMORY] = "can't be unpacked: out of memory",
    };

    assert((unsigned)status < sizeof texts / sizeof texts[0]);
    return texts[status];
}
