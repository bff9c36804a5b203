#include "handlers/handlers.h"

#include "config/settings/canned_text.h"
#include "handlers/inspect/inspect_function_name.h"
#include "handlers/inspect/inspect_response.h"
#include "handlers/lambda/api_error.h"
#include "runtime/canned/faults.h"
#include "runtime/canned/mocks.h"

#include <stdio.h>
#include <string.h>

enum { WHY_SIZE = 9000 };

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
    struct account *account = inspect_account(exchange, api);
    const struct function *function =
        account == NULL ? NULL : inspect_function_named(exchange, api, account);
    struct canned_text answers;

    if (function == NULL || !read_body(exchange, kind, &answers))
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
    struct account *account = inspect_account(exchange, api);
    const struct function *function =
        account == NULL ? NULL : inspect_function_named(exchange, api, account);

    if (function == NULL)
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
