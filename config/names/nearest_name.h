/*
 * nearest_name.h - which of the known names did somebody mean who wrote an unknown one?
 *
 * Offer it the known names one by one; `best` is the nearest so far, NULL as long as none is near enough.
 */
#ifndef CONFIG_NAMES_NEAREST_NAME_H
#define CONFIG_NAMES_NEAREST_NAME_H

#include <stddef.h>

struct nearest_name {
    const char *wanted;
    const char *best;
    size_t distance; /* of `best` */
};

/* Borrows both names. */
void nearest_name_init(struct nearest_name *nearest, const char *wanted);
void nearest_name_offer(struct nearest_name *nearest, const char *known);

#endif
