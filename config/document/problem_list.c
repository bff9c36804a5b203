#include "config/document/problem_list.h"

#include "config/config.h"
#include "config/document/document.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 8192, PATH_SHOWN_MAX = 512 };

void problem_list_init(struct problem_list *list, const char *file)
{
    memset(list, 0, sizeof *list);
    list->file = file;
}

void problem_list_clear(struct problem_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->problems[i].message);
    free(list->problems);
    problem_list_init(list, list->file);
}

bool problem_list_is_empty(const struct problem_list *list)
{
    return list->count == 0 && !list->has_more && !list->is_out_of_memory;
}

static bool make_room(struct problem_list *list)
{
    if (list->count < list->capacity)
        return true;
    const size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
    struct problem *problems = realloc(list->problems, capacity * sizeof *problems);

    if (problems == NULL)
        return false;
    list->problems = problems;
    list->capacity = capacity;
    return true;
}

static void add(struct problem_list *list, unsigned line, char *message)
{
    for (char *at = message; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
    char *copy = strdup(message);

    if (copy == NULL || !make_room(list)) {
        free(copy);
        list->is_out_of_memory = true;
        return;
    }
    list->problems[list->count] =
        (struct problem){.line = line, .rank = list->count, .message = copy};
    list->count++;
}

/* `message` holds `used` characters of the beginning already. */
__attribute__((format(printf, 5, 0))) static void add_formatted(struct problem_list *list,
                                                                unsigned line, char *message,
                                                                int used, const char *format,
                                                                va_list arguments)
{
    if (used < 0 || used >= MESSAGE_MAX)
        used = (int)strlen(message);
    (void)vsnprintf(message + used, (size_t)(MESSAGE_MAX - used), format, arguments);
    add(list, line, message);
}

static bool is_full(struct problem_list *list)
{
    if (list->count == PROBLEMS_MAX)
        list->has_more = true;
    return list->has_more;
}

void problem_list_add(struct problem_list *list, unsigned line, const char *format, ...)
{
    char message[MESSAGE_MAX] = "";
    va_list arguments;
    int used = 0;

    if (is_full(list))
        return;
    if (list->file != NULL && line == PROBLEM_NO_LINE)
        used = snprintf(message, sizeof message, "%s: ", list->file);
    else if (list->file != NULL)
        used = snprintf(message, sizeof message, "%s:%u: ", list->file, line);
    va_start(arguments, format);
    add_formatted(list, line, message, used, format, arguments);
    va_end(arguments);
}

/* The file of document_set_file(), else the list's. */
static const char *file_of(const struct problem_list *list, const struct node *node)
{
    if (node->origin != NULL)
        node = node->origin;
    while (node->parent != NULL)
        node = node->parent;
    return node->kind == NODE_OBJECT && node->text != NULL ? node->text : list->file;
}

void problem_list_add_at(struct problem_list *list, const struct node *node, const char *format,
                         ...)
{
    char message[MESSAGE_MAX] = "";
    char path[PATH_SHOWN_MAX];
    va_list arguments;
    int used = 0;

    if (is_full(list))
        return;
    node_path(node, path, sizeof path);
    const char *colon = path[0] == '\0' ? "" : ": ";
    const char *file = file_of(list, node);

    if (file != NULL)
        used = snprintf(message, sizeof message, "%s:%u: %s%s", file, node->line, path, colon);
    else
        used = snprintf(message, sizeof message, "%s%s", path, colon);
    va_start(arguments, format);
    add_formatted(list, node->line, message, used, format, arguments);
    va_end(arguments);
}

void problem_list_add_file(struct problem_list *list, const char *file, const char *format, ...)
{
    char message[MESSAGE_MAX] = "";
    va_list arguments;

    if (is_full(list))
        return;
    const int used = snprintf(message, sizeof message, "%s: ", file);

    va_start(arguments, format);
    add_formatted(list, 1, message, used, format, arguments);
    va_end(arguments);
}

void problem_list_take(struct problem_list *list, struct problem_list *other)
{
    for (size_t i = 0; i < other->count && !is_full(list); i++)
        add(list, 0, other->problems[i].message);
    list->has_more |= other->has_more;
    list->is_out_of_memory |= other->is_out_of_memory;
    problem_list_clear(other);
}

static int by_line(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* A version that inherits a wrong setting finds the same problem again. */
static bool is_known(const struct config_problems *problems, size_t from, const char *message)
{
    for (size_t i = from; i < problems->count; i++) {
        if (strcmp(problems->messages[i], message) == 0)
            return true;
    }
    return false;
}

static void move_all(struct problem_list *list, struct config_problems *problems)
{
    unsigned line = 0;
    size_t line_begin = problems->count;

    if (list->count > 0)
        qsort(list->problems, list->count, sizeof *list->problems, by_line);
    for (size_t i = 0; i < list->count; i++) {
        if (list->problems[i].line != line)
            line_begin = problems->count;
        line = list->problems[i].line;
        if (is_known(problems, line_begin, list->problems[i].message))
            continue;
        problems->messages[problems->count++] = list->problems[i].message;
        list->problems[i].message = NULL;
    }
}

static bool make_messages_room(const struct problem_list *list, struct config_problems *problems)
{
    char **messages =
        realloc(problems->messages, (problems->count + list->count) * sizeof *messages);

    if (messages == NULL)
        return false;
    problems->messages = messages;
    return true;
}

void problem_list_hand_over(struct problem_list *list, struct config_problems *problems)
{
    if (list->has_more) {
        char message[MESSAGE_MAX];

        (void)snprintf(message, sizeof message,
                       "%s: more than %d problems; fix these and check again",
                       list->file == NULL ? "" : list->file, PROBLEMS_MAX);
        add(list, UINT32_MAX, message);
    }
    if (list->count > 0 && !make_messages_room(list, problems))
        list->is_out_of_memory = true;
    else
        move_all(list, problems);
    problems->is_out_of_memory = problems->is_out_of_memory || list->is_out_of_memory;
    problem_list_clear(list);
}

void config_problems_clear(struct config_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->messages[i]);
    free(problems->messages);
    memset(problems, 0, sizeof *problems);
}
