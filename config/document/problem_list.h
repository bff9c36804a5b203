/*
 * problem_list.h - gathers all that is wrong with a configuration, and puts it into the order of the lines.
 *
 * Each fault becomes one line for a person: FILE:LINE: PATH: what is wrong and how to mend it. Control characters in
 * it become '?', for it goes to a terminal.
 *
 * Used by:  everything that reads a configuration.
 */
#ifndef CONFIG_DOCUMENT_PROBLEM_LIST_H
#define CONFIG_DOCUMENT_PROBLEM_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct config_faults;
struct node;

/* More than so many help nobody; a last line says that there are more. */
enum { FAULTS_MAX = 1000 };

struct fault {
    unsigned line;
    size_t rank; /* in the order of finding */
    char *message;
};

struct fault_list {
    const char *file; /* as the user gave it; NULL: messages begin with the path */
    struct fault *faults;
    size_t count, capacity;
    bool has_more;
    bool is_out_of_memory;
};

/* Borrows `file`. */
void fault_list_init(struct fault_list *list, const char *file);
void fault_list_clear(struct fault_list *list);

/* Nothing wrong so far, memory included? */
bool fault_list_is_empty(const struct fault_list *list);

void fault_list_add(struct fault_list *list, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At a node: its line, its path. */
void fault_list_add_at(struct fault_list *list, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* In another file than the list's, with no line of its own. */
void fault_list_add_file(struct fault_list *list, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts them in order, each once, at the end of `faults`, and leaves the list empty. */
void fault_list_hand_over(struct fault_list *list, struct config_faults *faults);

#endif
