#include "handlers/lambda/trace_header.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/short_text.h"

#include <string.h>

enum { FIELD_SIZE = 64 };

/* The value of "Key=value" between semicolons; "" when it is not there or holds what can't stand in a trace. */
static void read_field(const char *header, const char *key, char value[FIELD_SIZE])
{
    const size_t key_length = strlen(key);

    value[0] = '\0';
    while (header != NULL && *header != '\0') {
        header += strspn(header, "; ");
        if (strncmp(header, key, key_length) == 0 && header[key_length] == '=') {
            const char *at = header + key_length + 1;
            size_t length = 0;

            while (hex_value(at[length]) >= 0 || at[length] == '-')
                length++;
            if (length > 0 && length < FIELD_SIZE && (at[length] == ';' || at[length] == '\0')) {
                memcpy(value, at, length);
                value[length] = '\0';
            }
            return;
        }
        header += strcspn(header, ";");
    }
}

void trace_header_make(const char *sent, const char *seen, struct random_source *random,
                       char text[TRACE_ANSWER_SIZE])
{
    char root[FIELD_SIZE], parent[FIELD_SIZE], sampled[FIELD_SIZE], sent_root[FIELD_SIZE];
    struct short_text answer;

    read_field(sent, "Root", sent_root);
    read_field(sent, "Parent", parent);
    read_field(seen != NULL ? seen : sent, "Root", root);
    read_field(seen != NULL ? seen : sent, "Sampled", sampled);
    if (root[0] == '\0')
        trace_id_make(random, clock_real_now_ms(), root);
    short_text_begin(&answer, text, TRACE_ANSWER_SIZE);
    short_text_put(&answer, "root=");
    short_text_put(&answer, root);
    if (sent_root[0] != '\0' && parent[0] != '\0') {
        short_text_put(&answer, ";parent=");
        short_text_put(&answer, parent);
    }
    short_text_put(&answer, ";sampled=");
    short_text_put(&answer, sampled[0] == '\0' ? "0" : sampled);
}
