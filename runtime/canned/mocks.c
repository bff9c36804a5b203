#include "runtime/canned/mocks.h"

#include "base/json/json_walk.h"
#include "runtime/canned/canned_table.h"
#include "runtime/canned/mock_match.h"

enum { EVENT_SHOWN_MAX = 300 };

static struct canned_table *get_table(struct account *account)
{
    if (account->mocks == NULL)
        account->mocks = canned_table_new(account);
    return account->mocks;
}

bool mocks_set(struct account *account, const char *function_name, struct canned_text *answers)
{
    struct canned_table *table = get_table(account);

    return table != NULL && canned_table_set(table, function_name, answers);
}

void mocks_drop(struct account *account, const char *function_name)
{
    if (account->mocks != NULL)
        canned_table_drop(account->mocks, function_name);
}

void mocks_reset(struct account *account)
{
    canned_table_free(account->mocks);
    account->mocks = NULL;
}

bool mocks_cover(const struct account *account, const struct function_version *version)
{
    return canned_table_items(account->mocks, version->function->name, version->mock.list) != NULL;
}

static struct bytes *explain(const struct mock_question *question, const char *function_name)
{
    struct bytes *nearest = mock_match_explain(question);
    struct bytes *why = NULL;
    const bool is_told =
        nearest != NULL &&
        bytes_format(&why, "no canned response of %s matches the event ", function_name) &&
        mock_match_quote(&why, json_walk_value(question->event), EVENT_SHOWN_MAX) &&
        bytes_format(&why, "; nearest is ") && bytes_append(&why, nearest->data, nearest->length);

    bytes_release(nearest);
    if (is_told)
        return why;
    bytes_release(why);
    return NULL;
}

const cJSON *mocks_choose(struct account *account, const struct invocation *invocation,
                          struct bytes **why)
{
    const struct function_version *version = invocation->target.version;
    struct canned_table *table = get_table(account);
    struct canned_list list = {.items = NULL};
    int index;

    *why = NULL;
    if (table != NULL)
        list = canned_table_list(table, version, &version->mock);
    if (list.items == NULL || list.used == NULL)
        return NULL;
    const struct mock_question question = {
        .answers = list.items,
        .used = list.used,
        .event = invocation_event(invocation),
        .attempt = invocation->attempt,
    };

    index = mock_match_find(&question);
    if (index == MOCK_NO_FIT) {
        *why = explain(&question, version->function->name);
        return NULL;
    }
    list.used[index]++;
    return cJSON_GetArrayItem(list.items, index);
}
