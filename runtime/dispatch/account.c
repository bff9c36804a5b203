#include "runtime/dispatch/account.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct accounts {
    uv_loop_t *loop;
    struct clock_options clock_options;
    int64_t start_ms; /* of every manual clock */
    struct account *default_account;
    struct account *first, *last; /* used least recently, and most */
    struct name_table by_id;
    bool is_full;
    struct account_part *grew_first, *grew_last;
    size_t weight; /* of all parts */
};

/* ---- parts ---- */

static void unlink_growth(struct account_part *part)
{
    struct accounts *accounts = part->account->accounts;

    if (part->weight == 0)
        return;
    *(part->grew_before == NULL ? &accounts->grew_first : &part->grew_before->grew_after) =
        part->grew_after;
    *(part->grew_after == NULL ? &accounts->grew_last : &part->grew_after->grew_before) =
        part->grew_before;
}

static void link_growth(struct account_part *part)
{
    struct accounts *accounts = part->account->accounts;

    part->grew_before = accounts->grew_last;
    part->grew_after = NULL;
    *(part->grew_before == NULL ? &accounts->grew_first : &part->grew_before->grew_after) = part;
    accounts->grew_last = part;
}

void account_part_weigh(struct account_part *part, size_t weight)
{
    struct accounts *accounts = part->account->accounts;
    const bool is_moved = weight > part->weight || weight == 0;

    if (weight == part->weight)
        return;
    if (is_moved)
        unlink_growth(part);
    accounts->weight = accounts->weight - part->weight + weight;
    part->weight = weight;
    if (is_moved && weight > 0)
        link_growth(part);
}

void account_add_part(struct account *account, struct account_part *part,
                      const struct account_part_kind *kind)
{
    *part = (struct account_part){.kind = kind, .account = account, .next = account->parts};
    if (part->next != NULL)
        part->next->previous = part;
    account->parts = part;
}

void account_remove_part(struct account_part *part)
{
    account_part_weigh(part, 0);
    *(part->previous == NULL ? &part->account->parts : &part->previous->next) = part->next;
    if (part->next != NULL)
        part->next->previous = part->previous;
}

void accounts_make_room(struct accounts *accounts)
{
    while (accounts->weight > ACCOUNT_BYTES_MAX &&
           accounts->grew_first->kind->shrink(accounts->grew_first)) {
    }
}

/* ---- accounts ---- */

static struct account *account_new(struct accounts *accounts, const char *id)
{
    struct account *account = calloc(1, sizeof *account);

    if (account == NULL)
        return NULL;
    account->clock = clock_open(accounts->loop, &accounts->clock_options);
    if (account->clock == NULL) {
        free(account);
        return NULL;
    }
    (void)snprintf(account->id, sizeof account->id, "%s", id);
    account->accounts = accounts;
    account->is_default = accounts->default_account == NULL;
    if (account->is_default)
        accounts->start_ms = clock_now_ms(account->clock);
    else if (accounts->clock_options.mode == CLOCK_MANUAL)
        clock_reset(account->clock, accounts->start_ms);
    return account;
}

static void link_last(struct account *account)
{
    struct accounts *accounts = account->accounts;

    account->previous = accounts->last;
    account->next = NULL;
    *(account->previous == NULL ? &accounts->first : &account->previous->next) = account;
    accounts->last = account;
}

static void unlink_account(struct account *account)
{
    struct accounts *accounts = account->accounts;

    *(account->previous == NULL ? &accounts->first : &account->previous->next) = account->next;
    *(account->next == NULL ? &accounts->last : &account->next->previous) = account->previous;
}

static void account_free(struct account *account)
{
    while (account->parts != NULL)
        account->parts->kind->free(account->parts);
    clock_close(account->clock);
    free(account);
}

static bool is_used(const struct account *account)
{
    const struct account_part *part = account->parts;

    while (part != NULL && (part->kind->is_used == NULL || !part->kind->is_used(part)))
        part = part->next;
    return account->is_default || account->users > 0 || part != NULL;
}

/* False when every account is in use. */
static bool make_place(struct accounts *accounts)
{
    struct account *account = accounts->first;

    if (accounts->by_id.count < ACCOUNTS_MAX)
        return true;
    while (account != NULL && is_used(account))
        account = account->next;
    if (account == NULL)
        return false;
    name_table_remove(&accounts->by_id, &account->entry);
    unlink_account(account);
    account_free(account);
    return true;
}

struct accounts *accounts_open(uv_loop_t *loop, const struct clock_options *clock_options,
                               const char *default_id)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);

    if (accounts == NULL)
        return NULL;
    accounts->loop = loop;
    accounts->clock_options = *clock_options;
    accounts->default_account = accounts_get(accounts, default_id);
    if (accounts->default_account == NULL) {
        accounts_close(accounts);
        return NULL;
    }
    return accounts;
}

void accounts_close(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    for (struct account *account = accounts->first, *next; account != NULL; account = next) {
        next = account->next;
        account_free(account);
    }
    name_table_clear(&accounts->by_id);
    free(accounts);
}

struct account *accounts_get(struct accounts *accounts, const char *id)
{
    struct account *account;

    assert(strlen(id) < ACCOUNT_ID_SIZE);
    account = name_table_find(&accounts->by_id, "", id);
    if (account != NULL) {
        unlink_account(account);
        link_last(account);
        return account;
    }
    accounts->is_full = !make_place(accounts);
    if (accounts->is_full)
        return NULL;
    account = account_new(accounts, id);
    if (account == NULL)
        return NULL;
    if (!name_table_add(&accounts->by_id, &account->entry, "", account->id, account)) {
        account_free(account);
        return NULL;
    }
    link_last(account);
    return account;
}

bool accounts_are_full(const struct accounts *accounts)
{
    return accounts->is_full;
}

struct account *account_retain(struct account *account)
{
    if (account != NULL)
        account->users++;
    return account;
}

void account_release(struct account *account)
{
    if (account == NULL)
        return;
    assert(account->users > 0);
    account->users--;
}

int64_t accounts_start_ms(const struct accounts *accounts)
{
    return accounts->start_ms;
}

struct account *accounts_default(const struct accounts *accounts)
{
    return accounts->default_account;
}

struct account *accounts_first(const struct accounts *accounts)
{
    return accounts->first;
}
