/*
 * bundled_language.h - the languages whose runtimes are inside the binary, one row each.
 *
 * The table lives here, below everything that reads it, so that a language is one row: the configuration needs its names
 * and files, and may not include runtime/bundled, which needs the rest. It is data only.
 *
 * To add a language: a value in `enum runtime_family` (config.h), a row in the .c file, a search for exports in
 * config/check/exports.h, a folder runtime/bundled/LANGUAGE with its files, which make puts into the binary, and a
 * fixture.
 *
 * Used by: config/, runtime/bundled/, runtime/environments/.
 */
#ifndef CONFIG_NAMES_BUNDLED_LANGUAGE_H
#define CONFIG_NAMES_BUNDLED_LANGUAGE_H

#include "config/config.h"

#include <stddef.h>

enum { LANGUAGE_LIST_MAX = 12 };

/* Lists end with NULL. */
typedef const char *const language_list[LANGUAGE_LIST_MAX];

struct bundled_language {
    enum runtime_family family;
    const char *name; /* for people */

    /* The configuration's. A runtime is `prefix`, one to three digits, `suffix`, in which * stands for such digits. */
    const char *prefix, *suffix;
    const char *spelling; /* in messages: "python3.N" */
    language_list known;  /* what a misspelt runtime may have meant; the first ones are preferred */
    const char *usual;    /* the runtime of a function in a folder of functions */
    const char *package;  /* of Debian, that has its interpreter */
    const char *handler;  /* an example */
    language_list file_ends;    /* NAME.py in a folder of functions is the function NAME */
    language_list folder_files; /* NAME/app.py, too; its handler is app.handler */
    language_list
        module_ends; /* FILE of the handler FILE.FUNCTION is a file that ends so, the usual one first */
    bool module_is_dotted;   /* FILE may be a.b for a/b */
    const char *module_path; /* the variable that adds folders to the search for modules */

    /* How it is run. */
    language_list
        executables; /* in the order of the search; * stands for the version in the runtime's name */
    const char *script; /* in the folder of the bundled runtimes */
    const char *question_flag,
        *question;                 /* makes it print its path, then its version, a line each */
    language_list start_variables; /* it reads them only when it begins; * stands for any end */
};

/* NULL for a runtime that isn't bundled. */
const struct bundled_language *bundled_language_of(enum runtime_family family);

/* The row at this place, for all that go over the table; NULL behind the last. */
const struct bundled_language *bundled_language_at(size_t place);

/* RUNTIME_FAMILY_NONE when it is none of a bundled language. */
enum runtime_family bundled_family_of(const char *runtime);

/* "python3.N, nodejsN.x", for messages. */
enum { BUNDLED_SPELLINGS_SIZE = 256 };
void bundled_language_spellings(char text[BUNDLED_SPELLINGS_SIZE]);

#endif
