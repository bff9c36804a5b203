#include "handlers/console/feed.h"

#include "base/clock.h"
#include "base/json/json_writer.h"
#include "config/config_store.h"
#include "handlers/inspect/inspect_rows.h"
#include "runtime/dispatch/account.h"
#include "runtime/dispatch/history.h"
#include "runtime/events/async_invoker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum feed_kind { FEED_INVOCATION, FEED_EVENT, FEED_CLOCK, FEED_FUNCTION, FEED_QUEUE };

/* clang-format off */
static const char *const feed_kinds[] = {
    [FEED_INVOCATION] = "invocation",
    [FEED_EVENT]      = "event",
    [FEED_CLOCK]      = "clock",
    [FEED_FUNCTION]   = "function",
    [FEED_QUEUE]      = "queue",
};
/* clang-format on */

struct feed_message {
    uint64_t id;
    struct bytes *text;
};

enum {
    FUNCTION_TURNS = 5, /* functions are looked at so seldom: their rows cost more */
    ROWS_AGAIN = 20,
    STARTED_MAX = 1000 /* how far back a turn looks for rows that began */
};

struct feed {
    struct feeds *feeds;
    struct account *account;
    struct feed *next;
    struct feed_listener *listeners;
    struct feed_message messages[FEED_MESSAGES_MAX]; /* by id modulo their number */
    uint64_t oldest_id, next_id;                     /* equal: no message is kept */
    size_t byte_count;
    unsigned rows_left, steps_left; /* in this turn */
    unsigned started_count;         /* rows that began since the last turn */
    bool has_left_rows_out;
    unsigned turn;
    unsigned idle_turns;         /* with no listener */
    struct bytes *clock, *queue; /* as last told */
    struct bytes **functions;    /* the same, in the order of `config` */
    size_t function_count;
    uv_timer_t timer;
};

struct feeds {
    struct api *api;
    struct feed *first;
    size_t listener_count;
    bool is_stopped;
};

/* ---- messages ---- */

static void forget_oldest(struct feed *feed)
{
    struct feed_message *message = &feed->messages[feed->oldest_id % FEED_MESSAGES_MAX];

    feed->byte_count -= bytes_view(message->text).length;
    bytes_release(message->text);
    message->text = NULL;
    feed->oldest_id++;
}

/* A line end would end the field. In JSON it is only blank space: within strings it is escaped. */
static void join_lines(struct bytes *text, size_t begin)
{
    for (size_t i = begin; i < text->length; i++) {
        if (text->data[i] == '\n' || text->data[i] == '\r')
            text->data[i] = ' ';
    }
}

static void add_message(struct feed *feed, enum feed_kind kind, struct bytes_view json)
{
    struct bytes *text = NULL;
    bool is_made = bytes_format(
        &text, "id: %llu\nevent: %s\ndata: ", (unsigned long long)feed->next_id, feed_kinds[kind]);
    const size_t begin = bytes_view(text).length;

    is_made = is_made && bytes_append(&text, json.data, json.length);
    if (is_made)
        join_lines(text, begin);
    if (!is_made || !bytes_append(&text, "\n\n", 2)) {
        bytes_release(text);
        return;
    }
    feed->byte_count += text->length;
    while (
        feed->oldest_id < feed->next_id &&
        (feed->next_id - feed->oldest_id == FEED_MESSAGES_MAX || feed->byte_count > FEED_BYTES_MAX))
        forget_oldest(feed);
    feed->messages[feed->next_id % FEED_MESSAGES_MAX] = (struct feed_message){feed->next_id, text};
    feed->next_id++;
}

/* Adds `json` (taken) if it isn't what was told last. */
static void add_change(struct feed *feed, enum feed_kind kind, struct bytes **last,
                       struct bytes *json)
{
    const struct bytes_view now = bytes_view(json), before = bytes_view(*last);

    if (json == NULL ||
        (now.length == before.length && memcmp(now.data, before.data, now.length) == 0)) {
        bytes_release(json);
        return;
    }
    bytes_release(*last);
    *last = json;
    add_message(feed, kind, now);
}

/* ---- what is looked at each turn ---- */

static void look_at_clock(struct feed *feed)
{
    struct bytes *json = NULL;

    if (clock_mode_of(feed->account->clock) != CLOCK_MANUAL && feed->clock != NULL)
        return; /* it moves all the time */
    if (!inspect_clock_append(&json, feed->account->clock) || !bytes_append(&json, "}", 1)) {
        bytes_release(json);
        return;
    }
    add_change(feed, FEED_CLOCK, &feed->clock, json);
}

static void look_at_queue(struct feed *feed)
{
    struct json_writer writer = {0};
    const size_t count = async_invoker_count(feed->account);
    const size_t running = async_invoker_running_count(feed->account);

    json_open(&writer, '{');
    json_key(&writer, "Events");
    json_integer(&writer, (int64_t)count);
    json_key(&writer, "Running");
    json_integer(&writer, (int64_t)running);
    json_close(&writer, '}');
    add_change(feed, FEED_QUEUE, &feed->queue, json_writer_take(&writer));
}

static void forget_functions(struct feed *feed)
{
    for (size_t i = 0; i < feed->function_count; i++)
        bytes_release(feed->functions[i]);
    free(feed->functions);
    feed->functions = NULL;
    feed->function_count = 0;
}

static void look_at_functions(struct feed *feed)
{
    const struct api *api = feed->feeds->api;
    const struct config *config = config_store_current(api->config_store);

    if (feed->function_count != config->function_count) {
        forget_functions(feed);
        feed->functions = calloc(config->function_count, sizeof *feed->functions);
        if (feed->functions == NULL)
            return;
        feed->function_count = config->function_count;
    }
    for (size_t i = 0; i < feed->function_count; i++) {
        struct json_writer writer = {0};

        if (!inspect_function_is_seen(config, feed->account, config->functions[i]))
            continue;
        inspect_function_write(&writer, api, feed->account, config->functions[i]);
        add_change(feed, FEED_FUNCTION, &feed->functions[i], json_writer_take(&writer));
    }
}

/* ---- what is told ---- */

static void tell_row(struct feed *feed, const struct history_row *row)
{
    struct json_writer writer = {0};
    struct bytes *json;

    if (feed->rows_left == 0) {
        feed->has_left_rows_out = true;
        return;
    }
    feed->rows_left--;
    inspect_history_write_row(&writer, row, true);
    json = json_writer_take(&writer);
    if (json != NULL)
        add_message(feed, FEED_INVOCATION, bytes_view(json));
    bytes_release(json);
}

/* Most have ended when their turn comes, and are told of once. */
static void on_row(const struct history_row *row, void *context)
{
    struct feed *feed = context;

    if (row->status == HISTORY_RUNNING)
        feed->started_count++;
    else
        tell_row(feed, row);
}

/* Those of them that still run, oldest first. */
static void tell_started(struct feed *feed)
{
    const struct history_row *row = history_newest(feed->account->history);
    unsigned count = feed->started_count < STARTED_MAX ? feed->started_count : STARTED_MAX;

    feed->started_count = 0;
    if (count == 0 || row == NULL)
        return;
    while (--count > 0 && row->older != NULL)
        row = row->older;
    for (; row != NULL; row = row->newer) {
        if (row->status == HISTORY_RUNNING)
            tell_row(feed, row);
    }
}

static struct feed *find(const struct feeds *feeds, const struct account *account)
{
    struct feed *feed = feeds->first;

    while (feed != NULL && feed->account != account)
        feed = feed->next;
    return feed;
}

static void on_step(const struct event_step *step, void *context)
{
    struct feed *feed = find(context, step->account);
    struct json_writer writer = {0};
    struct bytes *json;

    if (feed == NULL || feed->steps_left == 0)
        return;
    feed->steps_left--;
    json_open(&writer, '{');
    json_key(&writer, "RequestId");
    json_text(&writer, step->request_id);
    json_key(&writer, "FunctionName");
    json_text(&writer, step->function_name);
    json_key(&writer, "Step");
    json_text(&writer, step->name);
    json_key(&writer, "Attempt");
    json_integer(&writer, step->attempt);
    json_key(&writer, "At");
    json_time(&writer, step->at_ms);
    json_key(&writer, "NextAttemptAt");
    if (step->next_attempt_at_ms == 0)
        json_null(&writer);
    else
        json_time(&writer, step->next_attempt_at_ms);
    json_key(&writer, "Text");
    json_text(&writer, step->text);
    json_close(&writer, '}');
    json = json_writer_take(&writer);
    if (json != NULL)
        add_message(feed, FEED_EVENT, bytes_view(json));
    bytes_release(json);
}

/* After more rows than a turn tells of, the newest are told once more: what came last is always seen. */
static void catch_up(struct feed *feed)
{
    const struct history_row *row = history_newest(feed->account->history);

    if (!feed->has_left_rows_out || row == NULL)
        return;
    feed->has_left_rows_out = false;
    for (unsigned i = 1; i < ROWS_AGAIN && row->older != NULL; i++)
        row = row->older;
    for (; row != NULL; row = row->newer)
        tell_row(feed, row);
}

/* ---- turns ---- */

static void free_feed(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_feed(struct feed *feed)
{
    struct feeds *feeds = feed->feeds;
    struct feed **link = &feeds->first;

    assert(feed->listeners == NULL);
    while (*link != feed)
        link = &(*link)->next;
    *link = feed->next;
    if (feed->account->history != NULL)
        history_listen(feed->account->history, NULL, NULL);
    if (feeds->first == NULL)
        async_invoker_listen(feeds->api->async_invoker, NULL, NULL);
    while (feed->oldest_id < feed->next_id)
        forget_oldest(feed);
    forget_functions(feed);
    bytes_release(feed->clock);
    bytes_release(feed->queue);
    account_release(feed->account);
    uv_close((uv_handle_t *)&feed->timer, free_feed);
}

static void on_turn(uv_timer_t *timer)
{
    struct feed *feed = timer->data;
    struct feed_listener *next;

    if (feed->listeners == NULL && ++feed->idle_turns > FEED_LINGER_MS / FEED_TURN_MS) {
        close_feed(feed);
        return;
    }
    feed->rows_left = FEED_ROWS_A_TURN;
    feed->steps_left = FEED_STEPS_A_TURN;
    catch_up(feed);
    tell_started(feed);
    look_at_clock(feed);
    look_at_queue(feed);
    if (feed->turn++ % FUNCTION_TURNS == 0)
        look_at_functions(feed);
    for (struct feed_listener *listener = feed->listeners; listener != NULL; listener = next) {
        next = listener->next;
        listener->on_turn(listener);
    }
}

static struct feed *open_feed(struct feeds *feeds, struct account *account)
{
    struct history *history = history_of(account);
    struct feed *feed = history == NULL ? NULL : calloc(1, sizeof *feed);

    if (feed == NULL)
        return NULL;
    feed->feeds = feeds;
    feed->account = account_retain(account);
    feed->oldest_id = feed->next_id = 1;
    feed->rows_left = FEED_ROWS_A_TURN;
    feed->steps_left = FEED_STEPS_A_TURN;
    feed->next = feeds->first;
    feeds->first = feed;
    history_listen(history, on_row, feed);
    async_invoker_listen(feeds->api->async_invoker, on_step, feeds);
    (void)uv_timer_init(feeds->api->loop, &feed->timer);
    feed->timer.data = feed;
    (void)uv_timer_start(&feed->timer, on_turn, FEED_TURN_MS, FEED_TURN_MS);
    return feed;
}

/* ---- listeners ---- */

bool feed_listen(struct feeds *feeds, struct account *account, struct feed_listener *listener,
                 uint64_t last_id)
{
    struct feed *feed = find(feeds, account);

    if (feeds->is_stopped || feeds->listener_count == FEED_LISTENERS_MAX)
        return false;
    if (feed == NULL)
        feed = open_feed(feeds, account);
    if (feed == NULL)
        return false;
    /* An id that was never given is from before a restart: everything that is kept is new to this listener. */
    if (last_id == 0)
        last_id = feed->next_id - 1;
    else if (last_id >= feed->next_id)
        last_id = feed->oldest_id - 1;
    listener->last_id = last_id;
    listener->feed = feed;
    listener->previous = NULL;
    listener->next = feed->listeners;
    if (listener->next != NULL)
        listener->next->previous = listener;
    feed->listeners = listener;
    feed->idle_turns = 0;
    feeds->listener_count++;
    return true;
}

void feed_stop(struct feed_listener *listener)
{
    if (listener->previous != NULL)
        listener->previous->next = listener->next;
    else
        listener->feed->listeners = listener->next;
    if (listener->next != NULL)
        listener->next->previous = listener->previous;
    listener->feed->feeds->listener_count--;
}

struct bytes *feed_next(struct feed_listener *listener)
{
    struct feed *feed = listener->feed;

    if (listener->last_id + 1 < feed->oldest_id)
        listener->last_id = feed->oldest_id - 1;
    if (listener->last_id + 1 == feed->next_id)
        return NULL;
    return feed->messages[++listener->last_id % FEED_MESSAGES_MAX].text;
}

/* ---- all of them ---- */

struct feeds *feeds_open(struct api *api)
{
    struct feeds *feeds = calloc(1, sizeof *feeds);

    if (feeds != NULL)
        feeds->api = api;
    return feeds;
}

void feeds_stop(struct feeds *feeds)
{
    feeds->is_stopped = true;
    while (feeds->first != NULL) {
        while (feeds->first->listeners != NULL)
            feeds->first->listeners->on_end(feeds->first->listeners);
        close_feed(feeds->first);
    }
}

void feeds_free(struct feeds *feeds)
{
    free(feeds);
}
