#include "runtime/process.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BUCKETS = 1024,
    MARKER_SIZE = 64,
    SWEEP_DELAY_MS = 200, /* after an end: what it left behind has been handed to us by then */
    ENVIRONMENT_READ_MAX = 65536,
    HANDLER_DESCRIPTORS_MAX = 1024, /* RLIMIT_NOFILE of AWS's sandbox */
    STRAY_ROUNDS_MAX = 100
};

struct process {
    struct process_table *table;
    struct process *next; /* in the bucket */
    pid_t id;
    process_ended_fn *on_ended;
    void *context;
    char marker[MARKER_SIZE];
};

struct process_table {
    uv_signal_t child_signal;
    uv_timer_t sweep;
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

static bool marks_a_living_process(struct process_table *table, const char *environment,
                                   size_t length)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (const struct process *process = table->buckets[i]; process != NULL;
             process = process->next) {
            if (process->marker[0] != '\0' &&
                memmem(environment, length, process->marker, strlen(process->marker)) != NULL)
                return true;
        }
    }
    return false;
}

/* What an orphan's environment says decides: it stays as long as the execution environment that it came from. */
static bool may_stay(struct process_table *table, pid_t id)
{
    char path[64];
    char *environment;
    ssize_t length = -1;
    bool stays = true;

    (void)snprintf(path, sizeof path, "/proc/%d/environ", (int)id);
    const int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return true;
    environment = malloc(ENVIRONMENT_READ_MAX);
    if (environment != NULL)
        length = read(file, environment, ENVIRONMENT_READ_MAX);
    if (length > 0)
        stays = marks_a_living_process(table, environment, (size_t)length);
    free(environment);
    (void)close(file);
    return stays;
}

/* Kills the children that we did not start: orphans. Returns how many there were. */
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
        if (*find(table, id) != NULL || (spare_the_living && may_stay(table, id)))
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

static void on_sweep(uv_timer_t *timer)
{
    (void)kill_strays(timer->data, true);
}

static void on_child_signal(uv_signal_t *handle, int signal_number)
{
    struct process_table *table = handle->data;
    struct rusage usage;
    int status;
    pid_t id;

    (void)signal_number;
    while ((id = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        struct process **link = find(table, id);
        struct process *process = *link;

        (void)uv_timer_start(&table->sweep, on_sweep, SWEEP_DELAY_MS, 0);
        if (process == NULL)
            continue; /* an orphan */
        *link = process->next;
        (void)kill(-id, SIGKILL); /* whatever it left in its group */
        process->on_ended(status, usage.ru_maxrss, process->context);
        free(process);
    }
}

/* All that the server opens is closed on exec; what it was started with isn't. Without the call it stays as it is. */
static void keep_inherited_descriptors(void)
{
#if defined SYS_close_range
    const unsigned closed_on_exec = 1U << 2; /* CLOSE_RANGE_CLOEXEC */

    (void)syscall(SYS_close_range, 3U, ~0U, closed_on_exec);
#endif
}

struct process_table *process_table_open(uv_loop_t *loop)
{
    struct process_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
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
    return table;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct process_table *table = handle->data;

    if (--table->open_handles == 0)
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

void process_table_close(struct process_table *table)
{
    kill_registered(table);
    /* A killed orphan's own children become ours in turn. */
    for (unsigned round = 0; round < STRAY_ROUNDS_MAX && kill_strays(table, false) > 0; round++) {
        const struct timespec pause = {.tv_nsec = 1000000};

        (void)nanosleep(&pause, NULL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
    uv_close((uv_handle_t *)&table->sweep, on_handle_closed);
    uv_close((uv_handle_t *)&table->child_signal, on_handle_closed);
}

static int prepare_actions(posix_spawn_file_actions_t *actions,
                           const struct process_options *options)
{
    int error = posix_spawn_file_actions_adddup2(actions, options->input, 0);

    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, options->output, 1);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, options->error, 2);
    if (error == 0 && options->extra >= 0)
        error = posix_spawn_file_actions_adddup2(actions, options->extra, 3);
    if (error == 0)
        error = posix_spawn_file_actions_addchdir_np(actions, options->working_directory);
    return error;
}

static int prepare_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int error;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF);
    return error;
}

/* A file that may be run; a folder would be denied by exec, too. */
static bool is_program(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || access(path, X_OK) != 0)
        return false;
    errno = EACCES;
    return S_ISREG(status.st_mode);
}

/* posix_spawnp() would search the server's PATH; the handler's is asked for. */
static bool search(const char *name, const char *search_path, char *found, size_t size)
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
            if (is_program(found))
                return true;
            is_denied = is_denied || errno == EACCES;
        }
        at += length + (at[length] == ':' ? 1 : 0);
    }
    errno = is_denied ? EACCES : ENOENT;
    return false;
}

static int spawn(pid_t *id, const char *path, const struct process_options *options)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = prepare_actions(&actions, options);
        if (error == 0)
            error = prepare_attributes(&attributes);
        if (error == 0)
            error = posix_spawn(id, path, &actions, &attributes, options->arguments,
                                options->environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The server raises its own limit; a handler gets what AWS's sandbox gives, or less where the machine gives less. */
static void limit_descriptors(pid_t id)
{
    struct rlimit limit;

    if (prlimit(id, RLIMIT_NOFILE, NULL, &limit) != 0 || limit.rlim_cur <= HANDLER_DESCRIPTORS_MAX)
        return;
    limit.rlim_cur = HANDLER_DESCRIPTORS_MAX;
    (void)prlimit(id, RLIMIT_NOFILE, &limit, NULL);
}

struct process *process_start(struct process_table *table, const struct process_options *options,
                              process_ended_fn *on_ended, void *context)
{
    char path[4096];
    struct process *process;
    int error;

    if (!search(options->path, options->search_path, path, sizeof path))
        return NULL;
    process = calloc(1, sizeof *process);
    if (process == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    error = spawn(&process->id, path, options);
    if (error != 0) {
        free(process);
        errno = error;
        return NULL;
    }
    limit_descriptors(process->id);
    process->table = table;
    process->on_ended = on_ended;
    process->context = context;
    if (options->marker != NULL)
        (void)snprintf(process->marker, sizeof process->marker, "%s", options->marker);
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

void process_signal(struct process *process, int signal_number)
{
    (void)kill(-process->id, signal_number);
}

long process_peak_memory_kb(const struct process *process)
{
    char path[64];
    char text[2048];
    const char *found;
    ssize_t length;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)process->id);
    const int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return 0;
    length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    found = strstr(text, "VmHWM:");
    return found == NULL ? 0 : strtol(found + 6, NULL, 10);
}
