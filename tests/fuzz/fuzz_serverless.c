/*
 * serverless.yml whose values become variables and other kinds. Input: a count, that many changes of three bytes each
 * (which node, and what becomes of it), then a serverless.yml. The changed tree is written as JSON, which is YAML, and read
 * by config_parse(): it gives a snapshot or at least one problem, and the same a second time.
 *
 * To add a change, add a row to `changes`.
 */
#include "base/bytes.h"
#include "base/json/json_string.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 16, CHANGE_SIZE = 3, TEXT_MAX = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct writer {
    struct bytes *text;
    const uint8_t *wanted; /* `count` changes */
    size_t count;
    size_t index; /* of the next node, in the order of the text */
};

/* Around a value; with NULL in its place. */
static const struct {
    const char *before, *after; /* NULL: the value is left out */
} changes[] = {
    {"[", "]"},
    {"{\"name\":", "}"},
    {"{\"Ref\":", "}"},
    {"{\"Fn::Sub\":", "}"},
    {"\"${self:}\"", NULL},
    {"\"${self:custom}\"", NULL},
    {"\"${self:functions.a}\"", NULL},
    {"\"${self:provider.stage}\"", NULL},
    {"\"${self:custom.${opt:stage, self:provider.stage}.a}\"", NULL},
    {"\"a-${sls:stage}-${aws:region}\"", NULL},
    {"\"${opt:a, param:b, env:c_d, 'e'}\"", NULL},
    {"\"${opt:a, ${self:custom.b, null}}\"", NULL},
    {"\"${file(a.yml):b.c}\"", NULL},
    {"\"${file(${self:service}.json), 12}\"", NULL},
    {"\"${ssm:/a/b}${cf:c.D}\"", NULL},
    {"\"${strToBool(${self:custom.a})}\"", NULL},
    {"\"${AWS::Region}${x}${\"", NULL},
    {"\"${self:${self:${self:${self:service}}}}\"", NULL},
    {"null", NULL},
    {"true", NULL},
    {"0", NULL},
    {"\"\"", NULL},
    {"\"arn:aws:sqs:eu-west-1:123456789012:q\"", NULL},
    {"[]", NULL},
    {"{}", NULL},
    {"[{\"a\":{\"handler\":\"b.c\"}}]", NULL},
    {"{\"type\":\"sqs\",\"arn\":{\"Ref\":\"Q\"}}", NULL},
};

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void put(struct writer *writer, const char *text)
{
    expect(bytes_append(&writer->text, text, strlen(text)));
}

static void put_string(struct writer *writer, const char *text)
{
    expect(json_string_append(&writer->text, (struct bytes_view){text, strlen(text)}));
}

static void put_node(struct writer *writer, const struct node *node);

static void put_children(struct writer *writer, const struct node *node)
{
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        put(writer, child == node->first ? "" : ",");
        if (child->key != NULL) {
            put_string(writer, child->key);
            put(writer, ":");
        }
        put_node(writer, child);
    }
}

static void put_value(struct writer *writer, const struct node *node)
{
    switch (node->kind) {
    case NODE_NULL:
        put(writer, "null");
        return;
    case NODE_BOOLEAN:
        put(writer, node->number != 0 ? "true" : "false");
        return;
    case NODE_NUMBER:
        expect(bytes_append(&writer->text, node->text, node->length));
        return;
    case NODE_STRING:
        put_string(writer, node->text);
        return;
    case NODE_ARRAY:
        put(writer, "[");
        put_children(writer, node);
        put(writer, "]");
        return;
    case NODE_OBJECT:
        put(writer, "{");
        put_children(writer, node);
        put(writer, "}");
        return;
    }
}

static void put_node(struct writer *writer, const struct node *node)
{
    const size_t index = writer->index++;

    for (size_t i = 0; i < writer->count; i++) {
        const uint8_t *one = writer->wanted + i * CHANGE_SIZE;
        const size_t kind = one[2] % (sizeof changes / sizeof changes[0]);

        if ((size_t)(one[0] | one[1] << 8) % 256 != index)
            continue;
        put(writer, changes[kind].before);
        if (changes[kind].after != NULL) {
            put_value(writer, node);
            put(writer, changes[kind].after);
        }
        return;
    }
    put_value(writer, node);
}

static size_t parse(const char *text, size_t length)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_parse(text, length, "./x.yml", &problems);
    const size_t count = problems.count;

    expect((config != NULL) == (count == 0));
    config_release(config);
    config_problems_clear(&problems);
    return count;
}

static void check(const struct node *root, const uint8_t *wanted, size_t count)
{
    struct writer writer = {.wanted = wanted, .count = count};

    put_node(&writer, root);
    if (writer.text->length <= TEXT_MAX) {
        char *text = malloc(writer.text->length);

        expect(text != NULL);
        memcpy(text, writer.text->data, writer.text->length);
        expect(parse(text, writer.text->length) == parse(text, writer.text->length));
        free(text);
    }
    bytes_release(writer.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t count = size == 0 ? 0 : data[0] % (CHANGES_MAX + 1);
    const size_t head = 1 + count * CHANGE_SIZE;
    struct problem_list problems;

    if (size <= head)
        return 0;
    struct document *document = document_new();

    expect(document != NULL);
    problem_list_init(&problems, "x");
    if (document_read_yaml(document, (const char *)data + head, size - head, &problems) &&
        document_root(document) != NULL)
        check(document_root(document), data + 1, count);
    problem_list_clear(&problems);
    document_free(document);
    return 0;
}
