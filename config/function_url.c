/* function_url.c - FunctionUrlConfig, and the search by the id in a host name. */
#include "config/function_url.h"

#include "base/arena.h"
#include "config/config_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/settings/url_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- ids ---- */

static uint64_t mix_text(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++ != '\0');
    return hash;
}

/* The next number of a sequence that begins at `state` (SplitMix64). */
static uint64_t next_number(uint64_t *state)
{
    uint64_t number = (*state += UINT64_C(0x9e3779b97f4a7c15));

    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* AWS's ids too are 32 letters and digits that follow from the account and the function. */
void function_url_id_make(const struct config_builder *builder, const char *name,
                          const char *qualifier, char id[FUNCTION_URL_ID_LENGTH + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    const char *const parts[] = {builder->account_id, builder->region, name, qualifier};
    uint64_t state = UINT64_C(14695981039346656037), number = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        state = mix_text(state, parts[i]);
    for (size_t i = 0; i < FUNCTION_URL_ID_LENGTH; i++) {
        number = i % 8 == 0 ? next_number(&state) : number >> 5;
        id[i] = digits[number & 31];
    }
    id[FUNCTION_URL_ID_LENGTH] = '\0';
}

void function_url_host(const struct config *config, const struct function_url *url,
                       char host[FUNCTION_URL_HOST_SIZE])
{
    (void)snprintf(host, FUNCTION_URL_HOST_SIZE, "%s.lambda-url.%s.localhost", url->id,
                   config->region);
}

/* ---- building ---- */

const struct cors_config *cors_config_build(struct config_builder *builder,
                                            const struct setting_scope *settings,
                                            const struct node *node)
{
    struct setting_value values[CORS_SLOT_COUNT];
    struct cors_config *cors = arena_take(builder->arena, sizeof *cors);
    struct problem_list told; /* its problems have been told where it was read first */

    if (cors == NULL)
        return NULL;
    problem_list_init(&told, NULL);
    setting_init(settings, values);
    setting_read(settings, node, values, &told);
    problem_list_clear(&told);
    cors->allow_credentials = setting_flag(&values[SLOT_ALLOW_CREDENTIALS]);
    cors->max_age_s = values[SLOT_MAX_AGE].node == NULL
                          ? CORS_NO_MAX_AGE
                          : (int)setting_unsigned(&values[SLOT_MAX_AGE]);
    string_list_build(builder, values[SLOT_ALLOW_HEADERS].node, &cors->allow_headers);
    string_list_build(builder, values[SLOT_ALLOW_METHODS].node, &cors->allow_methods);
    string_list_build(builder, values[SLOT_ALLOW_ORIGINS].node, &cors->allow_origins);
    string_list_build(builder, values[SLOT_EXPOSE_HEADERS].node, &cors->expose_headers);
    return cors;
}

static bool is_named(const struct setting_value *value, const char *name)
{
    const char *text = setting_text(value);

    return text != NULL && strcmp(text, name) == 0;
}

const struct function_url *function_url_build(struct config_builder *builder,
                                              const struct function *function,
                                              const char *qualifier, const struct node *node)
{
    struct setting_value values[URL_SLOT_COUNT];
    struct function_url *url;
    struct problem_list told; /* as above */

    if (node == NULL || node->kind != NODE_OBJECT)
        return NULL;
    url = arena_take(builder->arena, sizeof *url);
    if (url == NULL)
        return NULL;
    problem_list_init(&told, NULL);
    setting_init(&url_settings, values);
    setting_read(&url_settings, node, values, &told);
    problem_list_clear(&told);
    url->function = function;
    url->qualifier = qualifier;
    if (is_named(&values[SLOT_AUTH_TYPE], function_url_auth_names[FUNCTION_URL_AUTH_AWS_IAM]))
        url->auth = FUNCTION_URL_AUTH_AWS_IAM;
    if (is_named(&values[SLOT_INVOKE_MODE], function_url_mode_names[FUNCTION_URL_RESPONSE_STREAM]))
        url->mode = FUNCTION_URL_RESPONSE_STREAM;
    if (values[SLOT_CORS].node != NULL && values[SLOT_CORS].node->kind == NODE_OBJECT)
        url->cors = cors_config_build(builder, &cors_settings, values[SLOT_CORS].node);
    function_url_id_make(builder, function->name, qualifier, url->id);
    return url;
}

/* ---- finding ---- */

static int by_id(const void *left, const void *right)
{
    const struct function_url *const *a = left, *const *b = right;

    return strcmp((*a)->id, (*b)->id);
}

/* Calls for each function and alias; with `urls` NULL it only counts. */
static size_t collect(const struct config *config, const struct function_url **urls)
{
    size_t count = 0;

    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        if (function->url != NULL && urls != NULL)
            urls[count] = function->url;
        count += function->url != NULL;
        for (size_t j = 0; j < function->alias_count; j++) {
            const struct function_url *url = function->aliases[j]->url;

            if (url != NULL && urls != NULL)
                urls[count] = url;
            count += url != NULL;
        }
    }
    return count;
}

void function_urls_index(struct config_builder *builder, struct config *config)
{
    const size_t count = collect(config, NULL);
    const struct function_url **urls =
        count == 0 ? NULL : arena_take_array(builder->arena, count, sizeof *urls);

    if (urls == NULL)
        return;
    (void)collect(config, urls);
    qsort(urls, count, sizeof(const struct function_url *), by_id);
    config->urls = urls;
    config->url_count = count;
}

static int compare_id(const void *wanted, const void *element)
{
    const struct function_url *const *url = element;

    return strcasecmp(wanted, (*url)->id);
}

const struct function_url *function_url_by_id(const struct config *config, const char *id)
{
    const struct function_url *const *found =
        config->url_count == 0
            ? NULL
            : bsearch(id, config->urls, config->url_count, sizeof *config->urls, compare_id);

    return found == NULL ? NULL : *found;
}

const struct function_url *function_url_of(const struct function *function, const char *qualifier)
{
    if (qualifier[0] == '\0')
        return function->url;
    for (size_t i = 0; i < function->alias_count; i++) {
        if (strcmp(function->aliases[i]->name, qualifier) == 0)
            return function->aliases[i]->url;
    }
    return NULL;
}
