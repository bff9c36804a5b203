#include "handlers/url/url_answer.h"

#include "base/base64.h"
#include "base/json/json_string.h"
#include "base/json/json_text.h"
#include "base/json/json_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CAPACITY_FIRST = 12, STATUS_MIN = 200, STATUS_MAX = 599, HEADERS_MAX = 1000 };

static const char no_memory[] = "invoked is out of memory";
static const char json_type[] = "application/json", stream_type[] = "application/octet-stream";
static const char remapped[] = "x-amzn-Remapped-";

/* ---- headers ---- */

static bool is_token(struct bytes_view name)
{
    static const char also[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < name.length; i++) {
        const char one = name.data[i];

        if (!((one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') ||
              (one >= 'A' && one <= 'Z') || (one != '\0' && strchr(also, one) != NULL)))
            return false;
    }
    return name.length > 0;
}

static bool is_value(struct bytes_view value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return false;
    }
    return true;
}

/* The connection is the server's affair: such a header is told under another name, as AWS's front ends do. */
static bool is_remapped(struct bytes_view name)
{
    static const char *const names[] = {"connection",        "content-length", "date",
                                        "keep-alive",        "server",         "trailer",
                                        "transfer-encoding", "upgrade",        "www-authenticate"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (name.length == strlen(names[i]) && strncasecmp(name.data, names[i], name.length) == 0)
            return true;
    }
    return false;
}

static bool grow(struct url_answer *answer)
{
    const size_t capacity =
        answer->header_capacity == 0 ? CAPACITY_FIRST : answer->header_capacity * 2;
    struct answer_header *headers = realloc(answer->headers, capacity * sizeof *headers);

    if (headers == NULL)
        return false;
    answer->headers = headers;
    answer->header_capacity = capacity;
    return true;
}

static char *copy_text(struct bytes_view before, struct bytes_view text)
{
    char *copy = malloc(before.length + text.length + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, before.data, before.length);
    memcpy(copy + before.length, text.data, text.length);
    copy[before.length + text.length] = '\0';
    return copy;
}

static bool add(struct url_answer *answer, struct bytes_view name, struct bytes_view value)
{
    struct answer_header *header;

    if (answer->header_count == answer->header_capacity && !grow(answer)) {
        answer->problem = no_memory;
        return false;
    }
    header = &answer->headers[answer->header_count];
    header->name = copy_text(is_remapped(name) ? BYTES_VIEW(remapped) : BYTES_VIEW(""), name);
    header->value = copy_text(BYTES_VIEW(""), value);
    answer->header_count++;
    if (header->name == NULL || header->value == NULL)
        answer->problem = no_memory;
    return answer->problem == NULL;
}

bool url_answer_add(struct url_answer *answer, const char *name, const char *value)
{
    return add(answer, (struct bytes_view){name, strlen(name)},
               (struct bytes_view){value, strlen(value)});
}

void url_answer_remove(struct url_answer *answer, const char *prefix)
{
    size_t kept = 0;

    for (size_t i = 0; i < answer->header_count; i++) {
        if (strncasecmp(answer->headers[i].name, prefix, strlen(prefix)) != 0) {
            answer->headers[kept++] = answer->headers[i];
            continue;
        }
        free((char *)(uintptr_t)answer->headers[i].name);
        free((char *)(uintptr_t)answer->headers[i].value);
    }
    answer->header_count = kept;
}

void url_answer_clear(struct url_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free((char *)(uintptr_t)answer->headers[i].name);
        free((char *)(uintptr_t)answer->headers[i].value);
    }
    free(answer->headers);
    bytes_release(answer->body);
    *answer = (struct url_answer){.status = 0};
}

static bool has_header(const struct url_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcasecmp(answer->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool fail(struct url_answer *answer, const char *problem)
{
    if (answer->problem == NULL)
        answer->problem = problem;
    return false;
}

/* A string decoded, a number or true or false as it is written. NULL with a problem. */
static struct bytes *scalar_text(struct url_answer *answer, struct bytes_view value,
                                 const char *problem)
{
    struct bytes *text = NULL;
    const enum json_kind kind = json_walk_kind(value);

    if (kind == JSON_KIND_STRING ? !json_string_decode(&text, value)
                                 : !bytes_append(&text, value.data, value.length)) {
        bytes_release(text);
        (void)fail(answer, no_memory);
        return NULL;
    }
    if (kind != JSON_KIND_STRING && kind != JSON_KIND_NUMBER && kind != JSON_KIND_TRUE &&
        kind != JSON_KIND_FALSE) {
        bytes_release(text);
        (void)fail(answer, problem);
        return NULL;
    }
    return text;
}

static bool read_value(struct url_answer *answer, struct bytes_view name, struct bytes_view value)
{
    struct bytes *text =
        scalar_text(answer, value, "values of headers must be strings, numbers or booleans");
    bool is_added = false;

    if (text == NULL)
        return false;
    if (answer->header_count >= HEADERS_MAX)
        (void)fail(answer, "there are more than 1000 headers");
    else if (!is_value(bytes_view(text)))
        (void)fail(answer, "the value of a header has a control character");
    else
        is_added = add(answer, name, bytes_view(text));
    bytes_release(text);
    return is_added;
}

static bool read_values(struct url_answer *answer, struct bytes_view name, struct bytes_view list)
{
    struct json_walk walk;

    json_walk_begin(&walk, list);
    while (json_walk_next(&walk)) {
        if (!read_value(answer, name, walk.value))
            return false;
    }
    return true;
}

/* Null stands for no header. */
static bool read_header(struct url_answer *answer, struct bytes_view key, struct bytes_view value,
                        bool is_list)
{
    struct bytes *name = NULL;
    bool is_read = false;

    if (json_walk_kind(value) == JSON_KIND_NULL)
        return true;
    if (!json_string_decode(&name, key))
        (void)fail(answer, no_memory);
    else if (!is_token(bytes_view(name)))
        (void)fail(answer, "the name of a header has a character that no name may have");
    else if (!is_list)
        is_read = read_value(answer, bytes_view(name), value);
    else if (json_walk_kind(value) != JSON_KIND_ARRAY)
        (void)fail(answer, "values of multiValueHeaders must be lists");
    else
        is_read = read_values(answer, bytes_view(name), value);
    bytes_release(name);
    return is_read;
}

static bool read_headers(struct url_answer *answer, struct bytes_view headers, bool are_lists)
{
    struct json_walk walk;

    if (headers.length == 0 || json_walk_kind(headers) == JSON_KIND_NULL)
        return true;
    if (json_walk_kind(headers) != JSON_KIND_OBJECT)
        return fail(answer, are_lists ? "multiValueHeaders must be an object"
                                      : "headers must be an object");
    json_walk_begin(&walk, headers);
    while (json_walk_next(&walk)) {
        if (!read_header(answer, walk.key, walk.value, are_lists))
            return false;
    }
    return true;
}

static bool read_cookies(struct url_answer *answer, struct bytes_view cookies)
{
    if (cookies.length == 0 || json_walk_kind(cookies) == JSON_KIND_NULL)
        return true;
    if (json_walk_kind(cookies) != JSON_KIND_ARRAY)
        return fail(answer, "cookies must be a list of strings");
    return read_values(answer, BYTES_VIEW("Set-Cookie"), cookies);
}

/* ---- status and body ---- */

/* 200 and "200". */
static bool read_status(struct url_answer *answer, struct bytes_view value)
{
    struct bytes *text = scalar_text(answer, value, "statusCode must be a number");
    const struct bytes_view digits = bytes_view(text);

    if (text == NULL)
        return false;
    for (size_t i = 0; i < digits.length && digits.length == 3; i++) {
        if (digits.data[i] >= '0' && digits.data[i] <= '9')
            answer->status = answer->status * 10 + (digits.data[i] - '0');
        else
            answer->status = -STATUS_MAX;
    }
    bytes_release(text);
    return (answer->status >= STATUS_MIN && answer->status <= STATUS_MAX) ||
           fail(answer, "statusCode must be 200 to 599");
}

static bool decode_body(struct url_answer *answer)
{
    size_t length = 0;
    char *decoded = base64_decode(bytes_view(answer->body), &length);

    bytes_release(answer->body);
    answer->body = decoded == NULL ? NULL : bytes_copy(decoded, length);
    free(decoded);
    return answer->body != NULL || fail(answer, "isBase64Encoded is true, and the body is not");
}

static bool read_body(struct url_answer *answer, struct bytes_view body, bool is_base64)
{
    const enum json_kind kind = json_walk_kind(body);

    if (body.length == 0 || kind == JSON_KIND_NULL)
        return true;
    if (kind == JSON_KIND_STRING ? !json_string_decode(&answer->body, body)
                                 : !json_compact_append(&answer->body, body))
        return fail(answer, no_memory);
    return !is_base64 || kind != JSON_KIND_STRING || decode_body(answer);
}

/* ---- the whole ---- */

/* The members of a response; empty where it has none. */
struct members {
    struct bytes_view status, headers, multi_headers, cookies, body, is_base64;
};

static void read_members(struct members *members, struct bytes_view object)
{
    struct json_walk walk;

    json_walk_begin(&walk, object);
    while (json_walk_next(&walk)) {
        const struct {
            const char *name;
            struct bytes_view *to;
        } rows[] = {
            {"statusCode", &members->status}, {"headers", &members->headers},
            {"body", &members->body},         {"isBase64Encoded", &members->is_base64},
            {"cookies", &members->cookies},   {"multiValueHeaders", &members->multi_headers},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (json_walk_string_is(walk.key, rows[i].name))
                *rows[i].to = walk.value;
        }
    }
}

static bool has_status(const struct members *members)
{
    return members->status.length > 0 && json_walk_kind(members->status) != JSON_KIND_NULL;
}

static bool finish(struct url_answer *answer, const char *content_type)
{
    return has_header(answer, "content-type") ||
           url_answer_add(answer, "Content-Type", content_type);
}

static bool read_response(struct url_answer *answer, const struct members *members,
                          enum url_format format)
{
    const bool is_base64 = json_walk_kind(members->is_base64) == JSON_KIND_TRUE;

    return read_status(answer, members->status) && read_headers(answer, members->headers, false) &&
           (format != URL_FORMAT_1_0 || read_headers(answer, members->multi_headers, true)) &&
           (format != URL_FORMAT_2_0 || read_cookies(answer, members->cookies)) &&
           read_body(answer, members->body, is_base64) && finish(answer, json_type);
}

/* What says nothing of HTTP. */
static bool read_plain(struct url_answer *answer, struct bytes *payload, struct bytes_view value)
{
    answer->status = 200;
    if (value.length == 0)
        answer->body = bytes_retain(payload);
    else if (json_walk_kind(value) == JSON_KIND_STRING ? !json_string_decode(&answer->body, value)
                                                       : !json_compact_append(&answer->body, value))
        return fail(answer, no_memory);
    return finish(answer, json_type);
}

bool url_answer_read(struct url_answer *answer, struct bytes *payload, enum url_format format)
{
    const struct bytes_view text = bytes_view(payload);
    struct bytes_view value = {NULL, 0};
    struct members members = {.status = {NULL, 0}};

    *answer = (struct url_answer){.status = 0};
    if (text.length > 0 && json_text_check(text.data, text.length, NULL))
        value = json_walk_value(text);
    if (json_walk_kind(value) == JSON_KIND_OBJECT)
        read_members(&members, value);
    if (has_status(&members))
        return read_response(answer, &members, format);
    if (format == URL_FORMAT_1_0)
        return fail(answer, "it must be an object with a statusCode");
    return read_plain(answer, payload, value);
}

bool url_answer_read_prelude(struct url_answer *answer, struct bytes_view prelude)
{
    struct members members = {.status = {NULL, 0}};

    *answer = (struct url_answer){.status = 0};
    if (!json_text_check(prelude.data, prelude.length, NULL) ||
        json_walk_kind(json_walk_value(prelude)) != JSON_KIND_OBJECT)
        return fail(answer, "what stands before the 8 NUL bytes must be a JSON object");
    read_members(&members, json_walk_value(prelude));
    answer->status = 200;
    if (has_status(&members)) {
        answer->status = 0;
        (void)read_status(answer, members.status);
    }
    return answer->problem == NULL && read_headers(answer, members.headers, false) &&
           read_cookies(answer, members.cookies) && finish(answer, stream_type);
}
