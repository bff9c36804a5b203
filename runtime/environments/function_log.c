#include "runtime/environments/function_log.h"

typedef void log_line_fn(struct log *log, const char *function_name, const char *request_id,
                         struct bytes_view line);

static void write_line(const struct environment *environment, log_line_fn *write, const char *line,
                       size_t length)
{
    struct invocation *invocation = environment->invocation;

    write(environment->services->log, environment->settings->function->name,
          invocation == NULL ? NULL : invocation->request_id, (struct bytes_view){line, length});
    if (invocation == NULL)
        return;
    log_tail_append(&invocation->log, line, length);
    log_tail_append(&invocation->log, "\n", 1);
}

void function_log_write(const struct environment *environment, const char *line, size_t length)
{
    write_line(environment, log_function_line, line, length);
}

void function_log_write_platform(const struct environment *environment, const char *line,
                                 size_t length)
{
    write_line(environment, log_platform_line, line, length);
}
