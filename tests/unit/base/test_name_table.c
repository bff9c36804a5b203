#include "base/name_table.h"

#include "tests/support/unit.h"

#include <stdio.h>

enum { COUNT = 1000 };

static struct thing {
    struct name_entry entry;
    char name[24];
} things[COUNT];

static struct name_table table;

static void fill(const char *space)
{
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(things[i].name, sizeof things[i].name, "name-%d", i);
        ck_assert(name_table_add(&table, &things[i].entry, space, things[i].name, &things[i]));
    }
}

START_TEST(finds_what_was_added)
{
    ck_assert_ptr_null(name_table_find(&table, "", "name-0"));
    fill("");
    ck_assert_uint_eq(table.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(name_table_find(&table, "", things[i].name), &things[i]);
    ck_assert_ptr_null(name_table_find(&table, "", "name-1000"));
    ck_assert_ptr_null(name_table_find(&table, "", ""));
    name_table_clear(&table);
    ck_assert_ptr_null(name_table_find(&table, "", "name-0"));
}
END_TEST

START_TEST(tells_spaces_apart)
{
    struct name_entry one, other;

    ck_assert(name_table_add(&table, &one, "a", "bc", "first"));
    ck_assert(name_table_add(&table, &other, "ab", "c", "second"));
    ck_assert_str_eq(name_table_find(&table, "a", "bc"), "first");
    ck_assert_str_eq(name_table_find(&table, "ab", "c"), "second");
    ck_assert_ptr_null(name_table_find(&table, "", "bc"));
    name_table_clear(&table);
}
END_TEST

START_TEST(keeps_the_order_of_adding_when_some_are_removed)
{
    int expected = 1;

    fill("s");
    for (int i = 0; i < COUNT; i += 2)
        name_table_remove(&table, &things[i].entry);
    ck_assert_uint_eq(table.count, COUNT / 2);
    for (const struct name_entry *entry = table.first; entry != NULL; entry = entry->next) {
        ck_assert_ptr_eq(entry->owner, &things[expected]);
        expected += 2;
    }
    ck_assert_int_eq(expected, COUNT + 1);
    for (int i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(name_table_find(&table, "s", things[i].name),
                         i % 2 == 0 ? NULL : &things[i]);
    for (int i = 1; i < COUNT; i += 2)
        name_table_remove(&table, &things[i].entry);
    ck_assert_ptr_null(table.first);
    ck_assert_ptr_null(table.last);
    name_table_clear(&table);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("name_table");
    TCase *names = tcase_create("names");

    tcase_add_test(names, finds_what_was_added);
    tcase_add_test(names, tells_spaces_apart);
    tcase_add_test(names, keeps_the_order_of_adding_when_some_are_removed);
    suite_add_tcase(suite, names);
    return suite;
}
