/*
 * canned_text.h - canned responses or faults that come as JSON text, at run time: read and checked as those in the file.
 *
 * Owns:     the list, in an arena of its own.
 * Used by:  handlers/inspect/inspect_canned.c, which hands them on to runtime/canned/mocks.h and runtime/canned/faults.h.
 */
#ifndef CONFIG_SETTINGS_CANNED_TEXT_H
#define CONFIG_SETTINGS_CANNED_TEXT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

enum canned_kind { CANNED_MOCK, CANNED_FAULTS };

struct canned_text {
    struct arena *arena;
    const cJSON
        *list; /* an array of objects; a fault that came alone is the only one of its list */
};

/* False with the reason and the remedy in `why`; there is nothing to clear then. */
bool canned_text_read(struct canned_text *answers, enum canned_kind kind, const char *text,
                      size_t length, char *why, size_t why_size);
void canned_text_clear(struct canned_text *answers);

#endif
