#include "runtime/events/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PID_SIZE = 32, LOCK_PATH_SIZE = DATA_FOLDER_PATH_SIZE + 8 };

static int make_one(const char *path)
{
    struct stat status;

    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return errno;
    if (stat(path, &status) != 0)
        return errno;
    return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
}

int folder_make(const char *path)
{
    char part[2 * DATA_FOLDER_PATH_SIZE];
    const size_t length = strlen(path);
    int error;

    if (length == 0)
        return ENOENT;
    if (length >= sizeof part)
        return ENAMETOOLONG;
    for (size_t at = 1; at <= length; at++) {
        if (path[at] != '/' && path[at] != '\0')
            continue;
        memcpy(part, path, at);
        part[at] = '\0';
        error = make_one(part);
        if (error != 0)
            return error;
    }
    return 0;
}

static enum data_folder_status unusable(const char *path, int error,
                                        char fault[DATA_FOLDER_ERROR_SIZE])
{
    (void)snprintf(fault, DATA_FOLDER_ERROR_SIZE,
                   "data folder %.1000s: %s: make it writable, or name another by --data-dir", path,
                   strerror(error));
    return DATA_FOLDER_UNUSABLE;
}

/* The absolute path, whose name is then right in messages and after a chdir. */
static int resolve(struct data_folder *folder, const char *path)
{
    char *real;
    int error = folder_make(path);

    if (error != 0)
        return error;
    real = realpath(path, NULL);
    if (real == NULL)
        return errno;
    if (strlen(real) >= sizeof folder->path)
        error = ENAMETOOLONG;
    else
        (void)snprintf(folder->path, sizeof folder->path, "%s", real);
    free(real);
    return error;
}

static void read_pid(int descriptor, char pid[PID_SIZE])
{
    const ssize_t length = pread(descriptor, pid, PID_SIZE - 1, 0);

    pid[length > 0 ? (size_t)length : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
}

static enum data_folder_status in_use(struct data_folder *folder,
                                      char fault[DATA_FOLDER_ERROR_SIZE])
{
    char pid[PID_SIZE];

    read_pid(folder->lock, pid);
    (void)snprintf(fault, DATA_FOLDER_ERROR_SIZE,
                   "data folder %s: in use by another server (pid %s): stop it, or name another "
                   "folder by --data-dir",
                   folder->path, pid[0] == '\0' ? "unknown" : pid);
    (void)close(folder->lock);
    folder->lock = -1;
    return DATA_FOLDER_IN_USE;
}

static int write_pid(int descriptor)
{
    char pid[PID_SIZE];
    const int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

    if (ftruncate(descriptor, 0) != 0)
        return errno;
    return pwrite(descriptor, pid, (size_t)length, 0) == length ? 0 : ENOSPC;
}

enum data_folder_status data_folder_open(struct data_folder *folder, const char *path,
                                         char fault[DATA_FOLDER_ERROR_SIZE])
{
    char lock_path[LOCK_PATH_SIZE];
    int error;

    fault[0] = '\0';
    folder->lock = -1;
    error = resolve(folder, path);
    if (error != 0)
        return unusable(path, error, fault);
    (void)snprintf(lock_path, sizeof lock_path, "%s/lock", folder->path);
    folder->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (folder->lock < 0)
        return unusable(folder->path, errno, fault);
    if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return in_use(folder, fault);
        error = errno;
    } else {
        /* A full disk is no reason not to start: what was accepted can still be run. */
        (void)write_pid(folder->lock);
        return DATA_FOLDER_OK;
    }
    data_folder_close(folder);
    return unusable(folder->path, error, fault);
}

void data_folder_close(struct data_folder *folder)
{
    if (folder->lock >= 0)
        (void)close(folder->lock);
    folder->lock = -1;
}

bool data_folder_is_locked(const struct data_folder *folder)
{
    char lock_path[LOCK_PATH_SIZE];
    struct stat held, there;

    if (folder == NULL || folder->lock < 0)
        return false;
    (void)snprintf(lock_path, sizeof lock_path, "%s/lock", folder->path);
    return fstat(folder->lock, &held) == 0 && stat(lock_path, &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}
