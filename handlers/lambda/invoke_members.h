/*
 * invoke_members.h - the members of a request as they came, and their constraints: all violations in one message.
 *
 * The order of the violations is recorded for a qualifier and a name; the others stand before them.
 */
#ifndef HANDLERS_LAMBDA_INVOKE_MEMBERS_H
#define HANDLERS_LAMBDA_INVOKE_MEMBERS_H

#include "config/names/function_name.h"
#include "handlers/exchange.h"

enum { TENANT_ID_MAX = 256, DURABLE_EXECUTION_NAME_MAX = 64 };

extern const char durable_execution_name_header[], tenant_id_header[];

struct invoke_request;
struct invoke_rules;

struct invoke_members {
    char *function_name; /* decoded, owned */
    size_t function_name_length;
    char *qualifier; /* decoded, owned; NULL when there is none */
    size_t qualifier_length;
    struct function_name parsed;
};

/* False when out of memory. `members` must be zeroed; the caller clears it in both cases. */
bool invoke_members_decode(const struct exchange *exchange, struct invoke_members *members);
void invoke_members_clear(struct invoke_members *members);

/* Fills `parsed`, and the type and log type of `request`. False when the exchange has been answered with the violations. */
bool invoke_members_check(struct exchange *exchange, const struct invoke_rules *rules,
                          struct invoke_members *members, struct invoke_request *request);

#endif
