#include "runtime/dispatch/account.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/canned/canned_table.h"
#include "runtime/dispatch/history.h"

enum { SLOTS_MIN = 16 };

/* Open addressing; at most half of the slots are used. */
struct accounts {
    uv_loop_t *loop;
    struct clock_options clock_options;
    int64_t start_ms;             /* of every manual clock */
    struct account *first, *last; /* `first` is the default account */
    size_t count, slot_count;     /* slot_count is a power of two */
    struct account **slots;
};

static size_t hash(const char *id)
{
    uint64_t number = 0;

    for (; *id != '\0'; id++)
        number = number * 31 + (unsigned char)*id;
    return (size_t)((number * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* Where the account of that id stands, or would stand. */
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
    account->is_default = accounts->first == NULL;
    if (account->is_default)
        accounts->start_ms = clock_now_ms(account->clock);
    else if (accounts->clock_options.mode == CLOCK_MANUAL)
        clock_reset(account->clock, accounts->start_ms);
    return account;
}

struct accounts *accounts_open(uv_loop_t *loop, const struct clock_options *clock_options,
                               const char *default_id)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);

    if (accounts == NULL)
        return NULL;
    accounts->loop = loop;
    accounts->clock_options = *clock_options;
    if (accounts_get(accounts, default_id) == NULL) {
        accounts_close(accounts);
        return NULL;
    }
    return accounts;
}

void accounts_close(struct accounts *accounts)
{
    struct account *next;

    if (accounts == NULL)
        return;
    for (struct account *account = accounts->first; account != NULL; account = next) {
        next = account->next;
        history_free(account->history);
        canned_table_free(account->mocks);
        canned_table_free(account->faults);
        clock_close(account->clock);
        free(account);
    }
    free(accounts->slots);
    free(accounts);
}

struct account *accounts_get(struct accounts *accounts, const char *id)
{
    struct account **slot, *account;

    assert(strlen(id) < ACCOUNT_ID_SIZE);
    if (accounts->slot_count > 0) {
        slot = find_slot(accounts->slots, accounts->slot_count, id);
        if (*slot != NULL)
            return *slot;
    }
    if (accounts->count == ACCOUNTS_MAX || !grow(accounts))
        return NULL;
    account = account_new(accounts, id);
    if (account == NULL)
        return NULL;
    *find_slot(accounts->slots, accounts->slot_count, id) = account;
    if (accounts->last == NULL)
        accounts->first = account;
    else
        accounts->last->next = account;
    accounts->last = account;
    accounts->count++;
    return account;
}

int64_t accounts_start_ms(const struct accounts *accounts)
{
    return accounts->start_ms;
}

struct account *accounts_default(const struct accounts *accounts)
{
    return accounts->first;
}

struct account *accounts_first(const struct accounts *accounts)
{
    return accounts->first;
}
