#include "runtime/process/task_mount.h"

#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char task_mount_code[] = "/var/task", task_mount_layers[] = "/opt";

static const char parent[] = "/var"; /* of the code */

enum { STACK_BYTES = 128 << 10, ENTRIES_BYTES = 4096, LINE_SIZE = 64 };

struct task_mounts {
    bool is_tried;
    int user_namespace;  /* -1: the server's own */
    int mount_namespace; /* -1: it can't be made */
    bool has_overlay, has_opt;
    bool is_told;
    char why[TASK_MOUNT_WHY_SIZE];
};

struct task_mounts *task_mounts_open(void)
{
    struct task_mounts *mounts = calloc(1, sizeof *mounts);

    if (mounts != NULL)
        mounts->user_namespace = mounts->mount_namespace = -1;
    return mounts;
}

static void forget(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

void task_mounts_close(struct task_mounts *mounts)
{
    if (mounts == NULL)
        return;
    forget(&mounts->user_namespace);
    forget(&mounts->mount_namespace);
    free(mounts);
}

/*
 * ---- the first namespace ----
 *
 * Made by a process that shares the server's memory and descriptors and ends then. The server's thread waits meanwhile;
 * so this makes system calls and writes to its own stack and to `struct making`.
 */

struct making {
    struct task_mounts *mounts;
    uid_t user;
    gid_t group;
    const char *step; /* that has failed, for people */
    int error;
};

static bool write_line(const char *path, const char *line)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written;

    if (file < 0)
        return false;
    is_written = write(file, line, strlen(line)) == (ssize_t)strlen(line);
    (void)close(file);
    return is_written;
}

static bool write_map(const char *path, unsigned id)
{
    char line[LINE_SIZE];

    (void)snprintf(line, sizeof line, "%u %u 1", id, id);
    return write_line(path, line);
}

/* The kernel takes the map of groups from a process without rights only if it gives up setgroups(). */
static bool leave(struct making *making)
{
    making->step = "mount namespaces are not allowed here";
    if (unshare(CLONE_NEWNS) == 0)
        return true;
    making->step = "user namespaces are not allowed here";
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || !write_line("/proc/self/setgroups", "deny") ||
        !write_map("/proc/self/uid_map", making->user) ||
        !write_map("/proc/self/gid_map", making->group))
        return false;
    making->mounts->user_namespace = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    return making->mounts->user_namespace >= 0;
}

static void mount_file(const char *path, const char *source)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        return;
    (void)close(file);
    (void)mount(source, path, NULL, MS_BIND, NULL);
}

static bool restore_link(int folder, const char *name, const char *path)
{
    char target[PATH_MAX];
    const ssize_t length = readlinkat(folder, name, target, sizeof target - 1);

    if (length <= 0)
        return false;
    target[length] = '\0';
    return symlink(target, path) == 0;
}

/* What can't be mounted again is empty, and the rest works. `folder` is what the new file system hides. */
static void restore_entry(int folder, const char *name)
{
    char source[LINE_SIZE + NAME_MAX], path[LINE_SIZE + NAME_MAX];
    struct stat about;

    (void)snprintf(path, sizeof path, "%s/%s", parent, name);
    (void)snprintf(source, sizeof source, "/proc/self/fd/%d/%s", folder, name);
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISLNK(about.st_mode)) {
        (void)restore_link(folder, name, path);
    } else if (S_ISDIR(about.st_mode)) {
        if (mkdir(path, 0700) == 0)
            (void)mount(source, path, NULL, MS_BIND | MS_REC, NULL);
    } else {
        mount_file(path, source);
    }
}

/* The entries by a system call: opendir() takes memory, which is the server's. */
static bool restore_entries(int folder)
{
    _Alignas(struct dirent) char entries[ENTRIES_BYTES];
    long length;

    while ((length = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
        for (long at = 0; at < length;) {
            const struct dirent *entry = (const struct dirent *)(const void *)(entries + at);

            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                restore_entry(folder, entry->d_name);
            at += entry->d_reclen;
        }
    }
    return length == 0;
}

static bool make_task_folder(struct making *making)
{
    struct stat about;
    const int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_made;

    making->step = "/var can't be replaced";
    if (folder < 0)
        return false;
    is_made = (stat(task_mount_code, &about) == 0 && S_ISDIR(about.st_mode)) ||
              (mount("tmpfs", parent, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") == 0 &&
               restore_entries(folder) && mkdir(task_mount_code, 0755) == 0 &&
               mount(NULL, parent, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
                     NULL) == 0);
    (void)close(folder);
    return is_made;
}

static bool has_overlay(void)
{
    return mount("overlay", task_mount_code, "overlay", MS_RDONLY, "lowerdir=/usr:/etc") == 0 &&
           umount2(task_mount_code, MNT_DETACH) == 0;
}

static int make_first(void *argument)
{
    struct making *making = argument;
    struct task_mounts *mounts = making->mounts;
    struct stat about;
    bool is_made = leave(making);

    if (is_made) {
        making->step = "mounts can't be made private";
        is_made = mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 && make_task_folder(making);
    }
    if (is_made) {
        making->step = "/proc can't be read";
        mounts->mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        is_made = mounts->mount_namespace >= 0;
    }
    if (!is_made) {
        making->error = errno;
        return 1;
    }
    mounts->has_opt = stat(task_mount_layers, &about) == 0 && S_ISDIR(about.st_mode);
    mounts->has_overlay = has_overlay();
    return 0;
}

static int try_to_enter(void *argument)
{
    struct making *making = argument;
    struct task_mount mount = {
        .user_namespace = making->mounts->user_namespace,
        .mount_namespace = making->mounts->mount_namespace,
        .code = "/",
    };

    making->step = "the namespace can't be entered";
    if (task_mount_enter(&mount))
        return 0;
    making->error = mount.error;
    return 1;
}

/* Runs `body` in a process of its own, as launcher.c does. */
static bool run_apart(int (*body)(void *), struct making *making)
{
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    sigset_t all, usual;
    int status = 0;
    pid_t id;

    making->step = "no process could be started";
    making->error = ENOMEM;
    if (stack == MAP_FAILED)
        return false;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &usual);
    id = clone(body, stack + STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, making);
    if (id < 0)
        making->error = errno;
    (void)pthread_sigmask(SIG_SETMASK, &usual, NULL);
    if (id > 0)
        (void)waitpid(id, &status, 0);
    (void)munmap(stack, STACK_BYTES);
    return id > 0 && status == 0;
}

const char *task_mounts_problem(struct task_mounts *mounts)
{
    struct making making = {.mounts = mounts, .user = geteuid(), .group = getegid()};
    char reason[64];

    if (!mounts->is_tried &&
        !(run_apart(make_first, &making) && run_apart(try_to_enter, &making))) {
        (void)snprintf(mounts->why, sizeof mounts->why, "%s (%s)", making.step,
                       strerror_r(making.error, reason, sizeof reason));
        forget(&mounts->user_namespace);
        forget(&mounts->mount_namespace);
    }
    mounts->is_tried = true;
    return mounts->mount_namespace >= 0 ? NULL : mounts->why;
}

bool task_mounts_tell(struct task_mounts *mounts)
{
    const bool is_first = !mounts->is_told;

    mounts->is_told = true;
    return is_first;
}

/* ---- one process ---- */

/* A path in the options of an overlay: `\` before what has a meaning there. The whole size: there is no room. */
static size_t add_lower(char *options, size_t used, const char *path)
{
    const size_t size = TASK_MOUNT_OPTIONS_SIZE;
    const bool is_first = used == 0;

    if (used + sizeof "lowerdir=" > size)
        return size;
    used += (size_t)snprintf(options + used, size - used, "%s", is_first ? "lowerdir=" : ":");
    for (; *path != '\0' && used + 3 < size; path++) {
        if (*path == '\\' || *path == ':' || *path == ',')
            options[used++] = '\\';
        options[used++] = *path;
    }
    options[used] = '\0';
    return *path == '\0' ? used : size;
}

static const char *prepare_overlay(const struct task_mounts *mounts,
                                   const struct task_mount_options *options,
                                   struct task_mount *mount)
{
    size_t used = 0;

    if (!mounts->has_overlay)
        return "this kernel doesn't let the layers lie over each other (overlay)";
    for (size_t i = options->layers->count; i > 0; i--)
        used = add_lower(mount->layers, used, options->layers->items[i - 1]);
    if (options->needs_opt)
        used = add_lower(mount->layers, used, task_mount_layers);
    return used < sizeof mount->layers ? NULL : "the paths of the layers are too long";
}

const char *task_mount_prepare(struct task_mounts *mounts, const struct task_mount_options *options,
                               struct task_mount *mount)
{
    const char *problem = task_mounts_problem(mounts);

    if (problem != NULL)
        return problem;
    mount->user_namespace = mounts->user_namespace;
    mount->mount_namespace = mounts->mount_namespace;
    mount->code = options->code;
    mount->layer = NULL;
    mount->layers[0] = '\0';
    mount->error = 0;
    if (options->layers->count == 0)
        return NULL;
    if (!mounts->has_opt)
        return "this machine has no folder /opt";
    if (options->layers->count > 1 || options->needs_opt)
        return prepare_overlay(mounts, options, mount);
    mount->layer = options->layers->items[0];
    return NULL;
}

/* On AWS nobody may write there. In a user namespace some flags of a mount must stay, so this may be refused. */
static bool mount_layer(const char *folder)
{
    if (mount(folder, task_mount_layers, NULL, MS_BIND | MS_REC, NULL) != 0)
        return false;
    (void)mount(NULL, task_mount_layers, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
    return true;
}

bool task_mount_enter(struct task_mount *entered)
{
    const bool is_entered =
        (entered->user_namespace < 0 || setns(entered->user_namespace, CLONE_NEWUSER) == 0) &&
        setns(entered->mount_namespace, CLONE_NEWNS) == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(entered->code, task_mount_code, NULL, MS_BIND | MS_REC, NULL) == 0 &&
        (entered->layer == NULL || mount_layer(entered->layer)) &&
        (entered->layers[0] == '\0' ||
         mount("overlay", task_mount_layers, "overlay", MS_RDONLY, entered->layers) == 0);

    entered->error = is_entered ? 0 : errno;
    return is_entered;
}
