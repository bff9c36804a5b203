#include "config/function_folder.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/bundled_language.h"
#include "config/names/name_rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ONLY_LINE = 1 };

static const char provided_runtime[] = "provided.al2023";

/* What one entry of the folder is. */
struct found_function {
    const char *name;    /* of the function */
    const char *file;    /* of the entry */
    const char *runtime; /* NULL: a command */
    const char *handler; /* NULL for none */
    bool is_folder;      /* its code is in the folder; otherwise beside the file */
};

struct folder_reader {
    const char *path;
    int descriptor;
    struct document *document;
    struct problem_list *problems;
    struct found_function *found;
    size_t count, capacity;
};

/* ---- what an entry is ---- */

static const char *copy(struct folder_reader *reader, const char *text, size_t length)
{
    return arena_copy(document_arena(reader->document), text, length);
}

static const char *join(struct folder_reader *reader, const char *first, const char *second)
{
    const char *const parts[] = {first, second, NULL};

    return arena_join(document_arena(reader->document), parts);
}

/* Without what follows the last dot. */
static size_t stem_length(const char *file)
{
    const char *dot = strrchr(file, '.');

    return dot == NULL || dot == file ? strlen(file) : (size_t)(dot - file);
}

static bool holds_file(struct folder_reader *reader, const char *folder, const char *name)
{
    const char *const parts[] = {folder, "/", name, NULL};
    const char *inner = arena_join(document_arena(reader->document), parts);
    struct stat about;

    return inner != NULL && fstatat(reader->descriptor, inner, &about, 0) == 0 &&
           S_ISREG(about.st_mode);
}

/* "app.handler" for "app.py" */
static const char *handler_in(struct folder_reader *reader, const char *file)
{
    const char *module = copy(reader, file, stem_length(file));

    return module == NULL ? NULL : join(reader, module, ".handler");
}

/* The name stays NULL when the entry is not a function. */
static struct found_function look_into_folder(struct folder_reader *reader, const char *entry)
{
    struct found_function function = {.file = entry, .is_folder = true};
    const struct bundled_language *language;

    if (holds_file(reader, entry, "bootstrap")) {
        function.name = entry;
        function.runtime = provided_runtime;
        return function;
    }
    for (size_t i = 0; (language = bundled_language_at(i)) != NULL; i++) {
        for (const char *const *file = language->folder_files; *file != NULL; file++) {
            if (!holds_file(reader, entry, *file))
                continue;
            function.name = entry;
            function.runtime = language->usual;
            function.handler = handler_in(reader, *file);
            return function;
        }
    }
    return function;
}

static const struct bundled_language *language_of_file(const char *ending)
{
    const struct bundled_language *language;

    for (size_t i = 0; (language = bundled_language_at(i)) != NULL; i++) {
        for (const char *const *known = language->file_ends; *known != NULL; known++) {
            if (strcmp(ending, *known) == 0)
                return language;
        }
    }
    return NULL;
}

static struct found_function look_at_file(struct folder_reader *reader, const char *entry,
                                          mode_t mode)
{
    struct found_function function = {.file = entry};
    const size_t stem = stem_length(entry);
    const struct bundled_language *language = language_of_file(entry + stem);

    if (language != NULL || (mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0)
        function.name = copy(reader, entry, stem);
    if (language != NULL) {
        function.runtime = language->usual;
        function.handler = handler_in(reader, entry);
    }
    return function;
}

static bool keep(struct folder_reader *reader, const struct found_function *function)
{
    if (reader->count == reader->capacity) {
        const size_t capacity = reader->capacity == 0 ? 16 : reader->capacity * 2;
        struct found_function *found = realloc(reader->found, capacity * sizeof *found);

        if (found == NULL)
            return false;
        reader->found = found;
        reader->capacity = capacity;
    }
    reader->found[reader->count++] = *function;
    return true;
}

/* False when out of memory. */
static bool look_at(struct folder_reader *reader, const char *name)
{
    struct found_function function = {.name = NULL};
    struct stat about;

    if (name[0] == '.' || fstatat(reader->descriptor, name, &about, 0) != 0)
        return true;
    const char *entry = copy(reader, name, strlen(name));

    if (entry == NULL)
        return false;
    if (S_ISDIR(about.st_mode))
        function = look_into_folder(reader, entry);
    else if (S_ISREG(about.st_mode))
        function = look_at_file(reader, entry, about.st_mode);
    return function.name == NULL || keep(reader, &function);
}

static bool look_at_all(struct folder_reader *reader)
{
    DIR *folder = opendir(reader->path);
    const struct dirent *entry;
    bool has_memory = true;

    if (folder == NULL) {
        reader->problems->is_out_of_memory = errno == ENOMEM;
        problem_list_add(reader->problems, PROBLEM_NO_LINE, "can't be read: %s", strerror(errno));
        return false;
    }
    reader->descriptor = dirfd(folder);
    while (has_memory && (entry = readdir(folder)) != NULL)
        has_memory = look_at(reader, entry->d_name);
    closedir(folder);
    if (!has_memory || arena_is_exhausted(document_arena(reader->document)))
        reader->problems->is_out_of_memory = true;
    return has_memory;
}

/* ---- what the configuration file would say ---- */

static int by_name(const void *left, const void *right)
{
    const struct found_function *a = left, *b = right;
    const int order = strcmp(a->name, b->name);

    return order != 0 ? order : strcmp(a->file, b->file);
}

static void refuse(struct folder_reader *reader, const struct found_function *function,
                   const char *why)
{
    const size_t length = strlen(reader->path);
    const char *slash = length > 0 && reader->path[length - 1] == '/' ? "" : "/";
    const char *const parts[] = {reader->path, slash, function->file, NULL};
    const char *file = arena_join(document_arena(reader->document), parts);

    if (file != NULL)
        problem_list_add_file(reader->problems, file, "%s", why);
}

static void check_names(struct folder_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct found_function *function = &reader->found[i];
        char why[400];

        if (!is_function_name(function->name)) {
            refuse(reader, function,
                   "function names must be 1 to 64 characters of a-z, A-Z, 0-9, - and _: rename "
                   "the file, or prefix its name with a dot to exclude it");
        } else if (i > 0 && strcmp(function[-1].name, function->name) == 0) {
            (void)snprintf(why, sizeof why,
                           "defines the function %s, and so does %.200s: rename one of them",
                           function->name, function[-1].file);
            refuse(reader, function, why);
        }
    }
}

static bool add_text(struct folder_reader *reader, struct node *object, const char *key,
                     const char *text)
{
    return text == NULL ||
           document_add_string(reader->document, object, key, text, ONLY_LINE) != NULL;
}

static bool add_function(struct folder_reader *reader, struct node *functions,
                         const struct found_function *found)
{
    struct node *function =
        document_add(reader->document, functions, NODE_OBJECT, found->name, ONLY_LINE);

    if (function == NULL)
        return false;
    if (found->runtime != NULL)
        return add_text(reader, function, "Runtime", found->runtime) &&
               add_text(reader, function, "Handler", found->handler) &&
               add_text(reader, function, "CodeUri", found->is_folder ? found->file : ".");
    struct node *local = document_add(reader->document, function, NODE_OBJECT, "Local", ONLY_LINE);
    struct node *command =
        local == NULL ? NULL
                      : document_add(reader->document, local, NODE_ARRAY, "Command", ONLY_LINE);
    const char *program = join(reader, "./", found->file);

    return command != NULL && program != NULL && add_text(reader, command, NULL, program);
}

static bool add_functions(struct folder_reader *reader)
{
    struct node *root = document_add(reader->document, NULL, NODE_OBJECT, NULL, ONLY_LINE);
    struct node *functions =
        root == NULL ? NULL
                     : document_add(reader->document, root, NODE_OBJECT, "Functions", ONLY_LINE);
    bool is_added = functions != NULL;

    for (size_t i = 0; is_added && i < reader->count; i++)
        is_added = add_function(reader, functions, &reader->found[i]);
    if (is_added)
        return true;
    if (document_is_full(reader->document))
        problem_list_add(reader->problems, PROBLEM_NO_LINE, "contains too many functions");
    else
        reader->problems->is_out_of_memory = true;
    return false;
}

bool function_folder_read(const char *path, struct document *document,
                          struct problem_list *problems)
{
    struct folder_reader reader = {.path = path, .document = document, .problems = problems};
    bool is_read = look_at_all(&reader);

    if (is_read && reader.count == 0)
        problem_list_add(
            problems, PROBLEM_NO_LINE,
            "contains no function: add NAME.py, NAME.mjs, an executable file, or a folder with "
            "app.py, index.mjs or bootstrap");
    if (is_read && reader.count > 0) {
        qsort(reader.found, reader.count, sizeof *reader.found, by_name);
        check_names(&reader);
        is_read = problem_list_is_empty(problems) && add_functions(&reader);
    }
    free(reader.found);
    return is_read && problem_list_is_empty(problems);
}
