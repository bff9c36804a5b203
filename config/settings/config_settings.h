/*
 * config_settings.h - the settings of the whole: names, types, ranges, defaults. Those of a function:
 * function_settings.h.
 */
#ifndef CONFIG_SETTINGS_CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_CONFIG_SETTINGS_H

#include "config/settings/setting.h"

enum config_slot {
    SLOT_REGION,
    SLOT_ACCOUNT_ID,
    SLOT_CONCURRENT_EXECUTIONS,
    SLOT_FUNCTIONS,
    SLOT_APIS,
    SLOT_RETRY_DELAYS,
    SLOT_QUEUE_CAPACITY,
    SLOT_HISTORY_SIZE,
    SLOT_ALLOWED_ORIGINS,
    SLOT_DURABILITY,
    SLOT_SPARE_RUNTIMES,
    SLOT_ALL_INHERIT_ENVIRONMENT,
    SLOT_LAYERS_FOLDER,
    SLOT_RUNTIME_CLIENTS,
    SLOT_ALL_IDLE_TIMEOUT,
    SLOT_ALL_ENV_FILE,
    SLOT_CREATE_DELAY,
    SLOT_S3_FOLDER,
    SLOT_API_OVERRIDES_FILES,
    CONFIG_SLOT_COUNT
};

extern const struct setting_scope config_settings;

/* In the order of enum durability; ends in NULL. */
extern const char *const durability_names[];

#endif
