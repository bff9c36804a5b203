/*
 * manage_call.h - one request of the management API on its way from its exchange to its answer.
 *
 * A call is made by manage_handle(), and freed by the function that answers it: manage_answer() and those of its kind.
 * Everything in it lives as long as it.
 */
#ifndef HANDLERS_MANAGE_MANAGE_CALL_H
#define HANDLERS_MANAGE_MANAGE_CALL_H

#include "handlers/api.h"
#include "handlers/lambda/caller.h"
#include "handlers/lambda/violations.h"
#include "runtime/registry/registry.h"

#include <cjson/cJSON.h>

struct manage_operation;

enum { MANAGE_LABELS_MAX = 3 };

/* A function as operations see it: of the API, or of a file, whose document is made for the call. */
struct manage_function {
    struct resource *resource; /* NULL for one of a file */
    const cJSON *document;     /* NULL when there is no such function */
};

struct manage_call {
    struct exchange *exchange;
    struct api *api;
    const struct manage_operation *operation;
    struct caller caller;
    const char *account_id; /* whose resources these are */
    const char *region;
    struct config *config;           /* retained */
    char *labels[MANAGE_LABELS_MAX]; /* of the path, decoded */
    cJSON *body;                     /* an object, never NULL when the handler runs */

    /* Of operations that name a function. */
    struct function_name name;
    char qualifier[FUNCTION_NAME_MAX + 1]; /* of the name or the query; "" for none */
    struct manage_function function;
    cJSON *own_document; /* of a function of a file */

    /* Of operations with code. */
    struct code_item code;
    bool has_code; /* holds a reference to it */

    /* The answer, while the change is written. */
    int status;
    cJSON *answer;
};

enum manage_error {
    MANAGE_VALIDATION,
    MANAGE_PARAMETER, /* InvalidParameterValueException */
    MANAGE_CONFLICT,
    MANAGE_NOT_FOUND,
    MANAGE_PRECONDITION,
    MANAGE_NO_PROVISIONED,
    MANAGE_NO_SIGNING,
    MANAGE_TOO_LARGE,
    MANAGE_DENIED,
    MANAGE_SERIALIZATION,
    MANAGE_STORAGE,
    MANAGE_IN_USE,
    MANAGE_SERVICE,
    MANAGE_ERROR_COUNT
};

/* ---- answers: each of them ends the call ---- */

/* Takes `json`; NULL is an answer without a body. */
void manage_answer(struct manage_call *call, int status, cJSON *json);

/* With `"Type": "User"`, and without it. */
__attribute__((format(printf, 3, 4))) void
manage_refuse(struct manage_call *call, enum manage_error error, const char *format, ...);
__attribute__((format(printf, 3, 4))) void
manage_refuse_plain(struct manage_call *call, enum manage_error error, const char *format, ...);
/* AWS sends no text: its member is null. */
void manage_refuse_silently(struct manage_call *call, enum manage_error error);

/* Has the changed resource written, and answers then. `change` as for registry_take_over(). Takes `json`. */
void manage_save(struct manage_call *call, struct resource *resource,
                 const struct registry_change *change, int status, cJSON *json);

/* The second half: the change has been taken over. */
void manage_write(struct manage_call *call, struct resource *resource, int status, cJSON *json);

/* The same after removing the resource. */
void manage_remove(struct manage_call *call, struct resource *resource, int status, cJSON *json);

/* ---- what the request says ---- */

/* Of the body: NULL when the member isn't there or of another kind. */
const char *manage_text(const struct manage_call *call, const char *key);
const cJSON *manage_member(const struct manage_call *call, const char *key);

/* Of the query, decoded; owned. NULL when it isn't there. */
char *manage_query(const struct manage_call *call, const char *name);

/* ---- names ---- */

/*
 * "arn:aws:lambda:REGION:ACCOUNT:KIND:NAME", ":QUALIFIER" behind it unless that is "". Owned; the strings of a call that
 * runs out of memory are "".
 */
enum { MANAGE_ARN_SIZE = 512 };
struct manage_arn {
    char text[MANAGE_ARN_SIZE];
};
struct manage_arn manage_arn_of(const struct manage_call *call, const char *kind, const char *name,
                                const char *qualifier);
/* Of the call's function. */
struct manage_arn manage_function_arn(const struct manage_call *call, const char *qualifier);

/* A fresh one. */
struct manage_uuid {
    char text[REQUEST_ID_SIZE];
};
struct manage_uuid manage_uuid_make(const struct manage_call *call);

/* "2025-11-25T02:26:54.123+0000", and "…Z" where AWS writes that: by the account's clock. */
struct manage_time {
    char text[CLOCK_TEXT_SIZE];
};
struct manage_time manage_time_now(const struct manage_call *call);
struct manage_time manage_time_z(const struct manage_call *call);
double manage_time_epoch(const struct manage_call *call);

/* ---- functions ---- */

/* Looks for the call's function. False, and answered, when there is none: 404 with the ARN and `qualifier`. */
bool manage_find(struct manage_call *call, const char *qualifier);

/* The same without an answer. */
bool manage_look(struct manage_call *call);

/* The function and the version or alias of its qualifier, for what changes. False, and answered, when there is none. */
bool manage_find_qualified(struct manage_call *call);

/* For what changes: false, and answered, when the function is a file's, too. */
bool manage_find_own(struct manage_call *call, const char *qualifier);
bool manage_refuse_of_file(struct manage_call *call);

/* A configuration of the function's document: "$LATEST", a number, or what an alias points to. NULL for none. */
const cJSON *manage_version(const struct manage_function *function, const char *qualifier);
const cJSON *manage_alias(const struct manage_function *function, const char *name);

/* ---- pages ---- */

struct manage_page {
    size_t first, max;
};

/* From Marker and MaxItems. False when the exchange has been answered. */
bool manage_page_read(struct manage_call *call, size_t max, struct manage_page *page);

/* Moves the page's part of `items` (taken) into an answer under `key`, with NextMarker when there is more. */
cJSON *manage_page_make(const struct manage_page *page, const char *key, cJSON *items);

#endif
