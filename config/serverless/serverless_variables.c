/*
 * serverless_variables.c - ${source:address, fallback}: a text may have several, inside each other, too.
 *
 * A text that is one variable has its value, of any kind. Variables of AWS (${AWS::Region}) are CloudFormation's. A variable
 * without a value, and one that would ask AWS, is a placeholder.
 *
 * https://www.serverless.com/framework/docs/providers/aws/guide/variables
 *
 * To add a source, add a row to `sources`.
 */
#include "config/serverless/serverless_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/document/yaml_scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A value of serverless.yml costs so much of the work that a template may take: some lines can ask for unlimited copies. */
enum { VALUE_COST = 20, DEPTH_MAX = 60, SHOWN_MAX = 100, INDEX_DIGITS_MAX = 6 };

struct serverless_file {
    const char *path;
    const struct node *root; /* NULL: it can't be read */
    struct serverless_file *next;
};

/* ---- texts ---- */

static const char *copy_text(struct serverless_scope *scope, const char *text, size_t length)
{
    const char *copy = arena_copy(document_arena(scope->template.document), text, length);

    scope->template.problems->is_out_of_memory |= copy == NULL;
    return copy;
}

static const char *trim(struct serverless_scope *scope, const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        length--;
    while (length > 0 && strchr(" \t\r\n", *text) != NULL) {
        text++;
        length--;
    }
    return copy_text(scope, text, length);
}

static const struct node *text_node(struct serverless_scope *scope, const struct node *at,
                                    const char *text)
{
    return text == NULL ? NULL : template_string(&scope->template, text, at);
}

/* The end of what begins at `text`: the first of `stops` outside of quotes, braces and parentheses. */
static const char *find_end(const char *text, const char *stops)
{
    unsigned braces = 0;
    char quote = '\0';

    for (; *text != '\0'; text++) {
        if (quote != '\0') {
            quote = *text == quote ? '\0' : quote;
            continue;
        }
        if (braces == 0 && strchr(stops, *text) != NULL)
            return text;
        if (*text == '\'' || *text == '"')
            quote = *text;
        else if (*text == '{' || *text == '(')
            braces++;
        else if ((*text == '}' || *text == ')') && braces > 0)
            braces--;
    }
    return NULL;
}

/* ---- sources ---- */

static const struct node *evaluate(struct serverless_scope *scope, const struct node *at,
                                   const char *text);

/* `argument` is what stands in parentheses, `address` behind the colon. NULL when there is no such value. */
typedef const struct node *source_fn(struct serverless_scope *scope, const struct node *at,
                                     const char *argument, const char *address);

static const struct node *nth(const struct node *list, const char *digits)
{
    const size_t length = strspn(digits, "0123456789");

    if (length == 0 || length > INDEX_DIGITS_MAX || digits[length] != '\0')
        return NULL;
    const unsigned long index = strtoul(digits, NULL, 10);
    const struct node *node = index < list->count ? list->first : NULL;

    for (unsigned long i = 0; node != NULL && i < index; i++)
        node = node->next;
    return node;
}

/* "a.b.0" from `node` on, which variables on the way lead to other places. NULL when it isn't there. */
static const struct node *walk(struct serverless_scope *scope, const struct node *node,
                               const char *address)
{
    while (node != NULL && *address != '\0') {
        const size_t length = strcspn(address, ".");
        const char *key = copy_text(scope, address, length);

        if (node->kind == NODE_STRING)
            node = serverless_resolve(scope, node);
        if (key == NULL || node == NULL)
            return NULL;
        if (!template_spend_search(&scope->template, node->count, node))
            return NULL;
        node = node->kind == NODE_ARRAY ? nth(node, key) : node_member(node, key);
        address += length + (address[length] == '.');
    }
    return node == NULL || node->kind == NODE_NULL ? NULL : serverless_resolve(scope, node);
}

static const struct node *from_self(struct serverless_scope *scope, const struct node *at,
                                    const char *argument, const char *address)
{
    const struct node *found = walk(scope, scope->root, address);

    (void)argument;
    if (found != NULL)
        return found;
    if (strcmp(address, "provider.stage") == 0)
        return text_node(scope, at, scope->stage == NULL ? "dev" : scope->stage);
    if (strcmp(address, "provider.region") == 0)
        return text_node(scope, at, scope->region == NULL ? "us-east-1" : scope->region);
    return NULL;
}

static const struct node *from_option(struct serverless_scope *scope, const struct node *at,
                                      const char *argument, const char *address)
{
    (void)argument;
    return text_node(scope, at, serverless_given(scope, address));
}

/* --parameter, else params of the stage, else of all stages. */
static const struct node *from_parameter(struct serverless_scope *scope, const struct node *at,
                                         const char *argument, const char *address)
{
    const struct node *given = from_option(scope, at, argument, address);
    const struct node *all = node_member(scope->root, "params");
    const struct node *own =
        given != NULL || scope->stage == NULL ? NULL : node_member(all, scope->stage);

    own = node_member(own, address);
    if (given == NULL && own == NULL)
        own = node_member(node_member(all, "default"), address);
    return own == NULL ? given : serverless_resolve(scope, own);
}

static const struct node *from_environment(struct serverless_scope *scope, const struct node *at,
                                           const char *argument, const char *address)
{
    const char *value = getenv(address);

    (void)argument;
    if (value == NULL)
        value = node_text(node_member(scope->dotenv, address));
    return text_node(scope, at, value == NULL ? NULL : copy_text(scope, value, strlen(value)));
}

static const struct node *from_framework(struct serverless_scope *scope, const struct node *at,
                                         const char *argument, const char *address)
{
    (void)argument;
    if (strcmp(address, "stage") == 0)
        return text_node(scope, at, scope->stage == NULL ? "dev" : scope->stage);
    return strcmp(address, "instanceId") == 0 ? text_node(scope, at, "local") : NULL;
}

static const struct node *from_aws(struct serverless_scope *scope, const struct node *at,
                                   const char *argument, const char *address)
{
    const char *account = serverless_given(scope, "AWS::AccountId");

    (void)argument;
    if (strcmp(address, "region") == 0)
        return text_node(scope, at, scope->region == NULL ? "us-east-1" : scope->region);
    if (strcmp(address, "accountId") != 0)
        return NULL;
    return text_node(scope, at, account == NULL ? "123456789012" : account);
}

static const struct node *to_flag(struct serverless_scope *scope, const struct node *at,
                                  const char *argument, const char *address)
{
    struct node *flag =
        template_add(&scope->template, scope->template.bench, NODE_BOOLEAN, NULL, at);

    (void)address;
    if (flag != NULL && argument != NULL)
        flag->number = strcmp(argument, "true") == 0 || strcmp(argument, "1") == 0;
    return flag;
}

/* ---- files ---- */

static bool ends_in(const char *text, const char *ending)
{
    const size_t length = strlen(text), end = strlen(ending);

    return length >= end && strcmp(text + length - end, ending) == 0;
}

static bool parse(struct document *document, const char *path, const char *text, size_t length,
                  struct problem_list *problems)
{
    if (ends_in(path, ".json"))
        return document_read_json(document, text, length, problems);
    if (ends_in(path, ".toml"))
        return document_read_toml(document, text, length, problems);
    return document_read_yaml(document, text, length, problems);
}

/* Its tree, or its text when it is of another kind. NULL when it isn't there, or with a problem. */
static const struct node *read_file(struct serverless_scope *scope, const struct node *at,
                                    const char *path)
{
    size_t length = 0;
    char *text = config_file_read(path, CONFIG_FILE_REGULAR, &length);
    struct document *document = text == NULL ? NULL : document_new();
    const struct node *root = NULL;
    struct problem_list problems;

    if (text == NULL)
        return NULL;
    problem_list_init(&problems, path);
    if (document == NULL || !document_adopt(scope->template.document, document) ||
        !document_add_file(scope->template.document, path))
        problems.is_out_of_memory = true;
    else if (!ends_in(path, ".yml") && !ends_in(path, ".yaml") && !ends_in(path, ".json") &&
             !ends_in(path, ".toml"))
        root = text_node(scope, at, copy_text(scope, text, strnlen(text, length)));
    else if (parse(document, path, text, length, &problems)) {
        document_set_file(document, path);
        root = document_root(document);
    }
    problem_list_take(scope->template.problems, &problems);
    free(text);
    return root;
}

static const struct node *from_file(struct serverless_scope *scope, const struct node *at,
                                    const char *argument, const char *address)
{
    const bool is_absolute = argument != NULL && argument[0] == '/';
    const char *const parts[] = {is_absolute ? "" : scope->folder, is_absolute ? "" : "/", argument,
                                 NULL};
    struct arena *arena = document_arena(scope->template.document);
    const char *path = argument == NULL ? NULL : arena_join(arena, parts);
    struct serverless_file *file = scope->files;

    if (path == NULL || ends_in(path, ".js") || ends_in(path, ".cjs") || ends_in(path, ".mjs") ||
        ends_in(path, ".ts"))
        return NULL; /* a program */
    while (file != NULL && strcmp(file->path, path) != 0)
        file = file->next;
    if (file == NULL) {
        file = arena_take(arena, sizeof *file);
        if (file == NULL) {
            scope->template.problems->is_out_of_memory = true;
            return NULL;
        }
        file->path = path;
        file->next = scope->files;
        scope->files = file;
        file->root = read_file(scope, at, path);
    }
    return walk(scope, file->root, address);
}

static const struct {
    const char *name;
    source_fn *find; /* NULL: only AWS knows */
} sources[] = {
    {"self", from_self},
    {"opt", from_option},
    {"param", from_parameter},
    {"env", from_environment},
    {"file", from_file},
    {"sls", from_framework},
    {"aws", from_aws},
    {"strToBool", to_flag},
    {"ssm", NULL},
    {"cf", NULL},
    {"s3", NULL},
    {"git", NULL},
    {"output", NULL},
    {"terraform", NULL},
    {"vault", NULL},
};

/* ---- one variable ---- */

/* Is `text` "source:", "source(argument):" or "source(argument)"? Sets the row. */
static bool is_source(const char *text, size_t *row)
{
    for (*row = 0; *row < sizeof sources / sizeof sources[0]; ++*row) {
        const size_t length = strlen(sources[*row].name);
        const char next = strncmp(text, sources[*row].name, length) == 0 ? text[length] : '\0';

        if ((next == ':' && text[length + 1] != ':') || next == '(' || next == '.')
            return true;
    }
    return false;
}

/* Of "source(argument):address", in which no variables are left. */
static const struct node *look_up(struct serverless_scope *scope, const struct node *at,
                                  const char *text, size_t row)
{
    const char *begin = text + strcspn(text, ":("), *argument = NULL;
    const char *end = *begin == '(' ? strchr(begin, ')') : NULL;

    if (end != NULL) {
        argument = trim(scope, begin + 1, (size_t)(end - begin - 1));
        begin = end + 1;
    }
    const char *address = *begin == ':' ? trim(scope, begin + 1, strlen(begin + 1)) : "";

    return sources[row].find == NULL || address == NULL
               ? NULL
               : sources[row].find(scope, at, argument, address);
}

/* true, 12, 'text', or another text that stands as a fallback. */
static const struct node *literal(struct serverless_scope *scope, const struct node *at,
                                  const char *text)
{
    const size_t length = strlen(text);
    double number = 0;
    bool is_decimal = false;

    if (length >= 2 && (text[0] == '\'' || text[0] == '"') && text[length - 1] == text[0])
        return text_node(scope, at, copy_text(scope, text + 1, length - 2));
    const enum node_kind kind = yaml_scalar_kind(text, &number, &is_decimal);
    struct node *node =
        template_add(&scope->template, scope->template.bench,
                     kind == NODE_NUMBER && !is_decimal ? NODE_STRING : kind, NULL, at);

    if (node == NULL)
        return NULL;
    node->number = number;
    node->text = node->kind == NODE_NUMBER || node->kind == NODE_STRING ? text : NULL;
    node->length = node->text == NULL ? 0 : (unsigned)length;
    return node;
}

/* What stands in for "ssm:/a/b", "cf:stack.Output" and "opt:name": the name at the end. */
static const struct node *stand_in(struct serverless_scope *scope, const struct node *at,
                                   const char *first)
{
    const char *colon = strrchr(first, ':'), *name = colon == NULL ? first : colon + 1;
    const char *dot = strncmp(first, "ssm", 3) == 0 ? NULL : strrchr(name, '.');
    const bool is_given = strncmp(first, "opt:", 4) == 0 || strncmp(first, "param:", 6) == 0;

    if (dot != NULL && dot[1] != '\0')
        name = dot + 1;
    return template_placeholder(&scope->template, at, name, "${%.*s} has no value here%s%.*s%s",
                                SHOWN_MAX, first, is_given ? " (pass --parameter " : "",
                                is_given ? SHOWN_MAX : 0, name, is_given ? "=VALUE)" : "");
}

/* What stands between the braces: the first of its parts that has a value. */
static const struct node *evaluate_variable(struct serverless_scope *scope, const struct node *at,
                                            const char *text)
{
    const char *first = NULL;

    for (bool is_last = false; !is_last;) {
        const char *end = find_end(text, ",");

        is_last = end == NULL;
        const char *part = trim(scope, text, end == NULL ? strlen(text) : (size_t)(end - text));
        const struct node *value = part == NULL ? NULL : evaluate(scope, at, part);
        const char *plain = value == NULL ? NULL : template_text(&scope->template, value);
        size_t row;

        if (value == NULL)
            return NULL;
        if (plain != NULL && strncmp(part, "${", 2) != 0)
            value =
                is_source(plain, &row) ? look_up(scope, at, plain, row) : literal(scope, at, plain);
        if (first == NULL)
            first = plain == NULL ? part : plain;
        if (value != NULL && (value->kind != NODE_NULL || is_last))
            return value;
        if (!is_last)
            text = end + 1;
    }
    return stand_in(scope, at, first);
}

/* ---- texts with variables ---- */

/* Is a variable of ours at "${"? Not ${AWS::Region}, and not ${name} of Fn::Sub. */
static bool is_variable(const char *text)
{
    size_t row;

    return is_source(text + 2 + strspn(text + 2, " \t\r\n"), &row) ||
           strncmp(text + 2, "${", 2) == 0;
}

/* Goes on behind the variable at `text`, whose value is added. NULL with a problem. */
static const char *add_variable(struct serverless_scope *scope, const struct node *at,
                                const char *text, struct text_builder *builder,
                                const struct node **value, bool *is_placeholder)
{
    const char *end = find_end(text + 2, "}");

    if (end == NULL) {
        problem_list_add_at(scope->template.problems, at, "${ without }");
        return NULL;
    }
    const char *inner = copy_text(scope, text + 2, (size_t)(end - text - 2));

    *value = inner == NULL ? NULL : evaluate_variable(scope, at, inner);
    if (*value == NULL)
        return NULL;
    const char *plain = template_text(&scope->template, *value);

    *is_placeholder |= (*value)->is_placeholder;
    if (plain != NULL && !template_spend(&scope->template, strlen(plain) / 8 + 1, at))
        return NULL;
    text_builder_add_text(builder, plain == NULL ? "" : plain);
    return end + 1;
}

static const struct node *evaluate_parts(struct serverless_scope *scope, const struct node *at,
                                         const char *text)
{
    struct text_builder builder;
    const char *begin = text;
    bool is_placeholder = false;

    text_builder_init(&builder, document_arena(scope->template.document));
    while (*text != '\0') {
        const struct node *value;
        const char *next = strstr(text, "${");

        if (next == NULL) {
            text_builder_add_text(&builder, text);
            break;
        }
        text_builder_add(&builder, text, (size_t)(next - text));
        text = next;
        if (!is_variable(text)) {
            text_builder_add(&builder, text, 2);
            text += 2;
            continue;
        }
        text = add_variable(scope, at, text, &builder, &value, &is_placeholder);
        if (text == NULL)
            return NULL;
        if (next == begin && *text == '\0')
            return value;
    }
    const char *whole = text_builder_end(&builder);

    scope->template.problems->is_out_of_memory |= whole == NULL;
    const struct node *node = text_node(scope, at, whole);

    if (node != NULL)
        scope->template.bench->last->is_placeholder = is_placeholder;
    return node;
}

static const struct node *evaluate(struct serverless_scope *scope, const struct node *at,
                                   const char *text)
{
    const struct node *value = NULL;

    if (scope->depth == DEPTH_MAX) {
        problem_list_add_at(scope->template.problems, at,
                            "refers to itself, or its variables are nested too deeply");
        return NULL;
    }
    if (!template_spend(&scope->template, VALUE_COST + strlen(text) / 8, at))
        return NULL;
    scope->depth++;
    value = evaluate_parts(scope, at, text);
    scope->depth--;
    return value;
}

/* ---- trees ---- */

static bool resolve_into(struct serverless_scope *scope, struct node *parent, const char *key,
                         const struct node *source)
{
    if (source->kind != NODE_OBJECT && source->kind != NODE_ARRAY) {
        const struct node *value = serverless_resolve(scope, source);

        return value != NULL && template_put(&scope->template, parent, key, value, source) != NULL;
    }
    struct node *node = template_add(&scope->template, parent, source->kind, key, source);
    bool is_resolved = node != NULL && template_spend(&scope->template, VALUE_COST, source);

    for (const struct node *child = source->first; is_resolved && child != NULL;
         child = child->next)
        is_resolved = resolve_into(scope, node, child->key, child);
    return is_resolved;
}

const struct node *serverless_resolve(struct serverless_scope *scope, const struct node *source)
{
    const struct node *before = scope->template.bench->last;

    if (source->kind == NODE_STRING)
        return strstr(source->text, "${") == NULL ? source : evaluate(scope, source, source->text);
    if (source->kind != NODE_OBJECT && source->kind != NODE_ARRAY)
        return source;
    if (!resolve_into(scope, scope->template.bench, NULL, source))
        return NULL;
    return before == NULL ? scope->template.bench->first : before->next;
}
