#include "tests/support/fake_exchange.h"

#include "runtime/dispatch/account.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char fake_request_id[] = "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58";

static const char *find_header(const struct exchange *exchange, const char *name)
{
    const struct fake_exchange *fake = (const struct fake_exchange *)exchange;

    for (size_t i = 0; i < fake->header_count; i++) {
        if (strcasecmp(fake->headers[i].name, name) == 0)
            return fake->headers[i].value;
    }
    return NULL;
}

static void take_answer(struct exchange *exchange, const struct answer *answer)
{
    struct fake_exchange *fake = (struct fake_exchange *)exchange;
    const struct bytes_view body = bytes_view(answer->body);

    fake->answer_count++;
    ck_assert_uint_eq(fake->answer_count, 1);
    ck_assert(bytes_format(&fake->answer, "%d\n", answer->status));
    for (size_t i = 0; i < answer->header_count; i++)
        ck_assert(bytes_format(&fake->answer, "%s: %s\n", answer->headers[i].name,
                               answer->headers[i].value));
    ck_assert(bytes_append(&fake->answer, "\n", 1));
    ck_assert(bytes_append(&fake->answer, body.data, body.length));
    ck_assert(bytes_append(&fake->answer, "", 1));
}

static void drop(struct exchange *exchange)
{
    struct fake_exchange *fake = (struct fake_exchange *)exchange;

    fake->answer_count++;
    ck_assert_uint_eq(fake->answer_count, 1);
    fake->is_dropped = true;
}

static void each_header(const struct exchange *exchange, exchange_header_fn *visit, void *context)
{
    const struct fake_exchange *fake = (const struct fake_exchange *)exchange;

    for (size_t i = 0; i < fake->header_count; i++)
        visit(fake->headers[i].name, fake->headers[i].value, context);
}

static void client_address(const struct exchange *exchange, char address[CLIENT_ADDRESS_SIZE])
{
    (void)exchange;
    (void)snprintf(address, CLIENT_ADDRESS_SIZE, "127.0.0.1");
}

static const struct exchange_transport transport = {.header = find_header,
                                                    .each_header = each_header,
                                                    .client_address = client_address,
                                                    .answer = take_answer,
                                                    .drop = drop};

void fake_exchange_init(struct fake_exchange *fake, const char *method, const char *target)
{
    const char *question = strchr(target, '?');
    const size_t path_length = question == NULL ? strlen(target) : (size_t)(question - target);

    *fake = (struct fake_exchange){
        .exchange = {.transport = &transport,
                     .method = method,
                     .path = {target, path_length},
                     .query = {"", 0},
                     .parameter = {"", 0}},
    };
    if (question != NULL)
        fake->exchange.query = (struct bytes_view){question + 1, strlen(question + 1)};
    (void)snprintf(fake->exchange.request_id, REQUEST_ID_SIZE, "%s", fake_request_id);
}

void fake_exchange_clear(struct fake_exchange *fake)
{
    bytes_release(fake->exchange.body);
    account_release(fake->exchange.account);
    bytes_release(fake->answer);
    *fake = (struct fake_exchange){.answer_count = 0};
}

void fake_exchange_header(struct fake_exchange *fake, const char *name, const char *value)
{
    ck_assert_uint_lt(fake->header_count, FAKE_HEADERS_MAX);
    fake->headers[fake->header_count++] = (struct answer_header){name, value};
}

void fake_exchange_body(struct fake_exchange *fake, const void *data, size_t length)
{
    bytes_release(fake->exchange.body);
    fake->exchange.body = bytes_copy(data, length);
    ck_assert_ptr_nonnull(fake->exchange.body);
}

const char *fake_exchange_answer(const struct fake_exchange *fake)
{
    return fake->answer == NULL ? "" : fake->answer->data;
}
