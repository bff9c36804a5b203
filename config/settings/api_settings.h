/*
 * api_settings.h - the settings of an HTTP or REST API (Apis) and of its routes.
 */
#ifndef CONFIG_SETTINGS_API_SETTINGS_H
#define CONFIG_SETTINGS_API_SETTINGS_H

#include "config/settings/setting.h"

enum api_slot { SLOT_API_TYPE, SLOT_API_CORS, SLOT_ROUTES, API_SLOT_COUNT };

enum route_slot {
    SLOT_ROUTE_METHOD,
    SLOT_ROUTE_PATH,
    SLOT_ROUTE_FUNCTION,
    SLOT_ROUTE_QUALIFIER,
    SLOT_ROUTE_PAYLOAD,
    ROUTE_SLOT_COUNT
};

enum { APIS_MAX = 100, ROUTES_MAX = 1000 };

extern const struct setting_scope api_settings;
extern const struct setting_scope route_settings;

#endif
