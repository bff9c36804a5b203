/*
 * faults.h - what a test asked to go wrong in an account: exceptions, duplicates, dropped connections, cut answers.
 *
 * Faults of a function are those set at run time, else Local.Faults. The first of the list that strikes is the one:
 * one whose `Times` is not used up and for which chance (`Probability`) says so. With a `Seed` chance is the same in
 * every run: the n-th draw depends on the seed and n alone.
 *
 * Used by:  handlers/lambda/invoke_fault.c, handlers/inspect/inspect_canned.c.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_CANNED_FAULTS_H
#define RUNTIME_CANNED_FAULTS_H

#include "config/names/api_exception.h"
#include "config/settings/canned_text.h"
#include "runtime/dispatch/account.h"
#include "runtime/dispatch/invocation.h"

enum fault_action {
    FAULT_EXCEPTION,
    FAULT_DUPLICATE, /* the event is delivered twice */
    FAULT_DROP,      /* the connection is closed with no answer */
    FAULT_CUT        /* the answer ends half-way */
};

struct requested_fault {
    enum fault_action action;
    bool lets_run_first;                     /* When: After. A cut and a duplicate always do */
    unsigned delay_ms;                       /* before the answer */
    enum api_exception exception;            /* FAULT_EXCEPTION only, like the rest */
    char *message, *reason, *ec2_error_code; /* owned; NULL: the table's */
    char *retry_after;                       /* owned; NULL for no such header */
};

/* Takes `faults` for a function, in place of those before. False, not taken, when out of memory. */
bool faults_set(struct account *account, const char *function_name, struct canned_text *faults);
void faults_drop(struct account *account, const char *function_name);

/* As it was at the start: nothing set at run time, nothing used, seeds at their beginning. */
void faults_reset(struct account *account);

/*
 * Does a fault strike this request? It counts as used then, and the caller clears it. A dry run delivers nothing, so
 * duplicates pass it by.
 */
bool faults_strike(struct account *account, const struct function_version *version,
                   enum invocation_type type, struct random_source *random,
                   struct requested_fault *fault);

/* By a name alone: an exception, Duplicate, Drop or Cut. False when nothing has that name. */
bool fault_by_name(const char *name, struct requested_fault *fault);

/* The nearest known name; NULL when none is near enough. */
const char *fault_nearest_name(const char *name);

void requested_fault_clear(struct requested_fault *fault);

#endif
