/*
 * account.h - what an account has of its own: its clock, its share of concurrency, and the parts that other modules keep
 * for it (history, mocks, faults). Parallel tests that use different accounts share one server without seeing each other.
 *
 * An account is made when it is first named. There are ACCOUNTS_MAX at most: beyond that the least recently used account
 * goes, unless something still uses it. The parts of all accounts together weigh ACCOUNT_BYTES_MAX at most: beyond that
 * the part that grew least recently shrinks first.
 *
 * To keep something for an account: embed a `struct account_part`, and add a pointer to `struct account`.
 *
 * Owns:     every account; has its parts freed with it.
 * Threads:  event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_ACCOUNT_H
#define RUNTIME_DISPATCH_ACCOUNT_H

#include "base/clock.h"
#include "base/name_table.h"

enum { ACCOUNT_ID_SIZE = 13, ACCOUNTS_MAX = 10000, ACCOUNT_BYTES_MAX = 256 << 20 };

struct account_part;
struct accounts;
struct async_account;
struct canned_table;
struct history;

struct account {
    char id[ACCOUNT_ID_SIZE];
    struct name_entry entry; /* in the table of accounts */
    bool is_default;         /* the AccountId of the configuration */
    struct clock *clock;
    unsigned
        unreserved_in_use; /* invocations of functions without reserved concurrency; the dispatcher's */
    struct async_account *events; /* the asynchronous invoker's; NULL before it is first needed */
    struct history *history;      /* what was invoked; NULL before it is first asked for */
    struct canned_table *mocks;   /* mocks.h; NULL before the first one */
    struct canned_table *faults;  /* faults.h; NULL before the first one */

    struct accounts *accounts;
    unsigned users;
    struct account_part *parts;
    struct account *previous, *next; /* used less recently, and more */
};

/* Borrows `loop`; copies the rest. NULL when out of memory. */
struct accounts *accounts_open(uv_loop_t *loop, const struct clock_options *clock_options,
                               const char *default_id);
void accounts_close(struct accounts *accounts);

/*
 * Borrowed until the next call: to keep it, retain it. Made if need be. `id` is 12 digits. NULL when out of memory, or
 * when ACCOUNTS_MAX accounts are in use.
 */
struct account *accounts_get(struct accounts *accounts, const char *id);

/* Has the last accounts_get() failed because all accounts are in use? */
bool accounts_are_full(const struct accounts *accounts);

/* Whoever uses an account for longer than a call. Returns `account`; NULL is accepted. */
struct account *account_retain(struct account *account);
void account_release(struct account *account);

struct account *accounts_default(const struct accounts *accounts);

/* Where every manual clock starts, whenever its account was made, and where a reset brings it back to. */
int64_t accounts_start_ms(const struct accounts *accounts);

/* Any order; the others follow by `next`. */
struct account *accounts_first(const struct accounts *accounts);

/* ---- parts ---- */

struct account_part_kind {
    /* The account goes: removes the part and frees it. */
    void (*free)(struct account_part *part);
    /* Makes the part lighter; false when it can't. NULL for parts that are not weighed. */
    bool (*shrink)(struct account_part *part);
    /* Does the part keep its account from going? NULL: it doesn't. */
    bool (*is_used)(const struct account_part *part);
};

/* Zeroed before its first use. */
struct account_part {
    const struct account_part_kind *kind;
    struct account *account;
    struct account_part *previous, *next; /* of the account */
    size_t weight;
    struct account_part *grew_before, *grew_after; /* of all parts that weigh something */
};

void account_add_part(struct account *account, struct account_part *part,
                      const struct account_part_kind *kind);
void account_remove_part(struct account_part *part);

void account_part_weigh(struct account_part *part, size_t weight);

/* To be called where parts may shrink: they are lighter than ACCOUNT_BYTES_MAX then. */
void accounts_make_room(struct accounts *accounts);

#endif
