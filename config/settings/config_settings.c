#include "config/settings/config_settings.h"

#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/name_rules.h"
#include "config/settings/api_settings.h"
#include "config/settings/function_settings.h"

enum { QUOTE_MAX = 80 };

static void check_region(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    if (is_region(node->text))
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be a region such as us-east-1 (is %s)", quoted);
}

static void check_account_id(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    if (is_account_id(node->text))
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be 12 digits (is %s)", quoted);
}

static void check_origins(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    for (const struct node *origin = node->first; origin != NULL; origin = origin->next) {
        if (is_origin(origin->text))
            continue;
        node_quote(origin, quoted, sizeof quoted);
        problem_list_add_at(problems, origin,
                            "must be http://HOST[:PORT] or https://HOST[:PORT] in lower case, "
                            "without a path (is %s)",
                            quoted);
    }
}

const char *const durability_names[] = {[DURABILITY_PROCESS] = "process",
                                        [DURABILITY_POWER] = "power",
                                        [DURABILITY_MEMORY] = "memory",
                                        NULL};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ANY_COUNT .max = 4e9

/* clang-format off */
static const struct setting account_limit_rows[] = {
    {"ConcurrentExecutions", SETTING_INTEGER, SLOT_CONCURRENT_EXECUTIONS, .min = 1, .max = 1000000,
                             .fallback = CONCURRENT_EXECUTIONS_DEFAULT},
};
static const struct setting_scope account_limit_scope = {
    account_limit_rows, COUNT_OF(account_limit_rows), .fills_outer_slots = true};

static const struct setting local_rows[] = {
    {"RetryDelaysSeconds", SETTING_INTEGER_LIST, SLOT_RETRY_DELAYS,    .max = 21600},
    {"QueueCapacity",      SETTING_INTEGER,      SLOT_QUEUE_CAPACITY,  .min = 1, .max = 100000000, .fallback = 100000},
    {"HistorySize",        SETTING_INTEGER,      SLOT_HISTORY_SIZE,    .min = 0, .max = 1000000,   .fallback = 10000},
    {"AllowedOrigins",     SETTING_STRING_LIST,  SLOT_ALLOWED_ORIGINS, .max = SETTING_LIST_MAX, .check = check_origins},
    {"Durability",         SETTING_CHOICE,       SLOT_DURABILITY,      .choices = durability_names},
    {"SpareRuntimes",      SETTING_INTEGER,      SLOT_SPARE_RUNTIMES,  .min = 0, .max = 64,        .fallback = 1},
    {"InheritEnvironment", SETTING_STRING_LIST,  SLOT_ALL_INHERIT_ENVIRONMENT, .max = SETTING_LIST_MAX,
                           .check = check_inherited_names},
    {"LayersFolder",       SETTING_STRING,       SLOT_LAYERS_FOLDER,   .min = 1, .max = 4096},
    {"RuntimeClients",     SETTING_STRING,       SLOT_RUNTIME_CLIENTS, .min = 1, .max = 4096},
    {"CreateDelayMs",      SETTING_INTEGER,      SLOT_CREATE_DELAY,    .max = 3600000},
    {"S3Folder",           SETTING_STRING,       SLOT_S3_FOLDER,       .min = 1, .max = 4096},
    {"ApiOverridesFiles",  SETTING_FLAG,         SLOT_API_OVERRIDES_FILES, .fallback = false},
    {"IdleTimeoutSeconds", SETTING_INTEGER,      SLOT_ALL_IDLE_TIMEOUT, .min = 1, .max = 86400,
                           .fallback = IDLE_TIMEOUT_DEFAULT_S},
    {"EnvFile",            SETTING_STRING,       SLOT_ALL_ENV_FILE,    .min = 1, .max = 4096},
};
static const struct setting_scope local_scope = {local_rows, COUNT_OF(local_rows), .fills_outer_slots = true};

static const struct setting config_rows[] = {
    {"Region",       SETTING_STRING, SLOT_REGION,     .min = 1, .max = 64, .check = check_region},
    {"AccountId",    SETTING_STRING, SLOT_ACCOUNT_ID, .min = 1, .max = 64, .check = check_account_id},
    {"AccountLimit", SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .scope = &account_limit_scope},
    {"Functions",    SETTING_OBJECT, SLOT_FUNCTIONS,  ANY_COUNT},
    {"Apis",         SETTING_OBJECT, SLOT_APIS,       .max = APIS_MAX},
    {"Local",        SETTING_OBJECT, SETTING_NO_SLOT, ANY_COUNT, .scope = &local_scope},
};
const struct setting_scope config_settings = {config_rows, COUNT_OF(config_rows), .check = NULL};
/* clang-format on */
