/*
 * violations.h - what is wrong with the members of a request: AWS tells all of it in one ValidationException.
 */
#ifndef HANDLERS_LAMBDA_VIOLATIONS_H
#define HANDLERS_LAMBDA_VIOLATIONS_H

#include "config/names/function_name.h"
#include "handlers/exchange.h"

/* Zeroed before the first one. */
struct violations {
    unsigned count;
    struct bytes *text;
};

/* "Value '…' at '…' failed to satisfy constraint: Member must …", behind those before. */
__attribute__((format(printf, 4, 5))) void violations_add(struct violations *violations,
                                                          const char *value, const char *member,
                                                          const char *constraint, ...);

/* "Value null at '…' failed to satisfy constraint: Member must not be null" */
void violations_add_missing(struct violations *violations, const char *member);

/* What a name or a qualifier may be. */
struct name_rule {
    const char *member, *pattern;
    int length_max;
};

/* Adds the violation that `status` stands for. */
void violations_add_name(struct violations *violations, const char *value,
                         const struct name_rule *rule, enum function_name_status status);

/* Letters, digits and `punctuation`; `value` NULL is a member that wasn't sent. */
struct text_rule {
    const char *member, *punctuation, *pattern;
    size_t length_max;
};
void violations_check_text(struct violations *violations, const char *value,
                           const struct text_rule *rule);

/* True when there are none. Else the exchange has been answered. Clears them. */
bool violations_settle(struct violations *violations, struct exchange *exchange);

#endif
