#include "server/cli/run_queue.h"

#include "runtime/events/async_invoker.h"

#include <stdio.h>

enum { ROWS_SHOWN_MAX = 20 };

/* ---- reporting ---- */

static void report_next(struct run_queue *queue);

/* "charge 0fa544ab, attempt 2 due at 2026-11-27T05:54:08.000Z" */
static void print_row(const struct event_row *row)
{
    char due_at[CLOCK_TEXT_SIZE];

    (void)fprintf(stderr, "  %s %.8s, attempt %u ", row->function_name, row->request_id,
                  row->attempt);
    switch (row->state) {
    case EVENT_ROW_QUEUED:
        (void)fputs("not started\n", stderr);
        return;
    case EVENT_ROW_RUNNING:
        (void)fputs("running\n", stderr);
        return;
    case EVENT_ROW_WAITING:
        clock_format(row->next_attempt_at_ms, due_at);
        (void)fprintf(stderr, "due at %s\n", due_at);
        return;
    }
}

static void on_rows(const struct event_row *rows, size_t count, void *context)
{
    struct run_queue *const queue = context;
    const size_t total = async_invoker_count(queue->account);

    if (rows != NULL && count > 0) {
        (void)fprintf(
            stderr, "invoked: %zu event%s %s not done and %s %s%s:\n", total, total == 1 ? "" : "s",
            total == 1 ? "is" : "are",
            queue->folder != NULL ? (total == 1 ? "stays" : "stay") : (total == 1 ? "is" : "are"),
            queue->folder != NULL ? "in "
                                  : "dropped with the temporary data folder (--drain waits)",
            queue->folder != NULL ? queue->folder : "");
        for (size_t i = 0; i < count; i++)
            print_row(&rows[i]);
        if (total > count)
            (void)fprintf(stderr, "  and %zu more\n", total - count);
    }
    queue->left_count += total;
    queue->account = queue->account->next;
    report_next(queue);
}

static void report_next(struct run_queue *queue)
{
    while (queue->account != NULL && async_invoker_count(queue->account) == 0)
        queue->account = queue->account->next;
    if (queue->account == NULL)
        queue->on_done(queue->left_count, queue->context);
    else if (!async_invoker_list(queue->api->async_invoker, queue->account, NULL, ROWS_SHOWN_MAX,
                                 on_rows, queue))
        on_rows(NULL, 0, queue);
}

static void report(struct run_queue *queue)
{
    queue->account = accounts_first(queue->api->accounts);
    report_next(queue);
}

/* ---- draining ---- */

static void drain_next(struct run_queue *queue);

static void on_drained(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context)
{
    struct run_queue *const queue = context;

    (void)request_ids;
    (void)count;
    queue->wait = NULL;
    drain_next(queue);
}

static void drain_next(struct run_queue *queue)
{
    queue->account = accounts_first(queue->api->accounts);
    while (queue->account != NULL && async_invoker_count(queue->account) == 0)
        queue->account = queue->account->next;
    if (queue->account != NULL)
        queue->wait =
            async_invoker_drain(queue->api->async_invoker, queue->account, on_drained, queue);
    if (queue->wait == NULL)
        report(queue);
}

void run_queue_finish(struct run_queue *queue, bool drains)
{
    if (drains)
        drain_next(queue);
    else
        report(queue);
}

void run_queue_stop_draining(struct run_queue *queue)
{
    if (queue->wait == NULL)
        return;
    run_queue_cancel(queue);
    report(queue);
}

void run_queue_cancel(struct run_queue *queue)
{
    if (queue->wait != NULL)
        async_wait_cancel(queue->wait);
    queue->wait = NULL;
}
