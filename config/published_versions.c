#include "config/published_versions.h"

#include <string.h>

#include "config/config_builder.h"
#include "config/document/problem_list.h"

static bool is_same_text(const char *left, const char *right)
{
    return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static bool is_same(const struct function_version *left, const struct function_version *right)
{
    return left->fingerprint == right->fingerprint && left->timeout_s == right->timeout_s &&
           is_same_text(left->description, right->description) &&
           is_same_text(left->dead_letter_arn, right->dead_letter_arn);
}

/* `version` becomes what it was, but for what isn't published with it. Its address stays: aliases point to it. */
static void restore(struct function_version *version, const struct function_version *published)
{
    const struct function_version next = *version;

    *version = *published;
    version->function = next.function;
    version->event_invoke_config = next.event_invoke_config;
    version->access_denied = next.access_denied;
    version->allowed_access_key_ids = next.allowed_access_key_ids;
    version->faults = next.faults;
    if (next.kind == published->kind)
        version->mock = next.mock;
}

static const struct function_version *find_published(const struct config *old, const char *name,
                                                     const char *version)
{
    const struct function *function = config_function(old, name);

    for (size_t i = 0; function != NULL && i < function->version_count; i++) {
        if (strcmp(function->versions[i]->version, version) == 0)
            return function->versions[i];
    }
    return NULL;
}

static bool keep_version(struct config *config, const struct function_version *version,
                         const struct config *old, struct problem_list *notes)
{
    const struct function_version *published =
        find_published(old, version->function->name, version->version);

    if (published == NULL || is_same(version, published))
        return true;
    if (!config_keep_alive(config, published->source))
        return false;
    restore((struct function_version *)version,
            published); /* it lies in the arena of `config`, which is ours alone */
    problem_list_add(
        notes, 0,
        "Functions.%s.Versions.%s: published versions don't change: give the new settings "
        "another version number, or restart the server",
        version->function->name, version->version);
    return true;
}

/* In another region nothing of the old one is published. */
bool published_versions_keep(struct config *config, const struct config *old,
                             struct problem_list *notes)
{
    if (strcmp(config->region, old->region) != 0)
        return true;
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        for (size_t k = 0; k < function->version_count; k++) {
            if (!keep_version(config, function->versions[k], old, notes))
                return false;
        }
    }
    return true;
}
