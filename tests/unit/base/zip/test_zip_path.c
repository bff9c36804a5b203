#include "base/zip/zip_path.h"

#include "tests/support/unit.h"

#include <string.h>

/* clang-format off */
static const struct {
    const char *name;
    size_t part_count;
    const char *last;
    bool is_folder;
} good[] = {
    {"app.py",          1, "app.py",  false},
    {"a/b/c.txt",       3, "c.txt",   false},
    {"a/b/",            2, "b",       true},
    {"./a//b",          2, "b",       false},
    {"./",              0, NULL,      true},
    {"...",             1, "...",     false},
    {"a..b/..c",        2, "..c",     false},
    {"C:\\x",           1, "C:\\x",   false},
};

static const struct { const char *name; size_t length; } bad[] = {
    {"", 0}, {"/etc/passwd", 11}, {"..", 2}, {"../x", 4}, {"a/../../x", 9}, {"a/..", 4}, {"a\0b", 3}, {"/", 1}, {".", 1},
};

static const struct {
    const char *target;
    size_t depth;
    bool is_safe;
} links[] = {
    {"file",        0, true},
    {"a/b",         0, true},
    {"./a/./b",     0, true},
    {"../file",     1, true},
    {"../../x/y",   2, true},
    {"..",          1, true},
    {"../file",     0, false},
    {"../../x",     1, false},
    {"a/../b",      3, false},
    {"/etc/passwd", 5, false},
    {"",            0, false},
};
/* clang-format on */

START_TEST(a_safe_name_is_taken_apart)
{
    struct zip_path path;

    ck_assert(zip_path_read(good[_i].name, strlen(good[_i].name), &path));
    ck_assert_uint_eq(path.part_count, good[_i].part_count);
    ck_assert_int_eq(path.is_folder, good[_i].is_folder);
    if (good[_i].last != NULL)
        ck_assert_str_eq(path.parts[path.part_count - 1], good[_i].last);
}
END_TEST

START_TEST(a_name_that_leads_out_is_refused)
{
    struct zip_path path;

    ck_assert(!zip_path_read(bad[_i].name, bad[_i].length, &path));
}
END_TEST

START_TEST(names_have_a_length_and_a_depth)
{
    char name[ZIP_NAME_MAX + 2];
    struct zip_path path;

    memset(name, 'x', sizeof name);
    ck_assert(zip_path_read(name, ZIP_NAME_MAX, &path));
    ck_assert(!zip_path_read(name, ZIP_NAME_MAX + 1, &path));
    for (size_t i = 1; i < ZIP_NAME_MAX; i += 2)
        name[i] = '/';
    ck_assert(zip_path_read(name, (size_t)2 * ZIP_DEPTH_MAX - 1, &path));
    ck_assert(!zip_path_read(name, (size_t)2 * ZIP_DEPTH_MAX + 1, &path));
}
END_TEST

START_TEST(a_link_stays_inside_or_is_refused)
{
    ck_assert_int_eq(zip_link_is_safe(links[_i].target, strlen(links[_i].target), links[_i].depth),
                     links[_i].is_safe);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("zip_path");
    TCase *names = tcase_create("names");

    tcase_add_loop_test(names, a_safe_name_is_taken_apart, 0, ARRAY_LENGTH(good));
    tcase_add_loop_test(names, a_name_that_leads_out_is_refused, 0, ARRAY_LENGTH(bad));
    tcase_add_test(names, names_have_a_length_and_a_depth);
    tcase_add_loop_test(names, a_link_stays_inside_or_is_refused, 0, ARRAY_LENGTH(links));
    suite_add_tcase(suite, names);
    return suite;
}
