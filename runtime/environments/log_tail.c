#include "runtime/environments/log_tail.h"

#include <string.h>

enum { FIRST_BYTES = 384 }; /* START, END and REPORT, when a handler prints nothing */

/* Drops from the front in large steps, so that a stream of small appends costs no more than twice its bytes. */
static void make_room(struct log_tail *tail, size_t length)
{
    struct bytes *text = tail->text;
    size_t excess;

    if (text == NULL || text->length + length <= 2 * (size_t)LOG_KEPT_MAX)
        return;
    excess = text->length + length - LOG_KEPT_MAX;
    if (excess > text->length)
        excess = text->length;
    memmove(text->data, text->data + excess, text->length - excess);
    text->length -= excess;
    tail->is_cut = true;
}

void log_tail_append(struct log_tail *tail, const char *data, size_t length)
{
    if (length > LOG_KEPT_MAX) {
        data += length - LOG_KEPT_MAX;
        length = LOG_KEPT_MAX;
        tail->is_cut = true;
    }
    make_room(tail, length);
    if (tail->text == NULL)
        (void)bytes_reserve(&tail->text, length < FIRST_BYTES ? FIRST_BYTES : length);
    (void)bytes_append(&tail->text, data, length);
}

struct bytes_view log_tail_result(const struct log_tail *tail)
{
    struct bytes_view view = bytes_view(tail->text);

    if (view.length > LOG_RESULT_MAX) {
        view.data += view.length - LOG_RESULT_MAX;
        view.length = LOG_RESULT_MAX;
    }
    return view;
}

void log_tail_clear(struct log_tail *tail)
{
    bytes_release(tail->text);
    *tail = (struct log_tail){0};
}
