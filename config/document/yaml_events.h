/*
 * yaml_events.h - libyaml's events one by one, and what it refuses in words for people.
 *
 * Used by:  document_yaml.c.
 */
#ifndef CONFIG_DOCUMENT_YAML_EVENTS_H
#define CONFIG_DOCUMENT_YAML_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct problem_list;

struct yaml_events {
    yaml_parser_t parser;
    const char *text;
    size_t length;
    struct problem_list *problems;
};

/* Borrows `text` and `problems`. False when out of memory, which is said. */
bool yaml_events_open(struct yaml_events *events, const char *text, size_t length,
                      struct problem_list *problems);
void yaml_events_close(struct yaml_events *events);

/* False with a problem. Otherwise `event` must be deleted. */
bool yaml_events_next(struct yaml_events *events, yaml_event_t *event);

#endif
