#include "config/settings/canned_settings.h"

#include "base/arena.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/names/api_exception.h"
#include "config/names/nearest_name.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DELAY_MAX_MS = TIMEOUT_MAX_S * 1000,
    TIMES_MAX = 2147483647,
    EXIT_STATUS_MAX = 255,
    QUOTE_MAX = 80,
    RETRY_AFTER_MAX_S = 86400,
};

/* What a fault may be besides an exception. Cut: half of the answer is sent, then the connection closed. */
static const char *const fault_words[] = {"Duplicate", "Drop", "Cut", NULL};

/* Members of a canned response that each say how it ends. */
static const char *const outcomes[] = {"Payload", "Error", "Timeout", "Exit", NULL};

static void check_name(const struct node *node, const char *const *words,
                       struct problem_list *problems)
{
    struct nearest_name nearest;
    char quoted[QUOTE_MAX];

    if (api_exception_by_name(node->text) != API_EXCEPTION_COUNT)
        return;
    nearest_name_init(&nearest, node->text);
    for (; *words != NULL; words++) {
        if (strcmp(*words, node->text) == 0)
            return;
        nearest_name_offer(&nearest, *words);
    }
    for (int i = 0; i < API_EXCEPTION_COUNT; i++)
        nearest_name_offer(&nearest, api_exception_row((enum api_exception)i)->name);
    node_quote(node, quoted, sizeof quoted);
    if (nearest.best != NULL)
        problem_list_add_at(problems, node, "unknown exception %s; did you mean %s?", quoted,
                            nearest.best);
    else
        problem_list_add_at(problems, node,
                            "unknown exception %s; an example is TooManyRequestsException", quoted);
}

static void check_mock_error(const struct node *node, struct problem_list *problems)
{
    check_name(node, fault_words + 3, problems);
}

static void check_fault_error(const struct node *node, struct problem_list *problems)
{
    check_name(node, fault_words, problems);
}

/* Timeout: false is as good as nothing. */
static bool is_outcome(const struct node *node)
{
    return node != NULL &&
           !(node->kind == NODE_BOOLEAN && node->number == 0 && strcmp(node->key, "Timeout") == 0);
}

static void check_answer(const struct node *answer, struct problem_list *problems)
{
    const struct node *first = NULL;

    for (const char *const *outcome = outcomes; *outcome != NULL; outcome++) {
        const struct node *node = node_member(answer, *outcome);

        if (!is_outcome(node))
            continue;
        if (first != NULL)
            problem_list_add_at(
                problems, node,
                "can't be combined with %s: an answer has one outcome; keep one of them",
                first->key);
        else
            first = node;
    }
    const struct node *function_error = node_member(answer, "FunctionError");
    const struct node *message = node_member(answer, "Message");

    if (function_error != NULL && first != NULL && strcmp(first->key, "Payload") != 0)
        problem_list_add_at(problems, function_error,
                            "can't be combined with %s: it requires Payload", first->key);
    if (message != NULL && node_member(answer, "Error") == NULL)
        problem_list_add_at(problems, message, "requires Error, which is missing");
}

/* Nothing that is put into a document may be out of the range of its numbers. */
static void check_any(const struct node *node, struct problem_list *problems)
{
    char quoted[QUOTE_MAX];

    for (const struct node *child = node->first; child != NULL; child = child->next)
        check_any(child, problems);
    if (node->kind != NODE_NUMBER || isfinite(node->number))
        return;
    node_quote(node, quoted, sizeof quoted);
    problem_list_add_at(problems, node, "must be within the range of a double (is %s)", quoted);
}

/* What only one exception has room for. */
static const struct {
    const char *member, *exception;
} own_members[] = {
    {"Reason", "TooManyRequestsException"},
    {"RetryAfterSeconds", "TooManyRequestsException"},
    {"EC2ErrorCode", "EC2UnexpectedException"},
};

static void check_fault(const struct node *fault, struct problem_list *problems)
{
    const char *error = node_text(node_member(fault, "Error"));

    if (node_member(fault, "Error") == NULL)
        problem_list_add_at(problems, fault,
                            "Error is required: an exception of the Invoke API, Duplicate, Drop "
                            "or Cut");
    if (error == NULL)
        return;
    for (size_t i = 0; i < sizeof own_members / sizeof own_members[0]; i++) {
        const struct node *member = node_member(fault, own_members[i].member);

        if (member != NULL && strcmp(error, own_members[i].exception) != 0)
            problem_list_add_at(problems, member, "is only valid with %s",
                                own_members[i].exception);
    }
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const function_error_kinds[] = {"Unhandled", "Handled", NULL};
static const char *const moments[] = {"Before", "After", NULL};

/* The service model's. */
static const char *const throttle_reasons[] = {
    "ConcurrentInvocationLimitExceeded",
    "FunctionInvocationRateLimitExceeded",
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "ReservedFunctionInvocationRateLimitExceeded",
    "CallerRateLimitExceeded",
    "ConcurrentSnapshotCreateLimitExceeded",
    NULL,
};

/* clang-format off */
static const struct setting mock_rows[] = {
    {"When",          SETTING_ANY,     SETTING_NO_SLOT, .check = check_any},
    {"Attempt",       SETTING_INTEGER, SETTING_NO_SLOT, .min = 1, .max = 1 + RETRY_ATTEMPTS_DEFAULT},
    {"Times",         SETTING_INTEGER, SETTING_NO_SLOT, .min = 1, .max = TIMES_MAX},
    {"Payload",       SETTING_ANY,     SETTING_NO_SLOT, .check = check_any},
    {"FunctionError", SETTING_CHOICE,  SETTING_NO_SLOT, .choices = function_error_kinds},
    {"Error",         SETTING_STRING,  SETTING_NO_SLOT, .min = 1, .max = 100, .check = check_mock_error},
    {"Message",       SETTING_STRING,  SETTING_NO_SLOT, .max = 10000},
    {"Timeout",       SETTING_FLAG,    SETTING_NO_SLOT, .max = 0},
    {"Exit",          SETTING_INTEGER, SETTING_NO_SLOT, .max = EXIT_STATUS_MAX},
    {"DelayMs",       SETTING_INTEGER, SETTING_NO_SLOT, .max = DELAY_MAX_MS},
};

static const struct setting fault_rows[] = {
    {"Error",         SETTING_STRING,  SETTING_NO_SLOT, .min = 1, .max = 100, .check = check_fault_error},
    {"Message",       SETTING_STRING,  SETTING_NO_SLOT, .max = 10000},
    {"Times",         SETTING_INTEGER, SETTING_NO_SLOT, .min = 1, .max = TIMES_MAX},
    {"Probability",   SETTING_NUMBER,  SETTING_NO_SLOT, .max = 1},
    {"Seed",          SETTING_INTEGER, SETTING_NO_SLOT, .max = TIMES_MAX},
    {"DelayMs",       SETTING_INTEGER, SETTING_NO_SLOT, .max = DELAY_MAX_MS},
    {"When",          SETTING_CHOICE,  SETTING_NO_SLOT, .choices = moments},
    {"Reason",        SETTING_CHOICE,  SETTING_NO_SLOT, .choices = throttle_reasons},
    {"RetryAfterSeconds", SETTING_INTEGER, SETTING_NO_SLOT, .max = RETRY_AFTER_MAX_S},
    {"EC2ErrorCode",  SETTING_STRING,  SETTING_NO_SLOT, .min = 1, .max = 1000},
};

const struct setting_scope mock_settings = {mock_rows, COUNT_OF(mock_rows), .check = check_answer};
const struct setting_scope fault_settings = {fault_rows, COUNT_OF(fault_rows), .check = check_fault};

/* The same rows as in Local, for what comes in at run time; a fault may stand alone there. */
static const struct setting mock_row       = {"Mock",   SETTING_OBJECT_LIST, SETTING_NO_SLOT, .min = 1,
                                              .max = MOCK_ANSWERS_MAX, .scope = &mock_settings};
static const struct setting fault_list_row = {"Faults", SETTING_OBJECT_LIST, SETTING_NO_SLOT,
                                              .max = SETTING_LIST_MAX, .scope = &fault_settings};
static const struct setting fault_row      = {"Faults", SETTING_OBJECT, SETTING_NO_SLOT, .max = 4e9,
                                              .scope = &fault_settings};
/* clang-format on */

static void explain(struct problem_list *problems, char *why, size_t why_size)
{
    struct config_problems told = {.count = 0};

    problem_list_hand_over(problems, &told);
    (void)snprintf(why, why_size, "%s", told.count > 0 ? told.messages[0] : "out of memory");
    config_problems_clear(&told);
}

static bool check_item(const struct setting *setting, const cJSON *item, char *why, size_t why_size)
{
    struct document *document = document_new();
    struct problem_list problems;
    const struct node *node = NULL;

    problem_list_init(&problems, NULL);
    if (document != NULL) {
        struct node *root = document_add(document, NULL, NODE_OBJECT, NULL, 0);

        if (root != NULL)
            node = document_add_cjson(document, root, setting->name, item);
        if (node == NULL && !arena_is_exhausted(document_arena(document)))
            problem_list_add(&problems, 0, "%s: is nested more than %d levels deep", setting->name,
                             DOCUMENT_DEPTH_MAX);
    }
    if (node == NULL && problems.count == 0)
        problems.is_out_of_memory = true;
    if (node != NULL && setting_check(setting, node, &problems) && setting->type == SETTING_OBJECT)
        setting_read(setting->scope, node, NULL, &problems);
    const bool is_sound = problem_list_is_empty(&problems);

    if (!is_sound)
        explain(&problems, why, why_size);
    problem_list_clear(&problems);
    document_free(document);
    return is_sound;
}

bool config_check_mock(const cJSON *mock, char *why, size_t why_size)
{
    return check_item(&mock_row, mock, why, why_size);
}

bool config_check_faults(const cJSON *faults, char *why, size_t why_size)
{
    return check_item(cJSON_IsObject(faults) ? &fault_row : &fault_list_row, faults, why, why_size);
}
