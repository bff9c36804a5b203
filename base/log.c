#include "base/log.h"

#include "base/clock.h"
#include "base/line_writer.h"
#include "base/safe_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Bytes of a message in one line, and of all that may stand around it. */
enum { PIECE_MAX = 32768, FRAME_MAX = 2048, FLUSH_LIMIT_MS = 1000 };

static_assert(PIECE_MAX * SAFE_TEXT_GROWTH + FRAME_MAX + LOG_MEMBERS_MAX <= LINE_MAX_BYTES,
              "a piece fits in a line");

struct log {
    struct log_options options;
    struct line_writer *writer;
    int64_t second;      /* the one that `second_text` spells, local time */
    char second_text[9]; /* "12:34:56" */
};

/* clang-format off */
static const struct {
    const char *name, *padded_name, *colour;
} levels[LOG_LEVEL_COUNT] = {
    [LOG_ERROR] = {"error", "error", "\033[31m"},
    [LOG_WARN]  = {"warn",  "warn ", "\033[33m"},
    [LOG_INFO]  = {"info",  "info ", "\033[32m"},
    [LOG_DEBUG] = {"debug", "debug", "\033[2m"},
};
/* clang-format on */

static const char colour_of_time[] = "\033[2m", colour_of_function[] = "\033[36m",
                  colour_off[] = "\033[0m";

/* What one line says. */
struct log_line {
    enum log_level level;
    const char *function_name, *request_id; /* NULL where they don't apply */
    struct bytes_view message;
    struct bytes_view members; /* JSON only */
};

/* Room that was measured to be enough. */
struct output {
    char *text;
    size_t length;
};

static void put(struct output *output, const char *text)
{
    const size_t length = strlen(text);

    memcpy(output->text + output->length, text, length);
    output->length += length;
}

enum { NAME_MAX_BYTES = 150, SHORT_ID_BYTES = 8 };

/* A name that the configuration has checked; bounded all the same. */
static void put_cut(struct output *output, const char *name, size_t byte_max)
{
    output->length += safe_text_json((struct bytes_view){name, strnlen(name, byte_max)},
                                     output->text + output->length);
}

static void put_name(struct output *output, const char *name)
{
    put_cut(output, name, NAME_MAX_BYTES);
}

static void put_coloured(const struct log *log, struct output *output, const char *colour,
                         const char *text)
{
    if (log->options.has_colour)
        put(output, colour);
    put(output, text);
    if (log->options.has_colour)
        put(output, colour_off);
}

static void put_local_time(struct log *log, struct output *output)
{
    const int64_t now_ms = clock_real_now_ms();
    const time_t second = (time_t)(now_ms / 1000);
    char text[] = "12:34:56.789";
    struct tm parts;

    if (second != log->second && localtime_r(&second, &parts) != NULL &&
        strftime(log->second_text, sizeof log->second_text, "%H:%M:%S", &parts) > 0)
        log->second = second;
    memcpy(text, log->second_text, sizeof log->second_text - 1);
    text[9] = (char)('0' + now_ms / 100 % 10);
    text[10] = (char)('0' + now_ms / 10 % 10);
    text[11] = (char)('0' + now_ms % 10);
    put_coloured(log, output, colour_of_time, text);
}

static void put_text_line(struct log *log, struct output *output, const struct log_line *line)
{
    put_local_time(log, output);
    put(output, " ");
    if (line->function_name == NULL) {
        put_coloured(log, output, levels[line->level].colour, levels[line->level].padded_name);
    } else {
        put(output, log->options.has_colour ? colour_of_function : "");
        put(output, "[");
        put_name(output, line->function_name);
        put(output, line->request_id != NULL ? " " : "");
        put_cut(output, line->request_id != NULL ? line->request_id : "",
                log->options.has_short_ids ? SHORT_ID_BYTES : NAME_MAX_BYTES);
        put(output, "]");
        put(output, log->options.has_colour ? colour_off : "");
    }
    put(output, " ");
    output->length += safe_text_plain(line->message, output->text + output->length);
    put(output, "\n");
}

static void put_json_line(struct output *output, const struct log_line *line)
{
    char time_text[CLOCK_TEXT_SIZE];

    clock_format(clock_real_now_ms(), time_text);
    put(output, "{\"time\":\"");
    put(output, time_text);
    put(output, "\",\"level\":\"");
    put(output, levels[line->level].name);
    if (line->function_name != NULL) {
        put(output, "\",\"function\":\"");
        put_name(output, line->function_name);
    }
    if (line->request_id != NULL) {
        put(output, "\",\"requestId\":\"");
        put_name(output, line->request_id);
    }
    put(output, "\"");
    if (line->members.length > 0) {
        put(output, ",");
        memcpy(output->text + output->length, line->members.data, line->members.length);
        output->length += line->members.length;
    }
    put(output, ",\"message\":\"");
    output->length += safe_text_json(line->message, output->text + output->length);
    put(output, "\"}\n");
}

static void put_line(struct log *log, struct output *output, const struct log_line *line)
{
    if (log->options.format == LOG_JSON)
        put_json_line(output, line);
    else
        put_text_line(log, output, line);
}

static size_t say_dropped(char *text, size_t size, unsigned long long dropped_count, void *context)
{
    char message[80];
    struct output output = {text, 0};
    const int length =
        snprintf(message, sizeof message, "%llu line%s dropped: standard error is not being read",
                 dropped_count, dropped_count == 1 ? "" : "s");

    assert(size >= 256 && length > 0 && (size_t)length < sizeof message);
    put_line(context, &output,
             &(const struct log_line){.level = LOG_WARN, .message = {message, (size_t)length}});
    return output.length;
}

bool log_may_colour(int descriptor)
{
    const char *const no_colour = getenv("NO_COLOR"), *const terminal = getenv("TERM");

    if (no_colour != NULL && no_colour[0] != '\0')
        return false;
    return terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(descriptor) == 1;
}

struct log *log_open(uv_loop_t *loop, const struct log_options *options)
{
    struct log *const log = calloc(1, sizeof *log);

    if (log == NULL)
        return NULL;
    log->options = *options;
    log->second = -1;
    log->writer = line_writer_open(loop, options->descriptor, say_dropped, log);
    if (log->writer == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    line_writer_close(log->writer);
    free(log);
}

bool log_shows(const struct log *log, enum log_level level)
{
    return level <= log->options.level;
}

/* How much of `text` the next line shows; never ends within a character. */
static size_t piece_length(struct bytes_view text)
{
    size_t length = PIECE_MAX;

    if (text.length <= PIECE_MAX)
        return text.length;
    while (length > PIECE_MAX - 4 && ((unsigned char)text.data[length] & 0xC0) == 0x80)
        length--;
    return length;
}

/* `line->message` has no line end. */
static void write_line(struct log *log, const struct log_line *line)
{
    struct bytes_view rest = line->message;

    do {
        struct log_line piece = *line;
        struct output output = {NULL, 0};

        piece.message.data = rest.data;
        piece.message.length = piece_length(rest);
        rest.data += piece.message.length;
        rest.length -= piece.message.length;
        output.text = line_writer_reserve(log->writer, piece.message.length * SAFE_TEXT_GROWTH +
                                                           piece.members.length + FRAME_MAX);
        if (output.text == NULL)
            continue;
        put_line(log, &output, &piece);
        line_writer_commit(log->writer, output.length);
    } while (rest.length > 0);
}

static void write_lines(struct log *log, enum log_level level, struct bytes_view text)
{
    const char *const end = text.data + text.length;

    for (const char *begin = text.data; begin <= end;) {
        const char *const found = memchr(begin, '\n', (size_t)(end - begin));
        const char *const line_end = found != NULL ? found : end;

        write_line(log, &(const struct log_line){.level = level,
                                                 .message = {begin, (size_t)(line_end - begin)}});
        begin = line_end + 1;
    }
    if (level <= LOG_WARN)
        line_writer_push(log->writer);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    if (!log_shows(log, level))
        return;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if ((size_t)length < sizeof text) {
        write_lines(log, level, (struct bytes_view){text, (size_t)length});
        return;
    }
    char *const long_text = malloc((size_t)length + 1);

    if (long_text == NULL) {
        write_lines(log, level, (struct bytes_view){text, sizeof text - 1});
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(long_text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    write_lines(log, level, (struct bytes_view){long_text, (size_t)length});
    free(long_text);
}

void log_write_members(struct log *log, enum log_level level, struct bytes_view members,
                       const char *message)
{
    struct log_line line = {.level = level, .message = {message, strlen(message)}};

    if (!log_shows(log, level))
        return;
    if (members.length <= LOG_MEMBERS_MAX)
        line.members = members;
    write_line(log, &line);
    if (level <= LOG_WARN)
        line_writer_push(log->writer);
}

void log_function_line(struct log *log, const char *function_name, const char *request_id,
                       struct bytes_view line)
{
    if (!log_shows(log, LOG_INFO))
        return;
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    write_line(log, &(const struct log_line){.level = LOG_INFO,
                                             .function_name = function_name,
                                             .request_id = request_id,
                                             .message = line});
}

void log_platform_line(struct log *log, const char *function_name, const char *request_id,
                       struct bytes_view line)
{
    if (log_shows(log, log->options.platform_level))
        log_function_line(log, function_name, request_id, line);
}

void log_push(struct log *log)
{
    line_writer_push(log->writer);
}

void log_flush(struct log *log)
{
    (void)line_writer_flush(log->writer, FLUSH_LIMIT_MS);
}
