#include "handlers/http_api/route_match.h"

#include "handlers/exchange.h"

#include <stdlib.h>
#include <string.h>

/* The next part of the path, behind its slash; moves behind it. */
static struct bytes_view next_part(struct bytes_view *rest)
{
    const char *begin = rest->data + 1;
    const char *slash = memchr(begin, '/', rest->length - 1);
    const size_t length = slash == NULL ? rest->length - 1 : (size_t)(slash - begin);

    rest->data += length + 1;
    rest->length -= length + 1;
    return (struct bytes_view){begin, length};
}

static bool is_text(struct bytes_view part, const char *text)
{
    return part.length == strlen(text) && memcmp(part.data, text, part.length) == 0;
}

/* A parameter takes at least one character. */
static bool takes(const struct api_route *route, struct bytes_view path)
{
    for (size_t i = 0; i < route->segment_count; i++) {
        const struct route_segment *segment = &route->segments[i];

        if (path.length == 0 || path.data[0] != '/')
            return false;
        if (segment->kind == SEGMENT_GREEDY)
            return path.length > 1;
        const struct bytes_view part = next_part(&path);

        if (segment->kind == SEGMENT_TEXT ? !is_text(part, segment->text) : part.length == 0)
            return false;
    }
    return path.length == 0;
}

static bool has_method(const struct api_route *route, const char *method)
{
    return route->method == NULL || strcmp(route->method, method) == 0;
}

static bool is_same_path(const struct api_route *left, const struct api_route *right)
{
    return left->path != NULL && right->path != NULL && strcmp(left->path, right->path) == 0;
}

static const struct api_route *find(const struct http_api *api, const char *method,
                                    struct bytes_view path)
{
    const struct api_route *resource = NULL;

    for (size_t i = 0; i < api->route_count; i++) {
        const struct api_route *route = &api->routes[i];

        if (resource != NULL && !is_same_path(resource, route))
            continue;
        if (route->path != NULL && !takes(route, path))
            continue;
        if (has_method(route, method))
            return route;
        if (api->kind == REST_API)
            resource = route;
    }
    return NULL;
}

/* The route takes the path. */
static void read_values(const struct api_route *route, struct bytes_view path,
                        struct name_values *values, char **memory)
{
    const size_t room = path.length + route->segment_count + 1;
    char *to = malloc(room);

    *memory = to;
    values->is_short = to == NULL;
    for (size_t i = 0; to != NULL && i < route->segment_count; i++) {
        const struct route_segment *segment = &route->segments[i];
        const struct bytes_view part = segment->kind == SEGMENT_GREEDY
                                           ? (struct bytes_view){path.data + 1, path.length - 1}
                                           : next_part(&path);

        if (segment->kind == SEGMENT_TEXT)
            continue;
        const size_t length = percent_decode(part, to, room);

        name_values_add(values, (struct bytes_view){segment->text, strlen(segment->text)},
                        (struct bytes_view){to, length});
        to += length + 1;
    }
    name_values_sort(values);
}

const struct api_route *route_match(const struct http_api *api, const char *method,
                                    struct bytes_view path, struct name_values *values,
                                    char **memory)
{
    const struct api_route *route = find(api, method, path);

    *memory = NULL;
    if (route != NULL && route->path != NULL)
        read_values(route, path, values, memory);
    return route;
}
