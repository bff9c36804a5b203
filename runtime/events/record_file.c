#include "runtime/events/record_file.h"

#include "base/folder.h"
#include "base/json/json_string.h"
#include "base/json/json_text.h"
#include "runtime/events/data_folder.h"
#include "runtime/events/record_order.h"
#include "runtime/events/record_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACK_STEP = 4096 };

static const char *const kind_folders[] = {
    [RECORD_DEAD_LETTER] = "dead-letters", [RECORD_DESTINATION] = "destinations"};
static const char ending[] = ".jsonl";

void record_file_name(const char *arn, char name[RECORD_NAME_SIZE])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *start = arn;
    size_t length = 0;

    for (const char *at = arn; *at != '\0'; at++) {
        if (*at == ':' || *at == '/')
            start = at + 1;
    }
    for (; length < RECORD_NAME_SIZE - 1 && start[length] != '\0'; length++)
        name[length] = start[length];
    name[length] = '\0';
    if (length == 0 || name[0] == '.')
        (void)snprintf(name, RECORD_NAME_SIZE, "_%.*s", RECORD_NAME_SIZE - 2, start);
    for (char *at = name; *at != '\0'; at++) {
        if (strchr(allowed, *at) == NULL)
            *at = '_';
    }
}

static void folder_path(const char *folder, const struct record_file *file,
                        char path[RECORD_PATH_SIZE])
{
    if (file->account_id[0] == '\0')
        (void)snprintf(path, RECORD_PATH_SIZE, "%s/%s", folder, kind_folders[file->kind]);
    else
        (void)snprintf(path, RECORD_PATH_SIZE, "%s/accounts/%s/%s", folder, file->account_id,
                       kind_folders[file->kind]);
}

void record_file_path(const char *folder, const struct record_file *file,
                      char path[RECORD_PATH_SIZE])
{
    size_t length;

    folder_path(folder, file, path);
    length = strlen(path);
    (void)snprintf(path + length, RECORD_PATH_SIZE - length, "/%s%s", file->name, ending);
}

/* Opens for appending; makes the folder when that is what is missing. -1 with errno. */
static int open_to_append(const char *folder, const struct record_file *file)
{
    char path[RECORD_PATH_SIZE], parent[RECORD_PATH_SIZE];
    const int flags = O_RDWR | O_APPEND | O_CREAT;
    int descriptor;

    record_file_path(folder, file, path);
    descriptor = record_file_descriptor(path, flags);
    if (descriptor >= 0 || errno != ENOENT)
        return descriptor;
    folder_path(folder, file, parent);
    errno = folder_make(parent);
    return errno == 0 ? record_file_descriptor(path, flags) : -1;
}

/* The end of the last whole line. -1 with errno. */
static off_t whole_length(int descriptor, off_t length)
{
    char block[BACK_STEP];

    while (length > 0) {
        const off_t start = length > BACK_STEP ? length - BACK_STEP : 0;
        const ssize_t got = pread(descriptor, block, (size_t)(length - start), start);

        if (got != length - start) {
            errno = got < 0 ? errno : EIO;
            return -1;
        }
        for (ssize_t at = got; at > 0; at--) {
            if (block[at - 1] == '\n')
                return start + at;
        }
        length = start;
    }
    return 0;
}

/* Removes an incomplete last line. The length, or -1 with errno. */
static off_t repair(int descriptor)
{
    struct stat status;
    off_t length;

    if (fstat(descriptor, &status) != 0)
        return -1;
    length = whole_length(descriptor, status.st_size);
    if (length >= 0 && length < status.st_size && ftruncate(descriptor, length) != 0)
        return -1;
    return length;
}

static int write_line(int descriptor, off_t length, struct bytes_view line, bool is_synced)
{
    ssize_t written;
    int error;

    do
        written = write(descriptor, line.data, line.length);
    while (written < 0 && errno == EINTR);
    error = written < 0 ? errno : ENOSPC;
    if (written == (ssize_t)line.length) {
        if (!is_synced || fdatasync(descriptor) == 0)
            return 0;
        error = errno;
    }
    /* If even that fails, the next append repairs it. */
    return ftruncate(descriptor, length) == 0 ? error : EIO;
}

int record_file_append(const char *folder, const struct record_file *file, struct bytes_view line,
                       bool is_synced)
{
    const int descriptor = open_to_append(folder, file);
    off_t length;
    int error;

    if (descriptor < 0)
        return errno;
    length = repair(descriptor);
    error = length < 0 ? errno : write_line(descriptor, length, line, is_synced);
    (void)close(descriptor);
    return error;
}

/* A line that isn't JSON, which somebody else has written, is listed as a string. */
static bool append_line(struct bytes **lines, struct bytes_view line)
{
    if (line.length == 0)
        return true;
    return (json_text_check(line.data, line.length, NULL)
                ? bytes_append(lines, line.data, line.length)
                : json_string_append(lines, line)) &&
           bytes_append(lines, "\n", 1);
}

/* Appends the newest whole lines that fit. */
static int list_lines(struct record_reader *reader, size_t byte_max, struct bytes **lines)
{
    enum record_read_status status = RECORD_READ_LINE;
    struct bytes_view line;
    struct stat file;

    if (fstat(reader->descriptor, &file) != 0)
        return errno;
    if ((size_t)file.st_size > byte_max) { /* from the first line that begins there */
        reader->offset = file.st_size - (off_t)byte_max - 1;
        status = record_reader_next(reader, &line);
    }
    while (status == RECORD_READ_LINE &&
           (status = record_reader_next(reader, &line)) == RECORD_READ_LINE) {
        if (!append_line(lines, line))
            return ENOMEM;
    }
    return status == RECORD_READ_FAILED ? errno : 0;
}

static int list_file(const char *path, size_t byte_max, struct bytes **lines)
{
    struct record_reader reader;
    int error;

    if (!record_reader_open(&reader, path, 0))
        return errno == ENOENT ? 0 : errno;
    error = list_lines(&reader, byte_max, lines);
    record_reader_close(&reader);
    return error;
}

/* The system bounds names to 255 bytes, and folder_name is far shorter than the rest. */
static void entry_path(const char *folder_name, const char *name, char path[RECORD_PATH_SIZE])
{
    (void)snprintf(path, RECORD_PATH_SIZE, "%.*s/%s", RECORD_PATH_SIZE - 258, folder_name, name);
}

static int is_record_file(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name), tail = sizeof ending - 1;

    return length > tail && strcmp(entry->d_name + length - tail, ending) == 0;
}

static int list_all(const char *folder_name, size_t byte_max, struct bytes **lines,
                    char path[RECORD_PATH_SIZE])
{
    struct dirent **entries;
    const int count = scandir(folder_name, &entries, is_record_file, alphasort);
    int error = 0;

    (void)snprintf(path, RECORD_PATH_SIZE, "%s", folder_name);
    if (count < 0)
        return errno == ENOENT ? 0 : errno;
    for (int i = 0; i < count; i++) {
        const size_t length = bytes_view(*lines).length;

        if (error == 0 && length < byte_max) {
            entry_path(folder_name, entries[i]->d_name, path);
            error = list_file(path, byte_max - length, lines);
        }
        free(entries[i]);
    }
    free(entries);
    return error;
}

int record_file_list(const char *folder, const struct record_file *file, size_t byte_max,
                     struct bytes **array, char path[RECORD_PATH_SIZE])
{
    const bool is_all = file->name[0] == '\0';
    char folder_name[RECORD_PATH_SIZE];
    struct bytes *lines = NULL;
    int error;

    *array = NULL;
    if (is_all) {
        folder_path(folder, file, folder_name);
        error = list_all(folder_name, byte_max, &lines, path);
    } else {
        record_file_path(folder, file, path);
        error = list_file(path, byte_max, &lines);
    }
    if (error == 0 &&
        (!bytes_append(array, "[", 1) || !record_order_append(array, bytes_view(lines), is_all) ||
         !bytes_append(array, "]", 1)))
        error = ENOMEM;
    bytes_release(lines);
    if (error != 0) {
        bytes_release(*array);
        *array = NULL;
    }
    return error;
}

int record_file_names(const char *folder, const struct record_file *file,
                      char (**names)[RECORD_NAME_SIZE], size_t *count)
{
    char path[RECORD_PATH_SIZE];
    struct dirent **entries = NULL;
    int found;

    folder_path(folder, file, path);
    found = scandir(path, &entries, is_record_file, alphasort);
    if (found < 0 && errno != ENOENT)
        return errno;
    *count = 0;
    *names = calloc(found > 0 ? (size_t)found : 1, sizeof **names);
    for (int i = 0; i < found; i++) {
        const size_t length = strlen(entries[i]->d_name) - (sizeof ending - 1);

        if (*names != NULL && length < RECORD_NAME_SIZE)
            memcpy((*names)[(*count)++], entries[i]->d_name, length);
        free(entries[i]);
    }
    free(entries);
    return *names == NULL ? ENOMEM : 0;
}

static int copy_kept(struct record_reader *from, FILE *to, record_keeps_fn *keeps, void *context)
{
    enum record_read_status status;
    struct bytes_view line;

    while ((status = record_reader_next(from, &line)) == RECORD_READ_LINE) {
        if (keeps(line, context) &&
            (fwrite(line.data, 1, line.length, to) != line.length || putc('\n', to) == EOF))
            return errno;
    }
    return status == RECORD_READ_FAILED ? errno : 0;
}

/* A new file, in place of what a kill may have left. */
static FILE *open_new(const char *path)
{
    const int descriptor = unlink(path) != 0 && errno != ENOENT
                               ? -1
                               : record_file_descriptor(path, O_WRONLY | O_CREAT | O_EXCL);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");

    if (stream == NULL && descriptor >= 0)
        (void)close(descriptor);
    return stream;
}

static int write_kept(struct record_reader *from, const char *new_path, record_keeps_fn *keeps,
                      void *context)
{
    FILE *to = open_new(new_path);
    int error;

    if (to == NULL)
        return errno;
    error = copy_kept(from, to, keeps, context);
    if (error == 0 && (fflush(to) != 0 || fdatasync(fileno(to)) != 0))
        error = errno;
    if (fclose(to) != 0 && error == 0)
        error = errno;
    return error;
}

int record_file_filter(const char *folder, const struct record_file *file, record_keeps_fn *keeps,
                       void *context)
{
    char path[RECORD_PATH_SIZE], new_path[RECORD_PATH_SIZE + 8];
    struct record_reader from;
    int error;

    record_file_path(folder, file, path);
    (void)snprintf(new_path, sizeof new_path, "%s.new", path);
    if (!record_reader_open(&from, path, 0))
        return errno == ENOENT ? 0 : errno;
    error = write_kept(&from, new_path, keeps, context);
    record_reader_close(&from);
    if (error == 0 && rename(new_path, path) != 0)
        error = errno;
    if (error != 0)
        (void)unlink(new_path);
    return error;
}

/* Removes all that can be; the error is that of the last that can't, whose path `path` then holds. */
static int remove_files(const char *folder_name, char path[RECORD_PATH_SIZE])
{
    char each[RECORD_PATH_SIZE];
    struct dirent **entries;
    const int count = scandir(folder_name, &entries, is_record_file, alphasort);
    int error = 0;

    if (count < 0) {
        (void)snprintf(path, RECORD_PATH_SIZE, "%s", folder_name);
        return errno == ENOENT ? 0 : errno;
    }
    for (int i = 0; i < count; i++) {
        entry_path(folder_name, entries[i]->d_name, each);
        if (unlink(each) != 0 && errno != ENOENT) {
            error = errno;
            memcpy(path, each, sizeof each);
        }
        free(entries[i]);
    }
    free(entries);
    return error;
}

int record_file_remove_all(const char *folder, const char *account_id, char path[RECORD_PATH_SIZE])
{
    static const enum record_kind kinds[] = {RECORD_DEAD_LETTER, RECORD_DESTINATION};
    char folder_name[RECORD_PATH_SIZE];
    int error = 0;

    for (size_t i = 0; i < 2; i++) {
        struct record_file file = {.kind = kinds[i]};
        int own_error;

        (void)snprintf(file.account_id, sizeof file.account_id, "%s", account_id);
        folder_path(folder, &file, folder_name);
        own_error = remove_files(folder_name, path);
        error = own_error != 0 ? own_error : error;
    }
    return error;
}
