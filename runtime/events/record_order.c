#include "runtime/events/record_order.h"

#include <stdlib.h>
#include <string.h>

struct record_line {
    struct bytes_view text; /* without the line end */
    struct bytes_view time;
};

static size_t count_lines(struct bytes_view lines)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.length; i++)
        count += lines.data[i] == '\n';
    return count;
}

/* The text between `before` and the next quote; empty when there is none. */
static struct bytes_view quoted_after(struct bytes_view line, struct bytes_view before)
{
    const char *const end = line.data + line.length;
    const char *begin = memmem(line.data, line.length, before.data, before.length);
    const char *quote;

    if (begin == NULL)
        return (struct bytes_view){"", 0};
    begin += before.length;
    quote = memchr(begin, '"', (size_t)(end - begin));
    return (struct bytes_view){begin, quote == NULL ? 0 : (size_t)(quote - begin)};
}

/* A quote within the event is escaped in a dead letter's Body, and a record's own time comes before the event. */
static struct bytes_view time_of(struct bytes_view line)
{
    const struct bytes_view sent = quoted_after(line, BYTES_VIEW(",\"SentTimestamp\":\""));

    if (line.length > 12 && memcmp(line.data, "{\"MessageId\"", 12) == 0)
        return sent;
    return quoted_after(line, BYTES_VIEW("\"timestamp\":\""));
}

static int compare(const void *a, const void *b)
{
    const struct record_line *left = a, *right = b;
    const bool is_alike = left->time.length > 0 && left->time.length == right->time.length;
    const int order = is_alike ? memcmp(left->time.data, right->time.data, left->time.length)
                               : (left->time.length > right->time.length) -
                                     (left->time.length < right->time.length);

    if (order != 0)
        return order;
    return (left->text.data > right->text.data) - (left->text.data < right->text.data);
}

static void split(struct bytes_view lines, struct record_line *found)
{
    const char *at = lines.data;
    const char *const end = lines.data + lines.length;
    const char *stop;

    for (; at < end && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at = stop + 1, found++) {
        found->text = (struct bytes_view){at, (size_t)(stop - at)};
        found->time = time_of(found->text);
    }
}

bool record_order_append(struct bytes **array, struct bytes_view lines, bool is_sorted)
{
    const size_t count = count_lines(lines);
    struct record_line *found = calloc(count + 1, sizeof *found);
    bool is_done = found != NULL;

    if (found != NULL)
        split(lines, found);
    if (found != NULL && is_sorted)
        qsort(found, count, sizeof *found, compare);
    for (size_t i = 0; i < count && is_done; i++)
        is_done = (i == 0 || bytes_append(array, ",", 1)) &&
                  bytes_append(array, found[i].text.data, found[i].text.length);
    free(found);
    return is_done;
}
