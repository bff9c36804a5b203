#include "config/published_versions.h"

#include "config/config_builder.h"
#include "config/document/problem_list.h"
#include "config/version_facts.h"

#include <string.h>

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

    if (published == NULL || version_is_same(version, published))
        return true;
    if (published->kind == FUNCTION_LEFT_OUT || version->kind == FUNCTION_LEFT_OUT)
        return true; /* what can't run isn't published; and code that is gone can't be kept */
    if (!config_keep_alive(config, published->source))
        return false;
    version_restore((struct function_version *)version,
                    published); /* it is in the arena of `config`, which nobody else uses yet */
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
