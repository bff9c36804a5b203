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
    free(event->tenant_id);
    free(event->last_error);
    free(event->last_version);
    bytes_release(event->last_response);
    bytes_release(event->payload);
    free(event);
}

struct event *event_copy(const struct event *event)
{
    struct event *copy = event_new();

    if (copy == NULL)
        return NULL;
    copy->lane = event->lane;
    copy->lane_id = event->lane_id;
    copy->sequence = event->sequence;
    copy->enqueued_at_ms = event->enqueued_at_ms;
    copy->due_ms = event->due_ms;
    copy->run_count = event->run_count;
    copy->throttle_count = event->throttle_count;
    memcpy(copy->request_id, event->request_id, sizeof copy->request_id);
    copy->last_response = bytes_retain(event->last_response);
    copy->payload = bytes_retain(event->payload);
    if (event_set_text(&copy->qualifier, event->qualifier) &&
        event_set_text(&copy->trace_header, event->trace_header) &&
        event_set_text(&copy->tenant_id, event->tenant_id) &&
        event_set_text(&copy->last_error, event->last_error) &&
        event_set_text(&copy->last_version, event->last_version))
        return copy;
    event_free(copy);
    return NULL;
}

void events_free(struct event *first)
{
    struct event *next;

    for (; first != NULL; first = next) {
        next = first->next;
        event_free(first);
    }
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
