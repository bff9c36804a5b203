/* config_lookup.c - finds what a snapshot has: functions by name and account, versions and aliases by qualifier. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

/* "" for a function of the file: they come first. */
static const char *account_of(const struct function *function)
{
    return function->account_id == NULL ? "" : function->account_id;
}

struct function_key {
    const char *name, *account_id;
};

static int compare_key(const void *wanted, const void *element)
{
    const struct function_key *key = wanted;
    const struct function *const *function = element;
    const int difference = strcmp(key->name, (*function)->name);

    return difference != 0 ? difference : strcmp(key->account_id, account_of(*function));
}

static const struct function *find_function(const struct config *config, const char *account_id,
                                            const char *name)
{
    const struct function_key key = {name, account_id};
    const struct function *const *found =
        config->function_count == 0 ? NULL
                                    : bsearch(&key, config->functions, config->function_count,
                                              sizeof *config->functions, compare_key);

    return found == NULL ? NULL : *found;
}

static int compare_logical_id(const void *wanted, const void *element)
{
    const struct function *const *function = element;

    return strcmp(wanted, (*function)->logical_id);
}

static const struct function *find_logical_id(const struct config *config, const char *id)
{
    const struct function *const *found =
        config->logical_id_count == 0 ? NULL
                                      : bsearch(id, config->by_logical_id, config->logical_id_count,
                                                sizeof *config->by_logical_id, compare_logical_id);

    return found == NULL ? NULL : *found;
}

const struct function *config_function(const struct config *config, const char *name)
{
    const struct function *function = find_function(config, "", name);

    return function != NULL ? function : find_logical_id(config, name);
}

const struct function *config_function_of(const struct config *config, const char *account_id,
                                          const char *name)
{
    const struct function *of_file = find_function(config, "", name), *of_account;

    if (of_file != NULL && !config->api_overrides_files)
        return of_file;
    of_account = find_function(config, account_id, name);
    if (of_account == NULL && of_file == NULL)
        return find_logical_id(config, name);
    return of_account != NULL ? of_account : of_file;
}

static int compare_only_name(const void *wanted, const void *element)
{
    const struct function *const *function = element;

    return strcmp(wanted, (*function)->name);
}

bool config_has_function(const struct config *config, const char *name)
{
    return config->function_count > 0 &&
           bsearch(name, config->functions, config->function_count, sizeof *config->functions,
                   compare_only_name) != NULL;
}

static int compare_account(const void *wanted, const void *element)
{
    const struct account_reservation *reservation = element;

    return strcmp(wanted, reservation->account_id);
}

unsigned config_reserved_total(const struct config *config, const char *account_id)
{
    const struct account_reservation *found =
        config->reservation_count == 0
            ? NULL
            : bsearch(account_id, config->reservations, config->reservation_count,
                      sizeof *config->reservations, compare_account);

    return config->reserved_total + (found == NULL ? 0 : found->total);
}

static const struct function_version *find_version(const struct function *function,
                                                   const char *name)
{
    for (size_t i = 0; i < function->version_count; i++) {
        if (strcmp(function->versions[i]->version, name) == 0)
            return function->versions[i];
    }
    return NULL;
}

static const struct function_alias *find_alias(const struct function *function, const char *name)
{
    for (size_t i = 0; i < function->alias_count; i++) {
        if (strcmp(function->aliases[i]->name, name) == 0)
            return function->aliases[i];
    }
    return NULL;
}

bool function_resolve(const struct function *function, const char *qualifier, double draw,
                      struct function_target *target)
{
    memset(target, 0, sizeof *target);
    if (qualifier[0] == '\0' || strcmp(qualifier, "$LATEST") == 0)
        target->version = function->latest;
    else
        target->version = find_version(function, qualifier);
    if (target->version == NULL)
        target->alias = find_alias(function, qualifier);
    if (target->alias != NULL) {
        const bool is_additional =
            target->alias->additional_version != NULL && draw < target->alias->additional_weight;

        target->version =
            is_additional ? target->alias->additional_version : target->alias->version;
        target->event_invoke_config = target->alias->event_invoke_config;
    }
    if (target->version == NULL)
        return false;
    if (target->event_invoke_config == NULL)
        target->event_invoke_config = target->version->event_invoke_config;
    return true;
}
