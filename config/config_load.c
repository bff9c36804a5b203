/*
 * config_load.c - from a path to a snapshot.
 *
 * What the path is decides how it is read: a folder, a template, or JSON. Each reader fills a document; config_build()
 * does the rest. To add a source, add a row to `sources` and a reader.
 */
#include "config/config.h"

#include "config/config_builder.h"
#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/function_folder.h"
#include "config/serverless/serverless.h"
#include "config/template/template.h"
#include "config/values/env_vars.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct source {
    const char *path; /* as the user gave it */
    const struct config_options *options;
    struct document *document;
    struct problem_list *problems;
    struct problem_list *warnings;
    struct document *extras;     /* for what is read beside the configuration */
    const struct node *env_vars; /* of --env-vars; NULL for none */
};

/* Fills the document. False with at least one problem. */
typedef bool text_reader_fn(const struct source *source, const char *text, size_t length);

static void refuse_unreadable(struct problem_list *problems)
{
    const int reason = errno;

    if (reason == ENOMEM)
        problems->is_out_of_memory = true;
    else if (reason == EFBIG)
        problem_list_add(problems, PROBLEM_NO_LINE, "is larger than %d MiB",
                         DOCUMENT_BYTES_MAX >> 20);
    else if (reason == ESPIPE)
        problem_list_add(problems, PROBLEM_NO_LINE,
                         "is not a regular file, so it can't be read again");
    else
        problem_list_add(
            problems, PROBLEM_NO_LINE,
            "can't be read: %s; expected a configuration file, a template or a folder of "
            "functions",
            strerror(reason));
}

/* ---- the readers ---- */

/* `stack_name` is that of a template which was made of a serverless.yml; NULL for one that is a file itself. */
static bool read_template_of(const struct source *source, const char *stack_name)
{
    return template_read(&(struct template_options){
        .document = source->document,
        .path = source->path,
        .parameters = source->options == NULL ? NULL : &source->options->parameters,
        .config_env = source->options == NULL ? NULL : source->options->config_env,
        .env_vars = source->env_vars,
        .stack_name = stack_name,
        .is_partial = stack_name != NULL,
        .problems = source->problems,
        .warnings = source->warnings,
    });
}

static bool read_template(const struct source *source)
{
    return read_template_of(source, NULL);
}

static bool read_serverless(const struct source *source)
{
    const struct serverless_options options = {
        .document = source->document,
        .path = source->path,
        .parameters = source->options == NULL ? NULL : &source->options->parameters,
        .problems = source->problems,
        .warnings = source->warnings,
    };
    const char *stack_name;

    return serverless_read(&options, &stack_name) && read_template_of(source, stack_name);
}

/* Parameters are of templates. */
static bool note_useless_parameters(const struct source *source)
{
    const struct config_options *options = source->options;

    if (options == NULL || (options->parameters.count == 0 && options->config_env == NULL) ||
        document_add_note(source->document, "--parameter and --config-env are ignored: the "
                                            "configuration is not a template"))
        return true;
    source->problems->is_out_of_memory = true;
    return false;
}

/* A template in JSON has its functions under Resources, and nothing under Functions. */
static bool read_json(const struct source *source, const char *text, size_t length)
{
    document_keep_last(source->document);
    if (!document_read_json(source->document, text, length, source->problems))
        return false;
    if (template_is_one(document_root(source->document)))
        return read_template(source);
    document_tell_duplicates(source->document, source->problems);
    return note_useless_parameters(source);
}

static bool read_yaml(const struct source *source, const char *text, size_t length)
{
    document_keep_last(source->document);
    if (!document_read_yaml(source->document, text, length, source->problems))
        return false;
    return serverless_is_one(document_root(source->document)) ? read_serverless(source)
                                                              : read_template(source);
}

/* CloudFormation's own ending, for both. */
static bool read_either(const struct source *source, const char *text, size_t length)
{
    size_t blanks = 0;

    while (blanks < length && strchr(" \t\r\n", text[blanks]) != NULL && text[blanks] != '\0')
        blanks++;
    return blanks < length && text[blanks] == '{' ? read_json(source, text, length)
                                                  : read_yaml(source, text, length);
}

static bool read_folder(const struct source *source)
{
    return function_folder_read(source->path, source->document, source->problems) &&
           note_useless_parameters(source);
}

static const struct {
    const char *ending; /* of the path */
    text_reader_fn *read;
} sources[] = {
    {".yaml", read_yaml},
    {".yml", read_yaml},
    {".template", read_either},
};

static text_reader_fn *reader_of(const char *path)
{
    const size_t length = strlen(path);

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const size_t ending = strlen(sources[i].ending);

        if (length > ending && strcmp(path + length - ending, sources[i].ending) == 0)
            return sources[i].read;
    }
    return read_json;
}

static bool read_file(const struct source *source)
{
    size_t length;
    const bool is_reload = source->options != NULL && source->options->is_reload;
    char *text =
        config_file_read(source->path, is_reload ? CONFIG_FILE_REGULAR : CONFIG_FILE_ANY, &length);

    if (text == NULL) {
        refuse_unreadable(source->problems);
        return false;
    }
    const bool is_read = reader_of(source->path)(source, text, length);

    free(text);
    return is_read;
}

/* ---- its place ---- */

struct place {
    char path[PATH_MAX]; /* absolute; only the folders in front of the last part are canonical */
    char base[PATH_MAX]; /* the folder that relative paths start from, canonical */
};

/* A folder is its own base. The base of a link to a file is the link's folder. False with errno. */
static bool find_place(const char *path, bool is_folder, struct place *place)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char folder[PATH_MAX] = ".";

    if (is_folder) {
        if (realpath(path, place->base) == NULL)
            return false;
        memcpy(place->path, place->base, sizeof place->path);
        return true;
    }
    if (slash != NULL &&
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path) >=
            (int)sizeof folder) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (realpath(folder, place->base) == NULL)
        return false;
    const char *base = strcmp(place->base, "/") == 0 ? "" : place->base;

    if (snprintf(place->path, sizeof place->path, "%s/%s", base, name) >= (int)sizeof place->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

/* ---- the whole ---- */

static struct config *build(const struct source *source, bool is_folder)
{
    struct place place;

    if (!find_place(source->path, is_folder, &place)) {
        refuse_unreadable(source->problems);
        return NULL;
    }
    return config_build(&(struct config_sources){
        .document = source->document,
        .path = place.path,
        .base = place.base,
        .problems = source->problems,
        .warnings = source->warnings,
        .code_folder = source->options == NULL ? NULL : source->options->code_folder,
        .env_vars = source->env_vars,
        .extras = source->extras,
        .checks_code = source->options != NULL && source->options->checks_code,
    });
}

/* Reads the file of --env-vars, if one is given. False with a problem. */
static bool read_env_vars(struct source *source)
{
    const char *path = source->options == NULL ? NULL : source->options->env_vars;
    struct problem_list list;

    if (path == NULL)
        return true;
    problem_list_init(&list, path);
    const bool is_read = env_vars_read(source->extras, path, &list);

    problem_list_take(source->problems, &list);
    if (is_read && !document_add_file(source->extras, path))
        source->problems->is_out_of_memory = true;
    source->env_vars = document_root(source->extras);
    return is_read;
}

/* Opens and clears what a source has of its own. False when out of memory. */
static bool open_source(struct source *source)
{
    source->document = document_new();
    source->extras = document_new();
    problem_list_init(source->problems, source->path);
    problem_list_init(source->warnings, source->path);
    source->problems->is_out_of_memory = source->document == NULL || source->extras == NULL;
    return !source->problems->is_out_of_memory;
}

static void close_source(struct source *source, struct config_problems *problems)
{
    document_free(source->document);
    document_free(source->extras);
    problem_list_hand_over(source->problems, problems);
    if (source->options != NULL && source->options->warnings != NULL)
        problem_list_hand_over(source->warnings, source->options->warnings);
    problem_list_clear(source->warnings);
}

struct config *config_load(const char *path, const struct config_options *options,
                           struct config_problems *problems)
{
    struct config *config = NULL;
    struct problem_list list, warnings;
    struct stat about;
    const bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    struct source source = {
        .path = path, .options = options, .problems = &list, .warnings = &warnings};

    if (open_source(&source) && read_env_vars(&source) &&
        (is_folder ? read_folder(&source) : read_file(&source)))
        config = build(&source, is_folder);
    close_source(&source, problems);
    return config;
}

static struct config *parse(const char *text, size_t length, const char *path,
                            const struct document_leniency *leniency,
                            struct config_problems *problems)
{
    struct config *config = NULL;
    struct problem_list list, warnings;
    struct source source = {.path = path, .problems = &list, .warnings = &warnings};

    if (open_source(&source) && reader_of(path)(&source, text, length)) {
        if (leniency != NULL)
            document_be_lenient(source.document, leniency);
        config = build(&source, false);
    }
    close_source(&source, problems);
    return config;
}

struct config *config_parse(const char *text, size_t length, const char *path,
                            struct config_problems *problems)
{
    return parse(text, length, path, NULL, problems);
}

struct config *config_parse_unit(const char *text, size_t length, const char *path,
                                 const struct config_unit_options *options,
                                 struct config_problems *problems)
{
    static const struct document_leniency leniency = {
        .code_remedy = "update its code",
        .image_remedy = "mock it, or define it in a file with ImageConfig",
    };
    struct config *config = parse(text, length, path, &leniency, problems);

    if (config == NULL || config_make_unit(config, options))
        return config;
    problems->is_out_of_memory = true;
    config_release(config);
    return NULL;
}
