#include "runtime/environments/function_log.h"

void function_log_write(const struct environment *environment, const char *line, size_t length)
{
    struct invocation *invocation = environment->invocation;

    log_function_line(environment->services->log, environment->settings->function->name,
                      invocation == NULL ? NULL : invocation->request_id,
                      (struct bytes_view){line, length});
    if (invocation == NULL)
        return;
    log_tail_append(&invocation->log, line, length);
    log_tail_append(&invocation->log, "\n", 1);
}
