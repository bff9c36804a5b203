/*
 * task_mount.h - a process that sees its function's code as /var/task, and its layers as /opt, as on AWS.
 *
 * It gets a mount namespace of its own, which nobody else sees. Where the server may not make one, it makes a user
 * namespace as well, in which the process has the same user and group and no rights that it wouldn't have otherwise; but
 * files of other users seem to be nobody's there, and programs with setuid have no effect.
 *
 * A machine has no folder /var/task as a rule, and nothing is written to it. So task_mounts makes one namespace that has
 * the folder: a small file system in memory as /var, with what was there mounted into it. Each process begins with a copy
 * of that one; a mount for the code and one for the layers complete it. `/opt` shows the layers only; where the process
 * needs something of the machine's own /opt, such as its interpreter, that is below the layers.
 *
 * Owns:    the two descriptors that keep the first namespace alive.
 * Used by: runtime/environments/worker_mount.c; launcher.c enters it.
 * Threads: event-loop thread only. The first call that needs the namespace makes it, in about a millisecond.
 */
#ifndef RUNTIME_PROCESS_TASK_MOUNT_H
#define RUNTIME_PROCESS_TASK_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

struct string_list;
struct task_mounts;

enum { TASK_MOUNT_WHY_SIZE = 192, TASK_MOUNT_OPTIONS_SIZE = 4096 };

/* Where AWS has the code, and the layers. */
extern const char task_mount_code[], task_mount_layers[];

/* NULL when out of memory. Makes nothing yet. */
struct task_mounts *task_mounts_open(void);

void task_mounts_close(struct task_mounts *mounts);

/* Can this machine do it? NULL, or why not: "user namespaces are not allowed here (...)". Borrowed from `mounts`. */
const char *task_mounts_problem(struct task_mounts *mounts);

/* True once: for telling people only once that it can't be done. */
bool task_mounts_tell(struct task_mounts *mounts);

/* What one process needs; filled by task_mount_prepare(). */
struct task_mount {
    int user_namespace, mount_namespace;  /* borrowed; the first is -1 where none is needed */
    const char *code;                     /* the folder */
    const char *layer;                    /* the only one; NULL for none or several */
    char layers[TASK_MOUNT_OPTIONS_SIZE]; /* options of an overlay of several; "" for none */
    int error; /* after a failure of launcher_start(): errno, if it was this */
};

struct task_mount_options {
    const char *code; /* an absolute folder; borrowed as long as `mount` is used, like the layers */
    const struct string_list *layers; /* the first one lowest */
    bool needs_opt;                   /* something of the machine's /opt stays visible */
};

/* NULL, or why it can't be done here; borrowed from `mounts`. */
const char *task_mount_prepare(struct task_mounts *mounts, const struct task_mount_options *options,
                               struct task_mount *mount);

/* For launcher.c, in the new process: only makes system calls, and writes to its stack and to `mount->error`. */
bool task_mount_enter(struct task_mount *mount);

#endif
