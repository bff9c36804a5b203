/*
 * platform_events.h - the platform's lines as JSON; platform_lines.h decides whether that is their form.
 *
 * To add an event: its row in the table of levels, and a function that writes its record.
 */
#ifndef RUNTIME_ENVIRONMENTS_PLATFORM_EVENTS_H
#define RUNTIME_ENVIRONMENTS_PLATFORM_EVENTS_H

#include "runtime/environments/execution_environment.h"

enum init_status { INIT_SUCCESS, INIT_ERROR, INIT_TIMEOUT };

void platform_events_start(struct environment *environment, const struct invocation *invocation);
void platform_events_end(struct environment *environment, const struct invocation *invocation);
void platform_events_init_start(struct environment *environment, const char *instance);
void platform_events_init_end(struct environment *environment, enum init_status status,
                              const char *error_type);

/* Since August 2025 what is billed includes the initialisation. */
uint64_t platform_events_billed_ms(const struct invocation *invocation);

#endif
