/*
 * The Makefile lists the files in BUNDLED_FILES, a line `bundled_file "python/bootstrap.py"` each. The assembler takes
 * in their bytes and lays out a table of struct bundled_file: three words a row. The object depends on the files.
 */
#include "runtime/bundled/bundled_runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct bundled_file) == 3 * sizeof(void *), "as the assembler lays it out");

/* The table needs relocation in a position-independent binary, and is constant after that. */
__asm__(".macro bundled_file name\n"
        "    .pushsection .rodata\n"
        "1:  .asciz \"\\name\"\n"
        "2:  .incbin \"runtime/bundled/\\name\"\n"
        "3:  .byte 0\n"
        "    .popsection\n"
        "    .dc.a 1b, 2b, 3b - 2b\n"
        ".endm\n"
        ".pushsection .data.rel.ro.bundled_files, \"aw\"\n"
        ".balign 16\n"
        "bundled_files_begin:\n" BUNDLED_FILES "bundled_files_end:\n"
        ".popsection\n");

extern const struct bundled_file bundled_files_begin[] __attribute__((visibility("hidden")));
extern const struct bundled_file bundled_files_end[] __attribute__((visibility("hidden")));

enum { FOLDER_MODE = 0700, FILE_MODE = 0644, PROGRAM_MODE = 0755, NAME_SIZE = 64 };

const struct bundled_file *bundled_runtime_files(size_t *count)
{
    *count = (size_t)((uintptr_t)bundled_files_end - (uintptr_t)bundled_files_begin) /
             sizeof *bundled_files_begin;
    return bundled_files_begin;
}

/* What is being done, for the message when it fails. */
struct extraction {
    const char *folder;
    char *why;
    size_t why_size;
};

static enum bundled_runtime_status not_written(const struct extraction *extraction,
                                               const char *name)
{
    (void)snprintf(extraction->why, extraction->why_size,
                   "%s/%s: can't write the bundled runtime there: %s", extraction->folder, name,
                   strerror(errno));
    return BUNDLED_RUNTIME_NOT_WRITTEN;
}

/* Opens a folder below `parent`, makes it where it is missing. -1 with `*status` when it can't be used. */
static int open_folder(const struct extraction *extraction, int parent, const char *path,
                       const char *name, enum bundled_runtime_status *status)
{
    struct stat attributes;
    int folder = -1;

    if (mkdirat(parent, path, FOLDER_MODE) == 0 || errno == EEXIST)
        folder = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &attributes) != 0) {
        *status = not_written(extraction, name);
    } else if (attributes.st_uid != geteuid() || (attributes.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        (void)snprintf(extraction->why, extraction->why_size,
                       "%s/%s: others may write there; the bundled runtime needs a folder that is "
                       "yours alone (chmod go-w, or another --data-dir)",
                       extraction->folder, name);
        *status = BUNDLED_RUNTIME_UNSAFE_FOLDER;
    } else {
        *status = BUNDLED_RUNTIME_OK;
        return folder;
    }
    if (folder >= 0)
        (void)close(folder);
    return -1;
}

/* A debug command may start a bootstrap as a program: it begins with the `#!` line for that. */
static mode_t mode_of(const struct bundled_file *file)
{
    return file->size > 2 && memcmp(file->data, "#!", 2) == 0 ? PROGRAM_MODE : FILE_MODE;
}

/* Is it a regular file of ours with these bytes, which nobody else may write? */
static bool is_there(int folder, const char *name, const struct bundled_file *file)
{
    const int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat attributes;
    char piece[8192];
    size_t compared = 0;
    ssize_t count = -1;

    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &attributes) == 0 && S_ISREG(attributes.st_mode) &&
        attributes.st_uid == geteuid() && (attributes.st_mode & 07777) == mode_of(file) &&
        (size_t)attributes.st_size == file->size) {
        while ((count = read(descriptor, piece, sizeof piece)) > 0) {
            if ((size_t)count > file->size - compared ||
                memcmp(piece, file->data + compared, (size_t)count) != 0)
                break;
            compared += (size_t)count;
        }
    }
    (void)close(descriptor);
    return count == 0 && compared == file->size;
}

static bool write_all(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t count = write(descriptor, data, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        data += count;
        size -= (size_t)count;
    }
    return true;
}

/* The whole file or none: under a name that nobody else uses, then renamed. False with errno. */
static bool write_file(int folder, const char *name, const struct bundled_file *file)
{
    uint64_t random = 0;
    char temporary[NAME_SIZE];

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    (void)snprintf(temporary, sizeof temporary, ".%016llx", (unsigned long long)random);
    const int descriptor =
        openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

    if (descriptor < 0)
        return false;
    /* fchmod: the umask may have taken bits away that is_there() asks for. */
    bool is_written =
        write_all(descriptor, file->data, file->size) && fchmod(descriptor, mode_of(file)) == 0;
    int error = errno;

    if (close(descriptor) != 0 && is_written) {
        error = errno;
        is_written = false;
    }
    if (is_written && renameat(folder, temporary, folder, name) == 0)
        return true;
    if (is_written)
        error = errno;
    (void)unlinkat(folder, temporary, 0);
    errno = error;
    return false;
}

static enum bundled_runtime_status extract_file(const struct extraction *extraction, int folder,
                                                const struct bundled_file *file)
{
    const char *const slash = strchr(file->name, '/');
    char folder_name[NAME_SIZE];
    enum bundled_runtime_status status;

    (void)snprintf(folder_name, sizeof folder_name, "%.*s", (int)(slash - file->name), file->name);
    const int below = open_folder(extraction, folder, folder_name, folder_name, &status);

    if (below < 0)
        return status;
    if (!is_there(below, slash + 1, file) && !write_file(below, slash + 1, file))
        status = not_written(extraction, file->name);
    (void)close(below);
    return status;
}

enum bundled_runtime_status bundled_runtime_extract(const char *folder, char *why, size_t why_size)
{
    const struct extraction extraction = {folder, why, why_size};
    enum bundled_runtime_status status;
    size_t count;
    const struct bundled_file *const files = bundled_runtime_files(&count);
    const int descriptor = open_folder(&extraction, AT_FDCWD, folder, "", &status);

    if (descriptor < 0)
        return status;
    for (size_t i = 0; i < count && status == BUNDLED_RUNTIME_OK; i++)
        status = extract_file(&extraction, descriptor, &files[i]);
    (void)close(descriptor);
    return status;
}
