/*
 * mocks.h - canned responses of an account: which function is mocked, and which answer an invocation gets.
 *
 * A function is mocked as long as answers are set for it at run time, else by Local.Mock, whether it has code or not.
 * `Times` is counted for each account.
 *
 * Used by:  the dispatcher, the mock environment, handlers/inspect/inspect_canned.c.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_CANNED_MOCKS_H
#define RUNTIME_CANNED_MOCKS_H

#include "config/settings/canned_text.h"
#include "runtime/dispatch/invocation.h"

/* Takes `answers` for a function, in place of those before. False, not taken, when out of memory. */
bool mocks_set(struct account *account, const char *function_name, struct canned_text *answers);

/* The function is itself again. */
void mocks_drop(struct account *account, const char *function_name);

/* As it was at the start: nothing set at run time, nothing used. */
void mocks_reset(struct account *account);

/* Does a canned response stand in for this version's code now? */
bool mocks_cover(const struct account *account, const struct function_version *version);

/*
 * The answer for an invocation of a mocked function, which counts as used from now on; borrowed until the next change.
 * NULL when none fits (then `*why`, owned, says what the event was and which answer came nearest) or out of memory
 * (then that is NULL).
 */
const cJSON *mocks_choose(struct account *account, const struct invocation *invocation,
                          struct bytes **why);

#endif
