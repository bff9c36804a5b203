#include "runtime/dispatch/history.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_MAX = 4096 /* bytes that a shared buffer may have to spare beyond its own length */ };

struct history {
    struct account_part part; /* first; its weight is that of all rows */
    struct history_row *newest, *oldest;
    size_t row_count;
    struct history_watch *watches;
    history_listener_fn *listener; /* NULL for none */
    void *listener_context;
};

/* clang-format off */
static const char *const status_names[] = {
    [HISTORY_RUNNING]   = "running",
    [HISTORY_SUCCEEDED] = "succeeded",
    [HISTORY_FAILED]    = "failed",
    [HISTORY_THROTTLED] = "throttled",
    [HISTORY_REJECTED]  = "rejected",
};
/* clang-format on */
static_assert(sizeof status_names / sizeof status_names[0] == HISTORY_STATUS_COUNT,
              "one name a status");

const char *history_status_name(enum history_status status)
{
    return status_names[status];
}

bool history_status_parse(const char *name, enum history_status *status)
{
    for (int i = 0; i < HISTORY_STATUS_COUNT; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            *status = (enum history_status)i;
            return true;
        }
    }
    return false;
}

enum history_status history_status_of_exception(enum api_exception exception)
{
    return exception == API_TOO_MANY_REQUESTS ? HISTORY_THROTTLED : HISTORY_REJECTED;
}

enum history_status history_status_of(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_SUCCEEDED:
        return HISTORY_SUCCEEDED;
    case OUTCOME_EXCEPTION:
        return history_status_of_exception(outcome->exception);
    case OUTCOME_FUNCTION_ERROR:
    case OUTCOME_ABANDONED:
    case OUTCOME_NONE:
        break;
    }
    return HISTORY_FAILED;
}

/* ---- watches ---- */

/* What is being waited for: finished rows, or running ones where the filter says so. */
static bool is_counted(const struct history_filter *filter, const struct history_row *row)
{
    const bool wants_running = filter->has_status && filter->status == HISTORY_RUNNING;

    return (wants_running || row->status != HISTORY_RUNNING) && history_matches(filter, row);
}

static void count_out(const struct history_row *row)
{
    for (struct history_watch *watch = row->history->watches; watch != NULL; watch = watch->next) {
        if (watch->count > 0 && is_counted(&watch->filter, row))
            watch->count--;
    }
}

static void count_in(const struct history_row *row)
{
    struct history_watch *next;

    for (struct history_watch *watch = row->history->watches; watch != NULL; watch = next) {
        next = watch->next;
        if (!is_counted(&watch->filter, row) || ++watch->count < watch->at_least)
            continue;
        history_watch_stop(watch);
        watch->on_end(watch, HISTORY_WATCH_REACHED);
    }
}

void history_watch_start(struct history *history, struct history_watch *watch)
{
    watch->history = history;
    watch->count = history_count(history, &watch->filter, true);
    watch->previous = NULL;
    watch->next = history->watches;
    if (watch->next != NULL)
        watch->next->previous = watch;
    history->watches = watch;
}

void history_watch_stop(struct history_watch *watch)
{
    if (watch->previous != NULL)
        watch->previous->next = watch->next;
    else
        watch->history->watches = watch->next;
    if (watch->next != NULL)
        watch->next->previous = watch->previous;
}

void history_listen(struct history *history, history_listener_fn *listener, void *context)
{
    history->listener = listener;
    history->listener_context = context;
}

static void tell(const struct history_row *row)
{
    if (row->history->listener != NULL)
        row->history->listener(row, row->history->listener_context);
}

/* ---- parts of a row ---- */

/* So much of `view` that its last character is whole, if it is UTF-8. */
static size_t whole_characters(struct bytes_view view)
{
    const unsigned char *text = (const unsigned char *)view.data;
    size_t start = view.length;

    for (int i = 0; i < 4 && start > 0; i++) {
        start--;
        if (!utf8_is_continuation(text[start]))
            break;
    }
    return utf8_length(text + start, text + view.length) == 0 ? start : view.length;
}

/* Retained as it is, unless it is too long or its buffer is mostly empty. */
static struct history_part keep(struct bytes *whole, bool is_cut)
{
    size_t length = bytes_view(whole).length;

    if (whole == NULL)
        return (struct history_part){NULL, is_cut};
    if (length > HISTORY_PART_MAX) {
        length = whole_characters((struct bytes_view){whole->data, HISTORY_PART_MAX});
        return (struct history_part){bytes_copy(whole->data, length), true};
    }
    if (whole->capacity > 2 * length + SPARE_MAX)
        return (struct history_part){bytes_copy(whole->data, length), is_cut};
    return (struct history_part){bytes_retain(whole), is_cut};
}

static size_t weight_of(const struct bytes *bytes)
{
    return bytes == NULL ? 0 : sizeof *bytes + bytes->capacity;
}

static void weigh(struct history_row *row, size_t weight)
{
    struct account_part *part = &row->history->part;

    account_part_weigh(part, part->weight - row->weight + weight);
    row->weight = weight;
}

/* ---- rows ---- */

static void remove_oldest(struct history *history)
{
    struct history_row *row = history->oldest;

    history->oldest = row->newer;
    if (row->newer != NULL)
        row->newer->older = NULL;
    else
        history->newest = NULL;
    history->row_count--;
    weigh(row, 0);
    if (row->invocation != NULL)
        row->invocation->history_row = NULL;
    bytes_release(row->payload.bytes);
    bytes_release(row->response.bytes);
    bytes_release(row->log.bytes);
    free(row);
}

static bool shrink(struct account_part *part)
{
    struct history *history = (struct history *)part;

    if (history->oldest == NULL)
        return false;
    if (history->oldest->status == HISTORY_RUNNING)
        count_out(history->oldest);
    remove_oldest(history);
    return true;
}

static void make_room(struct history *history, size_t row_max)
{
    while ((history->row_count > row_max || history->part.weight > HISTORY_BYTES_MAX) &&
           shrink(&history->part)) {
    }
    accounts_make_room(history->part.account->accounts);
}

static struct history_row *allocate(const char *function_name, const char *qualifier,
                                    const char *version)
{
    const size_t name_size = strlen(function_name) + 1;
    const size_t qualifier_size = strlen(qualifier) + 1;
    const size_t version_size = strlen(version) + 1;
    const size_t size = sizeof(struct history_row) + name_size + qualifier_size + version_size;
    struct history_row *row = malloc(size);

    if (row == NULL)
        return NULL;
    *row = (struct history_row){.own_bytes = size, .qualifier = row->function_name + name_size};
    row->version = row->qualifier + qualifier_size;
    memcpy(row->function_name, function_name, name_size);
    memcpy(row->function_name + name_size, qualifier, qualifier_size);
    memcpy(row->function_name + name_size + qualifier_size, version, version_size);
    return row;
}

static void add_newest(struct history *history, struct history_row *row)
{
    row->history = history;
    row->older = history->newest;
    if (row->older != NULL)
        row->older->newer = row;
    else
        history->oldest = row;
    history->newest = row;
    history->row_count++;
    weigh(row, row->own_bytes);
}

/* NULL when no history is wanted or out of memory: an invocation never fails because of its row. */
static struct history_row *add_row(const struct invocation_options *options, int64_t started_at_ms)
{
    struct history *history = history_of(options->account);
    const size_t row_max = options->config->history_size;
    const struct function_version *version = options->target.version;
    struct history_row *row;

    if (history == NULL)
        return NULL;
    make_room(history, row_max == 0 ? 0 : row_max - 1);
    if (row_max == 0)
        return NULL;
    row = allocate(version->function->name, options->qualifier == NULL ? "" : options->qualifier,
                   version->version);
    if (row == NULL)
        return NULL;
    (void)memccpy(row->request_id, options->request_id, '\0', sizeof row->request_id - 1);
    row->type = options->type;
    row->attempt = options->attempt;
    row->source = options->source;
    row->enqueued_at_ms = options->enqueued_at_ms;
    row->started_at_ms = started_at_ms;
    add_newest(history, row);
    row->payload = keep(options->payload, false);
    weigh(row, row->weight + weight_of(row->payload.bytes));
    return row;
}

static struct history_row *add_row_of(struct invocation *invocation)
{
    const struct invocation_options options = {
        .account = invocation->account,
        .config = invocation->config,
        .target = invocation->target,
        .qualifier = invocation->qualifier,
        .source = invocation->source,
        .type = invocation->type,
        .payload = invocation->payload,
        .request_id = invocation->request_id,
        .attempt = invocation->attempt,
        .enqueued_at_ms = invocation->enqueued_at_ms,
    };

    return add_row(&options, invocation->started_at_ms);
}

/* The only one that ends a row; it may be gone then. */
static void finish(struct history_row *row, enum history_status status, size_t row_max)
{
    struct history *history = row->history;

    if (row->invocation != NULL) {
        count_out(row);
        row->invocation->history_row = NULL;
        row->invocation = NULL;
    }
    row->status = status;
    count_in(row);
    tell(row);
    make_room(history, row_max);
}

void history_accepted(struct invocation *invocation)
{
    struct history_row *row = add_row_of(invocation);

    invocation->history_row = row;
    if (row == NULL)
        return;
    row->invocation = invocation;
    row->status = HISTORY_RUNNING;
    count_in(row);
    tell(row);
}

void history_streamed(const struct invocation *invocation, struct bytes_view piece)
{
    struct history_row *row = invocation->history_row;
    size_t before, room;

    if (row == NULL || row->response.is_cut)
        return;
    before = weight_of(row->response.bytes);
    room = HISTORY_PART_MAX - bytes_view(row->response.bytes).length;
    row->response.is_cut = piece.length > room;
    if (row->response.is_cut)
        piece.length = whole_characters((struct bytes_view){piece.data, room});
    if (!bytes_append(&row->response.bytes, piece.data, piece.length))
        row->response.is_cut = true;
    weigh(row, row->weight - before + weight_of(row->response.bytes));
}

/* What was streamed is the response, unless there is another one. */
static void set_response(struct history_row *row, struct bytes *payload)
{
    if (payload == NULL)
        return;
    weigh(row, row->weight - weight_of(row->response.bytes));
    bytes_release(row->response.bytes);
    row->response = keep(payload, false);
    weigh(row, row->weight + weight_of(row->response.bytes));
}

/* From the submission to the handler, less what the initialisation took. */
static double queue_time_ms(const struct invocation *invocation)
{
    const double waited_ms = (double)(invocation->began_us - invocation->submitted_us) / 1000.0 -
                             invocation->init_duration_ms;

    return invocation->began_us == 0 || waited_ms < 0 ? 0 : waited_ms;
}

void history_finished(struct invocation *invocation)
{
    struct history_row *row = invocation->history_row;
    const enum outcome_kind kind = invocation->outcome.kind;

    if (row == NULL)
        return;
    row->function_error = outcome_function_error(&invocation->outcome);
    row->has_run = kind == OUTCOME_FUNCTION_ERROR || kind == OUTCOME_SUCCEEDED;
    row->queue_ms = queue_time_ms(invocation);
    row->duration_ms = invocation->duration_ms;
    row->is_cold_start = invocation->is_cold_start;
    set_response(row, invocation->outcome.payload);
    row->log = keep(invocation->log.text, invocation->log.is_cut);
    weigh(row, row->weight + weight_of(row->log.bytes));
    finish(row, history_status_of(&invocation->outcome), invocation->config->history_size);
}

void history_refused(struct invocation *invocation, enum dispatch_status status)
{
    struct history_row *row =
        invocation->history_row != NULL ? invocation->history_row : add_row_of(invocation);
    enum history_status end = HISTORY_REJECTED;

    if (row == NULL)
        return;
    switch (status) {
    case DISPATCH_FUNCTION_THROTTLED:
    case DISPATCH_ACCOUNT_THROTTLED:
        end = HISTORY_THROTTLED;
        break;
    case DISPATCH_ACCEPTED:
    case DISPATCH_NO_MEMORY:
        break;
    }
    finish(row, end, invocation->config->history_size);
}

void history_rejected(const struct invocation_options *options, enum api_exception exception)
{
    struct history_row *row;

    if (options->type == INVOCATION_DRY_RUN)
        return;
    row = add_row(options, clock_now_ms(options->account->clock));
    if (row != NULL)
        finish(row, history_status_of_exception(exception), options->config->history_size);
}

/* ---- the whole ---- */

static void free_rows(struct history *history)
{
    while (history->oldest != NULL)
        remove_oldest(history);
}

static void free_history(struct account_part *part)
{
    struct history *history = (struct history *)part;

    assert(history->watches == NULL);
    free_rows(history);
    account_remove_part(part);
    free(history);
}

struct history *history_of(struct account *account)
{
    static const struct account_part_kind kind = {.free = free_history, .shrink = shrink};

    if (account->history != NULL)
        return account->history;
    account->history = calloc(1, sizeof *account->history);
    if (account->history != NULL)
        account_add_part(account, &account->history->part, &kind);
    return account->history;
}

const struct history_row *history_newest(const struct history *history)
{
    return history->newest;
}

size_t history_row_count(const struct history *history)
{
    return history->row_count;
}

size_t history_weight(const struct history *history)
{
    return history->part.weight;
}

void history_forget(struct history *history)
{
    free_rows(history);
    for (struct history_watch *watch = history->watches; watch != NULL; watch = watch->next)
        watch->count = 0;
}

void history_reset(struct history *history)
{
    history_forget(history);
    while (history->watches != NULL) {
        struct history_watch *watch = history->watches;

        history_watch_stop(watch);
        watch->on_end(watch, HISTORY_WATCH_RESET);
    }
}

bool history_matches(const struct history_filter *filter, const struct history_row *row)
{
    return (!filter->has_status || row->status == filter->status) &&
           (!filter->has_type || row->type == filter->type) &&
           (filter->function_name[0] == '\0' ||
            strcmp(row->function_name, filter->function_name) == 0) &&
           (filter->qualifier[0] == '\0' || strcmp(row->qualifier, filter->qualifier) == 0) &&
           (filter->request_id[0] == '\0' || strcmp(row->request_id, filter->request_id) == 0);
}

size_t history_count(const struct history *history, const struct history_filter *filter,
                     bool is_finished_only)
{
    size_t count = 0;

    for (const struct history_row *row = history->newest; row != NULL; row = row->older)
        count += is_finished_only ? is_counted(filter, row) : history_matches(filter, row);
    return count;
}
