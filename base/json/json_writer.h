/*
 * json_writer.h - writes JSON into one buffer; commas come by themselves.
 *
 *     struct json_writer writer = {0};
 *     json_open(&writer, '{');
 *     json_key(&writer, "FunctionName");
 *     json_text(&writer, "hello");
 *     json_close(&writer, '}');
 *     inspect_respond_json(exchange, 200, json_writer_take(&writer));
 *
 * When memory runs short the rest is left out, and json_writer_take() says so.
 */
#ifndef BASE_JSON_JSON_WRITER_H
#define BASE_JSON_JSON_WRITER_H

#include "base/bytes.h"

#include <stdint.h>

struct json_writer {
    struct bytes *body;
    bool is_short; /* of memory */
};

/* What a value is nested in may be at most so deep for it to be written as a value: parsers have limits of their own. */
enum { JSON_VALUE_DEPTH_MAX = 400 };

void json_open(struct json_writer *writer, char bracket);
void json_close(struct json_writer *writer, char bracket);
void json_key(struct json_writer *writer, const char *key);
void json_key_view(struct json_writer *writer, struct bytes_view key);

/* NULL is null. */
void json_text(struct json_writer *writer, const char *text);
void json_string(struct json_writer *writer, struct bytes_view text);
void json_null(struct json_writer *writer);
void json_bool(struct json_writer *writer, bool value);
void json_integer(struct json_writer *writer, int64_t value);
/* With two decimals. */
void json_decimal(struct json_writer *writer, double value);
/* With up to three decimals: 1233.96, 4. */
void json_thousandths(struct json_writer *writer, double value);
/* Epoch milliseconds as "2019-11-14T18:16:05.568Z". */
void json_time(struct json_writer *writer, int64_t epoch_ms);
/* What is JSON as the value that it is; anything else, or what is nested too deeply, as a string. */
void json_value_or_string(struct json_writer *writer, struct bytes_view text);

/* Returns owned, and leaves the writer empty; NULL when memory was short. */
struct bytes *json_writer_take(struct json_writer *writer);

#endif
