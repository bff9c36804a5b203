/*
 * bundled_runtime.h - the files of the language runtimes that are inside the binary.
 *
 * make puts in every file of the folders in runtime/bundled; a new file or folder needs no edit here. An interpreter
 * wants files, so the server writes them to a folder of its own before it starts the first.
 *
 * Used by: server_open.c, runtime/environments/worker_start.c.
 */
#ifndef RUNTIME_BUNDLED_BUNDLED_RUNTIME_H
#define RUNTIME_BUNDLED_BUNDLED_RUNTIME_H

#include <stddef.h>

/* Laid out by the assembler: see bundled_runtime.c before changing it. */
struct bundled_file {
    const char *name; /* "python/bootstrap.py" */
    const char *data;
    size_t size;
};

/* `*count` is their number. */
const struct bundled_file *bundled_runtime_files(size_t *count);

enum bundled_runtime_status {
    BUNDLED_RUNTIME_OK,
    BUNDLED_RUNTIME_UNSAFE_FOLDER, /* somebody else could put other programs in our place */
    BUNDLED_RUNTIME_NOT_WRITTEN
};

/*
 * Writes the files under `folder`, which is made if it is missing (its parent must be there): FOLDER/python/...,
 * FOLDER/nodejs/.... Files that are there already and equal stay; another server may do the same at the same time.
 * `folder` and all below it must belong to us and be writable for nobody else; no symbolic link is followed.
 * On failure `why` tells a person what can't be done and why.
 */
enum bundled_runtime_status bundled_runtime_extract(const char *folder, char *why, size_t why_size);

#endif
