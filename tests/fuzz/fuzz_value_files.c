/*
 * The files beside a configuration. The first byte says which the rest is: TOML, which gives a tree or a problem, or a .env
 * file, which always gives variables, each name once.
 */
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/values/env_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_toml(struct document *document, const char *text, size_t length)
{
    struct problem_list problems;

    problem_list_init(&problems, "x");
    const bool is_read = document_read_toml(document, text, length, &problems);

    expect(is_read == (problems.count == 0));
    expect(!is_read || document_root(document)->kind == NODE_OBJECT);
    problem_list_clear(&problems);
}

static void check_env_file(struct document *document, const char *text, size_t length)
{
    const struct node *variables = env_file_parse(document, text, length);

    expect(variables != NULL);
    for (const struct node *one = variables->first; one != NULL; one = one->next)
        expect(one->key[0] != '\0' && node_member(variables, one->key) == one &&
               strlen(one->text) == one->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    struct document *document = document_new();

    expect(text != NULL && document != NULL);
    memcpy(text, data + 1, size - 1);
    if (data[0] % 2 == 0)
        check_toml(document, text, size - 1);
    else
        check_env_file(document, text, size - 1);
    document_free(document);
    free(text);
    return 0;
}
