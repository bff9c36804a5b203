#include "handlers/handlers.h"

#include "config/names/nearest_name.h"
#include "config/settings/canned_text.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/canned/faults.h"
#include "runtime/canned/mocks.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 65, NAMES_SHOWN_MAX = 20, WHY_SIZE = 9000 };

/* ---- which function ---- */

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

/* NULL when the exchange has been answered. */
static const struct function *find_function(struct exchange *exchange, struct api *api)
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

/* ---- setting and dropping ---- */

typedef bool set_fn(struct account *account, const char *function_name,
                    struct canned_text *answers);
typedef void drop_fn(struct account *account, const char *function_name);

/* False when the exchange has been answered. */
static bool read_body(struct exchange *exchange, enum canned_kind kind, struct canned_text *answers)
{
    const struct bytes_view body = bytes_view(exchange->body);
    char why[WHY_SIZE];

    if (exchange->is_body_too_large) {
        (void)snprintf(why, sizeof why, "the body is larger than %d bytes",
                       INSPECT_CANNED_BODY_MAX);
        api_answer_refusal(exchange, 413, why);
        return false;
    }
    if (canned_text_read(answers, kind, body.data, body.length, why, sizeof why))
        return true;
    api_answer_refusal(exchange, 400, why);
    return false;
}

static void set(struct exchange *exchange, struct api *api, enum canned_kind kind, set_fn *set_list)
{
    const struct function *function = find_function(exchange, api);
    struct account *account = function == NULL ? NULL : inspect_account(exchange, api);
    struct canned_text answers;

    if (account == NULL || !read_body(exchange, kind, &answers))
        return;
    if (set_list(account, function->name, &answers)) {
        inspect_respond_done(exchange);
        return;
    }
    canned_text_clear(&answers);
    api_answer_refusal(exchange, 500, "invoked is out of memory");
}

static void drop(struct exchange *exchange, struct api *api, drop_fn *drop_list)
{
    const struct function *function = find_function(exchange, api);
    struct account *account = function == NULL ? NULL : inspect_account(exchange, api);

    if (account == NULL)
        return;
    drop_list(account, function->name);
    inspect_respond_done(exchange);
}

void inspect_mock_set(struct exchange *exchange, struct api *api)
{
    set(exchange, api, CANNED_MOCK, mocks_set);
}

void inspect_mock_drop(struct exchange *exchange, struct api *api)
{
    drop(exchange, api, mocks_drop);
}

void inspect_faults_set(struct exchange *exchange, struct api *api)
{
    set(exchange, api, CANNED_FAULTS, faults_set);
}

void inspect_faults_drop(struct exchange *exchange, struct api *api)
{
    drop(exchange, api, faults_drop);
}
