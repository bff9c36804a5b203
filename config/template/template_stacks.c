/*
 * template_stacks.c - nested stacks: AWS::CloudFormation::Stack and AWS::Serverless::Application whose template is a file.
 *
 * Each has a scope of its own in the list that begins with the outermost one, and makes its nodes in the same document. A
 * parameter is resolved in the outer scope when it is needed, an output in the inner one; what both cost is counted
 * together, so a circle of references ends as one in a single template does.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/nearest_name.h"
#include "config/template/template_build.h"
#include "config/template/template_sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* CloudFormation has no limit of its own but 2,000 stacks in an account. */
enum { STACKS_MAX = 200, LEVEL_MAX = 10, SHOWN_MAX = 200 };

struct nested {
    struct template_scope scope;
    struct template_build build;
    dev_t device; /* of the file */
    ino_t number;
};

static const char *join(struct template_scope *scope, const char *const *parts)
{
    const char *text = arena_join(document_arena(scope->document), parts);

    scope->problems->is_out_of_memory |= text == NULL;
    return text;
}

/* ---- where a template is ---- */

static bool is_remote(const char *text)
{
    return strstr(text, "://") != NULL;
}

/* The property, or where the CDK has put it; NULL when it isn't a file, or is known only to a deployment. */
static const struct node *find_location(const struct template_resource *stack)
{
    const struct node *asset = node_member(node_member(stack->node, "Metadata"), "aws:asset:path");
    const struct node *place = node_member(stack->properties, "TemplateURL");

    if (place == NULL)
        place = node_member(stack->properties, "Location");
    if (node_text(asset) != NULL)
        return asset;
    return node_text(place) == NULL || is_remote(place->text) ? NULL : place;
}

/* Without "./" in front of it. */
static const char *path_of(const struct node *place)
{
    const char *path = place->text;

    while (path[0] == '.' && path[1] == '/')
        path += 1 + strspn(path + 1, "/");
    return path;
}

/* With a slash at its end; "" for none. */
static const char *folder_of(struct template_scope *scope, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? ""
                                       : arena_copy(document_arena(scope->document), path,
                                                    (size_t)(slash + 1 - path));

    scope->problems->is_out_of_memory |= folder == NULL;
    return folder;
}

const char *template_place(struct template_scope *scope, const char *path)
{
    const char *const parts[] = {scope->prefix, path, NULL};

    return path[0] == '/' || scope->prefix[0] == '\0' || is_remote(path) ? path
                                                                         : join(scope, parts);
}

void template_put_place(struct template_scope *scope, struct node *to, const char *key,
                        const struct node *source)
{
    const struct node *value = source == NULL ? NULL : template_resolve(scope, source);

    if (value == NULL || value == &template_no_value)
        return;
    if (value->kind == NODE_STRING) {
        const char *path = template_place(scope, value->text);

        value = path == NULL || path == value->text ? value : template_string(scope, path, source);
    }
    if (value != NULL)
        template_put(scope, to, key, value, source);
}

/* ---- opening ---- */

static bool is_circle(const struct template_scope *outer, const struct stat *about)
{
    struct stat root;

    for (; outer->outer != NULL; outer = outer->outer) {
        const struct nested *nested = (const struct nested *)outer;

        if (nested->device == about->st_dev && nested->number == about->st_ino)
            return true;
    }
    return stat(outer->path, &root) == 0 && root.st_dev == about->st_dev &&
           root.st_ino == about->st_ino;
}

/* As the endings of config_load.c: both forms are read, and JSON begins with a brace. */
static bool parse(struct document *document, const char *text, size_t length,
                  struct problem_list *problems)
{
    size_t blanks = 0;

    while (blanks < length && text[blanks] != '\0' && strchr(" \t\r\n", text[blanks]) != NULL)
        blanks++;
    document_keep_last(document);
    return blanks < length && text[blanks] == '{'
               ? document_read_json(document, text, length, problems)
               : document_read_yaml(document, text, length, problems);
}

/* Its tree. NULL with a problem, or when it isn't there, which is a warning. */
static struct document *read_tree(struct template_scope *outer, const struct node *place,
                                  const char *path)
{
    struct document *document;
    struct problem_list problems;
    size_t length = 0;
    char *text = config_file_read(path, CONFIG_FILE_REGULAR, &length);
    bool is_read = false;

    if (text == NULL) {
        problem_list_add_at(outer->warnings, place,
                            "the nested stack is left out: %.*s can't be read: %s", SHOWN_MAX, path,
                            strerror(errno));
        return NULL;
    }
    document = document_new();
    problem_list_init(&problems, path);
    if (document == NULL || !document_adopt(outer->document, document))
        problems.is_out_of_memory = true;
    else
        is_read = parse(document, text, length, &problems);
    problem_list_take(outer->problems, &problems);
    free(text);
    if (is_read)
        document_set_file(document, path);
    return is_read ? document : NULL;
}

static bool fill_names(struct template_scope *scope, const struct node *place)
{
    struct template_scope *outer = scope->outer;
    const char *own = folder_of(scope, path_of(place));
    const char *name = template_pattern(outer, "%S", ""), *id = scope->stack->node->key;

    if (own == NULL || name == NULL)
        return false;
    const char *const names[] = {name, "-", id, NULL};
    const char *const prefix[] = {own[0] == '/' ? "" : outer->prefix, own, NULL};
    const char *const folder[] = {own[0] == '/' ? "" : outer->folder, own[0] == '/' ? "" : "/", own,
                                  ".", NULL};

    scope->stack_name = join(scope, names);
    scope->prefix = join(scope, prefix);
    scope->folder = join(scope, folder);
    return scope->stack_name != NULL && scope->prefix != NULL && scope->folder != NULL;
}

static bool open_build(struct nested *nested)
{
    struct template_scope *scope = &nested->scope;
    const struct template_build *outer = scope->outer->build;
    const char *const parts[] = {outer->folder, "/", scope->stack->node->key, NULL};
    const char *folder = join(scope, parts);

    scope->build = &nested->build;
    if (folder == NULL)
        return false;
    nested->build = (struct template_build){.state = outer->state, .folder = folder};
    return outer->state != BUILD_FRESH ||
           template_build_open_in(&nested->build, scope->whole->folder, folder, scope->path);
}

/* The scope of a template that is being opened. NULL when out of memory. */
static struct nested *make(struct template_scope *outer, struct template_resource *stack,
                           const char *path)
{
    struct nested *nested = arena_take(document_arena(outer->document), sizeof *nested);

    if (nested == NULL) {
        outer->problems->is_out_of_memory = true;
        return NULL;
    }
    *nested = (struct nested){.scope = {.document = outer->document,
                                        .effort = outer->effort,
                                        .problems = outer->problems,
                                        .warnings = outer->warnings,
                                        .env_vars = outer->env_vars,
                                        .path = path,
                                        .outer = outer,
                                        .stack = stack,
                                        .level = outer->level + 1,
                                        .whole = outer->whole}};
    return nested;
}

/* False when it isn't to be opened, with a problem or a warning. */
static bool may_open(struct template_scope *outer, const struct node *place, const char *path,
                     struct nested *nested)
{
    struct stat about = {.st_size = 0};

    if (!document_add_file(outer->document, path))
        outer->problems->is_out_of_memory = true;
    if (stat(path, &about) == 0 && is_circle(outer, &about)) {
        problem_list_add_at(outer->problems, place,
                            "the nested stack contains itself: %.*s is around it", SHOWN_MAX, path);
        return false;
    }
    if (nested->scope.level > LEVEL_MAX) {
        problem_list_add_at(outer->problems, place, "more than %d nested stacks inside each other",
                            LEVEL_MAX);
        return false;
    }
    nested->device = about.st_dev;
    nested->number = about.st_ino;
    return !outer->problems->is_out_of_memory;
}

/* The scope, when it can be used; NULL otherwise, which has been said. */
static struct template_scope *open_stack(struct template_scope *outer,
                                         struct template_resource *stack)
{
    const struct node *place = find_location(stack);
    const bool is_absolute = place != NULL && place->text[0] == '/';
    const char *const parts[] = {is_absolute ? "" : outer->folder, is_absolute ? "" : "/",
                                 place == NULL ? "" : path_of(place), NULL};
    const char *path = place == NULL ? NULL : join(outer, parts);
    struct nested *nested = path == NULL ? NULL : make(outer, stack, path);

    if (nested == NULL || !may_open(outer, place, path, nested))
        return NULL;
    struct document *document = read_tree(outer, place, path);

    if (document == NULL)
        return NULL;
    nested->scope.source = document;
    nested->scope.root = document_root(document);
    if (!fill_names(&nested->scope, place) || !open_build(nested) ||
        !template_open_scope(&nested->scope, NULL)) {
        template_build_close(&nested->build);
        return NULL;
    }
    stack->nested = &nested->scope;
    return &nested->scope;
}

bool template_open_stacks(struct template_scope *whole)
{
    struct problem_list *problems = whole->problems;
    struct template_scope *last = whole;
    unsigned count = 0;

    /* The list grows meanwhile; so a stack is opened after all stacks around it. */
    for (struct template_scope *scope = whole; scope != NULL; scope = scope->next) {
        for (size_t i = 0; i < scope->row_count && !problems->is_out_of_memory; i++) {
            struct template_resource *row = &scope->rows[i];

            if (row->kind != RESOURCE_STACK || find_location(row) == NULL ||
                template_resource_exists(scope, row) != CONDITION_TRUE)
                continue;
            if (count++ == STACKS_MAX) {
                problem_list_add_at(problems, row->node, "more than %d nested stacks", STACKS_MAX);
                return false;
            }
            last->next = open_stack(scope, row);
            last = last->next == NULL ? last : last->next;
        }
    }
    return !problems->is_out_of_memory;
}

void template_close_stacks(struct template_scope *whole)
{
    for (struct template_scope *scope = whole->next; scope != NULL; scope = scope->next)
        template_build_close(&((struct nested *)scope)->build);
}

/* ---- what they share ---- */

static bool is_same_kind(const struct template_resource *one, const struct template_resource *other)
{
    const bool is_function = one->kind == RESOURCE_FUNCTION || one->kind == RESOURCE_SAM_FUNCTION;

    return one->kind == other->kind || (is_function && (other->kind == RESOURCE_FUNCTION ||
                                                        other->kind == RESOURCE_SAM_FUNCTION));
}

const char *template_unique_id(struct template_scope *scope,
                               const struct template_resource *resource, const char *joint)
{
    const char *id = resource->node->key;
    bool is_taken = false;

    if (scope->outer == NULL)
        return id;
    for (struct template_scope *other = scope->whole; other != NULL && !is_taken;
         other = other->next) {
        const struct template_resource *twin =
            other == scope ? NULL : template_find_resource(other, id);

        is_taken = twin != NULL && is_same_kind(resource, twin);
    }
    for (const struct template_scope *inner = scope; is_taken && id != NULL && inner->outer != NULL;
         inner = inner->outer) {
        const char *const parts[] = {inner->stack->node->key, joint, id, NULL};

        id = join(scope, parts);
    }
    return id;
}

const struct node *template_stack_output(struct template_scope *scope, const struct node *at,
                                         const struct template_resource *stack,
                                         const char *attribute)
{
    struct template_scope *inner = stack->nested;
    const char *name = strchr(attribute, '.') + 1;
    const struct node *output = node_member(inner->outputs, name);
    const struct node *condition = node_member(output, "Condition");
    const struct node *source = node_member(output, "Value");
    struct nearest_name nearest;

    nearest_name_init(&nearest, name);
    for (const struct node *one = node_first_member(inner->outputs); one != NULL && output == NULL;
         one = one->next)
        nearest_name_offer(&nearest, one->key);
    const bool is_there =
        source != NULL && (node_text(condition) == NULL ||
                           template_condition(inner, condition, condition->text) == CONDITION_TRUE);
    const struct node *value = is_there ? template_resolve(inner, source) : NULL;

    if (value != NULL && value != &template_no_value)
        return value;
    if (is_there && value == NULL)
        return NULL; /* which has been said */
    return template_placeholder(
        scope, at, name, "%.100s has no output %.100s%s%s%s", stack->node->key, name,
        nearest.best == NULL ? "" : "; did you mean ", nearest.best == NULL ? "" : nearest.best,
        nearest.best == NULL ? "" : "?");
}
