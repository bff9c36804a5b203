/*
 * fake_exchange.h - a request that no socket brought: what a handler is given in a unit test, and what it answered.
 */
#ifndef TESTS_SUPPORT_FAKE_EXCHANGE_H
#define TESTS_SUPPORT_FAKE_EXCHANGE_H

#include "handlers/exchange.h"

enum { FAKE_HEADERS_MAX = 16 };

struct fake_exchange {
    struct exchange exchange; /* first: handlers see only this */
    struct answer_header headers[FAKE_HEADERS_MAX];
    size_t header_count;
    unsigned answer_count; /* dropped connections count too */
    bool is_dropped;
    struct bytes *answer; /* see fake_exchange_answer() */
};

/* A request of `target`, path and query; texts are borrowed. Its request id is that of fake_exchange.c. */
void fake_exchange_init(struct fake_exchange *fake, const char *method, const char *target);
void fake_exchange_clear(struct fake_exchange *fake);

/* Borrows both texts. */
void fake_exchange_header(struct fake_exchange *fake, const char *name, const char *value);
void fake_exchange_body(struct fake_exchange *fake, const void *data, size_t length);

/*
 * The whole of what was answered, ended by NUL: "404\nContent-Type: application/json\n\n{...}". "" when there is none yet.
 */
const char *fake_exchange_answer(const struct fake_exchange *fake);

extern const char fake_request_id[];

#endif
