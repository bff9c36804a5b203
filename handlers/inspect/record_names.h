/*
 * record_names.h - the dead-letter queues and destinations that the functions have, for those who ask for one by name.
 */
#ifndef HANDLERS_INSPECT_RECORD_NAMES_H
#define HANDLERS_INSPECT_RECORD_NAMES_H

#include "handlers/api.h"
#include "runtime/events/record_file.h"

/* Has a function that the account sees one of that name (or ARN), though nothing may have been written to it yet? */
bool record_names_have(const struct config *config, const struct account *account,
                       enum record_kind kind, const char *name);

/* A 404 that says which there are. */
void record_names_refuse(struct exchange *exchange, const struct config *config,
                         const struct account *account, enum record_kind kind, const char *name);

#endif
