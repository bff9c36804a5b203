#include "handlers/url/url_event.h"

#include "base/base64.h"
#include "base/json/json_writer.h"
#include "base/short_text.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { TIME_SIZE = 64 };

/* ---- the body ---- */

bool url_event_is_text(const char *content_type)
{
    static const char *const types[] = {"application/json", "application/xml",
                                        "application/javascript"};
    const size_t length = content_type == NULL ? 0 : strcspn(content_type, "; \t,");

    if (length > 5 && strncasecmp(content_type, "text/", 5) == 0)
        return true;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (length == strlen(types[i]) && strncasecmp(content_type, types[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_utf8(struct bytes_view text)
{
    const unsigned char *at = (const unsigned char *)text.data, *const end = at + text.length;

    while (at < end) {
        const size_t length = utf8_length(at, end);

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

static const char *content_type_of(const struct url_event *event, char *text, size_t size)
{
    const struct name_value *found = name_values_find(&event->headers, "content-type");

    if (found == NULL)
        return NULL;
    (void)snprintf(text, size, "%.*s", (int)found->value.length, found->value.data);
    return text;
}

/* True when it was written as base64. */
static bool write_body(struct json_writer *writer, const struct url_event *event)
{
    char content_type[128], *encoded;

    if (event->body.length == 0)
        return false;
    json_key(writer, "body");
    if ((event->is_rest ||
         url_event_is_text(content_type_of(event, content_type, sizeof content_type))) &&
        is_utf8(event->body)) {
        json_string(writer, event->body);
        return false;
    }
    encoded = base64_encode(event->body);
    writer->is_short = writer->is_short || encoded == NULL;
    json_text(writer, encoded);
    free(encoded);
    return true;
}

/* ---- headers ---- */

/* Of the connection, which ends here. */
static bool is_of_connection(struct bytes_view name)
{
    static const char *const names[] = {"connection", "keep-alive",        "proxy-connection",
                                        "te",         "transfer-encoding", "upgrade",
                                        "expect"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (name.length == strlen(names[i]) && strncasecmp(name.data, names[i], name.length) == 0)
            return true;
    }
    return false;
}

static bool is_named(struct bytes_view name, const char *text)
{
    return name.length == strlen(text) && strncasecmp(name.data, text, name.length) == 0;
}

static struct bytes_view view_of(const char *text)
{
    return (struct bytes_view){text, strlen(text)};
}

/* Those of the request, and what AWS's front end adds to them. */
static struct name_values forwarded(const struct url_event *event, bool has_cookies)
{
    struct name_values headers = {NULL};
    const struct name_values *sent = &event->headers;

    headers.is_short = sent->is_short;
    headers.ignores_case = true;
    for (size_t i = 0; i < sent->count; i++) {
        const struct bytes_view name = sent->items[i].name;

        if (!is_of_connection(name) && (has_cookies || !is_named(name, "cookie")) &&
            !is_named(name, "x-amzn-trace-id") && !is_named(name, "x-forwarded-proto") &&
            !is_named(name, "x-forwarded-port"))
            name_values_add(&headers, name, sent->items[i].value);
    }
    name_values_add(&headers, view_of(event->is_rest ? "X-Forwarded-For" : "x-forwarded-for"),
                    view_of(event->source_ip));
    name_values_add(&headers, view_of(event->is_rest ? "X-Forwarded-Proto" : "x-forwarded-proto"),
                    BYTES_VIEW("http"));
    name_values_add(&headers, view_of(event->is_rest ? "X-Forwarded-Port" : "x-forwarded-port"),
                    view_of(event->forwarded_port));
    name_values_add(&headers, view_of(event->is_rest ? "X-Amzn-Trace-Id" : "x-amzn-trace-id"),
                    view_of(event->trace_root));
    name_values_sort(&headers);
    return headers;
}

/* "a=1; b=2" -> "a=1","b=2" */
static void write_cookies(struct json_writer *writer, struct bytes_view cookies)
{
    const char *at = cookies.data, *const end = cookies.data + cookies.length;

    while (at < end) {
        const char *semicolon = memchr(at, ';', (size_t)(end - at));
        const char *stop = semicolon == NULL ? end : semicolon;

        while (at < stop && *at == ' ')
            at++;
        if (stop > at)
            json_string(writer, (struct bytes_view){at, (size_t)(stop - at)});
        at = stop + 1;
    }
}

static void write_all_cookies(struct json_writer *writer, const struct name_values *headers)
{
    const struct name_value *cookie = name_values_find(headers, "cookie");

    if (cookie == NULL)
        return;
    json_key(writer, "cookies");
    json_open(writer, '[');
    for (; cookie < headers->items + headers->count && is_named(cookie->name, "cookie"); cookie++)
        write_cookies(writer, cookie->value);
    json_close(writer, ']');
}

static struct bytes_view header_or_empty(const struct url_event *event, const char *name)
{
    const struct name_value *found = name_values_find(&event->headers, name);

    return found == NULL ? BYTES_VIEW("") : found->value;
}

/* ---- who and when ---- */

static void put_two(struct short_text *text, int number, const char *behind)
{
    const char digits[] = {(char)('0' + number / 10), (char)('0' + number % 10)};

    short_text_put_bytes(text, digits, sizeof digits);
    short_text_put(text, behind);
}

/* "12/Mar/2020:19:03:58 +0000" */
static void write_time(struct json_writer *writer, const char *key, int64_t time_ms)
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    char memory[TIME_SIZE];
    struct short_text text;

    short_text_begin(&text, memory, sizeof memory);
    if (gmtime_r(&seconds, &parts) != NULL) {
        put_two(&text, parts.tm_mday, "/");
        short_text_put(&text, months[parts.tm_mon]);
        short_text_put(&text, "/");
        short_text_put_number(&text, (unsigned)parts.tm_year + 1900);
        short_text_put(&text, ":");
        put_two(&text, parts.tm_hour, ":");
        put_two(&text, parts.tm_min, ":");
        put_two(&text, parts.tm_sec, " +0000");
    }
    json_key(writer, key);
    json_text(writer, text.text);
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
    json_key(writer, key);
    json_text(writer, text);
}

static void write_view(struct json_writer *writer, const char *key, struct bytes_view text)
{
    json_key(writer, key);
    json_string(writer, text);
}

/* There are no users here: the ids are those of the one that messages about permissions name, too. */
static void write_signer(struct json_writer *writer, const struct url_signer *signer)
{
    char arn[96];

    if (signer->access_key_id == NULL)
        return;
    (void)snprintf(arn, sizeof arn, "arn:aws:iam::%.32s:user/local", signer->account_id);
    json_key(writer, "authentication");
    json_null(writer);
    json_key(writer, "authorizer");
    json_open(writer, '{');
    json_key(writer, "iam");
    json_open(writer, '{');
    write_text(writer, "accessKey", signer->access_key_id);
    write_text(writer, "accountId", signer->account_id);
    write_text(writer, "callerId", "AIDALOCAL");
    json_key(writer, "cognitoIdentity");
    json_null(writer);
    json_key(writer, "principalOrgId");
    json_null(writer);
    write_text(writer, "userArn", arn);
    write_text(writer, "userId", "AIDALOCAL");
    json_close(writer, '}');
    json_close(writer, '}');
}

/* ---- format 2.0 ---- */

static void write_context_2_0(struct json_writer *writer, const struct url_event *event)
{
    json_key(writer, "requestContext");
    json_open(writer, '{');
    write_text(writer, "accountId", event->account_id);
    write_text(writer, "apiId", event->api_id);
    write_signer(writer, &event->signer);
    write_text(writer, "domainName", event->domain_name);
    write_text(writer, "domainPrefix", event->api_id);
    json_key(writer, "http");
    json_open(writer, '{');
    write_text(writer, "method", event->method);
    write_view(writer, "path", event->path);
    write_text(writer, "protocol", "HTTP/1.1");
    write_text(writer, "sourceIp", event->source_ip);
    write_view(writer, "userAgent", header_or_empty(event, "user-agent"));
    json_close(writer, '}');
    write_text(writer, "requestId", event->request_id);
    write_text(writer, "routeKey", event->route_key);
    write_text(writer, "stage", event->stage);
    write_time(writer, "time", event->time_ms);
    json_key(writer, "timeEpoch");
    json_integer(writer, event->time_ms);
    json_close(writer, '}');
}

struct bytes *url_event_2_0(const struct url_event *event)
{
    struct json_writer writer = {0};
    struct name_values headers = forwarded(event, false), query = {NULL};
    char *query_memory;

    name_values_read_query(&query, event->query, &query_memory);
    json_open(&writer, '{');
    write_text(&writer, "version", "2.0");
    write_text(&writer, "routeKey", event->route_key);
    write_view(&writer, "rawPath", event->path);
    write_view(&writer, "rawQueryString", event->query);
    write_all_cookies(&writer, &event->headers);
    json_key(&writer, "headers");
    name_values_write(&writer, &headers, NAME_VALUES_JOINED);
    if (query.count > 0) {
        json_key(&writer, "queryStringParameters");
        name_values_write(&writer, &query, NAME_VALUES_JOINED);
    }
    write_context_2_0(&writer, event);
    if (event->path_values.count > 0) {
        json_key(&writer, "pathParameters");
        name_values_write(&writer, &event->path_values, NAME_VALUES_LAST);
    }
    const bool is_base64 = write_body(&writer, event);

    json_key(&writer, "isBase64Encoded");
    json_bool(&writer, is_base64);
    json_close(&writer, '}');
    writer.is_short = writer.is_short || query.is_short;
    name_values_clear(&headers);
    name_values_clear(&query);
    free(query_memory);
    return json_writer_take(&writer);
}

/* ---- format 1.0 ---- */

/* null for none. */
static void write_values(struct json_writer *writer, const char *key,
                         const struct name_values *values, enum name_values_form form)
{
    json_key(writer, key);
    if (values->count == 0)
        json_null(writer);
    else
        name_values_write(writer, values, form);
}

static void write_identity(struct json_writer *writer, const struct url_event *event)
{
    static const char *const unknown[] = {"accessKey",
                                          "accountId",
                                          "caller",
                                          "cognitoAmr",
                                          "cognitoAuthenticationProvider",
                                          "cognitoAuthenticationType",
                                          "cognitoIdentityId",
                                          "cognitoIdentityPoolId",
                                          "principalOrgId",
                                          NULL};

    json_key(writer, "identity");
    json_open(writer, '{');
    for (size_t i = 0; unknown[i] != NULL; i++)
        write_text(writer, unknown[i], NULL);
    write_text(writer, "sourceIp", event->source_ip);
    write_text(writer, "user", NULL);
    write_view(writer, "userAgent", header_or_empty(event, "user-agent"));
    write_text(writer, "userArn", NULL);
    json_close(writer, '}');
}

static void write_context_1_0(struct json_writer *writer, const struct url_event *event)
{
    json_key(writer, "requestContext");
    json_open(writer, '{');
    write_text(writer, "accountId", event->account_id);
    write_text(writer, "apiId", event->api_id);
    write_text(writer, "domainName", event->domain_name);
    write_text(writer, "domainPrefix", event->api_id);
    write_text(writer, "extendedRequestId", event->request_id);
    write_text(writer, "httpMethod", event->method);
    write_identity(writer, event);
    write_view(writer, "path", event->path);
    write_text(writer, "protocol", "HTTP/1.1");
    write_text(writer, "requestId", event->request_id);
    write_time(writer, "requestTime", event->time_ms);
    json_key(writer, "requestTimeEpoch");
    json_integer(writer, event->time_ms);
    write_text(writer, "resourceId", event->route_key);
    write_text(writer, "resourcePath", event->resource);
    write_text(writer, "stage", event->stage);
    json_close(writer, '}');
}

struct bytes *url_event_1_0(const struct url_event *event)
{
    struct json_writer writer = {0};
    struct name_values headers = forwarded(event, true), query = {NULL};
    char *query_memory;

    name_values_read_query(&query, event->query, &query_memory);
    json_open(&writer, '{');
    if (!event->is_rest)
        write_text(&writer, "version", "1.0");
    write_text(&writer, "resource", event->resource);
    write_view(&writer, "path", event->path);
    write_text(&writer, "httpMethod", event->method);
    write_values(&writer, "headers", &headers, NAME_VALUES_LAST);
    write_values(&writer, "multiValueHeaders", &headers, NAME_VALUES_LISTS);
    write_values(&writer, "queryStringParameters", &query, NAME_VALUES_LAST);
    write_values(&writer, "multiValueQueryStringParameters", &query, NAME_VALUES_LISTS);
    write_context_1_0(&writer, event);
    write_values(&writer, "pathParameters", &event->path_values, NAME_VALUES_LAST);
    write_text(&writer, "stageVariables", NULL);
    const bool is_base64 = write_body(&writer, event);

    if (event->body.length == 0)
        write_text(&writer, "body", NULL);
    json_key(&writer, "isBase64Encoded");
    json_bool(&writer, is_base64);
    json_close(&writer, '}');
    writer.is_short = writer.is_short || query.is_short;
    name_values_clear(&headers);
    name_values_clear(&query);
    free(query_memory);
    return json_writer_take(&writer);
}
