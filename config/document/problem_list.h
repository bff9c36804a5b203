/*
 * problem_list.h - gathers all that is wrong with a configuration, and puts it into the order of the lines.
 *
 * Each problem becomes one line for a person: FILE:LINE: PATH: what is wrong and how to fix it. Control characters in
 * it become '?', for it goes to a terminal.
 *
 * Used by:  everything that reads a configuration.
 */
#ifndef CONFIG_DOCUMENT_PROBLEM_LIST_H
#define CONFIG_DOCUMENT_PROBLEM_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct config_problems;
struct node;

/* The line of what is wrong with a file as a whole, such as that it isn't there: then no line is named. */
enum { PROBLEM_NO_LINE = 0 };

/* After this many problems, a last line says that there are more. */
enum { PROBLEMS_MAX = 1000 };

struct problem {
    unsigned line;
    size_t rank; /* in the order of finding */
    char *message;
};

struct problem_list {
    const char *file; /* as the user gave it; NULL: messages begin with the path */
    struct problem *problems;
    size_t count, capacity;
    bool has_more;
    bool is_out_of_memory;
};

/* Borrows `file`. */
void problem_list_init(struct problem_list *list, const char *file);
void problem_list_clear(struct problem_list *list);

/* Nothing wrong so far, memory included? */
bool problem_list_is_empty(const struct problem_list *list);

void problem_list_add(struct problem_list *list, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At a node: its line, its path. */
void problem_list_add_at(struct problem_list *list, const struct node *node, const char *format,
                         ...) __attribute__((format(printf, 3, 4)));

/* In another file than the list's, with no line of its own. */
void problem_list_add_file(struct problem_list *list, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves those of another file to the beginning of `list`; `other` is left empty. */
void problem_list_take(struct problem_list *list, struct problem_list *other);

/* Puts them in order, each once, at the end of `problems`, and leaves the list empty. */
void problem_list_hand_over(struct problem_list *list, struct config_problems *problems);

#endif
