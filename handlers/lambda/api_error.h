/*
 * api_error.h - error answers: the exceptions of the AWS endpoints, and the errors of our own.
 *
 * An AWS error body is compact JSON with its members in ASCII order: EC2ErrorCode, Message, Reason, Type, message
 * (captured answers). Which members an exception has: config/names/api_exception.h.
 */
#ifndef HANDLERS_LAMBDA_API_ERROR_H
#define HANDLERS_LAMBDA_API_ERROR_H

#include "config/names/api_exception.h"
#include "handlers/exchange.h"

struct api_error {
    enum api_exception exception;
    const char *message;        /* NULL: the table's */
    const char *reason;         /* NULL: the table's */
    const char *ec2_error_code; /* of EC2UnexpectedException; NULL: InternalError */
    const char *retry_after;    /* header Retry-After; NULL: none */
};

void api_answer_error(struct exchange *exchange, const struct api_error *error);

/* The same with a formatted message. */
__attribute__((format(printf, 3, 4))) void api_answer_exception(struct exchange *exchange,
                                                                enum api_exception exception,
                                                                const char *format, ...);

/* AWS's answer to an unknown path or method: 403, XML. */
void api_answer_unknown_operation(struct exchange *exchange);

/* `{"error": why}`, for the /_invoked/ endpoints and refused web pages. */
void api_answer_refusal(struct exchange *exchange, int status, const char *why);

#endif
