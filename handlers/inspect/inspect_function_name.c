#include "handlers/inspect/inspect_function_name.h"

#include "config/names/nearest_name.h"
#include "handlers/inspect/inspect_rows.h"
#include "handlers/lambda/api_error.h"

#include <string.h>

enum { NAME_SIZE = 65, NAMES_SHOWN_MAX = 20 };

static struct bytes *list_functions(const struct config *config, const struct account *account,
                                    const char *name)
{
    struct nearest_name nearest;
    struct bytes *why = NULL;
    size_t count = 0, shown = 0;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < config->function_count; i++) {
        if (!inspect_function_is_seen(config, account, config->functions[i]))
            continue;
        nearest_name_offer(&nearest, config->functions[i]->name);
        count++;
    }
    (void)bytes_format(&why, "unknown function '%s'", name);
    if (nearest.best != NULL)
        (void)bytes_format(&why, "; did you mean %s? The functions are:", nearest.best);
    else
        (void)bytes_format(&why, count == 0 ? "; none is configured" : "; the functions are:");
    for (size_t i = 0; i < config->function_count && shown < NAMES_SHOWN_MAX; i++) {
        if (inspect_function_is_seen(config, account, config->functions[i]))
            (void)bytes_format(&why, "%s %s", shown++ == 0 ? "" : ",", config->functions[i]->name);
    }
    if (count > NAMES_SHOWN_MAX)
        (void)bytes_format(&why, " and %zu more", count - NAMES_SHOWN_MAX);
    (void)bytes_append(&why, "", 1);
    return why;
}

const struct function *inspect_function_named(struct exchange *exchange, struct api *api,
                                              const struct account *account)
{
    const struct config *config = config_store_current(api->config_store);
    const struct function *function = NULL;
    char name[NAME_SIZE];
    struct bytes *why;

    if (percent_decode(exchange->parameter, name, sizeof name) == strlen(name))
        function =
            config_function_of(config, account->id, name); /* it was not cut, and holds no NUL */
    if (function != NULL)
        return function;
    why = list_functions(config, account, name);
    api_answer_refusal(exchange, 404, why == NULL ? "unknown function" : why->data);
    bytes_release(why);
    return NULL;
}
