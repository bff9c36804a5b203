/*
 * canned_settings.h - the settings of a canned response (Local.Mock) and of a fault (Local.Faults).
 *
 * The same tables check the file and what is set at run time (config_check_mock(), config_check_faults()).
 */
#ifndef CONFIG_SETTINGS_CANNED_SETTINGS_H
#define CONFIG_SETTINGS_CANNED_SETTINGS_H

#include "config/settings/setting.h"

/* Each invocation may look at all of them. */
enum { MOCK_ANSWERS_MAX = 10000 };

extern const struct setting_scope mock_settings;
extern const struct setting_scope fault_settings;

#endif
