#include "config/document/document.h"

#include "base/arena.h"
#include "config/document/problem_list.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED_MAX = 60 };

struct note_list {
    struct document_note *first, *last;
};

struct adopted {
    struct document *document;
    struct adopted *next;
};

struct document {
    struct arena *arena;
    struct node *root;
    struct note_list notes, files;
    struct document_ignored *ignored, *ignored_last;
    struct document_duplicate *duplicates; /* the newest first */
    bool keeps_last;
    struct adopted *adopted;
    const struct document_leniency *leniency;
    size_t node_count;
    bool is_full;
};

struct document *document_new(void)
{
    struct document *document = calloc(1, sizeof *document);

    if (document == NULL)
        return NULL;
    document->arena = arena_new();
    if (document->arena == NULL) {
        free(document);
        return NULL;
    }
    return document;
}

void document_free(struct document *document)
{
    if (document == NULL)
        return;
    for (struct adopted *one = document->adopted; one != NULL; one = one->next)
        document_free(one->document);
    arena_free(document->arena);
    free(document);
}

const struct node *document_root(const struct document *document)
{
    return document->root;
}

static bool add_note(struct document *document, struct note_list *list, const char *text)
{
    struct document_note *note = arena_take(document->arena, sizeof *note);
    const char *copy = arena_copy(document->arena, text, strlen(text));

    if (note == NULL || copy == NULL)
        return false;
    note->text = copy;
    if (list->last == NULL)
        list->first = note;
    else
        list->last->next = note;
    list->last = note;
    return true;
}

bool document_add_note(struct document *document, const char *text)
{
    return add_note(document, &document->notes, text);
}

const struct document_note *document_notes(const struct document *document)
{
    return document->notes.first;
}

bool document_add_ignored(struct document *document, const char *function, const char *what)
{
    struct document_ignored *one = arena_take(document->arena, sizeof *one);

    if (one == NULL)
        return false;
    *one = (struct document_ignored){arena_copy(document->arena, function, strlen(function)),
                                     arena_copy(document->arena, what, strlen(what)), NULL};
    if (document->ignored_last != NULL)
        document->ignored_last->next = one;
    else
        document->ignored = one;
    document->ignored_last = one;
    return one->function != NULL && one->what != NULL;
}

const struct document_ignored *document_ignored(const struct document *document)
{
    return document->ignored;
}

bool document_add_file(struct document *document, const char *path)
{
    return add_note(document, &document->files, path);
}

const struct document_note *document_files(const struct document *document)
{
    return document->files.first;
}

bool document_adopt(struct document *document, struct document *other)
{
    struct adopted *one = arena_take(document->arena, sizeof *one);

    if (one == NULL) {
        document_free(other);
        return false;
    }
    *one = (struct adopted){other, document->adopted};
    document->adopted = one;
    return true;
}

void document_set_file(struct document *document, const char *path)
{
    if (document->root != NULL && document->root->kind == NODE_OBJECT)
        document->root->text = path;
}

void document_set_root(struct document *document, struct node *root)
{
    root->parent = NULL;
    document->root = root;
}

void document_keep_last(struct document *document)
{
    document->keeps_last = true;
}

bool document_keeps_last(const struct document *document)
{
    return document->keeps_last;
}

bool document_add_duplicate(struct document *document, const struct node *kept,
                            const struct node *first)
{
    struct document_duplicate *duplicate = arena_take(document->arena, sizeof *duplicate);

    if (duplicate == NULL)
        return false;
    *duplicate = (struct document_duplicate){kept, first, document->duplicates};
    document->duplicates = duplicate;
    return true;
}

const struct document_duplicate *document_duplicates(const struct document *document)
{
    return document->duplicates;
}

void document_tell_duplicates(const struct document *document, struct problem_list *problems)
{
    for (const struct document_duplicate *one = document->duplicates; one != NULL; one = one->next)
        problem_list_add_at(problems, one->kept, "duplicate key (first defined on line %u)",
                            one->first->line);
}

void document_be_lenient(struct document *document, const struct document_leniency *leniency)
{
    document->leniency = leniency;
}

const struct document_leniency *document_leniency(const struct document *document)
{
    return document->leniency;
}

struct arena *document_arena(struct document *document)
{
    return document->arena;
}

bool document_is_full(const struct document *document)
{
    return document->is_full;
}

void node_append(struct node *parent, struct node *node)
{
    node->parent = parent;
    if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    parent->last = node;
    node->index = parent->count++;
}

struct node *document_add(struct document *document, struct node *parent, enum node_kind kind,
                          const char *key, unsigned line)
{
    if (document->node_count == DOCUMENT_NODES_MAX) {
        document->is_full = true;
        return NULL;
    }
    struct node *node = arena_take(document->arena, sizeof *node);

    if (node == NULL)
        return NULL;
    document->node_count++;
    node->kind = kind;
    node->key = key;
    node->line = line;
    if (parent == NULL)
        document->root = node;
    else
        node_append(parent, node);
    return node;
}

struct node *document_add_string(struct document *document, struct node *parent, const char *key,
                                 const char *text, unsigned line)
{
    const size_t length = strlen(text);
    const char *own_key = key == NULL ? NULL : arena_copy(document->arena, key, strlen(key));
    const char *own_text = arena_copy(document->arena, text, length);

    if (own_text == NULL || (key != NULL && own_key == NULL) || length > UINT_MAX)
        return NULL;
    struct node *node = document_add(document, parent, NODE_STRING, own_key, line);

    if (node == NULL)
        return NULL;
    node->text = own_text;
    node->length = (unsigned)length;
    return node;
}

/* ---- reading ---- */

const struct node *node_member(const struct node *object, const char *key)
{
    for (const struct node *node = node_first_member(object); node != NULL; node = node->next) {
        if (strcmp(node->key, key) == 0)
            return node;
    }
    return NULL;
}

const struct node *node_first_member(const struct node *node)
{
    return node != NULL && node->kind == NODE_OBJECT ? node->first : NULL;
}

const struct node *node_first_element(const struct node *node)
{
    return node != NULL && node->kind == NODE_ARRAY ? node->first : NULL;
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
        [NODE_NULL] = "null",       [NODE_BOOLEAN] = "a boolean", [NODE_NUMBER] = "a number",
        [NODE_STRING] = "a string", [NODE_ARRAY] = "a list",      [NODE_OBJECT] = "an object",
    };

    return names[kind];
}

const char *node_text(const struct node *node)
{
    return node != NULL && node->kind == NODE_STRING ? node->text : NULL;
}

void node_path(const struct node *node, char *path, size_t size)
{
    if (size == 0)
        return;
    path[0] = '\0';
    if (node->origin != NULL)
        node = node->origin;
    if (node->parent == NULL)
        return;
    node_path(node->parent, path, size);
    const size_t used = strlen(path);

    if (node->key == NULL)
        (void)snprintf(path + used, size - used, "[%u]", node->index);
    else
        (void)snprintf(path + used, size - used, "%s%.100s", used == 0 ? "" : ".", node->key);
}

void node_quote(const struct node *node, char *quoted, size_t size)
{
    const int shown = node->length > QUOTED_MAX ? QUOTED_MAX : (int)node->length;
    const char *more = node->length > QUOTED_MAX ? "..." : "";

    if (node->kind == NODE_STRING)
        (void)snprintf(quoted, size, "\"%.*s%s\"", shown, node->text, more);
    else if (node->kind == NODE_NUMBER)
        (void)snprintf(quoted, size, "%.*s%s", shown, node->text, more);
    else
        (void)snprintf(quoted, size, "%s", node_kind_name(node->kind));
}
