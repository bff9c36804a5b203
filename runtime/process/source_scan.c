#include "runtime/process/source_scan.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    DEPTH_MAX = 32,
    ENTRIES_MAX = 1 << 20, /* looked at in one scan */
    ROWS_AT_ONCE = 64,
    VISITED_SLOTS = 4 * SCAN_FOLDERS_MAX /* a power of two */
};

static const char dependencies[] = "node_modules";
static const char *const ignored_names[] = {dependencies, ".git", "__pycache__"};

/* What programs write while they run, and editors while they edit. */
static const char *const ignored_ends[] = {".log", ".pid", ".tmp",     ".pyc", ".swp",
                                           ".swx", "~",    "-journal", "-wal", "-shm"};

static const char *const code_ends[] = {
    ".bash", ".c",   ".cc",   ".cjs",   ".class", ".cpp", ".cs",   ".css",  ".cts",     ".dll",
    ".ejs",  ".env", ".erb",  ".fs",    ".go",    ".h",   ".hbs",  ".html", ".ini",     ".jar",
    ".java", ".j2",  ".js",   ".jsx",   ".kt",    ".lua", ".md",   ".mjs",  ".mts",     ".mustache",
    ".node", ".php", ".pl",   ".proto", ".py",    ".pyi", ".rb",   ".rs",   ".graphql", ".sh",
    ".so",   ".sql", ".toml", ".ts",    ".tsx",   ".vue", ".wasm", ".xml",  ".yaml",    ".yml",
};

struct identity {
    dev_t device;
    ino_t inode;
};

struct walk {
    struct source_scan *scan;
    struct identity *visited; /* a hash table; inode 0 is a free slot */
    size_t visited_count, entry_count;
    bool has_code; /* the folder whose entries are being taken */
};

static bool ends_with_one_of(const char *name, const char *const *ends, size_t count)
{
    const size_t length = strlen(name);

    for (size_t i = 0; i < count; i++) {
        const size_t end_length = strlen(ends[i]);

        if (length > end_length && strcmp(name + length - end_length, ends[i]) == 0)
            return true;
    }
    return false;
}

bool source_is_ignored(const char *name)
{
    for (size_t i = 0; i < sizeof ignored_names / sizeof ignored_names[0]; i++) {
        if (strcmp(name, ignored_names[i]) == 0)
            return true;
    }
    return ends_with_one_of(name, ignored_ends, sizeof ignored_ends / sizeof ignored_ends[0]);
}

static bool has_code_end(const char *name)
{
    return ends_with_one_of(name, code_ends, sizeof code_ends / sizeof code_ends[0]);
}

bool source_is_code(const char *path)
{
    const char *const slash = strrchr(path, '/');
    struct stat status;

    return has_code_end(slash == NULL ? path : slash + 1) ||
           (lstat(path, &status) == 0 &&
            (S_ISLNK(status.st_mode) ||
             (S_ISREG(status.st_mode) && (status.st_mode & S_IXUSR) != 0)));
}

static bool is_file(const char *path, const struct stat *file)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_dev == file->st_dev &&
           status.st_ino == file->st_ino;
}

bool source_is_own_output(const char *path, const char *data_folder)
{
    struct stat file;

    return stat(path, &file) == 0 &&
           (is_file("/proc/self/fd/1", &file) || is_file("/proc/self/fd/2", &file) ||
            is_file(data_folder, &file));
}

/* False when it was visited before, or when there are too many. */
static bool visit(struct walk *walk, const struct stat *folder)
{
    size_t slot = (size_t)((uint64_t)folder->st_ino * 0x9E3779B97F4A7C15u >> 32) % VISITED_SLOTS;

    walk->scan->is_full = walk->scan->is_full || walk->visited_count == SCAN_FOLDERS_MAX;
    if (walk->scan->is_full)
        return false;
    for (; walk->visited[slot].inode != 0; slot = (slot + 1) % VISITED_SLOTS) {
        if (walk->visited[slot].inode == folder->st_ino &&
            walk->visited[slot].device == folder->st_dev)
            return false;
    }
    walk->visited[slot] = (struct identity){folder->st_dev, folder->st_ino};
    walk->visited_count++;
    return true;
}

/* False when there are too many, or when out of memory. */
static bool add_folder(struct source_scan *scan, const char *path, const char *only)
{
    struct scanned_folder *grown = scan->folders;
    struct scanned_folder added = {.path = NULL};

    scan->is_full = scan->is_full || scan->count == SCAN_FOLDERS_MAX;
    if (scan->is_full)
        return false;
    if (scan->count % ROWS_AT_ONCE == 0)
        grown = realloc(scan->folders, (scan->count + ROWS_AT_ONCE) * sizeof *grown);
    if (grown == NULL)
        return false;
    scan->folders = grown;
    added.path = strdup(path);
    added.only = only == NULL ? NULL : strdup(only);
    if (added.path == NULL || (only != NULL && added.only == NULL)) {
        free(added.path);
        free(added.only);
        return false;
    }
    scan->folders[scan->count++] = added;
    return true;
}

/* Adds one name in its folder; `path` is changed. */
static void add_name(struct source_scan *scan, char *path)
{
    char *const slash = strrchr(path, '/');

    if (slash == NULL || slash[1] == '\0')
        return;
    *slash = '\0';
    (void)add_folder(scan, slash == path ? "/" : path, slash + 1);
}

/* Where a link to a file leads matters as much as the link. */
static void add_target(struct source_scan *scan, const char *link)
{
    char *const target = realpath(link, NULL);

    if (target != NULL)
        add_name(scan, target);
    free(target);
}

static bool leads_to_dependencies(const char *link)
{
    char *const target = realpath(link, NULL);
    const bool is_so = target != NULL && strstr(target, "/node_modules/") != NULL;

    free(target);
    return is_so;
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static unsigned char kind_of(const char *path, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    return lstat(path, &status) == 0 ? (unsigned char)IFTODT(status.st_mode) : DT_UNKNOWN;
}

static void walk_folder(struct walk *walk, const char *path, unsigned depth);

typedef void take_fn(struct walk *walk, const char *path, const char *name, unsigned char kind,
                     unsigned depth);

static void walk_entries(struct walk *walk, const char *path, unsigned depth, take_fn *take)
{
    DIR *folder = depth > DEPTH_MAX ? NULL : opendir(path);
    const struct dirent *entry;

    if (folder == NULL)
        return;
    while (!walk->scan->is_full && walk->entry_count < ENTRIES_MAX &&
           (entry = readdir(folder)) != NULL) {
        char *below;

        walk->entry_count++;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
            break;
        take(walk, below, entry->d_name, kind_of(below, entry), depth + 1);
        free(below);
    }
    (void)closedir(folder);
}

/* Of dependencies only the links that lead out of them matter, also those in a scope ("@acme"). */
static void take_dependency(struct walk *walk, const char *path, const char *name,
                            unsigned char kind, unsigned depth)
{
    if (kind == DT_LNK && !leads_to_dependencies(path))
        walk_folder(walk, path, depth);
    else if (kind == DT_DIR && name[0] == '@')
        walk_entries(walk, path, depth, take_dependency);
}

static void take_entry(struct walk *walk, const char *path, const char *name, unsigned char kind,
                       unsigned depth)
{
    if (strcmp(name, dependencies) == 0)
        walk_entries(walk, path, depth, take_dependency);
    if (source_is_ignored(name) || (kind == DT_LNK && leads_to_dependencies(path)))
        return;
    if (kind == DT_DIR || (kind == DT_LNK && is_folder(path)))
        walk_folder(walk, path, depth);
    else if (kind == DT_LNK)
        add_target(walk->scan, path);
    walk->has_code = walk->has_code || (kind != DT_DIR && has_code_end(name));
}

static void walk_folder(struct walk *walk, const char *path, unsigned depth)
{
    const bool above_has_code = walk->has_code;
    const size_t row = walk->scan->count;
    struct stat status;

    if (depth > DEPTH_MAX || stat(path, &status) != 0 || !S_ISDIR(status.st_mode) ||
        is_file(walk->scan->data_folder, &status) || !visit(walk, &status) ||
        !add_folder(walk->scan, path, NULL))
        return;
    walk->has_code = false;
    walk_entries(walk, path, depth, take_entry);
    walk->scan->folders[row].has_code = walk->has_code;
    walk->has_code = above_has_code;
}

static bool is_link(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static void scan_file(struct source_scan *scan)
{
    char *path;

    (void)add_folder(scan, scan->root, scan->only);
    if (asprintf(&path, "%s/%s", scan->root, scan->only) < 0)
        return;
    if (is_link(path))
        add_target(scan, path);
    free(path);
}

static void scan_folders(struct source_scan *scan)
{
    struct walk walk = {
        .scan = scan,
        .visited = calloc(VISITED_SLOTS, sizeof *walk.visited),
    };

    if (walk.visited == NULL)
        return;
    walk_folder(&walk, scan->root, 0);
    free(walk.visited);
}

void source_scan_run(struct source_scan *scan)
{
    if (scan->only != NULL)
        scan_file(scan);
    else
        scan_folders(scan);
}

void source_scan_clear(struct source_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        free(scan->folders[i].path);
        free(scan->folders[i].only);
    }
    free(scan->folders);
}
