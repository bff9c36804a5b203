/*
 * template_events.h - what becomes of a function's events: dead-letter queues and destinations, in the forms of SAM and
 * of CloudFormation.
 */
#ifndef CONFIG_TEMPLATE_TEMPLATE_EVENTS_H
#define CONFIG_TEMPLATE_TEMPLATE_EVENTS_H

#include "config/template/template_resources.h"

/* Adds DeadLetterConfig, from that of CloudFormation or the DeadLetterQueue of SAM. False when there was a problem. */
bool template_put_dead_letter(struct template_scope *scope, struct node *to,
                              const struct node *source);

/*
 * Adds EventInvokeConfig. `function` is the logical id that names the queues and topics which SAM makes for a
 * destination that only says Type; NULL where there is no SAM. False when there was a problem.
 */
bool template_put_events(struct template_scope *scope, struct node *to, const struct node *source,
                         const char *function);

#endif
