/*
 * What passes through a function URL: any payload becomes a response whose headers can be sent, or a reason why not
 * (url_answer.h), and any request an event that is JSON (url_event.h). The first byte chooses.
 */
#include "base/json/json_text.h"
#include "handlers/url/url_answer.h"
#include "handlers/url/url_event.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_answer(struct url_answer *answer, bool is_read)
{
    expect(is_read == (answer->problem == NULL));
    for (size_t i = 0; is_read && i < answer->header_count; i++)
        expect(answer->headers[i].name[0] != '\0' &&
               strpbrk(answer->headers[i].name, "\r\n: ") == NULL &&
               strpbrk(answer->headers[i].value, "\r\n") == NULL);
    expect(!is_read || (answer->status >= 200 && answer->status <= 599));
    url_answer_clear(answer);
}

static void check_event(struct bytes *made)
{
    expect(made != NULL && json_text_check(made->data, made->length, NULL));
    bytes_release(made);
}

/* The input, in lines: query, content type, cookies; the rest is the body. */
static struct bytes_view next_line(struct bytes_view *rest)
{
    const char *end = rest->length == 0 ? NULL : memchr(rest->data, '\n', rest->length);
    const struct bytes_view line = {rest->data,
                                    end == NULL ? rest->length : (size_t)(end - rest->data)};
    const size_t used = line.length + (end != NULL);

    *rest = (struct bytes_view){rest->data + used, rest->length - used};
    return line;
}

static void make_events(struct bytes_view input)
{
    struct url_event event = {.method = "GET",
                              .path = input,
                              .route_key = "$default",
                              .resource = "/",
                              .stage = "$default",
                              .account_id = "anonymous",
                              .api_id = "id",
                              .domain_name = "host",
                              .source_ip = "127.0.0.1",
                              .request_id = "id",
                              .trace_root = "Root=1",
                              .forwarded_port = "3001",
                              .time_ms = 1,
                              .headers = {.ignores_case = true}};

    event.query = next_line(&input);
    name_values_add(&event.headers, BYTES_VIEW("content-type"), next_line(&input));
    name_values_add(&event.headers, BYTES_VIEW("cookie"), next_line(&input));
    name_values_add(&event.headers, event.query, input);
    name_values_sort(&event.headers);
    event.body = input;
    check_event(url_event_2_0(&event));
    check_event(url_event_1_0(&event));
    event.is_rest = true;
    check_event(url_event_1_0(&event));
    name_values_clear(&event.headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes *input = size == 0 ? NULL : bytes_copy(data + 1, size - 1);
    struct url_answer answer;

    if (input == NULL)
        return 0;
    switch (data[0] & 3) {
    case 0:
        check_answer(&answer, url_answer_read(&answer, input, URL_FORMAT_2_0));
        break;
    case 1:
        check_answer(&answer, url_answer_read(&answer, input, URL_FORMAT_1_0));
        break;
    case 2:
        check_answer(&answer, url_answer_read_prelude(&answer, bytes_view(input)));
        break;
    default:
        make_events(bytes_view(input));
    }
    bytes_release(input);
    return 0;
}
