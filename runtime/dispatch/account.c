#include "runtime/dispatch/account.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 16 };

/* Open addressing; at most half of the slots are used. */
struct accounts {
    uv_loop_t *loop;
    struct clock_options clock_options;
    int64_t start_ms; /* of every manual clock */
    struct account *default_account;
    struct account *first, *last; /* used least recently, and most */
    size_t count, slot_count;     /* slot_count is a power of two */
    struct account **slots;
    bool is_full;
    struct account_part *grew_first, *grew_last;
    size_t weight; /* of all parts */
};

static size_t hash(const char *id)
{
    uint64_t number = 0;

    for (; *id != '\0'; id++)
        number = number * 31 + (unsigned char)*id;
    return (size_t)((number * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* The slot of the account of that id, or the one where it would go. */
static struct account **find_slot(struct account **slots, size_t slot_count, const char *id)
{
    size_t at = hash(id) & (slot_count - 1);

    while (slots[at] != NULL && strcmp(slots[at]->id, id) != 0)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static bool grow(struct accounts *accounts)
{
    const size_t slot_count = accounts->slot_count == 0 ? SLOTS_MIN : 2 * accounts->slot_count;
    struct account **slots;

    if (2 * (accounts->count + 1) <= accounts->slot_count)
        return true;
    slots = calloc(slot_count, sizeof(struct account *));
    if (slots == NULL)
        return false;
    for (struct account *account = accounts->first; account != NULL; account = account->next)
        *find_slot(slots, slot_count, account->id) = account;
    free(accounts->slots);
    accounts->slots = slots;
    accounts->slot_count = slot_count;
    return true;
}

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

/* Empties the slot of an account, and moves those behind it that could not be found any more. */
static void clear_slot(struct accounts *accounts, const char *id)
{
    const size_t mask = accounts->slot_count - 1;
    size_t hole = (size_t)(find_slot(accounts->slots, accounts->slot_count, id) - accounts->slots);

    for (size_t at = (hole + 1) & mask; accounts->slots[at] != NULL; at = (at + 1) & mask) {
        const size_t wanted = hash(accounts->slots[at]->id) & mask;

        if (((at - wanted) & mask) < ((at - hole) & mask))
            continue;
        accounts->slots[hole] = accounts->slots[at];
        hole = at;
    }
    accounts->slots[hole] = NULL;
}

static bool is_used(const struct account *account)
{
    return account->is_default || account->users > 0 || account->events != NULL;
}

/* False when every account is in use. */
static bool make_place(struct accounts *accounts)
{
    struct account *account = accounts->first;

    if (accounts->count < ACCOUNTS_MAX)
        return true;
    while (account != NULL && is_used(account))
        account = account->next;
    if (account == NULL)
        return false;
    clear_slot(accounts, account->id);
    unlink_account(account);
    account_free(account);
    accounts->count--;
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
    while (accounts->first != NULL) {
        struct account *account = accounts->first;

        unlink_account(account);
        account_free(account);
    }
    free(accounts->slots);
    free(accounts);
}

static struct account *find(const struct accounts *accounts, const char *id)
{
    return accounts->slot_count == 0 ? NULL : *find_slot(accounts->slots, accounts->slot_count, id);
}

struct account *accounts_get(struct accounts *accounts, const char *id)
{
    struct account *account;

    assert(strlen(id) < ACCOUNT_ID_SIZE);
    account = find(accounts, id);
    if (account != NULL) {
        unlink_account(account);
        link_last(account);
        return account;
    }
    accounts->is_full = !make_place(accounts);
    if (accounts->is_full || !grow(accounts))
        return NULL;
    account = account_new(accounts, id);
    if (account == NULL)
        return NULL;
    *find_slot(accounts->slots, accounts->slot_count, id) = account;
    link_last(account);
    accounts->count++;
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
