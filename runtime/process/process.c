#include "runtime/process/process.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BUCKETS = 1024,
    SWEEP_DELAY_MS = 200,    /* after the end of a process: its orphans are our children by then */
    STRAY_ROUNDS_MAX = 1000, /* of a millisecond each, at the end of the server */
    STRAY_ROUNDS_EMPTY = 3
};

struct process {
    struct process_table *table;
    struct process *next; /* in the bucket */
    pid_t id;
    process_ended_fn *on_ended;
    void *context;
};

struct process_table {
    struct launcher *launcher;
    uv_poll_t child_poll; /* of `child_file`: SIGCHLD, which this thread blocks */
    int child_file;
    uv_signal_t child_signal; /* in case a thread that does not block SIGCHLD receives it */
    uv_timer_t sweep;
    bool is_sweep_due; /* something has ended since the timer was started */
    unsigned open_handles;
    struct process *buckets[BUCKETS];
};

static struct process **find(struct process_table *table, pid_t id)
{
    struct process **link = &table->buckets[(unsigned)id % BUCKETS];

    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

/*
 * An orphan of ours ends with the process that it descends from. What isn't ours may be a child all the same: of the
 * program that became this server by exec, or an orphan of the container whose pid 1 this server is.
 */
static bool is_stray(struct process_table *table, pid_t id, bool spare_the_living)
{
    const pid_t origin = *find(table, id) != NULL ? 0 : launcher_origin(table->launcher, id);

    return origin != 0 && (!spare_the_living || *find(table, origin) == NULL);
}

/* Returns how many there were. */
static unsigned kill_strays_of_thread(struct process_table *table, const char *thread,
                                      bool spare_the_living)
{
    char path[300];
    FILE *file;
    int id;
    unsigned count = 0;

    (void)snprintf(path, sizeof path, "/proc/self/task/%s/children", thread);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fscanf(file, "%d", &id) == 1) { // NOLINT(cert-err34-c): the kernel's own text
        if (!is_stray(table, id, spare_the_living))
            continue;
        (void)kill(id, SIGKILL);
        count++;
    }
    (void)fclose(file);
    return count;
}

static unsigned kill_strays(struct process_table *table, bool spare_the_living)
{
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *entry;
    unsigned count = 0;

    if (threads == NULL)
        return 0;
    while ((entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] != '.')
            count += kill_strays_of_thread(table, entry->d_name, spare_the_living);
    }
    (void)closedir(threads);
    return count;
}

static void on_sweep(uv_timer_t *timer);

/* Under load processes end all the time, so a running timer is not restarted; it runs once more afterwards. */
static void plan_sweep(struct process_table *table)
{
    table->is_sweep_due = uv_is_active((uv_handle_t *)&table->sweep);
    if (!table->is_sweep_due)
        (void)uv_timer_start(&table->sweep, on_sweep, SWEEP_DELAY_MS, 0);
}

static void on_sweep(uv_timer_t *timer)
{
    struct process_table *table = timer->data;

    (void)kill_strays(table, true);
    if (table->is_sweep_due)
        plan_sweep(table);
}

static void reap(struct process_table *table)
{
    siginfo_t info = {.si_pid = 0};

    /* It is reaped only after its group was killed: until then nobody else can get its id. */
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
        struct process **link = find(table, info.si_pid);
        struct process *process = *link;
        struct rusage usage;
        int status;

        if (process != NULL)
            (void)kill(-process->id, SIGKILL);
        if (wait4(info.si_pid, &status, WNOHANG, &usage) != info.si_pid)
            return;
        info.si_pid = 0;
        plan_sweep(table);
        if (process == NULL)
            continue; /* an orphan */
        *link = process->next;
        process->on_ended(status, usage.ru_maxrss, process->context);
        free(process);
    }
}

static void on_child_file(uv_poll_t *poll, int status, int events)
{
    struct process_table *table = poll->data;
    struct signalfd_siginfo info;

    (void)status;
    (void)events;
    /* The contents don't matter: one signal may stand for several ends. */
    if (read(table->child_file, &info, sizeof info) > 0)
        reap(table);
}

static void on_child_signal(uv_signal_t *handle, int signal_number)
{
    (void)signal_number;
    reap(handle->data);
}

/* The server opens everything with close-on-exec; this covers the descriptors that it inherited. */
static void keep_inherited_descriptors(void)
{
#if defined SYS_close_range
    const unsigned closed_on_exec = 1U << 2; /* CLOSE_RANGE_CLOEXEC */

    (void)syscall(SYS_close_range, 3U, ~0U, closed_on_exec);
#endif
}

static void mask_child_signal(int how)
{
    sigset_t child;

    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)pthread_sigmask(how, &child, NULL);
}

/*
 * Reading a signal costs a third of handling it: libuv's handler writes to a pipe and interrupts a wait. Without signalfd
 * the handler does all the work.
 */
static void read_child_signal(struct process_table *table, uv_loop_t *loop)
{
    sigset_t child;

    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    table->child_file = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (table->child_file < 0)
        return;
    if (uv_poll_init(loop, &table->child_poll, table->child_file) != 0) {
        (void)close(table->child_file);
        table->child_file = -1;
        return;
    }
    table->child_poll.data = table;
    table->open_handles++;
    (void)uv_poll_start(&table->child_poll, UV_READABLE, on_child_file);
    uv_unref((uv_handle_t *)&table->child_poll);
    mask_child_signal(SIG_BLOCK);
}

struct process_table *process_table_open(uv_loop_t *loop)
{
    struct process_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->launcher = launcher_open();
    if (table->launcher == NULL) {
        free(table);
        return NULL;
    }
    table->child_file = -1;
    keep_inherited_descriptors();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    (void)uv_timer_init(loop, &table->sweep);
    (void)uv_signal_init(loop, &table->child_signal);
    table->sweep.data = table;
    table->child_signal.data = table;
    table->open_handles = 2;
    const int error = uv_signal_start(&table->child_signal, on_child_signal, SIGCHLD);

    if (error != 0) {
        process_table_close(table);
        errno = -error;
        return NULL;
    }
    uv_unref((uv_handle_t *)&table->child_signal);
    uv_unref((uv_handle_t *)&table->sweep);
    read_child_signal(table, loop);
    return table;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct process_table *table = handle->data;

    if (--table->open_handles > 0)
        return;
    launcher_close(table->launcher);
    free(table);
}

static void kill_registered(struct process_table *table)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct process *process;

        while ((process = table->buckets[i]) != NULL) {
            process_kill(process);
            (void)waitpid(process->id, NULL, 0);
            table->buckets[i] = process->next;
            free(process);
        }
    }
}

/*
 * The children of a killed orphan become our children, so there are rounds. The kernel's list of children may miss one
 * while another ends (proc(5)): only several empty lists mean that none of ours is left. Others' children may stay.
 */
static void kill_all_strays(struct process_table *table)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    unsigned empty = 0;
    pid_t ended;

    for (unsigned round = 0; round < STRAY_ROUNDS_MAX && empty < STRAY_ROUNDS_EMPTY; round++) {
        empty = kill_strays(table, false) > 0 ? 0 : empty + 1;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            continue;
        if (ended < 0)
            return; /* no child at all */
        (void)nanosleep(&pause, NULL);
    }
}

void process_table_close(struct process_table *table)
{
    kill_registered(table);
    kill_all_strays(table);
    if (table->child_file >= 0) {
        uv_close((uv_handle_t *)&table->child_poll,
                 on_handle_closed); /* before its descriptor: see frame_channel.c */
        (void)close(table->child_file);
        mask_child_signal(SIG_UNBLOCK);
    }
    uv_close((uv_handle_t *)&table->sweep, on_handle_closed);
    uv_close((uv_handle_t *)&table->child_signal, on_handle_closed);
}

bool process_is_program(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || access(path, X_OK) != 0)
        return false;
    errno = EACCES;
    return S_ISREG(status.st_mode);
}

/* execvp() would search the server's PATH instead of the handler's. */
bool process_find_program(const char *name, const char *search_path, char *found, size_t size)
{
    const char *at = search_path;
    bool is_denied = false;

    if (strchr(name, '/') != NULL) {
        errno = ENAMETOOLONG;
        return snprintf(found, size, "%s", name) < (int)size;
    }
    while (at != NULL && *at != '\0') {
        const size_t length = strcspn(at, ":");

        if (length > 0 && snprintf(found, size, "%.*s/%s", (int)length, at, name) < (int)size) {
            if (process_is_program(found))
                return true;
            is_denied = is_denied || errno == EACCES;
        }
        at += length + (at[length] == ':' ? 1 : 0);
    }
    errno = is_denied ? EACCES : ENOENT;
    return false;
}

struct process *process_start(struct process_table *table, const struct process_options *options,
                              process_ended_fn *on_ended, void *context)
{
    char path[4096];
    struct process *process;
    int error;

    if (!process_find_program(options->path, options->search_path, path, sizeof path))
        return NULL;
    process = calloc(1, sizeof *process);
    if (process == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    process->id = launcher_start(table->launcher, path, options);
    if (process->id < 0) {
        error = errno;
        free(process);
        errno = error;
        return NULL;
    }
    process->table = table;
    process->on_ended = on_ended;
    process->context = context;
    process->next = table->buckets[(unsigned)process->id % BUCKETS];
    table->buckets[(unsigned)process->id % BUCKETS] = process;
    return process;
}

void process_hand_over(struct process *process, process_ended_fn *on_ended, void *context)
{
    process->on_ended = on_ended;
    process->context = context;
}

bool process_has_ended(const struct process *process)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)process->id, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

pid_t process_id(const struct process *process)
{
    return process->id;
}

void process_kill(struct process *process)
{
    (void)kill(-process->id, SIGKILL);
    (void)kill(process->id, SIGKILL);
}

/* Until the process is reaped, which ends it here too, nobody else's group can have its id. */
void process_freeze(const struct process *process)
{
    (void)kill(-process->id, SIGSTOP);
}

void process_thaw(const struct process *process)
{
    (void)kill(-process->id, SIGCONT);
}

long process_peak_memory_kb(const struct process *process)
{
    char path[64],
        line[256]; /* a longer line comes in pieces: that of the groups may have 65,536 of them */
    long peak_memory_kb = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process->id);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return 0;
    while (peak_memory_kb == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak_memory_kb = strtol(line + 6, NULL, 10);
    }
    (void)fclose(file);
    return peak_memory_kb;
}
