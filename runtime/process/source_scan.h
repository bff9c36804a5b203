/*
 * source_scan.h - finds the folders that a function's code lies in, and says which files are code.
 *
 * Left out are node_modules, .git, __pycache__ and the data folder. Symbolic links are followed, those in node_modules only
 * where they lead out of every node_modules (npm link, workspaces): installed packages stay left out. Each folder is
 * visited once, by its inode, so links may form cycles; SCAN_FOLDERS_MAX bounds what a link to a large tree adds.
 *
 * To change what is left out or what counts as code, edit the tables in the .c file.
 *
 * Used by: source_watcher.c. Threads: any; source_scan_run() blocks and belongs on the thread pool.
 */
#ifndef RUNTIME_PROCESS_SOURCE_SCAN_H
#define RUNTIME_PROCESS_SOURCE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { SCAN_FOLDERS_MAX = 4096 };

struct scanned_folder {
    char *path; /* as seen through links */
    char *only; /* the one name in it that matters; NULL: every name */
    bool has_code;
};

struct source_scan {
    const char *root;
    const char
        *only; /* NULL: all below `root`; else only this name in it, and where it leads as a link */
    const char *data_folder;
    struct scanned_folder *folders; /* filled */
    size_t count;
    bool is_full; /* there are more */
};

/* Fill root, only and data_folder; zero the rest. */
void source_scan_run(struct source_scan *scan);
void source_scan_clear(struct source_scan *scan);

/* Names of folders and files that are never code: dependencies, caches, logs, temporary files of editors. */
bool source_is_ignored(const char *name);

/* A file that people edit, by the end of its name, a program, or a link. Data (.json, .db, .txt) may be the function's own. */
bool source_is_code(const char *path);

/* The server's log and data may lie beside the code; each line about a change of it would be the next change. */
bool source_is_own_output(const char *path, const char *data_folder);

#endif
