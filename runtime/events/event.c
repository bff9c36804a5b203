#include "runtime/events/event.h"

#include <stdlib.h>
#include <string.h>

struct event *event_new(void)
{
    return calloc(1, sizeof(struct event));
}

void event_free(struct event *event)
{
    if (event == NULL)
        return;
    free(event->qualifier);
    free(event->trace_header);
    free(event->last_error);
    free(event->last_version);
    bytes_release(event->last_response);
    bytes_release(event->payload);
    free(event);
}

size_t event_weight(const struct event *event)
{
    return sizeof *event + bytes_view(event->payload).length +
           bytes_view(event->last_response).length;
}

bool event_set_text(char **text, const char *value)
{
    char *copy = NULL;

    if (value != NULL && value[0] != '\0') {
        copy = strdup(value);
        if (copy == NULL)
            return false;
    }
    free(*text);
    *text = copy;
    return true;
}
