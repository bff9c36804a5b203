#include "base/log.h"

#include "tests/support/unit.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uv_loop_t loop;
static struct log *sink;
static int ends[2]; /* the log writes to ends[1] */
static char received[1048576];

/* The descriptor is the test's own. */
static void open_log_as(const struct log_options *options)
{
    struct log_options own = *options;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ne(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    own.descriptor = ends[1];
    sink = log_open(&loop, &own);
    ck_assert_ptr_nonnull(sink);
}

static void open_log(enum log_format format, enum log_level level, bool has_colour)
{
    open_log_as(
        &(const struct log_options){.format = format, .level = level, .has_colour = has_colour});
}

static void close_log(void)
{
    log_close(sink);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* What has arrived by now, as a C string. */
static const char *arrived(void)
{
    size_t held = 0;
    ssize_t count;

    while ((count = read(ends[0], received + held, sizeof received - 1 - held)) > 0)
        held += (size_t)count;
    received[held] = '\0';
    return received;
}

static const char *flushed(void)
{
    log_flush(sink);
    return arrived();
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t compiled;

    ck_assert_int_eq(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&compiled, text, 0, NULL, 0) == 0, "not %s: %s", pattern, text);
    regfree(&compiled);
}

#define TIME "[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.][0-9]{3}"

/* clang-format off */
static const struct {
    enum log_level level;
    const char *pattern;
} spellings[] = {
    {LOG_ERROR, "^" TIME " error no way\n$"},
    {LOG_WARN,  "^" TIME " warn  no way\n$"},
    {LOG_INFO,  "^" TIME " info  no way\n$"},
    {LOG_DEBUG, "^" TIME " debug no way\n$"},
};
/* clang-format on */

START_TEST(a_line_says_when_how_grave_and_what)
{
    open_log(LOG_TEXT, LOG_DEBUG, false);
    log_write(sink, spellings[_i].level, "no %s", "way");
    assert_matches(flushed(), spellings[_i].pattern);
    close_log();
}
END_TEST

START_TEST(shows_its_own_level_and_what_is_graver)
{
    open_log(LOG_TEXT, (enum log_level)_i, false);
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        log_write(sink, (enum log_level)level, "said");
        ck_assert_int_eq(strstr(flushed(), "said") != NULL, level <= _i);
        ck_assert_int_eq(log_shows(sink, (enum log_level)level), level <= _i);
    }
    log_function_line(sink, "hello", "id", BYTES_VIEW("said"));
    ck_assert_int_eq(strstr(flushed(), "said") != NULL, _i >= LOG_INFO);
    close_log();
}
END_TEST

START_TEST(a_line_of_a_handler_names_function_and_request)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    log_function_line(sink, "hello", "3f6c1f6e-7b0a-4d4c-9a53-0d6c0a5d0a2e",
                      BYTES_VIEW("hi there\r"));
    assert_matches(flushed(),
                   "^" TIME " [[]hello 3f6c1f6e-7b0a-4d4c-9a53-0d6c0a5d0a2e[]] hi there\n$");
    log_function_line(sink, "hello", NULL, BYTES_VIEW("starting"));
    assert_matches(flushed(), "^" TIME " [[]hello[]] starting\n$");
    close_log();
}
END_TEST

START_TEST(members_are_shown_in_json_alone)
{
    static const char members[] = "\"attempt\":2,\"condition\":null";
    char large[LOG_MEMBERS_MAX + 2];
    cJSON *object;

    open_log(LOG_TEXT, LOG_INFO, false);
    log_write_members(sink, LOG_INFO, BYTES_VIEW(members), "said");
    assert_matches(flushed(), "^" TIME " info  said\n$");
    log_write_members(sink, LOG_DEBUG, BYTES_VIEW(members), "unsaid");
    ck_assert_str_eq(flushed(), "");
    close_log();
    open_log(LOG_JSON, LOG_INFO, false);
    log_write_members(sink, LOG_INFO, BYTES_VIEW(members), "said");
    object = cJSON_Parse(flushed());
    ck_assert_int_eq(cJSON_GetObjectItemCaseSensitive(object, "attempt")->valueint, 2);
    ck_assert_str_eq(cJSON_GetObjectItemCaseSensitive(object, "message")->valuestring, "said");
    cJSON_Delete(object);
    memset(large, '1', sizeof large);
    log_write_members(sink, LOG_INFO, (struct bytes_view){large, LOG_MEMBERS_MAX + 1}, "too many");
    object = cJSON_Parse(flushed());
    ck_assert_str_eq(cJSON_GetObjectItemCaseSensitive(object, "message")->valuestring, "too many");
    cJSON_Delete(object);
    close_log();
}
END_TEST

START_TEST(platform_lines_have_a_level_of_their_own_and_ids_may_be_short)
{
    const struct log_options options = {
        .format = LOG_TEXT, .level = LOG_INFO, .platform_level = LOG_DEBUG, .has_short_ids = true};

    open_log_as(&options);
    log_platform_line(sink, "hello", "id", BYTES_VIEW("START"));
    ck_assert_str_eq(flushed(), "");
    log_function_line(sink, "hello", "3f6c1f6e-7b0a-4d4c-9a53-0d6c0a5d0a2e", BYTES_VIEW("hi"));
    assert_matches(flushed(), "^" TIME " [[]hello 3f6c1f6e[]] hi\n$");
    close_log();
}
END_TEST

START_TEST(a_handler_can_neither_forge_a_line_nor_reach_the_terminal)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    log_function_line(sink, "evil", "id", BYTES_VIEW("a\n12:00:00.000 error fire\033[2J\0\xFF"));
    assert_matches(flushed(), "] a\\\\n12:00:00.000 error fire\\\\x1b[[]2J\\\\x00\xEF\xBF\xBD\n$");
    close_log();
}
END_TEST

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

START_TEST(json_is_one_object_a_line)
{
    open_log(LOG_JSON, LOG_INFO, true);
    log_write(sink, LOG_WARN, "a \"quoted\" word\tand \033 more");
    log_function_line(sink, "hello", "id-1", BYTES_VIEW("\xC3\xBC \xFF\n"));
    const char *rest = flushed();
    cJSON *const first = cJSON_ParseWithOpts(rest, &rest, false);

    ck_assert_ptr_nonnull(first);
    assert_matches(text_of(first, "time"), "^[0-9]{4}-[0-9]{2}-[0-9]{2}T" TIME "Z$");
    ck_assert_str_eq(text_of(first, "level"), "warn");
    ck_assert_str_eq(text_of(first, "message"), "a \"quoted\" word\tand \033 more");
    ck_assert_ptr_null(text_of(first, "function"));
    ck_assert_ptr_null(text_of(first, "requestId"));
    ck_assert_int_eq(*rest++, '\n');
    cJSON *const second = cJSON_ParseWithOpts(rest, &rest, false);

    ck_assert_ptr_nonnull(second);
    ck_assert_str_eq(text_of(second, "level"), "info");
    ck_assert_str_eq(text_of(second, "function"), "hello");
    ck_assert_str_eq(text_of(second, "requestId"), "id-1");
    ck_assert_str_eq(text_of(second, "message"), "\xC3\xBC \xEF\xBF\xBD\n");
    ck_assert_str_eq(rest, "\n");
    ck_assert_ptr_null(strchr(received, '\033'));
    cJSON_Delete(first);
    cJSON_Delete(second);
    close_log();
}
END_TEST

START_TEST(several_lines_are_written_as_several)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    log_write(sink, LOG_INFO, "one\n\nthree");
    assert_matches(flushed(), "^" TIME " info  one\n" TIME " info  \n" TIME " info  three\n$");
    close_log();
}
END_TEST

START_TEST(a_long_message_is_not_cut)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    log_write(sink, LOG_INFO, "%5000d|", 7);
    ck_assert_uint_eq(strlen(flushed()), strlen("12:34:56.789 info  ") + 5002);
    close_log();
}
END_TEST

START_TEST(a_huge_line_of_a_handler_is_shown_as_several_whole_ones)
{
    enum { CHARACTERS = 30000 };
    static char line[CHARACTERS * 3 + 1];
    size_t lines = 0, characters = 0;

    line[0] = '.'; /* so that 32 KB end within a character */
    for (int i = 0; i < CHARACTERS; i++)
        memcpy(line + 1 + i * 3, "\xE2\x82\xAC", 3);
    open_log(LOG_TEXT, LOG_INFO, false);
    ck_assert_int_ne(fcntl(ends[1], F_SETPIPE_SZ, 1048576), -1);
    log_function_line(sink, "long", "id", (struct bytes_view){line, sizeof line});
    for (const char *text = flushed(); *text != '\0'; text++) {
        lines += *text == '\n';
        characters += strncmp(text, "\xE2\x82\xAC", 3) == 0;
    }
    ck_assert_uint_eq(lines, 3);
    ck_assert_uint_eq(characters, CHARACTERS);
    ck_assert_ptr_null(strstr(received, "\xEF\xBF\xBD"));
    close_log();
}
END_TEST

START_TEST(errors_and_warnings_go_out_at_once_and_the_rest_a_moment_later)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    log_write(sink, LOG_INFO, "later");
    ck_assert_str_eq(arrived(), "");
    log_write(sink, LOG_WARN, "now");
    ck_assert_ptr_nonnull(strstr(arrived(), "now\n"));
    ck_assert_ptr_nonnull(strstr(received, "later\n"));
    log_write(sink, LOG_ERROR, "now too");
    ck_assert_ptr_nonnull(strstr(arrived(), "now too\n"));
    close_log();
}
END_TEST

START_TEST(says_once_how_many_lines_nobody_read)
{
    open_log(LOG_TEXT, LOG_INFO, false);
    for (int i = 0; i < 30000; i++)
        log_function_line(sink, "chatty", "id",
                          BYTES_VIEW("sixty bytes or so of talk that goes "
                                     "to a reader that does not read"));
    log_write(sink, LOG_ERROR, "dropped too, but not waited for");
    static char all[8 * sizeof received];
    size_t held = 0;

    for (int i = 0; i < 200; i++) {
        held += (size_t)snprintf(all + held, sizeof all - held, "%s", arrived());
        log_write(sink, LOG_ERROR, "x");
    }
    const char *const said = strstr(all, " lines dropped: standard error is not being read\n");

    ck_assert_ptr_nonnull(said);
    ck_assert_ptr_null(strstr(said + strlen(" lines dropped:"), " dropped: "));
    close_log();
}
END_TEST

START_TEST(colour_marks_the_level_and_the_function)
{
    open_log(LOG_TEXT, LOG_INFO, true);
    log_write(sink, LOG_ERROR, "no");
    assert_matches(arrived(), "^\033[[]2m" TIME "\033[[]0m \033[[]31merror\033[[]0m no\n$");
    log_function_line(sink, "hello", "id", BYTES_VIEW("hi"));
    assert_matches(flushed(),
                   "^\033[[]2m" TIME "\033[[]0m \033[[]36m[[]hello id[]]\033[[]0m hi\n$");
    close_log();
}
END_TEST

/* clang-format off */
static const struct {
    bool is_terminal;
    const char *no_colour, *term;
    bool may;
} colours[] = {
    {true,  NULL, "xterm", true},
    {true,  "",   "xterm", true},
    {true,  "1",  "xterm", false},
    {true,  NULL, "dumb",  false},
    {true,  NULL, NULL,    false},
    {false, NULL, "xterm", false},
};
/* clang-format on */

static void set_variable(const char *name, const char *value)
{
    ck_assert_int_eq(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

START_TEST(colours_only_a_terminal_that_allows_it)
{
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);

    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(pipe(ends), 0);
    set_variable("NO_COLOR", colours[_i].no_colour);
    set_variable("TERM", colours[_i].term);
    ck_assert_int_eq(log_may_colour(colours[_i].is_terminal ? terminal : ends[1]), colours[_i].may);
    ck_assert_int_eq(close(terminal), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("log");
    TCase *const tests = tcase_create("log");

    tcase_add_loop_test(tests, a_line_says_when_how_grave_and_what, 0, ARRAY_LENGTH(spellings));
    tcase_add_loop_test(tests, shows_its_own_level_and_what_is_graver, 0, LOG_LEVEL_COUNT);
    tcase_add_test(tests, a_line_of_a_handler_names_function_and_request);
    tcase_add_test(tests, a_handler_can_neither_forge_a_line_nor_reach_the_terminal);
    tcase_add_test(tests, members_are_shown_in_json_alone);
    tcase_add_test(tests, platform_lines_have_a_level_of_their_own_and_ids_may_be_short);
    tcase_add_test(tests, json_is_one_object_a_line);
    tcase_add_test(tests, several_lines_are_written_as_several);
    tcase_add_test(tests, a_long_message_is_not_cut);
    tcase_add_test(tests, a_huge_line_of_a_handler_is_shown_as_several_whole_ones);
    tcase_add_test(tests, errors_and_warnings_go_out_at_once_and_the_rest_a_moment_later);
    tcase_add_test(tests, says_once_how_many_lines_nobody_read);
    tcase_add_test(tests, colour_marks_the_level_and_the_function);
    tcase_add_loop_test(tests, colours_only_a_terminal_that_allows_it, 0, ARRAY_LENGTH(colours));
    suite_add_tcase(suite, tests);
    return suite;
}
