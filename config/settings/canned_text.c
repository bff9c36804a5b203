#include "config/settings/canned_text.h"

#include "base/arena.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "base/json/json_text.h"

#include <stdio.h>
#include <string.h>

static const char *const examples[] = {
    [ANSWER_MOCK] = "[{\"Payload\":{\"status\":\"paid\"}}]",
    [ANSWER_FAULTS] = "{\"Error\":\"TooManyRequestsException\",\"Times\":1}",
};

static const char *const names[] = {[ANSWER_MOCK] = "Mock", [ANSWER_FAULTS] = "Faults"};

/* Places begin with the list's name, as config_check_mock() tells them. */
static void explain(struct fault_list *faults, enum answer_kind kind, char *why, size_t why_size)
{
    struct config_faults told = {.count = 0};

    fault_list_hand_over(faults, &told);
    if (told.count > 0)
        (void)snprintf(why, why_size, "%s%s%s", names[kind], told.messages[0][0] == '[' ? "" : ": ",
                       told.messages[0]);
    config_faults_clear(&told);
}

static bool is_json(enum answer_kind kind, const char *text, size_t length, char *why,
                    size_t why_size)
{
    struct json_text_fault fault;

    if (length == 0)
        (void)snprintf(why, why_size, "the body is empty: send JSON such as %s", examples[kind]);
    else if (json_text_check(text, length, &fault))
        return true;
    else
        (void)snprintf(why, why_size,
                       "the body is not JSON: line %zu, column %zu: %s; send something like %s",
                       fault.line, fault.column, fault.reason, examples[kind]);
    return false;
}

/* The tree of the text as cJSON values in `arena`. */
static const cJSON *read_values(struct arena *arena, enum answer_kind kind, const char *text,
                                size_t length, char *why, size_t why_size)
{
    struct document *document = document_new();
    struct fault_list faults;
    const cJSON *values = NULL;

    fault_list_init(&faults, NULL);
    if (document != NULL && document_read_json(document, text, length, &faults) &&
        fault_list_is_empty(&faults))
        values = node_to_cjson(document_root(document), arena);
    if (values == NULL)
        explain(&faults, kind, why, why_size);
    fault_list_clear(&faults);
    document_free(document);
    return values;
}

static const cJSON *list_of_one(struct arena *arena, const cJSON *item)
{
    cJSON *list = arena_take(arena, sizeof *list);
    cJSON *only = arena_take(arena, sizeof *only);

    if (list == NULL || only == NULL)
        return NULL;
    *only = *item;
    only->prev = only;
    list->type = cJSON_Array;
    list->child = only;
    return list;
}

static const cJSON *read_list(struct arena *arena, enum answer_kind kind, const char *text,
                              size_t length, char *why, size_t why_size)
{
    const cJSON *values = read_values(arena, kind, text, length, why, why_size);

    if (values == NULL)
        return NULL;
    switch (kind) {
    case ANSWER_MOCK:
        return config_check_mock(values, why, why_size) ? values : NULL;
    case ANSWER_FAULTS:
        if (!config_check_faults(values, why, why_size))
            return NULL;
        return cJSON_IsObject(values) ? list_of_one(arena, values) : values;
    }
    return NULL;
}

bool answer_text_read(struct answer_text *answers, enum answer_kind kind, const char *text,
                      size_t length, char *why, size_t why_size)
{
    (void)snprintf(why, why_size, "memory is short");
    *answers = (struct answer_text){.list = NULL};
    if (!is_json(kind, text, length, why, why_size))
        return false;
    answers->arena = arena_new();
    if (answers->arena != NULL)
        answers->list = read_list(answers->arena, kind, text, length, why, why_size);
    if (answers->list != NULL)
        return true;
    answer_text_clear(answers);
    return false;
}

void answer_text_clear(struct answer_text *answers)
{
    arena_free(answers->arena);
    *answers = (struct answer_text){.list = NULL};
}
