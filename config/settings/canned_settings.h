/*
 * canned_settings.h - the settings of a canned response (Local.Mock) and of a fault (Local.Faults).
 *
 * The same tables check the file and what is set at run time.
 */
#ifndef CONFIG_SETTINGS_CANNED_SETTINGS_H
#define CONFIG_SETTINGS_CANNED_SETTINGS_H

#include "config/settings/setting.h"

#include <cjson/cJSON.h>

/* Each invocation may look at all of them. */
enum { MOCK_ANSWERS_MAX = 10000 };

extern const struct setting_scope mock_settings;
extern const struct setting_scope fault_settings;

/* Check canned responses and faults that come in at run time, with the same rules as in the file. */
bool config_check_mock(const cJSON *mock, char *why, size_t why_size);
bool config_check_faults(const cJSON *faults, char *why, size_t why_size);

#endif
