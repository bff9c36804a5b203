/*
 * The query of a /_invoked/ request: history_query_read(), inspect_query_check() and inspect_query_number(). Each either
 * reads, and then what it read is what is there, or has answered once: 400, with a reason that is JSON whatever the
 * query holds.
 */
#include "base/json/json_text.h"
#include "handlers/inspect/history_query.h"
#include "handlers/inspect/inspect_query.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT_MIN = 1, LIMIT_MAX = 10000, LIMIT_DEFAULT = 100 };

static unsigned answer_count;

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static const char *no_header(const struct exchange *exchange, const char *name)
{
    (void)exchange;
    (void)name;
    return NULL;
}

static void take_answer(struct exchange *exchange, const struct answer *answer)
{
    const struct bytes_view body = bytes_view(answer->body);

    (void)exchange;
    answer_count++;
    expect(answer->status == 400 && json_text_check(body.data, body.length, NULL));
}

static const struct exchange_transport transport = {.header = no_header, .answer = take_answer};

static bool ends_within(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void check_history(struct exchange *exchange)
{
    struct history_filter filter;

    answer_count = 0;
    if (!history_query_read(exchange, &filter)) {
        expect(answer_count == 1);
        return;
    }
    expect(answer_count == 0);
    expect(ends_within(filter.function_name, sizeof filter.function_name) &&
           ends_within(filter.qualifier, sizeof filter.qualifier) &&
           ends_within(filter.request_id, sizeof filter.request_id));
    expect(filter.function_name[0] != '\0' || filter.qualifier[0] == '\0');
    expect(!filter.has_type || filter.type <= INVOCATION_DRY_RUN);
}

static void check_names(struct exchange *exchange)
{
    static const char *const known[] = {HISTORY_QUERY_NAMES, "Limit", NULL};

    answer_count = 0;
    expect(inspect_query_check(exchange, known) == (answer_count == 0));
    expect(answer_count <= 1);
}

static void check_number(struct exchange *exchange)
{
    size_t limit = LIMIT_DEFAULT;

    answer_count = 0;
    expect(inspect_query_number(exchange, "Limit", LIMIT_MIN, LIMIT_MAX, &limit) ==
           (answer_count == 0));
    expect(limit >= LIMIT_MIN && limit <= LIMIT_MAX && answer_count <= 1);
    expect(answer_count == 0 || limit == LIMIT_DEFAULT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *query = malloc(size > 0 ? size : 1);
    struct exchange exchange = {
        .transport = &transport, .method = "GET", .query = {query, size}, .request_id = "id"};

    expect(query != NULL);
    if (size > 0)
        memcpy(query, data, size);
    check_history(&exchange);
    check_names(&exchange);
    check_number(&exchange);
    free(query);
    return 0;
}
