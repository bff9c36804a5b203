/*
 * test_config_memory.c - every single allocation of a load fails once; nothing may crash, leak or go unsaid.
 *
 * malloc() and its kin are replaced by ones that count down to a refusal, and count what is held. The sanitizers bring
 * their own, so under them nothing is refused and the load has to succeed.
 */
#include "config/config_store.h"
#include "config/settings/canned_settings.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static long allowed = -1; /* allocations until the refusal; -1: never */
static long held;         /* blocks */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool can_refuse = false;
#else
static const bool can_refuse = true;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool is_refused(void)
{
    if (allowed < 0 || allowed-- > 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *hold(void *block)
{
    held += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : hold(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : hold(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
    if (is_refused())
        return NULL;
    return memory == NULL ? hold(__libc_malloc(size)) : __libc_realloc(memory, size);
}

void free(void *memory)
{
    held -= memory != NULL;
    __libc_free(memory);
}
#endif

enum { ATTEMPTS_MAX = 2000 };

/* What is said when an allocation was refused; the count of refusals until one load went through. */
static long refuse_one_by_one(bool attempt(struct config_problems *problems))
{
    for (long refused = 0; refused < ATTEMPTS_MAX; refused++) {
        struct config_problems problems = {.count = 0};

        const long held_before = held;

        allowed = refused;
        const bool has_succeeded = attempt(&problems);
        const bool was_refused = allowed < 0;
        const bool has_told = problems.is_out_of_memory;

        allowed = -1;
        config_problems_clear(&problems);
        ck_assert_int_eq(held, held_before);
        if (has_succeeded && (!was_refused || !can_refuse))
            return refused;
        ck_assert_msg(has_succeeded || has_told, "refusal %ld went unsaid", refused);
    }
    ck_abort_msg("no load went through");
    return 0;
}

static bool load_file(struct config_problems *problems)
{
    struct config *config = config_load("fixtures/configs/valid.json", NULL, problems);
    const bool is_loaded = config != NULL;

    config_release(config);
    return is_loaded;
}

static bool load_folder(struct config_problems *problems)
{
    struct config *config = config_load("fixtures/configs/folder", NULL, problems);
    const bool is_loaded = config != NULL;

    config_release(config);
    return is_loaded;
}

static bool load_template(struct config_problems *problems)
{
    struct config *config =
        config_load("fixtures/templates/conditions/template.yaml", NULL, problems);
    const bool is_loaded = config != NULL;

    config_release(config);
    return is_loaded;
}

static bool load_cdk_template(struct config_problems *problems)
{
    struct config *config =
        config_load("fixtures/templates/cdk.out/ShopStack.template.json", NULL, problems);
    const bool is_loaded = config != NULL;

    config_release(config);
    return is_loaded;
}

/* Here success is that all problems are told. */
static bool tell_faults(struct config_problems *problems)
{
    struct config *config =
        config_load("fixtures/configs/invalid/all-in-one-go.json", NULL, problems);
    const bool is_refused_rightly = config == NULL;

    config_release(config);
    return is_refused_rightly && !problems->is_out_of_memory && problems->count == 9;
}

static bool open_store(struct config_problems *problems)
{
    static char parameter[] = "A=B";
    char *items[] = {parameter, NULL};
    const struct config_options options = {.parameters = {.count = 1, .items = items}};
    const char text[] = "{}";
    struct config *config = config_parse(text, 2, "x.json", problems);

    if (config == NULL)
        return false;
    struct config_store *store = config_store_new("x.json", &options, config);

    if (store == NULL) {
        problems->is_out_of_memory = true;
        config_release(config);
        return false;
    }
    config_store_free(store);
    return true;
}

static const struct {
    bool (*attempt)(struct config_problems *problems);
    long refusals_min;
} cases[] = {
    {load_file, 8},         {load_folder, 8},  {load_template, 100},
    {load_cdk_template, 8}, {tell_faults, 15}, {open_store, 8},
};

START_TEST(survives_the_refusal_of_every_allocation)
{
    const long refusals = refuse_one_by_one(cases[_i].attempt);

    ck_assert_int_ge(refusals, can_refuse ? cases[_i].refusals_min : 0);
}
END_TEST

START_TEST(a_check_at_run_time_says_that_memory_is_short)
{
    cJSON *item = cJSON_Parse("[{\"Payload\":{\"a\":[1,2,3]}}]");
    bool is_sound = false;
    long refused = 0;

    for (; refused < ATTEMPTS_MAX && !is_sound; refused++) {
        char why[100] = "";

        allowed = refused;
        is_sound = config_check_mock(item, why, sizeof why);
        allowed = -1;
        ck_assert_str_eq(why, is_sound ? "" : "out of memory");
    }
    ck_assert(is_sound);
    ck_assert_int_gt(refused, can_refuse ? 3 : 0); /* the document, its arena and the first chunk */
    cJSON_Delete(item);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config_memory");
    TCase *memory = tcase_create("memory");

    tcase_add_loop_test(memory, survives_the_refusal_of_every_allocation, 0, ARRAY_LENGTH(cases));
    tcase_add_test(memory, a_check_at_run_time_says_that_memory_is_short);
    suite_add_tcase(suite, memory);
    return suite;
}
