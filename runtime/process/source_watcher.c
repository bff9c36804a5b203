#include "runtime/process/source_watcher.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    QUIET_MS = 100,      /* a burst of changes is over when none has come for so long, */
    BURST_MS_MAX = 2000, /* or when it has lasted so long */
    FOLDERS_MAX = 4096,  /* of one source */
    DEPTH_MAX = 32,
    PATH_SIZE = 4096,
    BUCKETS = 1024
};

static const char *const left_out[] = {"node_modules", ".git", "__pycache__"};

/* What programs write while they run, and editors while they edit. */
static const char *const left_out_ends[] = {".log", ".pid", ".tmp",     ".pyc", ".swp",
                                            ".swx", "~",    "-journal", "-wal", "-shm"};

/* One folder of a source. */
struct watched_folder {
    struct watched_folder *next;
    struct source *source; /* NULL once it is being closed */
    uv_fs_event_t event;
    bool is_there; /* seen by the last scan */
    char path[];
};

struct function_of_source {
    struct function_of_source *next;
    char name[];
};

struct source {
    struct source *next; /* in the bucket */
    struct source_watcher *watcher;
    struct function_of_source *functions;
    struct watched_folder *folders;
    char *only;
    bool is_changed;
    bool is_told_next; /* with the scan that runs */
    bool is_scanning, is_scan_wanted;
    char changed[PATH_SIZE]; /* one of the files, for people */
    char path[];
};

struct source_watcher {
    struct source_watcher_options options;
    uv_timer_t timer;
    uint64_t burst_began_ms;
    struct source *buckets[BUCKETS];
    unsigned scans; /* on the thread pool */
    bool is_closed, has_complained;
    bool is_timer_closed;
};

/* What a scan finds, made on a pool thread. */
struct scan {
    uv_work_t work;
    struct source *source;
    const char *data_folder;
    char **paths;
    size_t count;
};

static void free_if_done(struct source_watcher *watcher)
{
    if (watcher->is_closed && watcher->is_timer_closed && watcher->scans == 0)
        free(watcher);
}

/* ---- scanning, on a pool thread ---- */

static bool is_left_out(const char *name)
{
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        if (strcmp(name, left_out[i]) == 0)
            return true;
    }
    return false;
}

static bool has_left_out_end(const char *name)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < sizeof left_out_ends / sizeof left_out_ends[0]; i++) {
        const size_t end_length = strlen(left_out_ends[i]);

        if (length > end_length && strcmp(name + length - end_length, left_out_ends[i]) == 0)
            return true;
    }
    return false;
}

/* The server's log may lie beside the code; each line about a change of it would be the next change. */
static bool is_own_output(const char *folder, const char *name)
{
    struct stat own, changed;
    char *path;
    bool is_own = false;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    if (stat(path, &changed) == 0) {
        for (int descriptor = STDOUT_FILENO; descriptor <= STDERR_FILENO; descriptor++)
            is_own = is_own || (fstat(descriptor, &own) == 0 && own.st_dev == changed.st_dev &&
                                own.st_ino == changed.st_ino);
    }
    free(path);
    return is_own;
}

static bool is_no_code(const char *folder, const char *name)
{
    return is_left_out(name) || has_left_out_end(name) || is_own_output(folder, name);
}

static void scan_folder(struct scan *scan, const char *path, unsigned depth);

static bool is_folder(const char *path, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void scan_entries(struct scan *scan, const char *path, unsigned depth)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        char *below;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            is_left_out(entry->d_name))
            continue;
        if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
            break;
        if (is_folder(below, entry))
            scan_folder(scan, below, depth + 1);
        free(below);
    }
    (void)closedir(folder);
}

static void scan_folder(struct scan *scan, const char *path, unsigned depth)
{
    char **grown;

    if (depth > DEPTH_MAX || scan->count >= FOLDERS_MAX || strcmp(path, scan->data_folder) == 0)
        return;
    grown = realloc(scan->paths, (scan->count + 1) * sizeof *grown);
    if (grown == NULL)
        return;
    scan->paths = grown;
    scan->paths[scan->count] = strdup(path);
    if (scan->paths[scan->count] == NULL)
        return;
    scan->count++;
    scan_entries(scan, path, depth);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void run_scan(uv_work_t *work)
{
    struct scan *scan = work->data;

    scan_folder(scan, scan->source->path, 0);
    if (scan->count > 1)
        qsort(scan->paths, scan->count, sizeof *scan->paths, compare_paths);
}

/* ---- watching ---- */

static void on_folder_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_folder(struct watched_folder *folder)
{
    folder->source = NULL;
    uv_close((uv_handle_t *)&folder->event, on_folder_closed);
}

static bool start_scan(struct source *source);

static void tell(struct source *source)
{
    struct source_watcher *watcher = source->watcher;

    const char *changed = source->changed + strlen(source->path);

    source->is_told_next = false;
    changed += strspn(changed, "/");
    for (const struct function_of_source *function = source->functions; function != NULL;
         function = function->next)
        watcher->options.on_changed(function->name, *changed == '\0' ? source->path : changed,
                                    watcher->options.context);
}

/* Told once new folders are watched: what changes in them from then on is a change of its own. */
static void scan_and_tell(struct source *source)
{
    source->is_told_next = true;
    if (!start_scan(source))
        tell(source);
}

static void on_burst_over(uv_timer_t *timer)
{
    struct source_watcher *watcher = timer->data;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct source *source = watcher->buckets[i]; source != NULL; source = source->next) {
            if (!source->is_changed)
                continue;
            source->is_changed = false;
            if (source->only != NULL)
                tell(source);
            else
                scan_and_tell(source);
        }
    }
}

static void wait_for_quiet(struct source_watcher *watcher)
{
    const uint64_t now_ms = uv_now(watcher->options.loop);

    if (!uv_is_active((uv_handle_t *)&watcher->timer))
        watcher->burst_began_ms = now_ms;
    if (now_ms - watcher->burst_began_ms < BURST_MS_MAX)
        (void)uv_timer_start(&watcher->timer, on_burst_over, QUIET_MS, 0);
}

static bool is_data_folder(const struct watched_folder *folder, const char *name)
{
    const char *path = folder->source->watcher->options.data_folder;
    const size_t length = strlen(folder->path);

    return name != NULL && strncmp(path, folder->path, length) == 0 && path[length] == '/' &&
           strcmp(path + length + 1, name) == 0;
}

/* Editors write files that are gone a moment later: what is told is one that stays. */
static void note_change(const struct watched_folder *folder, const char *name)
{
    struct source *source = folder->source;

    if (source->is_changed && access(source->changed, F_OK) == 0)
        return;
    source->is_changed = true;
    (void)snprintf(source->changed, sizeof source->changed, "%s%s%s", folder->path,
                   name == NULL ? "" : "/", name == NULL ? "" : name);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct watched_folder *folder = event->data;
    struct source *source = folder->source;

    (void)events;
    if (source == NULL || status < 0 || is_data_folder(folder, name))
        return;
    if (source->only != NULL ? name == NULL || strcmp(name, source->only) != 0
                             : name != NULL && is_no_code(folder->path, name))
        return;
    note_change(folder, name);
    wait_for_quiet(source->watcher);
}

static void complain(struct source_watcher *watcher, const char *path, int error)
{
    if (!watcher->has_complained)
        log_write(
            watcher->options.log, LOG_WARN,
            "changes under %s can't be watched (%s): restart invoked after a change, or raise "
            "fs.inotify.max_user_watches",
            path, uv_strerror(error));
    watcher->has_complained = true;
}

static void add_folder(struct source *source, const char *path)
{
    struct watched_folder *folder = calloc(1, sizeof *folder + strlen(path) + 1);
    int error;

    if (folder == NULL)
        return;
    (void)memcpy(folder->path, path, strlen(path) + 1);
    (void)uv_fs_event_init(source->watcher->options.loop, &folder->event);
    uv_unref((uv_handle_t *)&folder->event);
    folder->event.data = folder;
    folder->source = source;
    folder->is_there = true;
    error = uv_fs_event_start(&folder->event, on_event, path, 0);
    if (error != 0) {
        if (error != UV_ENOENT)
            complain(source->watcher, path, error);
        close_folder(folder);
        return;
    }
    folder->next = source->folders;
    source->folders = folder;
}

static void close_gone_folders(struct source *source)
{
    struct watched_folder **link = &source->folders;

    while (*link != NULL) {
        struct watched_folder *folder = *link;

        if (folder->is_there) {
            link = &folder->next;
            continue;
        }
        *link = folder->next;
        close_folder(folder);
    }
}

/*
 * A folder that was removed and made again has lost its watch: all begin anew with each scan. The new ones come before
 * the old ones go, so nothing that happens meanwhile is missed.
 */
static void apply(struct source *source, const struct scan *scan)
{
    for (struct watched_folder *folder = source->folders; folder != NULL; folder = folder->next)
        folder->is_there = false;
    for (size_t i = 0; i < scan->count; i++)
        add_folder(source, scan->paths[i]);
    close_gone_folders(source);
    if (scan->count == FOLDERS_MAX && !source->watcher->has_complained) {
        log_write(source->watcher->options.log, LOG_WARN,
                  "%s has %d folders or more: changes in some of them go unnoticed", source->path,
                  FOLDERS_MAX);
        source->watcher->has_complained = true;
    }
}

static void on_scanned(uv_work_t *work, int status)
{
    struct scan *scan = work->data;
    struct source *source = scan->source;
    struct source_watcher *watcher = source->watcher;

    source->is_scanning = false;
    watcher->scans--;
    if (watcher->is_closed) {
        free(source->only);
        free(source);
    } else if (status == 0) {
        apply(source, scan);
    }
    for (size_t i = 0; i < scan->count; i++)
        free(scan->paths[i]);
    free(scan->paths);
    free(scan);
    if (watcher->is_closed)
        free_if_done(watcher);
    else if ((!source->is_scan_wanted || !start_scan(source)) && source->is_told_next)
        tell(source);
}

/* One that runs already is followed by another. False when out of memory. */
static bool start_scan(struct source *source)
{
    struct scan *scan;

    source->is_scan_wanted = source->is_scanning;
    if (source->is_scanning)
        return true;
    scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return false;
    scan->source = source;
    scan->data_folder = source->watcher->options.data_folder;
    scan->work.data = scan;
    if (uv_queue_work(source->watcher->options.loop, &scan->work, run_scan, on_scanned) != 0) {
        free(scan);
        return false;
    }
    source->is_scanning = true;
    source->watcher->scans++;
    return true;
}

/* ---- the whole ---- */

static struct source **bucket_of(struct source_watcher *watcher, const char *path)
{
    uint32_t hash = 2166136261u;

    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    return &watcher->buckets[hash % BUCKETS];
}

static bool is_same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static void add_function(struct source *source, const char *name)
{
    struct function_of_source *function;

    for (function = source->functions; function != NULL; function = function->next) {
        if (strcmp(function->name, name) == 0)
            return;
    }
    function = calloc(1, sizeof *function + strlen(name) + 1);
    if (function == NULL)
        return;
    (void)memcpy(function->name, name, strlen(name) + 1);
    function->next = source->functions;
    source->functions = function;
}

void source_watcher_watch(struct source_watcher *watcher, const char *function_name,
                          const char *folder, const char *only)
{
    struct source **bucket = bucket_of(watcher, folder);
    struct source *source = *bucket;

    while (source != NULL &&
           (strcmp(source->path, folder) != 0 || !is_same_text(source->only, only)))
        source = source->next;
    if (source == NULL) {
        source = calloc(1, sizeof *source + strlen(folder) + 1);
        if (source == NULL)
            return;
        (void)memcpy(source->path, folder, strlen(folder) + 1);
        source->only = only == NULL ? NULL : strdup(only);
        source->watcher = watcher;
        source->next = *bucket;
        *bucket = source;
        add_folder(source, folder); /* at once; those below it in a moment */
        if (only == NULL)
            (void)start_scan(source);
    }
    add_function(source, function_name);
}

struct source_watcher *source_watcher_open(const struct source_watcher_options *options)
{
    struct source_watcher *watcher = calloc(1, sizeof *watcher);

    if (watcher == NULL)
        return NULL;
    watcher->options = *options;
    (void)uv_timer_init(options->loop, &watcher->timer);
    watcher->timer.data = watcher;
    return watcher;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct source_watcher *watcher = handle->data;

    watcher->is_timer_closed = true;
    free_if_done(watcher);
}

static void close_source(struct source *source)
{
    struct function_of_source *function;

    while ((function = source->functions) != NULL) {
        source->functions = function->next;
        free(function);
    }
    for (struct watched_folder *folder = source->folders; folder != NULL; folder = folder->next)
        folder->is_there = false;
    close_gone_folders(source);
    if (source->is_scanning)
        return; /* freed by on_scanned() */
    free(source->only);
    free(source);
}

void source_watcher_close(struct source_watcher *watcher)
{
    watcher->is_closed = true;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct source *next;

        for (struct source *source = watcher->buckets[i]; source != NULL; source = next) {
            next = source->next;
            close_source(source);
        }
    }
    uv_close((uv_handle_t *)&watcher->timer, on_timer_closed);
}
