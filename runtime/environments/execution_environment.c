#include "runtime/environments/execution_environment.h"

#include "runtime/environments/function_log.h"
#include "runtime/environments/platform_lines.h"
#include "runtime/process/memory_guard.h"
#include "runtime/process/source_watcher.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* clang-format off */
static const bool may_follow[ENVIRONMENT_STATE_COUNT][ENVIRONMENT_STATE_COUNT] = {
    [ENVIRONMENT_INIT]      = {[ENVIRONMENT_IDLE] = true, [ENVIRONMENT_SHUTDOWN] = true},
    [ENVIRONMENT_IDLE]      = {[ENVIRONMENT_INVOKE] = true, [ENVIRONMENT_SHUTDOWN] = true},
    [ENVIRONMENT_INVOKE]    = {[ENVIRONMENT_FINISHING] = true, [ENVIRONMENT_IDLE] = true, [ENVIRONMENT_SHUTDOWN] = true},
    [ENVIRONMENT_FINISHING] = {[ENVIRONMENT_IDLE] = true, [ENVIRONMENT_SHUTDOWN] = true},
    [ENVIRONMENT_SHUTDOWN]  = {[ENVIRONMENT_GONE] = true},
};

/* Go's names of the signals, which AWS's messages show. */
static const char *const signal_names[] = {
    [1] = "hangup", [2] = "interrupt", [3] = "quit", [4] = "illegal instruction", [5] = "trace/breakpoint trap",
    [6] = "aborted", [7] = "bus error", [8] = "floating point exception", [9] = "killed",
    [10] = "user defined signal 1", [11] = "segmentation fault", [12] = "user defined signal 2", [13] = "broken pipe",
    [14] = "alarm clock", [15] = "terminated",
};
/* clang-format on */

void environment_init(struct environment *environment, const struct environment_kind *kind,
                      const struct environment_options *options)
{
    *environment = (struct environment){
        .kind = kind,
        .state = ENVIRONMENT_INIT,
        .services = options->services,
        .account = account_retain(options->account),
        .config = config_retain(options->config),
        .settings = options->settings,
        .listener = options->listener,
        .listener_context = options->listener_context,
        .opened_us = clock_monotonic_us(),
    };
}

void environment_clear(struct environment *environment)
{
    assert(environment->state == ENVIRONMENT_GONE);
    config_release(environment->config);
    account_release(environment->account);
}

static bool runs_code(enum environment_state state)
{
    return state == ENVIRONMENT_INIT || state == ENVIRONMENT_INVOKE;
}

void environment_enter(struct environment *environment, enum environment_state next)
{
    const bool did_run = runs_code(environment->state);

    assert(may_follow[environment->state][next]);
    environment->state = next;
    if (environment->source != NULL && did_run && !runs_code(next))
        source_run_ends(environment->source);
    if (environment->source != NULL && !did_run && runs_code(next))
        source_run_begins(environment->source);
    if (next == ENVIRONMENT_IDLE && environment->ready_us == 0)
        environment->ready_us = clock_monotonic_us();
    if (next == ENVIRONMENT_SHUTDOWN)
        environment->listener->on_shutdown(environment, environment->listener_context);
}

enum { NOTE_SIZE = 1024 };

void environment_note(struct environment *environment, const char *format, ...)
{
    char line[NOTE_SIZE];
    va_list arguments;
    int length;

    if (environment->settings->has_json_log)
        return; /* platform.runtimeDone says that it failed, and how */
    va_start(arguments, format);
    length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if ((size_t)length > sizeof line - 1)
        length = (int)sizeof line - 1;
    function_log_write(environment, line, (size_t)length);
}

void environment_note_timeout(struct environment *environment)
{
    char now[CLOCK_TEXT_SIZE];

    clock_format(clock_real_now_ms(), now);
    environment_note(environment, "%s %s Task timed out after %u.00 seconds", now,
                     environment->invocation->request_id,
                     environment->invocation->target.version->timeout_s);
    if (!environment->settings->has_json_log)
        log_tail_append(&environment->invocation->log, "\n", 1);
}

void environment_begin(struct environment *environment, struct invocation *invocation)
{
    assert(environment->invocation == NULL);
    environment->invocation = invocation;
    invocation->is_cold_start = !environment->has_run;
    environment->has_run = true;
    invocation->began_us = clock_monotonic_us();
    if (invocation->is_cold_start && environment->ready_us != 0)
        invocation->init_duration_ms =
            (double)(environment->ready_us - environment->opened_us) / 1000.0;
    if (!environment->is_silent)
        platform_lines_start(environment, invocation);
}

void environment_hand_over(struct environment *environment, long peak_memory_kb)
{
    struct invocation *invocation = environment->invocation;

    if (invocation->outcome.kind == OUTCOME_NONE)
        invocation->outcome.kind = OUTCOME_ABANDONED;
    invocation->duration_ms = (double)(clock_monotonic_us() - invocation->began_us) / 1000.0;
    invocation->max_memory_mb = (unsigned)((peak_memory_kb + 1023) / 1024);
    if (!environment->is_silent)
        platform_lines_end(environment, invocation);
    environment->invocation = NULL;
    environment->listener->on_done(environment, invocation, environment->listener_context);
}

long environment_memory_kb(const struct process *process)
{
    const long peak_kb = process_peak_memory_kb(process);
    const long tree_kb = (long)(memory_of_process_tree(process_id(process)) / 1024);

    return tree_kb > peak_kb ? tree_kb : peak_kb;
}

long environment_peak_memory_kb(long sampled_kb, long reaped_kb)
{
    struct rusage own;

    if (sampled_kb > 0 && getrusage(RUSAGE_SELF, &own) == 0 && reaped_kb <= own.ru_maxrss)
        return sampled_kb;
    return reaped_kb > sampled_kb ? reaped_kb : sampled_kb;
}

void environment_exit_message(int wait_status, char message[EXIT_MESSAGE_SIZE])
{
    const char *core = WIFSIGNALED(wait_status) && WCOREDUMP(wait_status) ? " (core dumped)" : "";
    const int signal_number = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;

    if (signal_number == 0 && WEXITSTATUS(wait_status) == 0)
        (void)snprintf(message, EXIT_MESSAGE_SIZE, "Runtime exited without providing a reason");
    else if (signal_number == 0)
        (void)snprintf(message, EXIT_MESSAGE_SIZE, "Runtime exited with error: exit status %d",
                       WEXITSTATUS(wait_status));
    else if ((size_t)signal_number < sizeof signal_names / sizeof signal_names[0])
        (void)snprintf(message, EXIT_MESSAGE_SIZE, "Runtime exited with error: signal: %s%s",
                       signal_names[signal_number], core);
    else
        (void)snprintf(message, EXIT_MESSAGE_SIZE, "Runtime exited with error: signal: signal %d%s",
                       signal_number, core);
}

void environment_fail_by_exit(struct environment *environment, int wait_status,
                              bool is_out_of_memory)
{
    struct invocation *invocation = environment->invocation;
    const char *error_type = is_out_of_memory ? "Runtime.OutOfMemory" : "Runtime.ExitError";
    char message[EXIT_MESSAGE_SIZE];

    environment_exit_message(wait_status, message);
    environment_note(environment, "RequestId: %s Error: %s", invocation->request_id, message);
    environment_note(environment, "%s", error_type);
    if (is_out_of_memory)
        log_write(
            environment->services->log, LOG_WARN,
            "%s used more than twice its MemorySize of %u MB and was ended; raise MemorySize, "
            "or set Local.EnforceMemory to false",
            environment->settings->function->name, environment->settings->memory_mb);
    invocation_fail_platform(invocation, error_type, message);
}
