/*
 * bundled_runtime.h - the Python and Node.js runtimes that are inside the binary: runtime/bundled/python, runtime/bundled/nodejs.
 *
 * make puts every .py of the one folder and every .cjs, .mjs and .js of the other in; a new file needs no edit here.
 * An interpreter wants files, so the server writes them to a folder of its own before it starts the first.
 *
 * Used by: server.c. What starts them: worker_command.c.
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

/* `*count` is how many there are. */
const struct bundled_file *bundled_runtime_files(size_t *count);

enum bundled_runtime_status {
    BUNDLED_RUNTIME_OK,
    BUNDLED_RUNTIME_UNSAFE_FOLDER, /* somebody else could put other programs in our place */
    BUNDLED_RUNTIME_NOT_WRITTEN
};

/*
 * Writes the files under `folder`, which is made if it is missing (its parent must be there): FOLDER/python/...,
 * FOLDER/nodejs/.... What is there already and equal stays as it is; another server may do the same at the same time.
 * `folder` and what is below must belong to us and be writable for nobody else, and no symbolic link is followed.
 * On failure `why` says for a person what can't be done and why.
 */
enum bundled_runtime_status bundled_runtime_extract(const char *folder, char *why, size_t why_size);

#endif
