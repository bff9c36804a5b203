#include "runtime/process/source_watcher.h"

#include "runtime/process/source_scan.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    QUIET_MS = 100,      /* a burst of changes is over when none has come for so long, */
    BURST_MS_MAX = 2000, /* or when it has lasted so long */
    PATH_SIZE = 4096,
    BUCKETS = 1024,
    EVENT_BYTES = 16384,
    READS_MAX = 320, /* at once: more than inotify's queue holds by default, 16,384 long names */
    FOLDER_ENDS = IN_DELETE_SELF | IN_MOVE_SELF,
    FOLDER_MOVES = IN_MOVED_FROM | IN_MOVED_TO,
    WATCHED = IN_ATTRIB | IN_CREATE | IN_DELETE | FOLDER_MOVES | FOLDER_ENDS
};

/* What a source wants to know of a folder. */
struct interest {
    struct interest *next;
    struct source *source;
    char *path;    /* of the folder, as seen from the source */
    char *only;    /* NULL: every name */
    unsigned scan; /* the source's last one that saw it */
};

/* Several sources may share it. */
struct watched_folder {
    struct watched_folder *next; /* in the bucket */
    int descriptor;              /* inotify's */
    struct interest *interests;
};

struct function_of_source {
    struct function_of_source *next;
    char name[];
};

struct source {
    struct source *next;
    struct source_watcher *watcher;
    struct function_of_source *functions;
    char *only;
    unsigned scan;    /* the number of the last one */
    unsigned running; /* processes that run its code now */
    bool has_root;    /* its folder was there when it was last looked at */
    bool is_edited,
        is_grown;      /* in the burst that goes on; grown: by a folder, which may hold code */
    bool is_told_now;  /* with the scan that runs, */
    bool is_told_next; /* or with the next, since the one that runs may have missed it */
    bool is_scanning, is_scan_wanted;
    bool has_warned;         /* of its own writes */
    bool is_too_large;       /* by the last scan */
    char changed[PATH_SIZE]; /* one of the files, for people */
    char path[];
};

struct source_watcher {
    struct source_watcher_options options;
    int inotify;
    uv_poll_t poll;
    uv_timer_t timer;
    uint64_t burst_began_ms;
    struct source *sources;
    struct watched_folder *buckets[BUCKETS];
    unsigned scans; /* on the thread pool */
    unsigned open_handles;
    bool is_closed, has_complained;
};

struct scan {
    uv_work_t work;
    struct source *source;
    struct source_scan found;
};

static bool start_scan(struct source *source);

static void free_if_done(struct source_watcher *watcher)
{
    if (watcher->is_closed && watcher->open_handles == 0 && watcher->scans == 0)
        free(watcher);
}

/* ---- telling ---- */

static void tell(struct source *source)
{
    struct source_watcher *watcher = source->watcher;
    const size_t length = strlen(source->path);
    const char *changed = source->changed;

    if (strncmp(changed, source->path, length) == 0)
        changed += length;
    changed += strspn(changed, "/");
    for (const struct function_of_source *function = source->functions; function != NULL;
         function = function->next)
        watcher->options.on_changed(function->name, *changed == '\0' ? source->path : changed,
                                    watcher->options.context);
}

/* Told once new folders are watched: what changes in them from then on is a change of its own. */
static void on_burst_over(uv_timer_t *timer)
{
    struct source_watcher *watcher = timer->data;

    for (struct source *source = watcher->sources; source != NULL; source = source->next) {
        if (!source->is_edited && !source->is_grown)
            continue;
        source->is_told_next = source->is_told_next || source->is_edited;
        source->is_edited = false;
        if (!start_scan(source) && source->is_told_next) {
            source->is_told_next = false;
            tell(source);
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

/* ---- changes ---- */

static struct watched_folder **find_folder(struct source_watcher *watcher, int descriptor)
{
    struct watched_folder **link = &watcher->buckets[(unsigned)descriptor % BUCKETS];

    while (*link != NULL && (*link)->descriptor != descriptor)
        link = &(*link)->next;
    return link;
}

static void free_interest(struct interest *interest)
{
    free(interest->path);
    free(interest->only);
    free(interest);
}

static void free_folder(struct watched_folder **link)
{
    struct watched_folder *folder = *link;
    struct interest *interest;

    *link = folder->next;
    while ((interest = folder->interests) != NULL) {
        folder->interests = interest->next;
        free_interest(interest);
    }
    free(folder);
}

/* Would a person have changed this, even though the function ran at that time? `name` is NULL for the folder itself. */
static bool is_edit(const struct interest *interest, const char *name, const char *path,
                    uint32_t mask)
{
    if (name == NULL)
        return (mask & FOLDER_ENDS) != 0 && strcmp(interest->path, interest->source->path) == 0;
    if ((mask & IN_ISDIR) != 0)
        return (mask & FOLDER_MOVES) != 0;
    return source_is_code(path);
}

static void warn_of_own_write(struct source *source, const char *path)
{
    if (source->has_warned || source->running == 0 || source->functions == NULL)
        return;
    source->has_warned = true;
    log_write(source->watcher->options.log, LOG_WARN,
              "%s: wrote %s while it ran; writes of a function below its CodeUri don't replace its "
              "environments (on AWS that folder is read-only, and /tmp is not)",
              source->functions->name, path);
}

/* Editors write files that are gone a moment later: what is told is one that stays. */
static void note_edit(struct source *source, const char *path)
{
    if (!source->is_edited || access(source->changed, F_OK) != 0)
        (void)snprintf(source->changed, sizeof source->changed, "%s", path);
    source->is_edited = true;
    wait_for_quiet(source->watcher);
}

static void note_change(struct interest *interest, const char *name, uint32_t mask, bool is_running)
{
    struct source *source = interest->source;
    char path[PATH_SIZE];

    if (interest->only != NULL
            ? name == NULL || strcmp(name, interest->only) != 0
            : (mask & IN_CLOSE_WRITE) != 0 || (name != NULL && source_is_ignored(name)))
        return;
    if (snprintf(path, sizeof path, "%s%s%s", interest->path, name == NULL ? "" : "/",
                 name == NULL ? "" : name) >= (int)sizeof path)
        return;
    if (name != NULL && interest->only == NULL &&
        source_is_own_output(path, source->watcher->options.data_folder))
        return;
    if (!is_running || interest->only != NULL || is_edit(interest, name, path, mask)) {
        note_edit(source, path);
        return;
    }
    if ((mask & IN_ISDIR) != 0 && (mask & IN_CREATE) != 0) {
        source->is_grown = true;
        wait_for_quiet(source->watcher);
    }
    if (name != NULL)
        warn_of_own_write(source, path);
}

/* Events were lost: an edit may be among them, even while the function runs. */
static void on_overflow(struct source_watcher *watcher)
{
    for (struct source *source = watcher->sources; source != NULL; source = source->next)
        note_edit(source, source->path);
}

static void take_event(struct source_watcher *watcher, const struct inotify_event *event)
{
    struct watched_folder **link = find_folder(watcher, event->wd);
    const char *name = event->len > 0 ? event->name : NULL;
    bool is_running = false;

    if ((event->mask & IN_Q_OVERFLOW) != 0)
        on_overflow(watcher);
    if (*link == NULL)
        return;
    if ((event->mask & IN_IGNORED) != 0) { /* the folder is gone, which was said before */
        free_folder(link);
        return;
    }
    /* A function that runs from a folder may have written there, for all that run from it. */
    for (struct interest *interest = (*link)->interests; interest != NULL;
         interest = interest->next)
        is_running = is_running || interest->source->running > 0;
    for (struct interest *interest = (*link)->interests; interest != NULL;
         interest = interest->next)
        note_change(interest, name, event->mask, is_running);
}

static void read_events(struct source_watcher *watcher)
{
    _Alignas(struct inotify_event) char events[EVENT_BYTES];
    ssize_t length;

    for (unsigned i = 0; i < READS_MAX && watcher->inotify >= 0 &&
                         (length = read(watcher->inotify, events, sizeof events)) > 0;
         i++) {
        for (char *at = events; at < events + length;) {
            const struct inotify_event *event = (const void *)at;

            take_event(watcher, event);
            at += sizeof *event + event->len;
        }
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_events(poll->data);
}

void source_run_begins(struct source *source)
{
    if (source->running == 0)
        read_events(source->watcher);
    source->running++;
}

void source_run_ends(struct source *source)
{
    assert(source->running > 0);
    if (source->running == 1)
        read_events(source->watcher);
    source->running--;
}

/* ---- watching ---- */

static bool is_same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/*
 * NULL when out of memory or when it can't be watched. Where one name matters, a write counts when its file is closed: a
 * log in that folder never is, and wakes nobody.
 */
static struct watched_folder *watch_folder(struct source_watcher *watcher, const char *path,
                                           const char *only)
{
    const uint32_t writes = only == NULL ? IN_MODIFY : IN_CLOSE_WRITE;
    const int descriptor =
        inotify_add_watch(watcher->inotify, path, WATCHED | writes | IN_ONLYDIR | IN_MASK_ADD);
    struct watched_folder **link;

    if (descriptor < 0) {
        if (errno == ENOENT || errno == ENOTDIR || watcher->has_complained)
            return NULL;
        watcher->has_complained = true;
        log_write(
            watcher->options.log, LOG_WARN,
            "changes under %s can't be watched (%s): restart invoked after a change, or raise "
            "fs.inotify.max_user_watches",
            path, uv_strerror(-errno));
        return NULL;
    }
    link = find_folder(watcher, descriptor);
    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        if (*link != NULL)
            (*link)->descriptor = descriptor;
    }
    return *link;
}

/* Adds a folder to those of `source`, or notes that the current scan found it again. True when it is new. */
static bool add_interest(struct source *source, const char *path, const char *only)
{
    struct watched_folder *folder = watch_folder(source->watcher, path, only);
    struct interest *interest = folder == NULL ? NULL : folder->interests;
    char *seen_path;

    if (folder == NULL)
        return false;
    while (interest != NULL && (interest->source != source || !is_same_text(interest->only, only)))
        interest = interest->next;
    seen_path = strdup(path);
    if (seen_path == NULL)
        return false;
    if (interest != NULL) {
        free(interest->path); /* the folder may have been moved */
        interest->path = seen_path;
        interest->scan = source->scan;
        return false;
    }
    interest = calloc(1, sizeof *interest);
    if (interest == NULL || (only != NULL && (interest->only = strdup(only)) == NULL)) {
        free(seen_path);
        free(interest);
        return false;
    }
    interest->path = seen_path;
    interest->source = source;
    interest->scan = source->scan;
    interest->next = folder->interests;
    folder->interests = interest;
    return true;
}

static void drop_unseen_interests(struct watched_folder *folder, const struct source *source)
{
    struct interest **link = &folder->interests;

    while (*link != NULL) {
        struct interest *interest = *link;

        if (interest->source != source || interest->scan == source->scan) {
            link = &interest->next;
            continue;
        }
        *link = interest->next;
        free_interest(interest);
    }
}

/* Drops what the last scan of `source` did not find; a folder that no source wants is not watched any more. */
static void drop_unseen_folders(struct source *source)
{
    struct source_watcher *watcher = source->watcher;

    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct watched_folder **link = &watcher->buckets[i]; *link != NULL;) {
            drop_unseen_interests(*link, source);
            if ((*link)->interests != NULL) {
                link = &(*link)->next;
                continue;
            }
            (void)inotify_rm_watch(watcher->inotify, (*link)->descriptor);
            free_folder(link);
        }
    }
}

/*
 * A folder that was removed and made again has lost its watch: all are added again with each scan, which costs nothing
 * where the watch is there. A folder that came while the function ran is an edit if it holds code.
 */
static void apply(struct source *source, const struct source_scan *found)
{
    const bool was_grown = source->is_grown;

    source->is_grown = false;
    source->has_root = false;
    source->scan++;
    for (size_t i = 0; i < found->count; i++) {
        const struct scanned_folder *folder = &found->folders[i];

        source->has_root = source->has_root || strcmp(folder->path, source->path) == 0;
        if (add_interest(source, folder->path, folder->only) && was_grown && folder->has_code) {
            source->is_told_now = true;
            (void)snprintf(source->changed, sizeof source->changed, "%s", folder->path);
        }
    }
    drop_unseen_folders(source);
    if (found->is_full && !source->is_too_large)
        log_write(source->watcher->options.log, LOG_WARN,
                  "%s has %d folders or more: changes in some of them go unnoticed", source->path,
                  SCAN_FOLDERS_MAX);
    source->is_too_large = found->is_full;
}

static void free_source(struct source *source)
{
    struct function_of_source *function;

    while ((function = source->functions) != NULL) {
        source->functions = function->next;
        free(function);
    }
    free(source->only);
    free(source);
}

static void run_scan(uv_work_t *work)
{
    struct scan *scan = work->data;

    source_scan_run(&scan->found);
}

static void on_scanned(uv_work_t *work, int status)
{
    struct scan *scan = work->data;
    struct source *source = scan->source;
    struct source_watcher *watcher = source->watcher;
    bool is_told;

    source->is_scanning = false;
    watcher->scans--;
    if (watcher->is_closed) {
        free_source(source);
        free_if_done(watcher);
    } else {
        if (status == 0)
            apply(source, &scan->found);
        is_told = source->is_told_now;
        source->is_told_now = false;
        if (source->is_scan_wanted && !start_scan(source)) {
            is_told = is_told || source->is_told_next;
            source->is_told_next = false;
        }
        if (is_told)
            tell(source);
    }
    source_scan_clear(&scan->found);
    free(scan);
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
    scan->found.root = source->path;
    scan->found.only = source->only;
    scan->found.data_folder = source->watcher->options.data_folder;
    scan->work.data = scan;
    if (uv_queue_work(source->watcher->options.loop, &scan->work, run_scan, on_scanned) != 0) {
        free(scan);
        return false;
    }
    source->is_scanning = true;
    source->is_told_now = source->is_told_next;
    source->is_told_next = false;
    source->watcher->scans++;
    return true;
}

/* ---- the whole ---- */

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

/* A folder that was missing may be there again. */
struct source *source_watcher_watch(struct source_watcher *watcher, const char *function_name,
                                    const char *folder, const char *only)
{
    struct source *source = watcher->sources;

    while (source != NULL &&
           (strcmp(source->path, folder) != 0 || !is_same_text(source->only, only)))
        source = source->next;
    if (source == NULL) {
        source = calloc(1, sizeof *source + strlen(folder) + 1);
        if (source == NULL || (only != NULL && (source->only = strdup(only)) == NULL)) {
            free(source);
            return NULL;
        }
        (void)memcpy(source->path, folder, strlen(folder) + 1);
        source->watcher = watcher;
        source->next = watcher->sources;
        watcher->sources = source;
        (void)add_interest(source, folder, only); /* at once; those below it in a moment */
    }
    if (!source->has_root && !source->is_scanning)
        (void)start_scan(source);
    add_function(source, function_name);
    return source;
}

struct source_watcher *source_watcher_open(const struct source_watcher_options *options)
{
    struct source_watcher *watcher = calloc(1, sizeof *watcher);

    if (watcher == NULL)
        return NULL;
    watcher->options = *options;
    (void)uv_timer_init(options->loop, &watcher->timer);
    watcher->timer.data = watcher;
    watcher->open_handles = 1;
    watcher->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watcher->inotify >= 0 &&
        uv_poll_init(options->loop, &watcher->poll, watcher->inotify) == 0) {
        watcher->poll.data = watcher;
        watcher->open_handles++;
        (void)uv_poll_start(&watcher->poll, UV_READABLE, on_readable);
        uv_unref((uv_handle_t *)&watcher->poll);
    }
    return watcher;
}

static void on_closed(uv_handle_t *handle)
{
    struct source_watcher *watcher = handle->data;

    watcher->open_handles--;
    free_if_done(watcher);
}

void source_watcher_close(struct source_watcher *watcher)
{
    struct source *source;

    watcher->is_closed = true;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (watcher->buckets[i] != NULL)
            free_folder(&watcher->buckets[i]);
    }
    while ((source = watcher->sources) != NULL) {
        watcher->sources = source->next;
        if (!source->is_scanning) /* else freed by on_scanned() */
            free_source(source);
    }
    if (watcher->open_handles == 2)
        uv_close((uv_handle_t *)&watcher->poll, on_closed); /* before its descriptor */
    if (watcher->inotify >= 0)
        (void)close(watcher->inotify);
    uv_close((uv_handle_t *)&watcher->timer, on_closed);
}
