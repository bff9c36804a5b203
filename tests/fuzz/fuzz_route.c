/*
 * route_find(), api_operation_find(), percent_decode() and exchange_query() on "METHOD target": parts lie inside the target, decoding writes no
 * more than it may and gives the same length whatever the room, and what was found in a query is what stands there.
 */
#include "handlers/exchange.h"
#include "handlers/lambda/api_operations.h"
#include "server/http/routes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_decoding(struct bytes_view text)
{
    char *whole = malloc(text.length + 1);
    char *tight = malloc(text.length / 2 + 1);
    const size_t room = text.length / 2 + 1;
    size_t length;

    expect(whole != NULL && tight != NULL);
    length = percent_decode(text, whole, text.length + 1);
    expect(length <= text.length && whole[length] == '\0');
    expect(percent_decode(text, tight, room) == length && percent_decode(text, NULL, 0) == length);
    expect(memcmp(whole, tight, length < room ? length + 1 : room - 1) == 0);
    if (memchr(text.data, '%', text.length) == NULL)
        expect(length == text.length && memcmp(whole, text.data, length) == 0);
    free(whole);
    free(tight);
}

static void check_query(struct bytes_view query)
{
    const struct exchange exchange = {.query = query};
    char value[16], *whole = malloc(query.length + 1);
    size_t length = 0, whole_length = 0;

    expect(whole != NULL);
    const bool is_there = exchange_query(&exchange, "Qualifier", value, sizeof value, &length);

    expect(is_there ==
           exchange_query(&exchange, "Qualifier", whole, query.length + 1, &whole_length));
    if (is_there) {
        expect(length == whole_length && length <= query.length);
        expect(memmem(query.data, query.length, "Qualifier", 9) != NULL);
        expect(memcmp(value, whole, length < sizeof value ? length : sizeof value - 1) == 0);
    }
    free(whole);
}

static void check_operation(const char *method, struct bytes_view target, size_t path_length)
{
    const struct bytes_view path = {target.data, path_length};
    const size_t rest = target.length - path_length;
    const struct bytes_view query =
        rest == 0 ? (struct bytes_view){"", 0}
                  : (struct bytes_view){target.data + path_length + 1, rest - 1};
    const struct api_operation *operation = api_operation_find(method, path, query);

    expect(operation == NULL || (strcmp(operation->method, method) == 0 && path.length > 0));
    if (operation != NULL && memchr(path.data, '%', path.length) == NULL)
        expect(memcmp(path.data, operation->path, strlen("/2015-03-31/")) == 0);
}

/* Of these the parameter is what follows, with its slashes. */
static bool takes_a_rest(struct bytes_view target)
{
    static const char url[] = "/_invoked/url/", api[] = "/_invoked/api/";

    return target.length >= strlen(url) && (memcmp(target.data, url, strlen(url)) == 0 ||
                                            memcmp(target.data, api, strlen(api)) == 0);
}

static void check_route(const char *method, struct bytes_view target)
{
    const char *question = target.length == 0 ? NULL : memchr(target.data, '?', target.length);
    const size_t path_length = question == NULL ? target.length : (size_t)(question - target.data);
    struct bytes_view parameter = {NULL, 0};
    const struct route *route =
        route_find(method, (struct bytes_view){target.data, path_length}, &parameter);

    expect(route != NULL && route->handler != NULL);
    expect(parameter.length <= path_length);
    expect(parameter.length == 0 || takes_a_rest(target) ||
           memchr(parameter.data, '/', parameter.length) == NULL);
    expect(parameter.length == 0 ||
           (parameter.data >= target.data &&
            parameter.data + parameter.length <= target.data + path_length));
    check_operation(method, target, path_length);
    check_decoding(parameter);
    check_decoding((struct bytes_view){target.data, path_length});
    if (question != NULL)
        check_query((struct bytes_view){question + 1, target.length - path_length - 1});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", ""};
    const size_t skip = size > 0 ? 1 : 0;
    char *text = malloc(size - skip + 1);

    expect(text != NULL);
    if (size > skip)
        memcpy(text, data + skip, size - skip);
    text = realloc(text, size - skip > 0 ? size - skip : 1); /* not a byte more */
    expect(text != NULL);
    check_route(methods[size > 0 ? data[0] % 5 : 0], (struct bytes_view){text, size - skip});
    free(text);
    return 0;
}
