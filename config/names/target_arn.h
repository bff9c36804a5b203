/*
 * target_arn.h - the ARNs that outcomes may go to: dead-letter queues and destinations.
 *
 * Only syntax and service: nothing has to exist, for the outcomes are written to files (contract, section 5).
 */
#ifndef CONFIG_NAMES_TARGET_ARN_H
#define CONFIG_NAMES_TARGET_ARN_H

#include <stdbool.h>
#include <stddef.h>

enum target_use { TARGET_DEAD_LETTER, TARGET_ON_SUCCESS, TARGET_ON_FAILURE };

/* NULL when `arn` may be used for that; else what it must be, for a message "must be ..." . */
const char *target_arn_problem(const char *arn, enum target_use use);

#endif
