#include "config/settings/canned_text.h"

#include "base/arena.h"
#include "base/json/json_text.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/settings/canned_settings.h"

#include <stdio.h>

static const char *const examples[] = {
    [CANNED_MOCK] = "[{\"Payload\":{\"status\":\"paid\"}}]",
    [CANNED_FAULTS] = "{\"Error\":\"TooManyRequestsException\",\"Times\":1}",
};

static const char *const names[] = {[CANNED_MOCK] = "Mock", [CANNED_FAULTS] = "Faults"};

/* Places begin with the list's name, as in the messages of config_check_mock(). */
static void explain(struct problem_list *problems, enum canned_kind kind, char *why,
                    size_t why_size)
{
    struct config_problems told = {.count = 0};

    problem_list_hand_over(problems, &told);
    if (told.count > 0)
        (void)snprintf(why, why_size, "%s%s%s", names[kind], told.messages[0][0] == '[' ? "" : ": ",
                       told.messages[0]);
    config_problems_clear(&told);
}

static bool is_json(enum canned_kind kind, const char *text, size_t length, char *why,
                    size_t why_size)
{
    struct json_text_error error;

    if (length == 0)
        (void)snprintf(why, why_size, "the body is empty: send JSON such as %s", examples[kind]);
    else if (json_text_check(text, length, &error))
        return true;
    else
        (void)snprintf(why, why_size,
                       "the body is not JSON: line %zu, column %zu: %s; send something like %s",
                       error.line, error.column, error.reason, examples[kind]);
    return false;
}

/* The tree of the text as cJSON values in `arena`. */
static const cJSON *read_values(struct arena *arena, enum canned_kind kind, const char *text,
                                size_t length, char *why, size_t why_size)
{
    struct document *document = document_new();
    struct problem_list problems;
    const cJSON *values = NULL;

    problem_list_init(&problems, NULL);
    if (document != NULL && document_read_json(document, text, length, &problems) &&
        problem_list_is_empty(&problems))
        values = node_to_cjson(document_root(document), arena);
    if (values == NULL)
        explain(&problems, kind, why, why_size);
    problem_list_clear(&problems);
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

static const cJSON *read_list(struct arena *arena, enum canned_kind kind, const char *text,
                              size_t length, char *why, size_t why_size)
{
    const cJSON *values = read_values(arena, kind, text, length, why, why_size);

    if (values == NULL)
        return NULL;
    switch (kind) {
    case CANNED_MOCK:
        return config_check_mock(values, why, why_size) ? values : NULL;
    case CANNED_FAULTS:
        if (!config_check_faults(values, why, why_size))
            return NULL;
        return cJSON_IsObject(values) ? list_of_one(arena, values) : values;
    }
    return NULL;
}

bool canned_text_read(struct canned_text *answers, enum canned_kind kind, const char *text,
                      size_t length, char *why, size_t why_size)
{
    (void)snprintf(why, why_size, "out of memory");
    *answers = (struct canned_text){.list = NULL};
    if (!is_json(kind, text, length, why, why_size))
        return false;
    answers->arena = arena_new();
    if (answers->arena != NULL)
        answers->list = read_list(answers->arena, kind, text, length, why, why_size);
    if (answers->list != NULL)
        return true;
    canned_text_clear(answers);
    return false;
}

void canned_text_clear(struct canned_text *answers)
{
    arena_free(answers->arena);
    *answers = (struct canned_text){.list = NULL};
}
