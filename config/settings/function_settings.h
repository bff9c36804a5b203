/*
 * function_settings.h - the settings of a function, of a version and of an alias: names, types, ranges, defaults.
 *
 * The names are those of AWS::Serverless::Function and AWS::Lambda::Function; settings that AWS doesn't have are under
 * Local.
 */
#ifndef CONFIG_SETTINGS_FUNCTION_SETTINGS_H
#define CONFIG_SETTINGS_FUNCTION_SETTINGS_H

#include "config/settings/setting.h"

/* Those of Local fill slots of their own, so a version overrides each of them alone. */
enum function_slot {
    SLOT_RUNTIME,
    SLOT_HANDLER,
    SLOT_CODE_URI,
    SLOT_INLINE_CODE,
    SLOT_CODE,
    SLOT_LAYERS,
    SLOT_PACKAGE_TYPE,
    SLOT_DESCRIPTION,
    SLOT_TIMEOUT,
    SLOT_MEMORY_SIZE,
    SLOT_ENVIRONMENT,
    SLOT_LOGGING_CONFIG,
    SLOT_DEAD_LETTER_CONFIG,
    SLOT_EVENT_INVOKE_CONFIG,
    SLOT_IMAGE_CONFIG,
    SLOT_RESERVED_CONCURRENT_EXECUTIONS,
    SLOT_RECURSIVE_LOOP,
    SLOT_TENANCY_CONFIG,
    SLOT_VERSIONS,
    SLOT_ALIASES,
    SLOT_URL,
    SLOT_COMMAND,
    SLOT_MOCK,
    SLOT_FAULTS,
    SLOT_INHERIT_ENVIRONMENT,
    SLOT_IDLE_TIMEOUT,
    SLOT_ENFORCE_MEMORY,
    SLOT_FREEZE,
    SLOT_MOUNT_TASK,
    SLOT_ACCESS_DENIED,
    SLOT_ALLOWED_ACCESS_KEY_IDS,
    SLOT_ATTACH,
    SLOT_DEBUG_COMMAND,
    SLOT_ENV_FILE,
    SLOT_LOGICAL_ID,
    FUNCTION_SLOT_COUNT
};

enum event_invoke_slot {
    SLOT_RETRY_ATTEMPTS,
    SLOT_EVENT_AGE,
    SLOT_DESTINATION_CONFIG,
    EVENT_INVOKE_SLOT_COUNT
};

enum alias_slot {
    SLOT_FUNCTION_VERSION,
    SLOT_ROUTING_CONFIG,
    SLOT_ALIAS_EVENT_INVOKE_CONFIG,
    SLOT_ALIAS_URL,
    ALIAS_SLOT_COUNT
};

/* The names of enum mount_task, in its order; ended by NULL. */
extern const char *const mount_task_names[];

extern const struct setting_scope function_settings;
extern const struct setting_scope
    version_settings; /* the function's, without those that concern all its versions */
extern const struct setting_scope event_invoke_settings;
extern const struct setting_scope alias_settings;

/* Names of variables of the server's own environment. */
setting_check_fn check_inherited_names;

#endif
