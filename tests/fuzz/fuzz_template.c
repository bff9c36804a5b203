/*
 * Templates whose nodes change their types. Input: a count, that many changes of three bytes each (which node, and what
 * becomes of it), then a template in YAML or JSON. The changed tree is written as JSON and read by config_parse(): it
 * gives a snapshot or at least one problem, and the same a second time.
 *
 * To add a change, add a row to `changes`.
 */
#include "base/arena.h"
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

static void put_children(struct writer *writer, const struct node *node, bool is_object)
{
    put(writer, is_object ? "{" : "[");
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        put(writer, child == node->first ? "" : ",");
        if (is_object) {
            put_string(writer, child->key == NULL ? "Name" : child->key);
            put(writer, ":");
        }
        put_node(writer, child);
    }
    put(writer, is_object ? "}" : "]");
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
    case NODE_OBJECT:
        put_children(writer, node, node->kind == NODE_OBJECT);
        return;
    }
}

/* ---- changes ---- */

/* A container of another kind; a scalar becomes a name. */
static void turn(struct writer *writer, const struct node *node)
{
    if (node->kind == NODE_OBJECT || node->kind == NODE_ARRAY) {
        put_children(writer, node, node->kind != NODE_OBJECT);
        return;
    }
    put(writer, "{\"Ref\":");
    put_value(writer, node);
    put(writer, "}");
}

static const struct {
    const char *before, *after;                                  /* around the value */
    void (*put)(struct writer *writer, const struct node *node); /* NULL: the value is left out */
} changes[] = {
    {"", "", turn},
    {"[", "]", put_value},
    {"[[],", "]", put_value},
    {"{\"Function\":", "}", put_value},
    {"{\"Ref\":", "}", put_value},
    {"{\"Fn::Sub\":", "}", put_value},
    {"{\"Fn::Sub\":[", ",{}]}", put_value},
    {"{\"Fn::If\":[\"Yes\",", ",{\"Ref\":\"AWS::NoValue\"}]}", put_value},
    {"{\"Fn::If\":", "}", put_value},
    {"{\"Fn::Join\":[\"\",", "]}", put_value},
    {"{\"Fn::Join\":[\",\",[\"a\",", "]]}", put_value},
    {"{\"Fn::Select\":[0,", "]}", put_value},
    {"{\"Fn::Split\":[\",\",", "]}", put_value},
    {"{\"Fn::GetAtt\":", "}", put_value},
    {"{\"Fn::FindInMap\":", "}", put_value},
    {"{\"Fn::FindInMap\":[", ",\"a\",\"b\",{\"DefaultValue\":{}}]}", put_value},
    {"{\"Fn::Base64\":", "}", put_value},
    {"{\"Fn::Not\":[", "]}", put_value},
    {"{\"Fn::Equals\":[1,", "]}", put_value},
    {"{\"Condition\":", "}", put_value},
    {"{\"Fn::Length\":", "}", put_value},
    {"{\"Fn::ToJsonString\":", "}", put_value},
    {"{\"Fn::ToJsonString\":[", "]}", put_value},
    {"{\"Fn::Cidr\":[", ",4,8]}", put_value},
    {"{\"Fn::ImportValue\":", "}", put_value},
    {"{\"Fn::Select\":[9,{\"Fn::Split\":[\",\",{\"Fn::ImportValue\":", "}]}]}", put_value},
    {"{\"Fn::ForEach::L\":[\"X\",[\"a\",\"b\"],{\"K${X}\":", "}]}", put_value},
    {"{\"Fn::ForEach::L\":[\"X\",", ",{\"K${X}\":{\"Ref\":\"X\"}}]}", put_value},
    {"null", "", NULL},
    {"true", "", NULL},
    {"0", "", NULL},
    {"-1e308", "", NULL},
    {"\"\"", "", NULL},
    {"\"*\"", "", NULL},
    {"\"1\"", "", NULL},
    {"\"live\"", "", NULL},
    {"[]", "", NULL},
    {"{}", "", NULL},
    {"[null]", "", NULL},
    {"{\"Ref\":\"AWS::NoValue\"}", "", NULL},
    {"{\"Fn::GetAZs\":\"\"}", "", NULL},
    {"\"{{resolve:ssm:/a}}{{resolve:secretsmanager:a:SecretString:}}\"", "", NULL},
};

enum { CHANGE_COUNT = sizeof changes / sizeof changes[0] };

static void put_node(struct writer *writer, const struct node *node)
{
    const size_t index = writer->index++;

    for (size_t i = 0; i < writer->count; i++) {
        const uint8_t *one = writer->wanted + i * CHANGE_SIZE;
        const size_t kind = one[2] % CHANGE_COUNT;

        if ((size_t)(one[0] | one[1] << 8) % 1024 != index)
            continue;
        put(writer, changes[kind].before);
        if (changes[kind].put != NULL)
            changes[kind].put(writer, node);
        put(writer, changes[kind].after);
        return;
    }
    put_value(writer, node);
}

/* ---- the configuration ---- */

static size_t parse(const char *text, size_t length)
{
    struct config_problems problems = {.count = 0};
    struct config *config = config_parse(text, length, "./x.template", &problems);
    const size_t count = problems.count;

    expect((config != NULL) == (count == 0));
    for (size_t i = 0; config != NULL && i < config->function_count; i++) {
        const struct function_version *latest = config->functions[i]->latest;

        expect(latest->working_directory != NULL);
        expect((latest->kind == FUNCTION_LEFT_OUT) == (latest->why_left_out != NULL));
    }
    for (size_t i = 0; i < count; i++)
        expect(strlen(problems.messages[i]) > 0 && strchr(problems.messages[i], '\n') == NULL);
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
