/*
 * invocation.h - one run of a function, from request to outcome.
 *
 * Made for a request or an event, completed by the environment that runs it.
 * Threads: event-loop thread only.
 */
#ifndef RUNTIME_DISPATCH_INVOCATION_H
#define RUNTIME_DISPATCH_INVOCATION_H

#include "base/bytes.h"
#include "base/request_id.h"
#include "config/config.h"
#include "config/names/api_exception.h"
#include "runtime/dispatch/account.h"
#include "runtime/environments/log_tail.h"
#include "runtime/environments/response_stream.h"

enum { TRACE_HEADER_SIZE = 512, ERROR_TYPE_SIZE = 64 };

enum invocation_type { INVOCATION_REQUEST_RESPONSE, INVOCATION_EVENT, INVOCATION_DRY_RUN };

/* "RequestResponse", "Event", "DryRun" */
const char *invocation_type_name(enum invocation_type type);

/* The dispatcher's answer to a submission (dispatcher.h). */
enum dispatch_status {
    DISPATCH_ACCEPTED,
    DISPATCH_FUNCTION_THROTTLED, /* the function's reserved concurrency is used up, or is 0 */
    DISPATCH_ACCOUNT_THROTTLED,  /* the account's concurrency is used up */
    DISPATCH_NO_MEMORY
};

enum outcome_kind {
    OUTCOME_NONE,           /* it has not ended */
    OUTCOME_SUCCEEDED,      /* `payload` is what the handler returned */
    OUTCOME_FUNCTION_ERROR, /* `payload` is the error; outcome_function_error() says what to call it */
    OUTCOME_EXCEPTION, /* the Invoke API answers with `exception`: canned, or it could not be run here */
    OUTCOME_ABANDONED /* the server stops: it neither succeeded nor failed */
};

struct outcome {
    enum outcome_kind kind;
    struct bytes *payload; /* NULL is empty */
    char error_type
        [ERROR_TYPE_SIZE]; /* "Sandbox.Timedout"; "" for an error that the handler raised */
    bool is_handled;       /* X-Amz-Function-Error is Handled: a canned response wants it so */
    enum api_exception exception; /* OUTCOME_EXCEPTION only, like the next */
    char *message;                /* NULL: the table's */
};

struct invocation {
    char request_id[REQUEST_ID_SIZE];
    char trace_header
        [TRACE_HEADER_SIZE]; /* as the function sees it: "Root=1-…;Parent=…;Sampled=0" */
    struct account *account; /* retained */
    struct config *config;   /* retained: what `target` points into */
    struct function_target target;
    char *qualifier;   /* as invoked; "" for none */
    char *invoked_arn; /* with the qualifier, if one was given */
    enum invocation_type type;
    struct bytes *payload;          /* the event; NULL stands for {} */
    char *client_context;           /* decoded JSON; NULL for none */
    char *tenant_id;                /* NULL for none */
    unsigned attempt;               /* from 1 */
    int64_t enqueued_at_ms;         /* of an event: when it was accepted, by the account's clock */
    const char *source;             /* a constant, "FunctionUrl"; NULL: a request of the API */
    struct response_stream *stream; /* borrowed; NULL: the response is wanted whole */

    /* Filled in by the environment. */
    struct outcome outcome;
    struct log_tail log;
    int64_t started_at_ms; /* by the account's clock */
    int64_t submitted_us;  /* monotonic; when the dispatcher got it */
    int64_t began_us;      /* monotonic; when the handler got it */
    bool is_cold_start;
    double init_duration_ms; /* of a cold start; else 0 */
    double duration_ms;
    unsigned max_memory_mb;

    /* The dispatcher's, from submission to outcome. */
    void (*on_done)(struct invocation *invocation, void *context);
    void *done_context;
    struct invocation *next;

    struct history_row *history_row; /* the history's; NULL when there is none, or none any more */
};

/* The value of "Key=value" between semicolons; NULL when there is none. It goes to the next semicolon or the end. */
const char *trace_header_field(const char *trace_header, const char *key);

/* Everything is copied or retained. */
struct invocation_options {
    struct account *account;
    struct config *config;
    struct function_target target;
    const char *qualifier;
    enum invocation_type type;
    struct bytes *payload;      /* retained; may be NULL */
    const char *client_context; /* may be NULL, like the next */
    const char *tenant_id;
    const char *request_id;   /* NULL: a fresh one */
    const char *trace_header; /* of the caller; NULL or without a Root: a fresh root */
    unsigned attempt;
    int64_t enqueued_at_ms; /* of an event; else 0 */
    const char *source;     /* a constant: what asked, "FunctionUrl"; NULL: a request of the API */
};

/* Returns owned; NULL when out of memory. */
struct invocation *invocation_new(const struct invocation_options *options,
                                  struct random_source *random);
void invocation_free(struct invocation *invocation);

/* The event as the handler gets it: `{}` for none. */
struct bytes_view invocation_event(const struct invocation *invocation);

const char *invocation_function_name(const struct invocation *invocation);

/* The function's ARN; `qualifier` may be "". Returns owned. */
char *function_arn_make(const struct config *config, const struct account *account,
                        const char *name, const char *qualifier);

/* X-Amz-Function-Error: "Unhandled" or "Handled"; NULL when it is no function error. */
const char *outcome_function_error(const struct outcome *outcome);

/*
 * End an invocation: fill `outcome`, which was OUTCOME_NONE. `payload` is taken.
 * invocation_refuse() makes it an exception of the Invoke API (`message` is copied; NULL: the table's).
 * invocation_fail_platform() makes the error of the platform, `{"errorType":…,"errorMessage":"RequestId: … Error: …"}`.
 */
void invocation_succeed(struct invocation *invocation, struct bytes *payload);
void invocation_fail(struct invocation *invocation, const char *error_type, struct bytes *payload);
void invocation_refuse(struct invocation *invocation, enum api_exception exception,
                       const char *message);
void invocation_fail_platform(struct invocation *invocation, const char *error_type,
                              const char *message);
/* The response has more than `max` bytes: RESPONSE_PAYLOAD_MAX, or STREAMED_RESPONSE_MAX. */
void invocation_fail_too_large(struct invocation *invocation, size_t max);

#endif
