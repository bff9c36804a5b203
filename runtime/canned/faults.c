#include "runtime/canned/faults.h"

#include "base/request_id.h"
#include "config/names/nearest_name.h"
#include "runtime/canned/canned_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a fault may be besides an exception. */
static const struct {
    const char *name;
    enum fault_action action;
    bool lets_run_first;
} words[] = {
    {"Duplicate", FAULT_DUPLICATE, true},
    {"Drop", FAULT_DROP, false},
    {"Cut", FAULT_CUT, true},
};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

static struct canned_table *get_table(struct account *account)
{
    if (account->faults == NULL)
        account->faults = canned_table_new(account);
    return account->faults;
}

bool faults_set(struct account *account, const char *function_name, struct canned_text *faults)
{
    struct canned_table *table = get_table(account);

    return table != NULL && canned_table_set(table, function_name, faults);
}

void faults_drop(struct account *account, const char *function_name)
{
    if (account->faults != NULL)
        canned_table_drop(account->faults, function_name);
}

void faults_reset(struct account *account)
{
    canned_table_free(account->faults);
    account->faults = NULL;
}

/* ---- names ---- */

bool fault_by_name(const char *name, struct requested_fault *fault)
{
    *fault = (struct requested_fault){.action = FAULT_EXCEPTION};
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i].name, name) == 0) {
            fault->action = words[i].action;
            fault->lets_run_first = words[i].lets_run_first;
            return true;
        }
    }
    fault->exception = api_exception_by_name(name);
    return fault->exception != API_EXCEPTION_COUNT;
}

const char *fault_nearest_name(const char *name)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < WORD_COUNT; i++)
        nearest_name_offer(&nearest, words[i].name);
    for (int i = 0; i < API_EXCEPTION_COUNT; i++)
        nearest_name_offer(&nearest, api_exception_row((enum api_exception)i)->name);
    return nearest.best;
}

/* ---- chance ---- */

/* SplitMix64's output function: one seed and one count make one number, evenly spread in [0, 1). */
static double seeded_fraction(double seed, unsigned draw)
{
    uint64_t number = (uint64_t)seed + (draw + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);

    number = (number ^ number >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ number >> 27) * UINT64_C(0x94D049BB133111EB);
    number ^= number >> 31;
    return (double)(number >> 11) / 9007199254740992.0; /* 2 to the power of 53 */
}

static double number_of(const cJSON *fault, const char *name, double fallback)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(fault, name);

    return cJSON_IsNumber(member) ? member->valuedouble : fallback;
}

static const char *text_of(const cJSON *fault, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, name));
}

static bool strikes(const cJSON *item, unsigned used, unsigned *draws, struct random_source *random)
{
    const double probability = number_of(item, "Probability", 1);
    const cJSON *seed = cJSON_GetObjectItemCaseSensitive(item, "Seed");

    if (used >= number_of(item, "Times", (double)UINT32_MAX))
        return false;
    if (probability >= 1)
        return true;
    if (seed == NULL)
        return random_fraction(random) < probability;
    return seeded_fraction(seed->valuedouble, (*draws)++) < probability;
}

/* ---- faults ---- */

static char *copy_text(const cJSON *item, const char *name)
{
    const char *text = text_of(item, name);

    return text == NULL ? NULL : strdup(text);
}

static char *copy_seconds(const cJSON *item, const char *name)
{
    const double seconds = number_of(item, name, -1);
    char *text = NULL;

    if (seconds < 0 || asprintf(&text, "%.0f", seconds) < 0)
        return NULL;
    return text;
}

static void fill_in(const cJSON *item, struct requested_fault *fault)
{
    const char *when = text_of(item, "When");

    if (when != NULL && strcmp(when, "After") == 0)
        fault->lets_run_first = true;
    fault->delay_ms = (unsigned)number_of(item, "DelayMs", 0);
    fault->message = copy_text(item, "Message");
    fault->reason = copy_text(item, "Reason");
    fault->ec2_error_code = copy_text(item, "EC2ErrorCode");
    fault->retry_after = copy_seconds(item, "RetryAfterSeconds");
}

bool faults_strike(struct account *account, const struct function_version *version,
                   enum invocation_type type, struct random_source *random,
                   struct requested_fault *fault)
{
    struct canned_list list;
    size_t index = 0;

    if (canned_table_items(account->faults, version->function->name, version->faults.list) ==
            NULL ||
        get_table(account) == NULL)
        return false;
    list = canned_table_list(account->faults, version, &version->faults);
    if (list.used == NULL)
        return false;
    for (const cJSON *item = list.items->child; item != NULL; item = item->next, index++) {
        if (!fault_by_name(text_of(item, "Error"), fault))
            continue;
        if (fault->action == FAULT_DUPLICATE && type == INVOCATION_DRY_RUN)
            continue;
        if (!strikes(item, list.used[index], &list.draws[index], random))
            continue;
        list.used[index]++;
        fill_in(item, fault);
        return true;
    }
    return false;
}

void requested_fault_clear(struct requested_fault *fault)
{
    free(fault->message);
    free(fault->reason);
    free(fault->ec2_error_code);
    free(fault->retry_after);
    *fault = (struct requested_fault){.action = FAULT_EXCEPTION};
}
