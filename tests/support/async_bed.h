/*
 * async_bed.h - an asynchronous invoker with a queue in a folder of its own, a clock that the test moves, and a
 * dispatcher that the test plays: it keeps what it is given until the test ends it.
 *
 * set_up() and tear_down() are the fixture of every case.
 */
#ifndef TESTS_SUPPORT_ASYNC_BED_H
#define TESTS_SUPPORT_ASYNC_BED_H

#include "runtime/events/async_invoker.h"
#include "tests/support/unit.h"

#include <unistd.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, RUNS_MAX = 4096 };

extern const char config_text[], id_a[], id_b[];
extern char folder[64];
extern uv_loop_t loop;
extern struct accounts *accounts;
extern struct account *account;
extern struct config_store *store;
extern struct log *own_log;
extern struct random_source *randomness;
extern struct async_invoker *invoker;
extern int64_t start_ms;

struct fake_dispatcher {
    struct invocation *running[RUNS_MAX];
    dispatch_done_fn *on_done[RUNS_MAX];
    void *contexts[RUNS_MAX];
    size_t running_count, highest;
    dispatch_place_fn *on_place;
    void *place_context;
    bool is_full;       /* others have all the places */
    bool is_immediate;  /* ends each in the next turn of the loop */
    const char *answer; /* "ok", "error", "429", "kms" */
    uv_idle_t idle;
    char ran[65536];                                     /* "hello#1 hello#2 " */
    void (*on_run)(const struct invocation *invocation); /* NULL for nobody */
    size_t run_count, version_1_count;
    char last_request_id[REQUEST_ID_SIZE];
    char last_trace[TRACE_HEADER_SIZE];
};
extern struct fake_dispatcher fake;

/* What was told. */
extern int accepted_count, refused_count;
extern bool is_over;
extern size_t ran_count;
extern char ran_first[REQUEST_ID_SIZE];

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int wait_turns = 0; !(condition) && wait_turns < 200000; wait_turns++) {              \
            (void)uv_run(&loop, UV_RUN_NOWAIT);                                                    \
            if (wait_turns > 100)                                                                  \
                (void)usleep(100);                                                                 \
        }                                                                                          \
        ck_assert(condition);                                                                      \
    } while (0)

struct bytes *text_bytes(const char *text);
void end_one(const char *answer);
void start_dispatcher(void);
size_t function_running(const char *name);
void free_place(void);
void settle(void);
void write_config(const char *text);
void open_invoker(enum clock_mode mode);
void close_invoker(void);
const char *log_text(void);
enum enqueue_status try_enqueue_in(struct account *of, const char *name, const char *qualifier,
                                   const char *request_id, const char *event);
void enqueue(const char *name);
void enqueue_id(const char *name, const char *request_id);
void drain(void);
void advance(int64_t by_ms);
void advance_only(int64_t by_ms);
char *file_text(const char *name);
const char *list(const char *function_name);
void set_up(void);
void tear_down(void);
void on_over(const char (*request_ids)[REQUEST_ID_SIZE], size_t count, void *context);

enum dispatch_status fake_dispatcher_place(const struct dispatcher *dispatcher,
                                           const struct account *of, const struct config *config,
                                           const struct function *function);
struct dispatcher_places fake_dispatcher_places(const struct account *of,
                                                const struct config *config,
                                                const struct function *function);
enum dispatch_status fake_dispatcher_submit(struct dispatcher *dispatcher,
                                            struct invocation *invocation,
                                            dispatch_done_fn *on_done, void *context);
void fake_dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place,
                            void *context);

/* Once in each test: takes the place of the real dispatcher in its program. */
#define PLAY_DISPATCHER                                                                            \
    enum dispatch_status dispatcher_place(const struct dispatcher *dispatcher,                     \
                                          const struct account *of, const struct config *config,   \
                                          const struct function *function)                         \
    {                                                                                              \
        return fake_dispatcher_place(dispatcher, of, config, function);                            \
    }                                                                                              \
    struct dispatcher_places dispatcher_places(                                                    \
        const struct dispatcher *dispatcher, const struct account *of,                             \
        const struct config *config, const struct function *function)                              \
    {                                                                                              \
        (void)dispatcher;                                                                          \
        return fake_dispatcher_places(of, config, function);                                       \
    }                                                                                              \
    enum dispatch_status dispatcher_submit(struct dispatcher *dispatcher,                          \
                                           struct invocation *invocation,                          \
                                           dispatch_done_fn *on_done, void *context)               \
    {                                                                                              \
        return fake_dispatcher_submit(dispatcher, invocation, on_done, context);                   \
    }                                                                                              \
    void dispatcher_listen(struct dispatcher *dispatcher, dispatch_place_fn *on_place,             \
                           void *context)                                                          \
    {                                                                                              \
        fake_dispatcher_listen(dispatcher, on_place, context);                                     \
    }

#endif
