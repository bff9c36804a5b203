#include "handlers/inspect/inspect_function_name.h"

#include "config/names/nearest_name.h"
#include "handlers/lambda/api_error.h"

#include <string.h>

enum { NAME_SIZE = 65, NAMES_SHOWN_MAX = 20 };

static struct bytes *list_functions(const struct config *config, const char *name)
{
    struct nearest_name nearest;
    struct bytes *why = NULL;

    nearest_name_init(&nearest, name);
    for (size_t i = 0; i < config->function_count; i++)
        nearest_name_offer(&nearest, config->functions[i]->name);
    (void)bytes_format(&why, "unknown function '%s'", name);
    if (nearest.best != NULL)
        (void)bytes_format(&why, "; did you mean %s? The functions are:", nearest.best);
    else
        (void)bytes_format(&why, config->function_count == 0 ? "; none is configured"
                                                             : "; the functions are:");
    for (size_t i = 0; i < config->function_count && i < NAMES_SHOWN_MAX; i++)
        (void)bytes_format(&why, "%s %s", i == 0 ? "" : ",", config->functions[i]->name);
    if (config->function_count > NAMES_SHOWN_MAX)
        (void)bytes_format(&why, " and %zu more", config->function_count - NAMES_SHOWN_MAX);
    (void)bytes_append(&why, "", 1);
    return why;
}

const struct function *inspect_function_named(struct exchange *exchange, struct api *api)
{
    const struct config *config = config_store_current(api->config_store);
    const struct function *function = NULL;
    char name[NAME_SIZE];
    struct bytes *why;

    if (percent_decode(exchange->parameter, name, sizeof name) == strlen(name))
        function = config_function(config, name); /* it was not cut, and holds no NUL */
    if (function != NULL)
        return function;
    why = list_functions(config, name);
    api_answer_refusal(exchange, 404, why == NULL ? "unknown function" : why->data);
    bytes_release(why);
    return NULL;
}
