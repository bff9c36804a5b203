#include "server/cli/options.h"

#include "server/cli/option_table.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 16 };

/* The world outside of the command line. Lists end in NULL. */
struct world {
    const char *variables[6]; /* "NAME=VALUE" */
    const char *files[4];
};

static const char *variable_of(const char *name, void *context)
{
    const struct world *const world = context;
    const size_t length = strlen(name);

    for (size_t i = 0; world->variables[i] != NULL; i++) {
        if (strncmp(world->variables[i], name, length) == 0 && world->variables[i][length] == '=')
            return world->variables[i] + length + 1;
    }
    return NULL;
}

static bool exists_in(const char *path, void *context)
{
    const struct world *const world = context;

    for (size_t i = 0; world->files[i] != NULL; i++) {
        if (strcmp(world->files[i], path) == 0)
            return true;
    }
    return false;
}

static struct world no_world;
static struct options parsed;

/* `line` is parted by single spaces; "''" is an empty argument. */
static enum options_status parse_in(struct world *world, const char *line)
{
    static char copy[512];
    char *argv[ARGUMENTS_MAX + 1] = {(char *)"invoked"}, *rest = copy;
    static char *kept[ARGUMENTS_MAX + 1];
    int argc = 1;

    ck_assert_uint_lt(strlen(line), sizeof copy);
    memcpy(copy, line, strlen(line) + 1);
    for (char *word; argc < ARGUMENTS_MAX && (word = strsep(&rest, " ")) != NULL;) {
        if (word[0] != '\0')
            argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    memcpy(kept, argv, sizeof kept);
    const struct options_source source = {argc, kept, variable_of, exists_in, world};

    return options_parse(&parsed, &source);
}

static enum options_status parse(const char *line)
{
    return parse_in(&no_world, line);
}

/* --- good ones --- */

START_TEST(serve_has_defaults)
{
    ck_assert_int_eq(parse("a.json"), OPTIONS_OK);
    ck_assert_int_eq(parsed.command, COMMAND_SERVE);
    ck_assert_str_eq(parsed.config_path, "a.json");
    ck_assert_str_eq(parsed.host, "127.0.0.1");
    ck_assert_uint_eq(parsed.port, 3001);
    ck_assert_str_eq(parsed.data_dir, "./.invoked");
    ck_assert_ptr_null(parsed.ready_file);
    ck_assert_int_eq(parsed.clock_mode, CLOCK_REAL);
    ck_assert_uint_eq(parsed.clock_factor, 1);
    ck_assert_uint_eq(parsed.parameters.count, 0);
    ck_assert_ptr_null(parsed.parameters.items[0]);
    ck_assert(parsed.watches);
    ck_assert(!parsed.explains);
    ck_assert_int_eq(parsed.log_format, LOG_TEXT);
    ck_assert_int_eq(parsed.log_level, LOG_INFO);
    ck_assert_ptr_null(parsed.run_argv);
    ck_assert_ptr_null(parsed.text);
    options_clear(&parsed);
}
END_TEST

START_TEST(run_uses_a_free_port_and_a_temporary_folder)
{
    ck_assert_int_eq(parse("run a.json -- pytest -x --port 7 -- y"), OPTIONS_OK);
    ck_assert_int_eq(parsed.command, COMMAND_RUN);
    ck_assert_str_eq(parsed.config_path, "a.json");
    ck_assert_uint_eq(parsed.port, 0);
    ck_assert_ptr_null(parsed.data_dir);
    ck_assert(!parsed.fails_on_dead_letter);
    const char *const expected[] = {"pytest", "-x", "--port", "7", "--", "y"};

    for (int i = 0; i < ARRAY_LENGTH(expected); i++)
        ck_assert_str_eq(parsed.run_argv[i], expected[i]);
    ck_assert_ptr_null(parsed.run_argv[ARRAY_LENGTH(expected)]);
    options_clear(&parsed);
}
END_TEST

START_TEST(invoke_has_defaults)
{
    ck_assert_int_eq(parse("invoke hello"), OPTIONS_OK);
    ck_assert_int_eq(parsed.command, COMMAND_INVOKE);
    ck_assert_ptr_null(parsed.config_path);
    ck_assert_str_eq(parsed.invoke.function_name, "hello");
    ck_assert_int_eq(parsed.invoke.payload_source, PAYLOAD_NONE);
    ck_assert_str_eq(parsed.invoke.invocation_type, "RequestResponse");
    ck_assert_str_eq(parsed.invoke.endpoint, "http://127.0.0.1:3001");
    ck_assert_ptr_null(parsed.invoke.qualifier);
    ck_assert_ptr_null(parsed.invoke.client_context);
    ck_assert(!parsed.invoke.wants_tail);
    options_clear(&parsed);
}
END_TEST

/* What one member must be, as text, after a command line. */
static const char *member_text(const char *member)
{
    static char text[256];
    const struct options *const o = &parsed;

#define MEMBER(name, format, ...)                                                                  \
    if (strcmp(member, name) == 0)                                                                 \
    (void)snprintf(text, sizeof text, format, __VA_ARGS__)
    text[0] = '\0';
    MEMBER("command", "%s", command_table[o->command].name);
    MEMBER("config", "%s", o->config_path);
    MEMBER("host", "%s", o->host);
    MEMBER("port", "%u", o->port);
    MEMBER("data", "%s", o->data_dir);
    MEMBER("ready", "%s", o->ready_file);
    MEMBER("clock", "%d x%u", (int)o->clock_mode, o->clock_factor);
    MEMBER("parameters", "%zu %s %s", o->parameters.count, o->parameters.items[0],
           o->parameters.items[1]);
    MEMBER("watches", "%d", o->watches);
    MEMBER("explains", "%d", o->explains);
    MEMBER("format", "%d", (int)o->log_format);
    MEMBER("level", "%d", (int)o->log_level);
    MEMBER("run", "%s", o->run_argv[0]);
    MEMBER("fails", "%d", o->fails_on_dead_letter);
    MEMBER("drains", "%d", o->drains);
    MEMBER("payload", "%d %s", (int)o->invoke.payload_source,
           o->invoke.payload != NULL ? o->invoke.payload : "none");
    MEMBER("name", "%s", o->invoke.function_name);
    MEMBER("type", "%s", o->invoke.invocation_type);
    MEMBER("qualifier", "%s", o->invoke.qualifier);
    MEMBER("context", "%s", o->invoke.client_context);
    MEMBER("endpoint", "%s", o->invoke.endpoint);
    MEMBER("tail", "%d", o->invoke.wants_tail);
#undef MEMBER
    return text;
}

/* clang-format off */
static const struct {
    const char *line, *member, *expected;
} good[] = {
    {"serve a.json",                     "command",    "serve"},
    {"serve serve",                      "config",     "serve"},
    {"check a.json",                     "command",    "check"},
    {"check --parameter A=1 a.json",     "parameters", "1 A=1 (null)"},
    {"--port 80 run a.json -- x",        "command",    "run"},
    {"--port 80 run a.json -- x",        "port",       "80"},
    {"a.json --port 0",                  "port",       "0"},
    {"a.json --port=65535",              "port",       "65535"},
    {"a.json -p 7",                      "port",       "7"},
    {"a.json -p7",                       "port",       "7"},
    {"a.json -p 7 -p 8",                 "port",       "8"},
    {"a.json -H ::1",                    "host",       "::1"},
    {"a.json -H -x",                     "host",       "-x"},
    {"invoke hello -- --tail",           "payload",    "1 --tail"},
    {"run --no-watch a.json -- x",       "watches",    "0"},
    {"a.json --host 0.0.0.0",            "host",       "0.0.0.0"},
    {"a.json -d /var/x",                 "data",       "/var/x"},
    {"a.json --data-dir=y",              "data",       "y"},
    {"run -d y a.json -- x",             "data",       "y"},
    {"a.json --ready-file r.json",       "ready",      "r.json"},
    {"a.json --clock real",              "clock",      "0 x1"},
    {"a.json --clock manual",            "clock",      "2 x1"},
    {"a.json --clock x1",                "clock",      "1 x1"},
    {"a.json --clock x60",               "clock",      "1 x60"},
    {"a.json --clock=x1000000",          "clock",      "1 x1000000"},
    {"a.json --parameter A=1 --parameter B==", "parameters", "2 A=1 B=="},
    {"a.json --parameter A=",            "parameters", "1 A= (null)"},
    {"a.json --no-watch",                "watches",    "0"},
    {"a.json --explain",                 "explains",   "1"},
    {"a.json --log-format json",         "format",     "1"},
    {"a.json --log-format text",         "format",     "0"},
    {"a.json --log-level error",         "level",      "0"},
    {"a.json --log-level warn",          "level",      "1"},
    {"a.json --log-level info",          "level",      "2"},
    {"a.json --log-level debug",         "level",      "3"},
    {"a.json --explain",                 "level",      "2"},
    {"run a.json -- x",                  "level",      "1"},
    {"run a.json --explain -- x",        "level",      "2"},
    {"run a.json --explain --log-level error -- x", "level", "0"},
    {"invoke h --endpoint http://a:1/b", "endpoint",   "http://a:1/b"},
    {"-- -odd-name.json",                "config",     "-odd-name.json"},
    {"run a.json --fail-on-dead-letter -- x", "fails", "1"},
    {"run a.json --drain -- x",          "drains",     "1"},
    {"run a.json -- --help",             "run",        "--help"},
    {"invoke hello {}",                  "payload",    "1 {}"},
    {"invoke hello @event.json",         "payload",    "2 event.json"},
    {"invoke hello -",                   "payload",    "3 none"},
    {"invoke -- hello -5",               "payload",    "1 -5"},
    {"invoke run",                       "name",       "run"},
    {"invoke hello --type Event",        "type",       "Event"},
    {"plan hello",                       "name",       "hello"},
    {"functions --endpoint http://a:1",  "endpoint",   "http://a:1"},
    {"plan hello --qualifier live",      "qualifier",  "live"},
    {"plan h --endpoint http://a:1",     "endpoint",   "http://a:1"},
    {"invoke hello --type DryRun",       "type",       "DryRun"},
    {"invoke --type=RequestResponse h",  "type",       "RequestResponse"},
    {"invoke hello --qualifier live",    "qualifier",  "live"},
    {"invoke hello --client-context {}", "context",    "{}"},
    {"invoke hello --tail",              "tail",       "1"},
    {"invoke h --endpoint http://a:1",   "endpoint",   "http://a:1"},
};
/* clang-format on */

START_TEST(reads_every_option_in_every_form)
{
    ck_assert_int_eq(parse(good[_i].line), OPTIONS_OK);
    ck_assert_str_eq(member_text(good[_i].member), good[_i].expected);
    options_clear(&parsed);
}
END_TEST

/* clang-format off */
static const struct {
    struct world world;
    const char *line, *member, *expected;
} variables[] = {
    {{{"INVOKED_PORT=4000"}, {NULL}},              "a.json",           "port",     "4000"},
    {{{"INVOKED_PORT=4000"}, {NULL}},              "a.json -p 5000",   "port",     "5000"},
    {{{"INVOKED_PORT="}, {NULL}},                  "a.json",           "port",     "3001"},
    {{{"INVOKED_PORT=no"}, {NULL}},                "check a.json",     "command",  "check"},
    {{{"INVOKED_HOST=::1"}, {NULL}},               "a.json",           "host",     "::1"},
    {{{"INVOKED_DATA_DIR=/d"}, {NULL}},            "a.json",           "data",     "/d"},
    {{{"INVOKED_CLOCK=x9"}, {NULL}},               "a.json",           "clock",    "1 x9"},
    {{{"INVOKED_CLOCK=x9"}, {NULL}},               "a.json --clock manual", "clock", "2 x1"},
    {{{"INVOKED_LOG_FORMAT=json"}, {NULL}},        "a.json",           "format",   "1"},
    {{{"INVOKED_LOG_LEVEL=debug"}, {NULL}},        "run a.json -- x",  "level",    "3"},
    {{{"INVOKED_ENDPOINT=http://i"}, {NULL}},      "invoke hello",     "endpoint", "http://i"},
    {{{"AWS_ENDPOINT_URL_LAMBDA=http://a"}, {NULL}}, "invoke hello",   "endpoint", "http://a"},
    {{{"AWS_ENDPOINT_URL_LAMBDA=http://a", "INVOKED_ENDPOINT=http://i"}, {NULL}},
                                                   "invoke hello",     "endpoint", "http://i"},
    {{{"INVOKED_ENDPOINT=http://i"}, {NULL}}, "invoke hello --endpoint http://f", "endpoint", "http://f"},
    {{{NULL}, {"./invoked.json", "./template.yaml"}}, "",              "config",   "./invoked.json"},
    {{{NULL}, {"./template.yaml"}},                "check",            "config",   "./template.yaml"},
    {{{NULL}, {"./template.yaml"}},                "run -- x",         "config",   "./template.yaml"},
    {{{NULL}, {"./template.yaml"}},                "other.json",       "config",   "other.json"},
    {{{NULL}, {"servo"}},                          "servo",            "config",   "servo"},
};
/* clang-format on */

START_TEST(an_option_overrides_its_variable_which_overrides_the_default)
{
    struct world world = variables[_i].world;

    ck_assert_int_eq(parse_in(&world, variables[_i].line), OPTIONS_OK);
    ck_assert_str_eq(member_text(variables[_i].member), variables[_i].expected);
    options_clear(&parsed);
}
END_TEST

/* --- bad ones --- */

/* clang-format off */
static const struct {
    const char *line, *text;
} bad[] = {
    {"a.json --port 65536",      "--port: must be 0 to 65535 (is 65536)"},
    {"a.json --port -1",         "--port: must be 0 to 65535 (is -1)"},
    {"a.json --port 3x",         "--port: must be 0 to 65535 (is 3x)"},
    {"a.json --port=",           "--port: missing value: --port N"},
    {"a.json --port 99999999999999999999", "--port: must be 0 to 65535 (is 99999999999999999999)"},
    {"a.json --port",            "--port: missing value: --port N"},
    {"a.json --port --explain",  "--port: missing value: --port N"},
    {"a.json -p",                "--port: missing value: --port N"},
    {"a.json --host ''",         "--host: missing value: --host ADDR"},
    {"a.json --data-dir=",       "--data-dir: missing value: --data-dir DIR"},
    {"a.json --ready-file=",     "--ready-file: missing value: --ready-file F"},
    {"a.json --clock x0",        "--clock: must be real, manual, or x1 to x1000000 (is x0)"},
    {"a.json --clock x1000001",  "--clock: must be real, manual, or x1 to x1000000 (is x1000001)"},
    {"a.json --clock x",         "--clock: must be real, manual, or x1 to x1000000 (is x)"},
    {"a.json --clock x1.5",      "--clock: must be real, manual, or x1 to x1000000 (is x1.5)"},
    {"a.json --clock fast",      "--clock: must be real, manual, or x1 to x1000000 (is fast)"},
    {"a.json --parameter A",     "--parameter: must be NAME=VALUE (is A)"},
    {"a.json --parameter =1",    "--parameter: must be NAME=VALUE (is =1)"},
    {"a.json --no-watch=1",      "--no-watch: takes no value (is 1)"},
    {"a.json --log-format xml",  "--log-format: must be text or json (is xml)"},
    {"a.json --log-level all",   "--log-level: must be error, warn, info or debug (is all)"},
    {"a.json --prot 3",          "--prot: unknown option; did you mean --port?"},
    {"a.json --prot=3",          "--prot: unknown option; did you mean --port?"},
    {"a.json -port 3",           "--port: must be 0 to 65535 (is ort)"},
    {"a.json --datadir x",       "--datadir: unknown option; did you mean --data-dir?"},
    {"a.json --nowatch",         "--nowatch: unknown option; did you mean --no-watch?"},
    {"a.json --data x",          "--data: unknown option; did you mean --data-dir?"},
    {"a.json --no-wat",          "--no-wat: unknown option; did you mean --no-watch?"},
    {"a.json --log x",           "--log: unknown option; `invoked serve --help` lists them"},
    {"a.json -explain",          "-explain: unknown option; did you mean --explain?"},
    {"a.json --host -- b.json",  "--host: missing value: --host ADDR"},
    {"invoke h --tall",          "--tall: unknown option; did you mean --tail?"},
    {"a.json --something-else",  "--something-else: unknown option; `invoked serve --help` lists them"},
    {"check a.json -x",          "-x: unknown option; `invoked check --help` lists them"},
    {"a.json --tail",            "--tail: not an option of `serve`, only of `invoke`"},
    {"invoke h --port 3",        "--port: not an option of `invoke`, only of `serve` and `run`"},
    {"check a.json -p 3",        "--port: not an option of `check`, only of `serve` and `run`"},
    {"invoke h --parameter A=1", "--parameter: not an option of `invoke`, only of `serve` and `run` and `check`"},
    {"a.json --fail-on-dead-letter", "--fail-on-dead-letter: not an option of `serve`, only of `run`"},
    {"a.json b.json",            "b.json: unexpected argument; CONFIG is already a.json"},
    {"servo",                    "servo: no such command, file or folder; did you mean `serve`?"},
    {"chekc a.json",             "chekc: no such command, file or folder; did you mean `check`?"},
    {"",                         "found neither ./invoked.json nor ./template.yaml nor ./serverless.yml: name a"},
    {"check",                    "as in `invoked check config/invoked.json`"},
    {"run -- x",                 "as in `invoked run config/invoked.json -- COMMAND`"},
    {"run a.json",               "missing COMMAND: invoked run [OPTIONS] [CONFIG] -- COMMAND..."},
    {"run a.json --",            "missing COMMAND after --: invoked run [OPTIONS] [CONFIG] -- COMMAND..."},
    {"run a.json pytest",        "pytest: unexpected argument; put the command after --: invoked run a.json -- pytest ..."},
    {"invoke",                   "missing NAME: invoked invoke [OPTIONS] NAME [PAYLOAD]"},
    {"invoke ''",                "missing NAME: invoked invoke [OPTIONS] NAME [PAYLOAD]"},
    {"invoke h {\"a\": 1}",      "1}: unexpected argument; put JSON in single quotes"},
    {"invoke h @",               "@: missing file name, as in @event.json"},
    {"invoke h --type Sync",     "--type: must be RequestResponse, Event or DryRun (is Sync)"},
    {"invoke h --qualifier=",    "--qualifier: missing value: --qualifier Q"},
    {"invoke h --endpoint a:1",  "--endpoint: must be http://HOST:PORT (is a:1)"},
    {"invoke h --endpoint https://a:1", "--endpoint: must be http://HOST:PORT; https is not supported (is https://a:1)"},
    {"invoke h --endpoint http://", "--endpoint: must be http://HOST:PORT (is http://)"},
};
/* clang-format on */

START_TEST(says_what_is_wrong_and_how_to_fix_it)
{
    ck_assert_int_eq(parse(bad[_i].line), OPTIONS_BAD);
    ck_assert_msg(strstr(parsed.text, bad[_i].text) != NULL, "not `%s`: %s", bad[_i].text,
                  parsed.text);
    ck_assert_int_eq(strncmp(parsed.text, "invoked: ", strlen("invoked: ")), 0);
    ck_assert_int_eq(parsed.text[strlen(parsed.text) - 1], '\n');
    options_clear(&parsed);
}
END_TEST

START_TEST(reports_all_problems_at_once)
{
    struct world world = {{"INVOKED_PORT=no", "INVOKED_CLOCK=late"}, {NULL}};

    ck_assert_int_eq(parse_in(&world, "a.json b.json --log-level x --nope"), OPTIONS_BAD);
    ck_assert_str_eq(parsed.text,
                     "invoked: INVOKED_PORT: must be 0 to 65535 (is no)\n"
                     "invoked: INVOKED_CLOCK: must be real, manual, or x1 to x1000000 (is late)\n"
                     "invoked: --log-level: must be error, warn, info or debug (is x)\n"
                     "invoked: --nope: unknown option; did you mean --type?\n"
                     "invoked: b.json: unexpected argument; CONFIG is already a.json\n");
    options_clear(&parsed);
}
END_TEST

START_TEST(a_cluster_of_letters_is_one_mistake)
{
    ck_assert_int_eq(parse("a.json -xpz"), OPTIONS_BAD);
    ck_assert_str_eq(parsed.text,
                     "invoked: -xpz: unknown option; `invoked serve --help` lists them\n");
    options_clear(&parsed);
}
END_TEST

START_TEST(a_long_unknown_option_is_shortened_in_the_message)
{
    char line[400] = "--";

    memset(line + 2, 'x', sizeof line - 3);
    line[sizeof line - 1] = '\0';
    ck_assert_int_eq(parse(line), OPTIONS_BAD);
    ck_assert_uint_lt(strlen(parsed.text), 400);
    options_clear(&parsed);
}
END_TEST

/* --- help --- */

/* clang-format off */
static const struct {
    const char *line, *text;
} shown[] = {
    {"--help",                  "Usage:\n  invoked [serve] [OPTIONS] [CONFIG]\n"},
    {"-h",                      "Usage:\n  invoked [serve] [OPTIONS] [CONFIG]\n"},
    {"a.json --bogus --help",   "Usage:\n  invoked [serve] [OPTIONS] [CONFIG]\n"},
    {"serve --help",            "Usage: invoked [serve] [OPTIONS] [CONFIG]\n"},
    {"run --help",              "Usage: invoked run [OPTIONS] [CONFIG] -- COMMAND...\n"},
    {"run --help -- x",         "Usage: invoked run [OPTIONS] [CONFIG] -- COMMAND...\n"},
    {"invoke -h",               "Usage: invoked invoke [OPTIONS] NAME [PAYLOAD]\n"},
    {"check --help",            "Usage: invoked check [OPTIONS] [CONFIG]\n"},
    {"--version",               "invoked " INVOKED_VERSION},
    {"-V",                      "invoked " INVOKED_VERSION},
    {"run -V",                  "invoked " INVOKED_VERSION},
};
/* clang-format on */

START_TEST(shows_help_and_version_whatever_the_other_arguments)
{
    ck_assert_int_eq(parse(shown[_i].line), OPTIONS_SHOW);
    ck_assert_ptr_nonnull(strstr(parsed.text, shown[_i].text));
    options_clear(&parsed);
}
END_TEST

START_TEST(help_fits_eighty_columns_and_has_no_trailing_blanks)
{
    char *const text = help_text((enum options_command)_i);

    ck_assert_ptr_nonnull(text);
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
        ck_assert_msg(strlen(line) <= HELP_COLUMNS, "too long: %s", line);
        ck_assert_msg(line[0] == '\0' || line[strlen(line) - 1] != ' ', "blank: %s", line);
    }
    free(text);
}
END_TEST

START_TEST(help_names_the_options_of_the_command_and_no_others)
{
    char *const text = help_text((enum options_command)_i);
    char name[64];

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const bool belongs = _i == OPTIONS_COMMAND_COUNT || (option_table[i].commands & FOR(_i));
        const char *const value = option_table[i].value;

        (void)snprintf(name, sizeof name, " --%s%s%s", option_table[i].name,
                       value != NULL ? " " : "", value != NULL ? value : "");
        ck_assert_msg((strstr(text, name) != NULL) == belongs, "%s", name);
    }
    free(text);
}
END_TEST

START_TEST(every_row_of_the_table_is_complete)
{
    const struct option_row *const row = &option_table[_i];

    ck_assert_ptr_nonnull(row->name);
    ck_assert_ptr_nonnull(row->help);
    ck_assert_uint_ne(row->commands, 0);
    for (int i = 0; i < _i; i++) {
        ck_assert_str_ne(option_table[i].name, row->name);
        ck_assert(row->letter == 0 || option_table[i].letter != row->letter);
    }
}
END_TEST

/* "--data-dir" as the page spells it: "\-\-data\-dir". The tests run in the source tree. */
START_TEST(the_man_page_names_every_option_and_variable)
{
    static char page[65536];
    char name[64] = "\\-\\-";
    size_t length = strlen(name);
    FILE *const file = fopen("docs/invoked.1", "r");

    ck_assert_ptr_nonnull(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    for (const char *letter = option_table[_i].name; *letter != '\0'; letter++) {
        if (*letter == '-')
            name[length++] = '\\';
        name[length++] = *letter;
    }
    name[length] = '\0';
    ck_assert_msg(strstr(page, name) != NULL, "%s", name);
    for (int i = 0; i < 2 && option_table[_i].variables[i] != NULL; i++)
        ck_assert_msg(strstr(page, option_table[_i].variables[i]) != NULL, "%s",
                      option_table[_i].variables[i]);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("options");
    TCase *const tests = tcase_create("options");

    tcase_add_test(tests, serve_has_defaults);
    tcase_add_test(tests, run_uses_a_free_port_and_a_temporary_folder);
    tcase_add_test(tests, invoke_has_defaults);
    tcase_add_loop_test(tests, reads_every_option_in_every_form, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(tests, an_option_overrides_its_variable_which_overrides_the_default, 0,
                        ARRAY_LENGTH(variables));
    tcase_add_loop_test(tests, says_what_is_wrong_and_how_to_fix_it, 0, ARRAY_LENGTH(bad));
    tcase_add_test(tests, reports_all_problems_at_once);
    tcase_add_test(tests, a_cluster_of_letters_is_one_mistake);
    tcase_add_test(tests, a_long_unknown_option_is_shortened_in_the_message);
    tcase_add_loop_test(tests, shows_help_and_version_whatever_the_other_arguments, 0,
                        ARRAY_LENGTH(shown));
    tcase_add_loop_test(tests, help_fits_eighty_columns_and_has_no_trailing_blanks, 0,
                        OPTIONS_COMMAND_COUNT + 1);
    tcase_add_loop_test(tests, help_names_the_options_of_the_command_and_no_others, 0,
                        OPTIONS_COMMAND_COUNT + 1);
    tcase_add_loop_test(tests, every_row_of_the_table_is_complete, 0, OPTION_COUNT);
    tcase_add_loop_test(tests, the_man_page_names_every_option_and_variable, 0, OPTION_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}
