/*
 * json_text.c - how fast documents are checked: a line `json_text NAME MB/s` for each kind, of 6 MB, on one core.
 *
 * Every kind is checked over and over for half a second of processor time; the best round counts.
 */
#include "base/json/json_text.h"

#include "base/bytes.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOCUMENT_BYTES = 6 << 20, ROUNDS_NS = 500000000 };

/* A document is `begin`, then `item`s with a comma between them up to its size, then `end`. */
static const struct {
    const char *name, *begin, *item, *end;
} kinds[] = {
    {"records", "[",
     "{\"id\":12345,\"name\":\"Ada "
     "Lovelace\",\"email\":\"ada@example.com\",\"tags\":[\"a\",\"b\"],\"active\":true,"
     "\"score\":98.6,\"note\":null}",
     "]"},
    {"numbers", "[", "1234.5678e-9", "]"},
    {"text", "[\"",
     "The quick brown fox jumps over the lazy dog, and goes on to do so for as long as there is a "
     "dog to jump over",
     "\"]"},
    {"umlauts", "[\"",
     "Zw\xC3\xB6lf Boxk\xC3\xA4mpfer jagen Viktor quer \xC3\xBC"
     "ber den gro\xC3\x9F"
     "en Sylter Deich",
     "\"]"},
    {"escapes", "[\"", "one\\ntwo\\t\\u00e4\\ud83d\\ude00\\\\", "\"]"},
    {"nested", "[", "[[[[[[[[{\"a\":{\"b\":[{}]}}]]]]]]]]", "]"},
    {"blanks", "[", "\n        1", "\n]"},
};

static struct bytes *make_document(const char *begin, const char *item, const char *end)
{
    struct bytes *document = NULL;
    bool is_made = bytes_append(&document, begin, strlen(begin)) &&
                   bytes_append(&document, item, strlen(item));

    while (is_made && document->length + strlen(item) + strlen(end) < DOCUMENT_BYTES)
        is_made = bytes_append(&document, ",", 1) && bytes_append(&document, item, strlen(item));
    is_made = is_made && bytes_append(&document, end, strlen(end));
    assert(is_made);
    return document;
}

/* Of this thread alone: what else runs on the machine doesn't count. */
static int64_t processor_time_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Of the best round. */
static double megabytes_per_second(const struct bytes *document)
{
    const int64_t until_ns = processor_time_ns() + ROUNDS_NS;
    int64_t best_ns = INT64_MAX, now_ns;

    do {
        const int64_t began_ns = processor_time_ns();
        const bool is_json = json_text_check(document->data, document->length, NULL);

        assert(is_json);
        now_ns = processor_time_ns();
        if (now_ns - began_ns < best_ns)
            best_ns = now_ns - began_ns;
    } while (now_ns < until_ns);
    return (double)document->length * 1000 / (double)(best_ns > 0 ? best_ns : 1);
}

int main(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct bytes *document = make_document(kinds[i].begin, kinds[i].item, kinds[i].end);

        (void)printf("json_text %-8s %8.0f MB/s\n", kinds[i].name, megabytes_per_second(document));
        bytes_release(document);
    }
    return 0;
}
