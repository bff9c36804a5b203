#include "runtime/events/data_folder.h"

#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PID_SIZE = 32,
    LOCK_PATH_SIZE = DATA_FOLDER_PATH_SIZE + 8,
    POLL_MS = 5,
    ALIVE_WAIT_MS = 200, /* a killed server may need a moment to end */
    DYING_WAIT_MS = 3000 /* and more than that on a busy machine */
};

static enum data_folder_status unusable(const char *path, int error,
                                        char problem[DATA_FOLDER_ERROR_SIZE])
{
    (void)snprintf(problem, DATA_FOLDER_ERROR_SIZE,
                   "data folder %.1000s: %s: make it writable, or name another with --data-dir",
                   path, strerror(error));
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

/* Is that process gone, or about to go: a zombie, or with SIGKILL pending? */
static bool is_dying(pid_t pid)
{
    char path[64], line[256];
    bool is_dead = false;
    FILE *status;

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    status = fopen(path, "re");
    if (status == NULL)
        return errno == ENOENT;
    while (!is_dead && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "State:", 6) == 0)
            is_dead = strpbrk(line + 6, "ZX") != NULL;
        else if (strncmp(line, "ShdPnd:", 7) == 0)
            is_dead = (strtoull(line + 7, NULL, 16) >> (SIGKILL - 1) & 1) != 0;
    }
    (void)fclose(status);
    return is_dead;
}

/* Takes the lock; `holder` is who has it when it can't be had. 0, EAGAIN or another errno. */
static int take_lock(int descriptor, pid_t *holder)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    struct flock lock;

    for (int waited_ms = 0;; waited_ms += POLL_MS) {
        lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(descriptor, F_SETLK, &lock) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES)
            return errno;
        *holder = fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
        if (waited_ms >= DYING_WAIT_MS ||
            (waited_ms >= ALIVE_WAIT_MS && *holder > 0 && !is_dying(*holder)))
            return EAGAIN;
        (void)nanosleep(&pause, NULL);
    }
}

static void write_pid(int descriptor)
{
    char pid[PID_SIZE];
    const int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

    if (ftruncate(descriptor, 0) == 0)
        (void)!pwrite(descriptor, pid, (size_t)length, 0);
}

static enum data_folder_status in_use(struct data_folder *folder, pid_t holder,
                                      char problem[DATA_FOLDER_ERROR_SIZE])
{
    char pid[PID_SIZE] = "unknown"; /* of a server in another PID namespace */

    if (holder > 0)
        (void)snprintf(pid, sizeof pid, "%ld", (long)holder);
    (void)snprintf(problem, DATA_FOLDER_ERROR_SIZE,
                   "data folder %s: in use by another server (pid %s): stop it, or name another "
                   "folder with --data-dir",
                   folder->path, pid);
    data_folder_close(folder);
    return DATA_FOLDER_IN_USE;
}

enum data_folder_status data_folder_open(struct data_folder *folder, const char *path,
                                         char problem[DATA_FOLDER_ERROR_SIZE])
{
    char lock_path[LOCK_PATH_SIZE];
    struct stat status;
    pid_t holder = 0;
    int error;

    problem[0] = '\0';
    folder->lock = -1;
    error = resolve(folder, path);
    if (error != 0)
        return unusable(path, error, problem);
    (void)snprintf(lock_path, sizeof lock_path, "%s/lock", folder->path);
    folder->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (folder->lock < 0)
        return unusable(lock_path, errno, problem);
    if (fstat(folder->lock, &status) != 0 || !S_ISREG(status.st_mode)) {
        data_folder_close(folder);
        return unusable(lock_path, EINVAL, problem);
    }
    error = take_lock(folder->lock, &holder);
    if (error == EAGAIN)
        return in_use(folder, holder, problem);
    if (error != 0) {
        data_folder_close(folder);
        return unusable(lock_path, error, problem);
    }
    write_pid(folder->lock); /* for people; a full disk is no reason not to start */
    return DATA_FOLDER_OK;
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
