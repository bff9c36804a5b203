#include "handlers/lambda/faulty_exchange.h"

#include "handlers/held_exchange.h"
#include "handlers/lambda/api_error.h"

#include <stdlib.h>
#include <string.h>

/* A whole answer, to be sent later. */
struct kept_answer {
    struct answer answer; /* its headers and body are owned */
    bool is_short;        /* out of memory: there is no answer to send */
};

struct faulty_exchange {
    struct exchange_transport transport; /* first: the exchange's transport points here */
    const struct exchange_transport *original;
    struct exchange *exchange;
    struct api *api;
    struct requested_fault fault;
    struct invocation *again; /* the second delivery; NULL when there is none, or it has begun */
    struct kept_answer kept;
};

/* ---- keeping an answer ---- */

static void kept_answer_clear(struct kept_answer *kept)
{
    for (size_t i = 0; i < kept->answer.header_count; i++) {
        free((char *)(uintptr_t)kept->answer.headers[i].name);
        free((char *)(uintptr_t)kept->answer.headers[i].value);
    }
    free((struct answer_header *)(uintptr_t)kept->answer.headers);
    bytes_release(kept->answer.body);
    *kept = (struct kept_answer){.is_short = kept->is_short};
}

static void keep(struct kept_answer *kept, const struct answer *answer)
{
    struct answer_header *headers = calloc(answer->header_count + 1, sizeof *headers);

    kept->answer = *answer;
    kept->answer.body = bytes_retain(answer->body);
    kept->answer.headers = headers;
    kept->answer.header_count = headers == NULL ? 0 : answer->header_count;
    kept->is_short = headers == NULL;
    for (size_t i = 0; i < kept->answer.header_count; i++) {
        headers[i].name = strdup(answer->headers[i].name);
        headers[i].value = strdup(answer->headers[i].value);
        kept->is_short = kept->is_short || headers[i].name == NULL || headers[i].value == NULL;
    }
}

/* ---- sending it ---- */

static void answer_exception(struct exchange *exchange, const struct requested_fault *fault)
{
    const struct api_error error = {
        .exception = fault->exception,
        .message = fault->message,
        .reason = fault->reason,
        .ec2_error_code = fault->ec2_error_code,
        .retry_after = fault->retry_after,
    };

    api_answer_error(exchange, &error);
}

/* Without a body there is nothing to cut; the client must see a broken connection all the same. */
static void answer_cut(struct exchange *exchange, struct kept_answer *kept)
{
    const size_t length = bytes_view(kept->answer.body).length;

    if (kept->is_short || length == 0) {
        exchange_drop(exchange);
        return;
    }
    kept->answer.has_cut = true;
    kept->answer.cut_after = length / 2;
    exchange_answer(exchange, &kept->answer);
}

static void give(struct faulty_exchange *faulty)
{
    struct exchange *exchange = faulty->exchange;

    exchange->transport = faulty->original;
    switch (faulty->fault.action) {
    case FAULT_EXCEPTION:
        answer_exception(exchange, &faulty->fault);
        break;
    case FAULT_DROP:
        exchange_drop(exchange);
        break;
    case FAULT_CUT:
        answer_cut(exchange, &faulty->kept);
        break;
    case FAULT_DUPLICATE:
        if (faulty->kept.is_short)
            exchange_drop(exchange);
        else
            exchange_answer(exchange, &faulty->kept.answer);
        break;
    }
    kept_answer_clear(&faulty->kept);
    requested_fault_clear(&faulty->fault);
    invocation_free(faulty->again);
    free(faulty);
}

static void on_delay_over(struct held_exchange *held, void *context)
{
    held_exchange_close(held);
    give(context);
}

static void give_after_delay(struct faulty_exchange *faulty)
{
    if (faulty->fault.delay_ms == 0 ||
        held_exchange_open(faulty->exchange, faulty->api, faulty->fault.delay_ms / 1000.0,
                           on_delay_over, faulty) == NULL)
        give(faulty);
}

/* ---- delivering twice ---- */

static void on_again_done(struct invocation *invocation, void *context)
{
    invocation_free(invocation);
    give_after_delay(context);
}

static void on_again_enqueued(bool is_accepted, void *context)
{
    (void)is_accepted; /* the answer is that of the first delivery */
    give_after_delay(context);
}

static bool run_again(struct faulty_exchange *faulty)
{
    struct invocation *again = faulty->again;

    if (dispatcher_submit(faulty->api->dispatcher, again, on_again_done, faulty) !=
        DISPATCH_ACCEPTED)
        return false;
    faulty->again = NULL;
    return true;
}

static bool enqueue_again(struct faulty_exchange *faulty)
{
    const struct invocation *again = faulty->again;
    const struct enqueue_options options = {
        .account = again->account,
        .function_name = invocation_function_name(again),
        .qualifier = again->qualifier,
        .payload = again->payload,
        .request_id = again->request_id,
        .trace_header = again->trace_header,
        .tenant_id = again->tenant_id,
        .origin = "a second time: Duplicate",
    };

    return async_invoker_enqueue(faulty->api->async_invoker, &options, on_again_enqueued, faulty) ==
           ENQUEUE_PENDING;
}

/* False when there is no second delivery: the first was refused, or this one is. */
static bool deliver_again(struct faulty_exchange *faulty)
{
    if (faulty->again == NULL || faulty->kept.answer.status >= 400)
        return false;
    return faulty->again->type == INVOCATION_EVENT ? enqueue_again(faulty) : run_again(faulty);
}

/* ---- the transport ---- */

static struct faulty_exchange *faulty_of(const struct exchange *exchange)
{
    return (struct faulty_exchange *)(uintptr_t)exchange->transport;
}

static void take_answer(struct exchange *exchange, const struct answer *answer)
{
    struct faulty_exchange *faulty = faulty_of(exchange);

    keep(&faulty->kept, answer);
    if (!deliver_again(faulty))
        give_after_delay(faulty);
}

static void take_drop(struct exchange *exchange)
{
    struct faulty_exchange *faulty = faulty_of(exchange);

    faulty->fault.action = FAULT_DROP;
    give(faulty);
}

static void take_stream_begin(struct exchange *exchange, const struct answer *answer,
                              exchange_room_fn *on_room, void *context)
{
    (void)on_room; /* everything is kept */
    (void)context;
    keep(&faulty_of(exchange)->kept, answer);
}

static bool take_stream_write(struct exchange *exchange, struct bytes *piece)
{
    struct faulty_exchange *faulty = faulty_of(exchange);
    const struct bytes_view view = bytes_view(piece);
    const bool is_wanted =
        faulty->fault.action == FAULT_CUT || faulty->fault.action == FAULT_DUPLICATE;

    if (is_wanted && !bytes_append(&faulty->kept.answer.body, view.data, view.length))
        faulty->kept.is_short = true;
    bytes_release(piece);
    return true;
}

static void take_stream_end(struct exchange *exchange)
{
    struct faulty_exchange *faulty = faulty_of(exchange);

    if (!deliver_again(faulty))
        give_after_delay(faulty);
}

static void take_stream_abort(struct exchange *exchange)
{
    take_drop(exchange);
}

static const char *find_header(const struct exchange *exchange, const char *name)
{
    return faulty_of(exchange)->original->header(exchange, name);
}

static void each_header(const struct exchange *exchange, exchange_header_fn *visit, void *context)
{
    faulty_of(exchange)->original->each_header(exchange, visit, context);
}

static void client_address(const struct exchange *exchange, char address[CLIENT_ADDRESS_SIZE])
{
    faulty_of(exchange)->original->client_address(exchange, address);
}

static const struct exchange_transport faulty_transport = {
    .header = find_header,
    .each_header = each_header,
    .client_address = client_address,
    .answer = take_answer,
    .drop = take_drop,
    .stream_begin = take_stream_begin,
    .stream_write = take_stream_write,
    .stream_end = take_stream_end,
    .stream_abort = take_stream_abort,
};

bool faulty_exchange_begin(struct exchange *exchange, struct api *api,
                           struct requested_fault *fault, struct invocation *again)
{
    struct faulty_exchange *faulty = calloc(1, sizeof *faulty);

    if (faulty == NULL)
        return false;
    faulty->transport = faulty_transport;
    faulty->original = exchange->transport;
    faulty->exchange = exchange;
    faulty->api = api;
    faulty->fault = *fault;
    faulty->again = again;
    *fault = (struct requested_fault){.action = FAULT_EXCEPTION};
    exchange->transport = &faulty->transport;
    return true;
}

void faulty_exchange_answer(struct exchange *exchange, struct api *api,
                            struct requested_fault *fault)
{
    if (faulty_exchange_begin(exchange, api, fault, NULL)) {
        give_after_delay(faulty_of(exchange));
        return;
    }
    requested_fault_clear(fault);
    api_answer_exception(exchange, API_SERVICE, "invoked is out of memory");
}
