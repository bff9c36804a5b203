/*
 * function_request.h - which function a request is about, and whether its caller may: the caller, the name and the
 * qualifier, their constraints, permission, region and existence, as every operation checks them that names a function.
 *
 * An operation calls these in AWS's order, each once:
 *
 *     function_request_begin()      who asks, and what for
 *     function_request_constrain()  into the violations, behind those of the operation's own members
 *     function_request_authorize()  403
 *     function_request_find()       404, or 400 for two qualifiers
 *     function_request_clear()      whatever came of it
 *
 * To add an operation that names a function: its rules, and these five calls (invoke_request.c is the example).
 */
#ifndef HANDLERS_LAMBDA_FUNCTION_REQUEST_H
#define HANDLERS_LAMBDA_FUNCTION_REQUEST_H

#include "handlers/lambda/caller.h"
#include "handlers/lambda/violations.h"

/* What differs between operations. */
struct function_rules {
    const char *action; /* as IAM names it: "lambda:InvokeFunction" */
    bool shows_latest;  /* an unknown function without a qualifier is told of with `:$LATEST` */
};

struct function_request {
    struct caller caller;
    struct config *config; /* retained */
    char *name;            /* as it was sent, decoded */
    size_t name_length;
    char *asked_qualifier; /* the query's, decoded; NULL for none */
    size_t asked_qualifier_length;
    struct function_name parsed;     /* of the name; after function_request_constrain() */
    const struct function *function; /* NULL when there is none of that name; the same */
    char qualifier[FUNCTION_NAME_MAX +
                   1]; /* of name or query, "" for none; after …_find(), like the next */
    struct function_target target;
};

/* Fills in who asks and what for. False when the exchange has been answered with a failure of ours. */
bool function_request_begin(struct exchange *exchange, struct api *api,
                            struct function_request *request);
void function_request_clear(struct function_request *request);

void function_request_constrain(struct function_request *request, struct violations *violations);

/* By Local.AccessDenied and Local.AllowedAccessKeyIds. */
bool function_request_is_denied(const struct function_version *settings, const char *access_key_id);

/* False when the exchange has been answered with the refusal; the same holds for the next. */
bool function_request_authorize(struct exchange *exchange, struct function_request *request,
                                const struct function_rules *rules);
bool function_request_find(struct exchange *exchange, struct api *api,
                           struct function_request *request, const struct function_rules *rules);

#endif
