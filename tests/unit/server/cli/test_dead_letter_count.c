#include "server/cli/dead_letter_count.h"

#include "base/folder.h"
#include "server/cli/temporary_folder.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEMPORARY_FOLDER_SIZE];
static char queues[100];

static void make_folder(void)
{
    ck_assert(temporary_folder_make(folder));
}

static void remove_folder(void)
{
    folder_remove(folder);
    ck_assert_int_ne(access(folder, F_OK), 0);
}

/* Below the folder; the folders above it are made. */
static void append(const char *name, const char *text)
{
    char path[2 * TEMPORARY_FOLDER_SIZE];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static struct dead_letter_count *count(void)
{
    struct dead_letter_count *const made = dead_letter_count_new(folder);

    ck_assert_ptr_nonnull(made);
    return made;
}

static size_t more_since(struct dead_letter_count *earlier)
{
    struct dead_letter_count *const later = count();
    const size_t more = dead_letter_count_more(earlier, later, queues, sizeof queues);

    dead_letter_count_free(later);
    dead_letter_count_free(earlier);
    return more;
}

/* clang-format off */
static const struct {
    const char *name, *before, *after; /* lines in the file, NULL: there is none */
    size_t more;
    const char *queues;
} cases[] = {
    {"dead-letters/a.jsonl",                        NULL,         "{}\n",       1, "a"},
    {"dead-letters/a.jsonl",                        "{}\n",       "{}\n{}\n",   2, "a"},
    {"dead-letters/a.jsonl",                        "{}\n{}\n",   NULL,         0, ""},
    {"dead-letters/a.jsonl",                        NULL,         "{",          0, ""}, /* not whole yet */
    {"accounts/111111111111/dead-letters/b.jsonl",  NULL,         "{}\n",       1, "b"},
    {"dead-letters/notes.txt",                      NULL,         "x\n",        0, ""},
    {"dead-letters/.jsonl",                         NULL,         "x\n",        0, ""},
    {"destinations/a.jsonl",                        NULL,         "{}\n",       0, ""},
    {"a.jsonl",                                     NULL,         "{}\n",       0, ""},
};
/* clang-format on */

START_TEST(counts_what_was_written_in_between)
{
    struct dead_letter_count *earlier;

    if (cases[_i].before != NULL)
        append(cases[_i].name, cases[_i].before);
    earlier = count();
    if (cases[_i].after != NULL)
        append(cases[_i].name, cases[_i].after);
    ck_assert_uint_eq(more_since(earlier), cases[_i].more);
    ck_assert_str_eq(queues, cases[_i].queues);
}
END_TEST

START_TEST(a_queue_that_was_emptied_hides_no_other)
{
    char path[2 * TEMPORARY_FOLDER_SIZE];
    struct dead_letter_count *earlier;

    append("dead-letters/emptied.jsonl", "{}\n{}\n{}\n");
    append("dead-letters/kept.jsonl", "{}\n");
    earlier = count();
    (void)snprintf(path, sizeof path, "%s/dead-letters/emptied.jsonl", folder);
    ck_assert_int_eq(truncate(path, 0), 0);
    append("dead-letters/kept.jsonl", "{}\n");
    ck_assert_uint_eq(more_since(earlier), 1);
    ck_assert_str_eq(queues, "kept");
}
END_TEST

START_TEST(names_that_are_too_long_are_cut_off)
{
    char name[160] = "dead-letters/";
    struct dead_letter_count *const earlier = count();

    memset(name + strlen(name), 'n', 120);
    (void)snprintf(name + 133, sizeof name - 133, ".jsonl");
    append(name, "{}\n");
    append("dead-letters/other.jsonl", "{}\n");
    ck_assert_uint_eq(more_since(earlier), 2);
    ck_assert_uint_eq(strlen(queues), sizeof queues - 1);
}
END_TEST

START_TEST(a_folder_that_is_not_there_holds_none)
{
    struct dead_letter_count *const earlier = dead_letter_count_new("/nonexistent");

    ck_assert_ptr_nonnull(earlier);
    ck_assert_uint_eq(more_since(earlier), 0);
}
END_TEST

/* --- the folder --- */

START_TEST(a_folder_is_removed_with_what_cannot_be_written)
{
    char path[2 * TEMPORARY_FOLDER_SIZE];

    append("sealed/inner/file", "x");
    (void)snprintf(path, sizeof path, "%s/link", folder);
    ck_assert_int_eq(symlink("/etc", path), 0);
    (void)snprintf(path, sizeof path, "%s/sealed/inner", folder);
    ck_assert_int_eq(chmod(path, 0), 0);
    (void)snprintf(path, sizeof path, "%s/sealed", folder);
    ck_assert_int_eq(chmod(path, 0555), 0);
    folder_remove(folder);
    ck_assert_int_ne(access(folder, F_OK), 0);
    ck_assert_int_eq(access("/etc/passwd", F_OK), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("dead_letter_count");
    TCase *const counting = tcase_create("counting");

    tcase_add_checked_fixture(counting, make_folder, remove_folder);
    tcase_add_loop_test(counting, counts_what_was_written_in_between, 0, ARRAY_LENGTH(cases));
    tcase_add_test(counting, a_queue_that_was_emptied_hides_no_other);
    tcase_add_test(counting, names_that_are_too_long_are_cut_off);
    tcase_add_test(counting, a_folder_that_is_not_there_holds_none);
    tcase_add_test(counting, a_folder_is_removed_with_what_cannot_be_written);
    suite_add_tcase(suite, counting);
    return suite;
}
