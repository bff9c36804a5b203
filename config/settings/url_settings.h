/*
 * url_settings.h - the settings of a function's URL: FunctionUrlConfig, and the Cors in it.
 */
#ifndef CONFIG_SETTINGS_URL_SETTINGS_H
#define CONFIG_SETTINGS_URL_SETTINGS_H

#include "config/settings/setting.h"

enum url_slot { SLOT_AUTH_TYPE, SLOT_INVOKE_MODE, SLOT_CORS, URL_SLOT_COUNT };

enum cors_slot {
    SLOT_ALLOW_CREDENTIALS,
    SLOT_ALLOW_HEADERS,
    SLOT_ALLOW_METHODS,
    SLOT_ALLOW_ORIGINS,
    SLOT_EXPOSE_HEADERS,
    SLOT_MAX_AGE,
    CORS_SLOT_COUNT
};

extern const struct setting_scope url_settings;
extern const struct setting_scope cors_settings;
extern const struct setting_scope api_cors_settings; /* the same with any method */

#endif
