/*
 * config_parse(): configurations and templates in JSON, templates in YAML. The first byte of the input says which. A
 * text either gives a snapshot, or at least one fault, each of them one line; and it does the same a second time.
 */
#include "config/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

/* Whatever a snapshot promises must be there. */
static void walk(const struct config *config)
{
    for (size_t i = 0; i < config->function_count; i++) {
        const struct function *function = config->functions[i];
        struct function_target target;

        expect(config_function(config, function->name) == function);
        expect(function_resolve(function, "$LATEST", 0, &target));
        expect(target.event_invoke_config != NULL && target.version->working_directory != NULL);
        for (size_t v = 0; v < function->version_count; v++)
            expect(function->versions[v]->event_invoke_config != NULL);
        for (size_t a = 0; a < function->alias_count; a++)
            expect(function_resolve(function, function->aliases[a]->name, 0.5, &target));
    }
    for (size_t i = 0; i < config->notes.count; i++)
        expect(config->notes.items[i][0] != '\0');
    expect(config->notes.items[config->notes.count] == NULL);
}

static size_t parse(const char *text, size_t length, const char *path)
{
    struct config_problems faults = {.count = 0};
    struct config *config = config_parse(text, length, path, &faults);
    const size_t count = faults.count;

    expect((config != NULL) == (count == 0));
    if (config != NULL)
        walk(config);
    for (size_t i = 0; i < count; i++)
        expect(strlen(faults.messages[i]) > 0 && strchr(faults.messages[i], '\n') == NULL);
    config_release(config);
    config_problems_clear(&faults);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"./x.yaml", "./x.json", "./x.template"};
    const char *path;

    if (size == 0)
        return 0;
    path = paths[data[0] % 3];
    char *text = malloc(size);

    expect(text != NULL);
    memcpy(text, data + 1, size - 1);
    expect(parse(text, size - 1, path) == parse(text, size - 1, path));
    free(text);
    return 0;
}
