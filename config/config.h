/*
 * config.h - what may be invoked: an immutable, counted snapshot of all settings.
 *
 * Owns:     everything that its structs point to; all of it lives as long as the snapshot.
 * Used by:  everything above. Whoever works with a part across the loop retains the snapshot.
 * Threads:  event-loop thread only (the count is not atomic).
 *
 * Names are those of AWS::Serverless::Function and AWS::Lambda::Function.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AWS's limits and defaults. */
enum {
    TIMEOUT_DEFAULT_S = 3,
    TIMEOUT_MAX_S = 900,
    MEMORY_DEFAULT_MB = 128,
    MEMORY_MIN_MB = 128,
    MEMORY_MAX_MB = 10240,
    CONCURRENT_EXECUTIONS_DEFAULT = 1000,
    RETRY_ATTEMPTS_DEFAULT = 2,
    EVENT_AGE_DEFAULT_S = 21600,
    EVENT_AGE_MIN_S = 60,
    IDLE_TIMEOUT_DEFAULT_S = 600,
    INVOKE_PAYLOAD_MAX = 6291456,
    EVENT_PAYLOAD_MAX = 1048576,
    INVOKE_ASYNC_PAYLOAD_MAX = 262144,
    LAYERS_MAX = 5,                 /* of a function */
    RESPONSE_PAYLOAD_MAX = 6291556, /* 6 MiB + 100, as recorded */
    CONCURRENCY_UNRESERVED = -1
};

/* `items` ends in a NULL that `count` leaves out, so it serves as an argv. */
struct string_list {
    size_t count;
    char **items;
};

/* "NAME=VALUE" each, ended by NULL like an envp. */
struct variable_list {
    size_t count;
    char **items;
};

enum function_kind {
    FUNCTION_RUNTIME, /* Runtime + Handler + CodeUri: a warm environment */
    FUNCTION_IMAGE,   /* ImageConfig: a warm environment started by its own command */
    FUNCTION_COMMAND, /* Local.Command: one process an invocation */
    FUNCTION_MOCK,    /* Local.Mock and nothing else: canned responses, no process */
    FUNCTION_LEFT_OUT /* it can't run here: invocations are answered with an exception */
};

/* Why a version can't run here; decides the exception. */
enum left_out_cause {
    LEFT_OUT_NOT,
    LEFT_OUT_RUNTIME, /* InvalidRuntimeException: this machine can't have it */
    LEFT_OUT_CODE     /* InvalidZipFileException: it isn't there or can't be read */
};

enum runtime_family {
    RUNTIME_FAMILY_NONE,
    RUNTIME_FAMILY_PYTHON,
    RUNTIME_FAMILY_NODEJS,
    RUNTIME_FAMILY_RUBY,
    RUNTIME_FAMILY_PROVIDED,
    RUNTIME_FAMILY_CLIENT /* not bundled: AWS's own client for its language runs it, by `command` */
};

/* SystemLogLevel; from the least grave on. */
enum system_log_level { SYSTEM_LOG_DEBUG, SYSTEM_LOG_INFO, SYSTEM_LOG_WARN };

/* Does the process see its code as /var/task, and its layers as /opt? AUTO: if it has layers, and the machine can. */
enum mount_task { MOUNT_TASK_AUTO, MOUNT_TASK_ON, MOUNT_TASK_OFF };

enum durability { DURABILITY_PROCESS, DURABILITY_POWER, DURABILITY_MEMORY };

struct event_invoke_config {
    unsigned maximum_retry_attempts;        /* 0 to 2 */
    unsigned maximum_event_age_s;           /* 60 to 21600 */
    bool has_retry_attempts, has_event_age; /* written, not the defaults */
    const char *on_success, *on_failure;    /* destination ARNs; NULL for none */
};

/* Canned responses or faults, already checked. */
struct canned_items {
    const cJSON *list; /* an array; NULL for none */
    size_t count;
    uint64_t hash; /* of what the list says */
};

struct function;
struct function_url; /* function_url.h */
struct http_api;     /* http_api.h */

/* The settings of one version, $LATEST or a number, with all defaults filled in. */
struct function_version {
    const struct function *function;
    const char *version; /* "$LATEST", "1", ... */
    enum function_kind kind;
    enum runtime_family family;
    enum left_out_cause left_out; /* LEFT_OUT_NOT unless FUNCTION_LEFT_OUT */
    const char *why_left_out;     /* cause and mend, for people; NULL unless FUNCTION_LEFT_OUT */
    const char *runtime;  /* "python3.12"; NULL unless FUNCTION_RUNTIME or FUNCTION_LEFT_OUT */
    const char *handler;  /* NULL for none */
    const char *code_uri; /* absolute folder; NULL unless FUNCTION_RUNTIME */
    const char
        *code_source; /* an archive's path, "inline code", or what is missing; NULL: code_uri */
    struct string_list layers; /* absolute folders, the first one lowest */
    const char *description;   /* "" for none */
    unsigned timeout_s;
    unsigned memory_mb;
    struct variable_list environment;       /* Environment.Variables */
    bool has_json_log;                      /* LoggingConfig.LogFormat is JSON */
    enum system_log_level system_log_level; /* with a JSON log only */
    struct string_list
        command; /* FUNCTION_IMAGE: EntryPoint then Command; FUNCTION_COMMAND: Local.Command; RUNTIME_FAMILY_CLIENT */
    const char *working_directory; /* absolute; where the process starts */
    const char *dead_letter_arn;   /* DeadLetterConfig.TargetArn; NULL for none */
    const struct event_invoke_config
        *event_invoke_config;         /* never NULL: its own, else $LATEST's, else the defaults */
    struct canned_items mock, faults; /* Local.Mock and Local.Faults */
    struct string_list inherit_environment; /* the function's names and those for all functions */
    unsigned idle_timeout_s;
    bool enforce_memory;
    bool freeze; /* the process is stopped between invocations */
    enum mount_task mount_task;
    bool access_denied;
    struct string_list allowed_access_key_ids; /* no items: all */
    bool attach;
    struct string_list debug_command;
    uint64_t
        fingerprint; /* of all that decides how a process is started: equal means that it may be kept */
    unsigned provisioned; /* environments that are kept ready for it */
    struct config *
        source; /* the snapshot that holds its texts: an older one of a version published by then */
};

struct function_alias {
    const char *name;
    const struct function_version *version;
    const struct function_version *additional_version;     /* NULL for none */
    double additional_weight;                              /* 0.0 to 1.0 */
    const struct event_invoke_config *event_invoke_config; /* NULL: that of the version */
    const struct function_url *url;                        /* NULL for none */
};

/* What a resource policy allows: a row for each action and principal of a statement. */
struct function_permission {
    const char *qualifier; /* "" for the unqualified ARN */
    const char *principal; /* an account id, or "*" */
    const char *action;    /* "lambda:InvokeFunction"; '*' at its end stands for any */
};

struct function {
    const char *name;
    const char *logical_id; /* another name for it, as a template has; NULL for none */
    const char *account_id; /* whose it is; NULL: of a file, which every account sees */
    struct config *unit; /* the snapshot of a function of the API alone; NULL for one of a file */
    const char *
        pending; /* the state that it can't be invoked in: "Pending", "Inactive", "Failed"; NULL when it can */
    const struct function_permission *permissions; /* for callers of other accounts */
    size_t permission_count;
    int reserved_concurrency;   /* CONCURRENCY_UNRESERVED for none */
    bool allows_recursion;      /* RecursiveLoop is Allow */
    bool isolates_tenants;      /* TenancyConfig.TenantIsolationMode is PER_TENANT */
    unsigned provisioned_total; /* of its versions */
    const struct function_version *latest;
    size_t version_count;
    const struct function_version *const *versions; /* without $LATEST, as written */
    size_t alias_count;
    const struct function_alias *const *aliases;
    const struct function_url *url; /* of $LATEST; NULL for none */
    struct string_list ignored; /* what a template says of it that has no effect here, by name */
};

/* How much of an account's concurrency its functions of the API reserve. */
struct account_reservation {
    const char *account_id;
    unsigned total;
};

struct config {
    const char *path; /* file or folder that it was read from, absolute */
    const char *region;
    const char *account_id;
    unsigned concurrent_executions; /* of an account */
    unsigned reserved_total;        /* sum of the file's functions' reserved concurrency */
    size_t reservation_count;
    const struct account_reservation *reservations; /* of functions of the API; by account */
    size_t function_count;
    size_t left_out_count; /* of them: those whose $LATEST can't run here */
    bool is_lenient;       /* a template or the like, of which such functions are left out */
    size_t url_count;
    const struct function_url *const *urls; /* of functions and aliases, sorted by id */
    const struct function *const
        *functions;           /* sorted by name, then by account: those of the file first */
    bool api_overrides_files; /* of two functions of one name: that of the API counts */
    unsigned create_delay_ms; /* until a function of the API is Active, and an update done */
    const char *s3_folder;    /* absolute: FOLDER/bucket/key; NULL for none */
    size_t logical_id_count;
    const struct function *const *by_logical_id; /* those that have one, sorted by it */
    size_t api_count;
    const struct http_api *const *apis;
    size_t retry_delay_count;
    const unsigned *retry_delays_s; /* the last one also serves for later retries; at least one */
    bool has_retry_delays;          /* written, not the defaults */
    unsigned queue_capacity;
    unsigned history_size;
    struct string_list allowed_origins;
    enum durability durability;
    unsigned spare_runtimes;
    struct string_list
        watched; /* archives, and what is missing: a change makes the snapshot outdated */
    struct string_list notes; /* what of a template is not used, a line each, for people */
    struct string_list files; /* that it was read from besides `path`, absolute */
};

/* All that is wrong with a configuration, one line a problem, each as people see it. */
struct config_problems {
    size_t count;
    char **messages; /* "FILE:LINE: Functions.hello.Timeout: must be 1 to 900 (is 0)" */
    bool is_out_of_memory;
};

/* What a command line adds to a configuration. */
struct config_options {
    struct string_list parameters; /* NAME=VALUE of a template's parameters */
    const char
        *env_vars; /* file with variables of functions (config/values/env_vars.h); NULL for none */
    const char *config_env; /* environment of samconfig.toml; NULL: "default", if it is there */
    /*
     * What a user should know of a configuration that is good: functions that are left out, and with `checks_code` what
     * may be wrong with the code of functions. Zeroed, and cleared by the caller, like problems. NULL: not wanted.
     */
    struct config_problems *warnings;
    /* Where archives and inline code are unpacked; made when needed. NULL: their folders only get names. */
    const char *code_folder;
    bool
        checks_code; /* looks at the code of functions; what is certainly wrong with it is a problem */
    bool is_reload; /* the server is running: a pipe is refused, as reading it may wait */
};

void config_problems_clear(struct config_problems *problems);

/*
 * Reads a configuration file, a template or a folder of functions. Returns owned (one reference), or NULL with at least one problem.
 * `options` may be NULL. `problems` must be zeroed; the caller clears it.
 */
struct config *config_load(const char *path, const struct config_options *options,
                           struct config_problems *problems);

/*
 * The same from the text of a configuration file or a template. The ending of `path` decides which it is; problems
 * name it, and relative paths start from its folder, which must exist; the file itself need not.
 */
struct config *config_parse(const char *text, size_t length, const char *path,
                            struct config_problems *problems);

typedef void config_end_fn(void *context);

/* Environments that are kept ready for a published version. */
struct provisioned_version {
    const char *version;
    unsigned count;
};

/* What a function of the API has besides its settings. Everything is copied. */
struct config_unit_options {
    const char *account_id;
    const char *pending; /* see struct function */
    const struct function_permission *permissions;
    size_t permission_count;
    const struct provisioned_version *provisioned;
    size_t provisioned_count;
    config_end_fn *on_end; /* called when the snapshot is freed; never when there is none */
    void *context;
};

/* As config_parse(), of a text with one function of the API. */
struct config *config_parse_unit(const char *text, size_t length, const char *path,
                                 const struct config_unit_options *options,
                                 struct config_problems *problems);

struct config *config_retain(struct config *config);
void config_release(struct config *config);

/* By name, else by logical id. Borrowed from the snapshot; NULL when there is none. Binary searches. Functions of the file only. */
const struct function *config_function(const struct config *config, const char *name);

/* The same for an account: its own functions as well, and those of the file. */
const struct function *config_function_of(const struct config *config, const char *account_id,
                                          const char *name);

/* Is there a function of that name, of whichever account? */
bool config_has_function(const struct config *config, const char *name);

/* Of an account: what functions of the file and its own reserve. */
unsigned config_reserved_total(const struct config *config, const char *account_id);

/*
 * A snapshot with the functions of `file` and those of `units`, each of which is a snapshot of one function with its
 * account. Retains them all. NULL when out of memory.
 */
struct config *config_join(struct config *file, struct config *const *units, size_t unit_count);

/* What a qualifier refers to. */
struct function_target {
    const struct function_version *version; /* of an alias: the version that was drawn */
    const struct function_alias *alias;     /* NULL unless the qualifier is one */
    const struct event_invoke_config
        *event_invoke_config; /* never NULL: alias's, else version's, else $LATEST's */
};

/*
 * "" and "$LATEST" are the latest version. `draw` in [0, 1) decides between the versions of a weighted alias.
 * False when the function has no such version or alias.
 */
bool function_resolve(const struct function *function, const char *qualifier, double draw,
                      struct function_target *target);

#endif
