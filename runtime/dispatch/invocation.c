#include "runtime/dispatch/invocation.h"

#include "base/json/json_string.h"
#include "base/short_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINEAGE_SIZE = 32 };

const char *invocation_type_name(enum invocation_type type)
{
    static const char *const names[] = {
        [INVOCATION_REQUEST_RESPONSE] = "RequestResponse",
        [INVOCATION_EVENT] = "Event",
        [INVOCATION_DRY_RUN] = "DryRun",
    };

    return names[type];
}

static bool is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdefABCDEF") >= length;
}

/* "Root=1-" and 8, "-" and 24 hexadecimal digits. */
static bool has_root(const char *trace)
{
    const char *root = trace == NULL ? NULL : strstr(trace, "Root=1-");

    if (root == NULL || strlen(trace) >= TRACE_HEADER_SIZE)
        return false;
    root += strlen("Root=1-");
    return is_hex(root, 8) && root[8] == '-' && is_hex(root + 9, 24) && !is_hex(root + 33, 1);
}

const char *trace_header_field(const char *trace_header, const char *key)
{
    const size_t length = strlen(key);

    while (*trace_header != '\0') {
        trace_header += strspn(trace_header, "; ");
        if (strncmp(trace_header, key, length) == 0 && trace_header[length] == '=')
            return trace_header + length + 1;
        trace_header += strcspn(trace_header, ";");
    }
    return NULL;
}

/*
 * What the caller sent is kept, with a fresh Root where it has none, and completed: a function sees all three parts.
 * A fresh trace is not sampled, as X-Ray isn't active. The lineage, which comes last (lineage.h), stays there.
 */
static void make_trace(struct invocation *invocation, const char *caller,
                       struct random_source *random)
{
    const char *lineage = caller == NULL ? NULL : trace_header_field(caller, "Lineage");
    size_t length = caller == NULL ? 0 : strlen(caller);
    char root[TRACE_ID_SIZE], parent[HEX_32_SIZE];
    char added_parent[32] = "";
    const char *added_sampled = "";
    struct short_text fresh;

    if (lineage != NULL && strchr(lineage, ';') == NULL)
        length = (size_t)(lineage - caller) - strlen("Lineage=");
    else
        lineage = NULL;
    if (length > 0 && caller[length - 1] == ';')
        length--;
    hex_32_make(random, parent);
    if (has_root(caller)) {
        if (strstr(caller, "Parent=") == NULL)
            (void)snprintf(added_parent, sizeof added_parent, ";Parent=%.16s", parent);
        if (strstr(caller, "Sampled=") == NULL)
            added_sampled = ";Sampled=0";
        if (snprintf(invocation->trace_header, TRACE_HEADER_SIZE, "%.*s%s%s%s%s", (int)length,
                     caller, added_parent, added_sampled, lineage == NULL ? "" : ";Lineage=",
                     lineage == NULL ? "" : lineage) < TRACE_HEADER_SIZE)
            return;
    }
    trace_id_make(random, clock_real_now_ms(), root);
    short_text_begin(&fresh, invocation->trace_header, TRACE_HEADER_SIZE);
    short_text_put(&fresh, "Root=");
    short_text_put(&fresh, root);
    short_text_put(&fresh, ";Parent=");
    short_text_put_bytes(&fresh, parent, 16);
    short_text_put(&fresh, ";Sampled=0");
    if (lineage != NULL && strlen(lineage) < LINEAGE_SIZE) {
        short_text_put(&fresh, ";Lineage=");
        short_text_put(&fresh, lineage);
    }
}

char *function_arn_make(const struct config *config, const struct account *account,
                        const char *name, const char *qualifier)
{
    const size_t size = sizeof "arn:aws:lambda:::function::" + strlen(config->region) +
                        strlen(account->id) + strlen(name) + strlen(qualifier);
    char *memory = malloc(size);
    struct short_text arn;

    if (memory == NULL)
        return NULL;
    short_text_begin(&arn, memory, size);
    short_text_put(&arn, "arn:aws:lambda:");
    short_text_put(&arn, config->region);
    short_text_put(&arn, ":");
    short_text_put(&arn, account->id);
    short_text_put(&arn, ":function:");
    short_text_put(&arn, name);
    if (qualifier[0] != '\0') {
        short_text_put(&arn, ":");
        short_text_put(&arn, qualifier);
    }
    return memory;
}

static char *copy_or_null(const char *text, bool *is_short)
{
    char *copy;

    if (text == NULL)
        return NULL;
    copy = strdup(text);
    *is_short = *is_short || copy == NULL;
    return copy;
}

struct invocation *invocation_new(const struct invocation_options *options,
                                  struct random_source *random)
{
    struct invocation *invocation = calloc(1, sizeof *invocation);
    bool is_short = false;

    if (invocation == NULL)
        return NULL;
    invocation->account = account_retain(options->account);
    invocation->config = config_retain(options->config);
    invocation->target = options->target;
    invocation->type = options->type;
    invocation->attempt = options->attempt;
    invocation->enqueued_at_ms = options->enqueued_at_ms;
    invocation->enqueued_at_ms = options->enqueued_at_ms;
    invocation->source = options->source;
    invocation->payload = bytes_retain(options->payload);
    invocation->qualifier =
        copy_or_null(options->qualifier == NULL ? "" : options->qualifier, &is_short);
    invocation->client_context = copy_or_null(options->client_context, &is_short);
    invocation->tenant_id = copy_or_null(options->tenant_id, &is_short);
    if (!is_short)
        invocation->invoked_arn =
            function_arn_make(options->config, options->account,
                              options->target.version->function->name, invocation->qualifier);
    if (is_short || invocation->invoked_arn == NULL) {
        invocation_free(invocation);
        return NULL;
    }
    if (options->request_id != NULL)
        (void)snprintf(invocation->request_id, REQUEST_ID_SIZE, "%s", options->request_id);
    else
        request_id_make(random, invocation->request_id);
    make_trace(invocation, options->trace_header, random);
    return invocation;
}

void invocation_free(struct invocation *invocation)
{
    if (invocation == NULL)
        return;
    bytes_release(invocation->payload);
    bytes_release(invocation->outcome.payload);
    free(invocation->outcome.message);
    log_tail_clear(&invocation->log);
    free(invocation->qualifier);
    free(invocation->invoked_arn);
    free(invocation->client_context);
    free(invocation->tenant_id);
    config_release(invocation->config);
    account_release(invocation->account);
    free(invocation);
}

struct bytes_view invocation_event(const struct invocation *invocation)
{
    if (invocation->payload == NULL || invocation->payload->length == 0)
        return BYTES_VIEW("{}");
    return bytes_view(invocation->payload);
}

const char *invocation_function_name(const struct invocation *invocation)
{
    return invocation->target.version->function->name;
}

const char *outcome_function_error(const struct outcome *outcome)
{
    if (outcome->kind != OUTCOME_FUNCTION_ERROR)
        return NULL;
    return outcome->is_handled ? "Handled" : "Unhandled";
}

void invocation_succeed(struct invocation *invocation, struct bytes *payload)
{
    assert(invocation->outcome.kind == OUTCOME_NONE);
    invocation->outcome.kind = OUTCOME_SUCCEEDED;
    invocation->outcome.payload = payload;
}

void invocation_fail(struct invocation *invocation, const char *error_type, struct bytes *payload)
{
    assert(invocation->outcome.kind == OUTCOME_NONE);
    invocation->outcome.kind = OUTCOME_FUNCTION_ERROR;
    invocation->outcome.payload = payload;
    (void)snprintf(invocation->outcome.error_type, ERROR_TYPE_SIZE, "%s", error_type);
}

void invocation_refuse(struct invocation *invocation, enum api_exception exception,
                       const char *message)
{
    assert(invocation->outcome.kind == OUTCOME_NONE);
    invocation->outcome.kind = OUTCOME_EXCEPTION;
    invocation->outcome.exception = exception;
    invocation->outcome.message = message == NULL ? NULL : strdup(message);
}

void invocation_fail_platform(struct invocation *invocation, const char *error_type,
                              const char *message)
{
    struct bytes *payload = NULL;

    struct bytes *text = NULL;

    (void)bytes_format(&text, "RequestId: %s Error: %s", invocation->request_id, message);
    (void)bytes_format(&payload, "{\"errorType\":\"%s\",\"errorMessage\":", error_type);
    (void)json_string_append(&payload, bytes_view(text));
    (void)bytes_append(&payload, "}", 1);
    bytes_release(text);
    invocation_fail(invocation, error_type, payload);
}

/* As recorded; the two members come in another order than in the platform's other errors. */
void invocation_fail_too_large(struct invocation *invocation, size_t max)
{
    struct bytes *payload = NULL;

    (void)bytes_format(&payload,
                       "{\"errorMessage\":\"Response payload size exceeded maximum allowed "
                       "payload size (%zu bytes).\","
                       "\"errorType\":\"Function.ResponseSizeTooLarge\"}",
                       max);
    invocation_fail(invocation, "Function.ResponseSizeTooLarge", payload);
}
