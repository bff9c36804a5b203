#include "server/cli/check_report.h"

#include "base/json/json_writer.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 3, WIDTH_MAX = 60 };

static const char *runtime_of(const struct function_version *version)
{
    static const char *const kinds[] = {
        [FUNCTION_RUNTIME] = NULL,
        [FUNCTION_IMAGE] = "ImageConfig",
        [FUNCTION_COMMAND] = "Local.Command",
        [FUNCTION_MOCK] = "Local.Mock",
        [FUNCTION_LEFT_OUT] = NULL,
    };

    return version->runtime != NULL ? version->runtime : kinds[version->kind];
}

/* NULL for none. */
static const char *code_of(const struct function_version *version)
{
    if (version->kind == FUNCTION_MOCK)
        return NULL;
    if (version->kind == FUNCTION_COMMAND || version->kind == FUNCTION_IMAGE)
        return version->working_directory;
    return version->code_source != NULL ? version->code_source : version->code_uri;
}

/* ---- for people ---- */

/* Below the current folder without it. */
static const char *shorten(const char *path, const char *current)
{
    const size_t length = strlen(current);

    if (path == NULL)
        return "-";
    if (length <= 1 || strncmp(path, current, length) != 0)
        return path;
    return path[length] == '/' ? path + length + 1 : path[length] == '\0' ? "." : path;
}

static void fill_row(const struct function_version *version, const char *current,
                     const char *row[COLUMNS])
{
    row[0] = version->function->name;
    row[1] = runtime_of(version) == NULL ? "-" : runtime_of(version);
    row[2] = shorten(code_of(version), current);
}

static void widen(int widths[COLUMNS], const char *const row[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        const size_t length = strlen(row[i]);

        if (length <= WIDTH_MAX && (int)length > widths[i])
            widths[i] = (int)length;
    }
}

/* Texts of a template go to a terminal: control characters become '?'. Filled up with blanks to `width`. */
static void print_text(const char *text, int width)
{
    int length = 0;

    for (; text[length] != '\0'; length++)
        (void)putchar((unsigned char)text[length] < 0x20 || text[length] == 0x7f ? '?'
                                                                                 : text[length]);
    if (length < width)
        (void)printf("%*s", width - length, "");
}

/* NULL for the head. What is ignored of a function that is left out doesn't matter. */
static void print_rest(const struct function_version *version)
{
    const struct string_list *ignored = version == NULL ? NULL : &version->function->ignored;

    if (version != NULL && version->why_left_out != NULL) {
        (void)printf("  left out: ");
        print_text(version->why_left_out, 0);
    } else if (ignored != NULL && ignored->count > 0) {
        (void)printf("  ignored: ");
        for (size_t i = 0; i < ignored->count; i++) {
            print_text(i == 0 ? "" : ", ", 0);
            print_text(ignored->items[i], 0);
        }
    }
    (void)printf("\n");
}

static bool has_rest(const struct function_version *version)
{
    return version != NULL &&
           (version->why_left_out != NULL || version->function->ignored.count > 0);
}

static void print_row(const int widths[COLUMNS], const char *const row[COLUMNS],
                      const struct function_version *version)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (i > 0)
            (void)printf("  ");
        print_text(row[i], i + 1 < COLUMNS || has_rest(version) ? widths[i] : 0);
    }
    print_rest(version);
}

void check_report_table(const struct config *config)
{
    static const char *const head[COLUMNS] = {"FUNCTION", "RUNTIME", "CODE"};
    char current[PATH_MAX];
    const char *row[COLUMNS];
    int widths[COLUMNS] = {0};

    if (config->function_count == 0)
        return;
    if (getcwd(current, sizeof current) == NULL)
        current[0] = '\0';
    widen(widths, head);
    for (size_t i = 0; i < config->function_count; i++) {
        fill_row(config->functions[i]->latest, current, row);
        widen(widths, row);
    }
    print_row(widths, head, NULL);
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function_version *version = config->functions[i]->latest;

        fill_row(version, current, row);
        print_row(widths, row, version);
    }
}

/* ---- for programs ---- */

/* Only where there is something. */
static void write_ignored(struct json_writer *writer, const struct string_list *ignored)
{
    if (ignored->count == 0)
        return;
    json_key(writer, "ignored");
    json_open(writer, '[');
    for (size_t i = 0; i < ignored->count; i++)
        json_text(writer, ignored->items[i]);
    json_close(writer, ']');
}

static void write_function(struct json_writer *writer, const struct function_version *version)
{
    const bool is_left_out = version->kind == FUNCTION_LEFT_OUT;

    json_open(writer, '{');
    json_key(writer, "name");
    json_text(writer, version->function->name);
    json_key(writer, "runtime");
    json_text(writer, runtime_of(version));
    json_key(writer, "code");
    json_text(writer, code_of(version));
    json_key(writer, "state");
    json_text(writer, is_left_out ? "left out" : "served");
    json_key(writer, "why");
    json_open(writer, '[');
    if (is_left_out)
        json_text(writer, version->why_left_out);
    json_close(writer, ']');
    write_ignored(writer, &version->function->ignored);
    json_close(writer, '}');
}

static void write_lines(struct json_writer *writer, const char *key,
                        const struct config_problems *lines)
{
    json_key(writer, key);
    json_open(writer, '[');
    for (size_t i = 0; i < lines->count; i++)
        json_text(writer, lines->messages[i]);
    json_close(writer, ']');
}

bool check_report_json(const struct config *config, const struct config_problems *warnings,
                       const struct config_problems *errors)
{
    struct json_writer writer = {0};

    json_open(&writer, '{');
    json_key(&writer, "functions");
    json_open(&writer, '[');
    for (size_t i = 0; config != NULL && i < config->function_count; i++)
        write_function(&writer, config->functions[i]->latest);
    json_close(&writer, ']');
    write_lines(&writer, "warnings", warnings);
    write_lines(&writer, "errors", errors);
    json_close(&writer, '}');
    struct bytes *body = json_writer_take(&writer);

    if (body == NULL)
        return false;
    (void)printf("%.*s\n", (int)bytes_view(body).length, bytes_view(body).data);
    bytes_release(body);
    return true;
}
