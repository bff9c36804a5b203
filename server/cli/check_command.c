#include "server/cli/check_command.h"

#include "base/folder.h"
#include "server/cli/check_report.h"
#include "server/cli/serve.h"
#include "server/cli/temporary_folder.h"

#include <stdio.h>

static void print_lines(const struct config_problems *lines, const char *kind)
{
    for (size_t i = 0; i < lines->count; i++)
        (void)fprintf(stderr, "%s%s\n", kind, lines->messages[i]);
}

static void print_summary(const struct options *options, const struct config *config)
{
    const size_t served = config->function_count - config->left_out_count;

    (void)printf("%s: good (%zu function%s", options->config_path, served, served == 1 ? "" : "s");
    if (config->left_out_count > 0)
        (void)printf(", %zu left out", config->left_out_count);
    (void)printf(")\n");
}

static void print_good(const struct options *options, const struct config *config)
{
    print_summary(options, config);
    check_report_table(config);
    for (size_t i = 0; i < config->notes.count; i++)
        (void)printf("%s\n", config->notes.items[i]);
}

/* Archives are unpacked into a folder that is removed again; without one their code isn't looked at. */
static struct config *load(const struct options *options, struct config_problems *problems,
                           struct config_problems *warnings)
{
    char folder[TEMPORARY_FOLDER_SIZE];
    const bool has_folder = temporary_folder_make(folder);
    const struct config_options config_options = {
        .parameters = options->parameters,
        .env_vars = options->env_vars,
        .config_env = options->config_env,
        .warnings = warnings,
        .code_folder = has_folder ? folder : NULL,
        .checks_code = true,
    };
    struct config *config = config_load(options->config_path, &config_options, problems);

    if (has_folder)
        folder_remove(folder);
    return config;
}

/* False when out of memory. */
static bool report(const struct options *options, const struct config *config,
                   const struct config_problems *warnings, const struct config_problems *errors,
                   bool is_bad)
{
    if (options->wants_json)
        return check_report_json(config, warnings, errors);
    print_lines(errors, "");
    print_lines(warnings, "warning: ");
    if (!is_bad)
        print_good(options, config);
    return true;
}

/* A template may have no function; a configuration of our own is for nothing else. */
static bool refuse_empty(const struct options *options, const struct config *config)
{
    const bool is_empty = config != NULL && config->function_count == 0 && !config->is_lenient;

    if (is_empty)
        (void)fprintf(stderr, "%s: no functions in it\n", options->config_path);
    return is_empty;
}

int check_command(const struct options *options)
{
    struct config_problems errors = {0}, warnings = {0};
    struct config *config = load(options, &errors, &warnings);
    const bool is_bad = config == NULL || refuse_empty(options, config) ||
                        (options->is_strict && warnings.count > 0);
    const bool has_memory =
        (config != NULL || errors.count > 0) && report(options, config, &warnings, &errors, is_bad);

    if (!has_memory)
        (void)fprintf(stderr, "invoked: out of memory\n");
    config_problems_clear(&errors);
    config_problems_clear(&warnings);
    config_release(config);
    return is_bad || !has_memory ? EXIT_BAD_CONFIGURATION : EXIT_GOOD;
}
