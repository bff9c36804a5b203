/*
 * account.h - what an account has of its own: its clock and its share of concurrency (history, faults and mocks set at
 * run time hang here too). Parallel tests that use different accounts share one server without seeing each other.
 *
 * Owns:     every account; each is made when it is first named and lives until the end.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_ACCOUNT_H
#define RUNTIME_DISPATCH_ACCOUNT_H

#include "base/clock.h"

enum { ACCOUNT_ID_SIZE = 13, ACCOUNTS_MAX = 10000 };

struct canned_table;
struct async_account;
struct history;

struct account {
    char id[ACCOUNT_ID_SIZE];
    bool is_default; /* the AccountId of the configuration */
    struct clock *clock;
    unsigned
        unreserved_in_use; /* invocations of functions without reserved concurrency; the dispatcher's */
    struct async_account *events; /* the asynchronous invoker's; NULL before the first event */
    struct history *history;      /* what was invoked; NULL before it is first asked for */
    struct canned_table *mocks;   /* mocks.h; NULL before the first one */
    struct canned_table *faults;  /* faults.h; NULL before the first one */
    struct account *next;         /* in the order of making */
};

struct accounts;

/* Borrows `loop`; copies the rest. NULL when out of memory. */
struct accounts *accounts_open(uv_loop_t *loop, const struct clock_options *clock_options,
                               const char *default_id);
void accounts_close(struct accounts *accounts);

/* Borrowed; made if need be. `id` is 12 digits. NULL when there are too many or out of memory. */
struct account *accounts_get(struct accounts *accounts, const char *id);

struct account *accounts_default(const struct accounts *accounts);

/* Where every manual clock starts, whenever its account was made, and where a reset brings it back to. */
int64_t accounts_start_ms(const struct accounts *accounts);

/* The first of all accounts; the others follow by `next`. */
struct account *accounts_first(const struct accounts *accounts);

#endif
