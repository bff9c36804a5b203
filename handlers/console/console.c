/*
 * The Makefile compresses the files of console/dist into CONSOLE_FOLDER, and the assembler takes in their bytes. They
 * are sent as they are: each browser that runs the page reads gzip.
 *
 * To add a file of the page: a row in `files`, a `console_file`, a handler, and a route in server/http/routes.c.
 */
#include "handlers/console/console.h"

#include "handlers/handlers.h"
#include "handlers/lambda/api_error.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

__asm__(".macro console_file symbol, name\n"
        "    .pushsection .rodata\n"
        "\\symbol\\()_begin:\n"
        "    .incbin \"" CONSOLE_FOLDER "/\\name\"\n"
        "\\symbol\\()_end:\n"
        "    .popsection\n"
        ".endm\n"
        "console_file console_html, index.html.gz\n"
        "console_file console_js, console.js.gz\n"
        "console_file console_css, console.css.gz\n");

extern const char console_html_begin[] __attribute__((visibility("hidden")));
extern const char console_html_end[] __attribute__((visibility("hidden")));
extern const char console_js_begin[] __attribute__((visibility("hidden")));
extern const char console_js_end[] __attribute__((visibility("hidden")));
extern const char console_css_begin[] __attribute__((visibility("hidden")));
extern const char console_css_end[] __attribute__((visibility("hidden")));

enum console_file { CONSOLE_HTML, CONSOLE_JS, CONSOLE_CSS };

static const struct file {
    const char *begin, *end;
    const char *type;
} files[] = {
    [CONSOLE_HTML] = {console_html_begin, console_html_end, "text/html; charset=utf-8"},
    [CONSOLE_JS] = {console_js_begin, console_js_end, "text/javascript; charset=utf-8"},
    [CONSOLE_CSS] = {console_css_begin, console_css_end, "text/css; charset=utf-8"},
};

static const char cookie_name[] = "invoked_console=";

enum { ETAG_SIZE = 20, COOKIE_SIZE = sizeof cookie_name + HEX_32_SIZE + 64 };

/* Takes as long for every guess. */
static bool is_token(const struct api *api, const char *text, size_t length)
{
    const size_t expected = strlen(api->console_token);
    unsigned char difference = 0;

    if (expected == 0 || length != expected)
        return false;
    for (size_t i = 0; i < expected; i++)
        difference |= (unsigned char)(text[i] ^ api->console_token[i]);
    return difference == 0;
}

bool console_admits(const struct api *api, const char *cookies)
{
    const size_t name_length = sizeof cookie_name - 1;

    while (cookies != NULL) {
        cookies += strspn(cookies, " ;");
        const size_t length = strcspn(cookies, ";");

        if (length > name_length && memcmp(cookies, cookie_name, name_length) == 0 &&
            is_token(api, cookies + name_length, length - name_length))
            return true;
        cookies = cookies[length] == '\0' ? NULL : cookies + length;
    }
    return false;
}

/* FNV-1a of the content: changes when the file does. */
static void make_etag(const struct file *file, char etag[ETAG_SIZE])
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (const char *at = file->begin; at < file->end; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    (void)snprintf(etag, ETAG_SIZE, "\"%016llx\"", (unsigned long long)hash);
}

static void send_file(struct exchange *exchange, const struct file *file, const char *cookie)
{
    char etag[ETAG_SIZE];
    const char *known = exchange_header(exchange, "If-None-Match");
    struct bytes *body = NULL;

    make_etag(file, etag);
    const struct answer_header headers[] = {
        {"Content-Type", file->type},
        {"Content-Encoding", "gzip"},
        {"ETag", etag},
        {"Cache-Control", "no-cache"},
        {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "
                                    "connect-src 'self'; img-src data:; base-uri 'none'; "
                                    "form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Set-Cookie", cookie}, /* last: left out when there is none to set */
    };
    const size_t count = sizeof headers / sizeof headers[0];
    struct answer answer = {
        .status = 304, .headers = headers, .header_count = cookie == NULL ? count - 1 : count};

    if (known == NULL || strstr(known, etag) == NULL) {
        body = bytes_copy(file->begin, (size_t)(file->end - file->begin));
        answer.status = body == NULL ? 500 : 200;
        answer.body = body;
    }
    exchange_answer(exchange, &answer);
    bytes_release(body);
}

static bool is_served(struct exchange *exchange, const struct api *api)
{
    if (api->console_token[0] != '\0')
        return true;
    api_answer_refusal(exchange, 404, "the console is left out (--no-console)");
    return false;
}

static bool is_admitted(struct exchange *exchange, const struct api *api)
{
    if (console_admits(api, exchange_header(exchange, "Cookie")))
        return true;
    api_answer_refusal(exchange, 403,
                       "open the console by the URL in the server's log (or in its ready file): it "
                       "carries a token");
    return false;
}

void console_page(struct exchange *exchange, struct api *api)
{
    char token[HEX_32_SIZE + 1], cookie[COOKIE_SIZE];
    size_t length;

    if (!is_served(exchange, api))
        return;
    if (exchange_query(exchange, "token", token, sizeof token, &length) &&
        is_token(api, token, length)) {
        (void)snprintf(cookie, sizeof cookie, "%s%s; Path=/; HttpOnly; SameSite=Strict",
                       cookie_name, api->console_token);
        send_file(exchange, &files[CONSOLE_HTML], cookie);
    } else if (is_admitted(exchange, api)) {
        send_file(exchange, &files[CONSOLE_HTML], NULL);
    }
}

void console_script(struct exchange *exchange, struct api *api)
{
    if (is_served(exchange, api) && is_admitted(exchange, api))
        send_file(exchange, &files[CONSOLE_JS], NULL);
}

void console_style(struct exchange *exchange, struct api *api)
{
    if (is_served(exchange, api) && is_admitted(exchange, api))
        send_file(exchange, &files[CONSOLE_CSS], NULL);
}
