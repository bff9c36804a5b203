#include "runtime/registry/registry_store.h"

#include "tests/support/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[256];
static char problem[REGISTRY_MESSAGE_SIZE];

static void make_folder(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof folder, "%s/registry-XXXXXX", base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct registry_store *open_store(void)
{
    return registry_store_open(folder, DURABILITY_PROCESS, problem);
}

static bool append_row(const struct registry_row *row, void *context)
{
    char *text = context;

    (void)snprintf(text + strlen(text), 200 - strlen(text), "%d %s %s %s;", (int)row->kind,
                   row->account_id, row->name, row->document);
    return true;
}

static void write_rows(struct registry_store *store)
{
    const struct registry_row rows[] = {
        {RESOURCE_LAYER, "111111111111", "l", "{}"},
        {RESOURCE_FUNCTION, "222222222222", "f", "{\"a\":1}"},
        {RESOURCE_FUNCTION, "111111111111", "g", "{}"},
        {RESOURCE_FUNCTION, "111111111111", "f", "{}"},
        {RESOURCE_FUNCTION, "111111111111", "g", NULL},
    };

    ck_assert(registry_store_write(store, rows, 5, problem));
}

static const char all_rows[] =
    "0 111111111111 f {};0 222222222222 f {\"a\":1};1 111111111111 l {};";

START_TEST(what_was_written_is_read_by_the_next_one)
{
    char text[200] = "";
    struct registry_store *store = open_store();

    ck_assert_ptr_nonnull(store);
    write_rows(store);
    registry_store_close(store);
    store = open_store();
    ck_assert_ptr_nonnull(store);
    ck_assert_str_eq(problem, "");
    ck_assert(registry_store_read(store, append_row, text));
    ck_assert_str_eq(text, all_rows);
    registry_store_close(store);
}
END_TEST

START_TEST(memory_keeps_nothing)
{
    char text[200] = "";
    struct registry_store *store = registry_store_open(folder, DURABILITY_MEMORY, problem);

    ck_assert_ptr_nonnull(store);
    write_rows(store);
    ck_assert(registry_store_read(store, append_row, text));
    ck_assert_str_eq(text, all_rows);
    registry_store_close(store);
    text[0] = '\0';
    store = registry_store_open(folder, DURABILITY_MEMORY, problem);
    ck_assert(registry_store_read(store, append_row, text));
    ck_assert_str_eq(text, "");
    registry_store_close(store);
}
END_TEST

static void put_file(const char *content, size_t length)
{
    char path[300];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/functions.db", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content, 1, length, file), length);
    (void)fclose(file);
}

START_TEST(a_damaged_file_is_moved_aside)
{
    char garbage[4096];
    struct registry_store *store;

    memset(garbage, 'x', sizeof garbage);
    put_file(garbage, sizeof garbage);
    store = open_store();
    ck_assert_ptr_nonnull(store);
    ck_assert_msg(strstr(problem, "damaged") != NULL, "%s", problem);
    write_rows(store);
    registry_store_close(store);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    char path[300];

    (void)snprintf(path, sizeof path, "%s/functions.db", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_ptr_null(open_store());
    ck_assert_msg(strstr(problem, "not a regular file") != NULL, "%s", problem);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("registry_store");
    TCase *store = tcase_create("store");

    tcase_add_checked_fixture(store, make_folder, remove_folder);
    tcase_add_test(store, what_was_written_is_read_by_the_next_one);
    tcase_add_test(store, memory_keeps_nothing);
    tcase_add_test(store, a_damaged_file_is_moved_aside);
    tcase_add_test(store, what_is_no_file_is_refused);
    suite_add_tcase(suite, store);
    return suite;
}
