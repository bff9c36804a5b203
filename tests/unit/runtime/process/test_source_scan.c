#include "runtime/process/source_scan.h"

#include "tests/support/test_bed.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_bed bed;
static char *
    found; /* rows of the last scan, parted by blanks and in order; "FOLDER" stands for the bed's */

static void set_up(void)
{
    test_bed_open(&bed);
    found = NULL;
}

static void tear_down(void)
{
    free(found);
    test_bed_close(&bed);
}

static int by_path(const void *left, const void *right)
{
    const struct scanned_folder *const a = left, *const b = right;
    const int order = strcmp(a->path, b->path);

    return order != 0 ? order
                      : strcmp(a->only == NULL ? "" : a->only, b->only == NULL ? "" : b->only);
}

/* "/src", "/src+" with code in it, "/src:name" for one name. */
static void write_rows(struct source_scan *scan)
{
    const size_t skipped = strlen(bed.folder);
    size_t size;
    FILE *rows;

    free(found);
    rows = open_memstream(&found, &size);
    ck_assert_ptr_nonnull(rows);
    if (scan->count > 0)
        qsort(scan->folders, scan->count, sizeof *scan->folders, by_path);
    for (size_t i = 0; i < scan->count; i++) {
        const struct scanned_folder *const row = &scan->folders[i];
        const bool is_inside = strncmp(row->path, bed.folder, skipped) == 0;

        (void)fprintf(rows, "%s%s%s%s%s", i == 0 ? "" : " ", row->path + (is_inside ? skipped : 0),
                      row->has_code ? "+" : "", row->only == NULL ? "" : ":",
                      row->only == NULL ? "" : row->only);
    }
    (void)fclose(rows);
}

static bool scan(const char *root, const char *only)
{
    char path[2 * TEST_BED_PATH_SIZE], data[2 * TEST_BED_PATH_SIZE];
    struct source_scan scan = {.root = path, .only = only, .data_folder = data};

    (void)snprintf(path, sizeof path, "%s%s", bed.folder, root);
    (void)snprintf(data, sizeof data, "%s/data", bed.folder);
    source_scan_run(&scan);
    write_rows(&scan);
    source_scan_clear(&scan);
    return scan.is_full;
}

static void put(const char *name)
{
    test_bed_write(&bed, name, 0644, "text", NULL);
}

static void put_link(const char *name, const char *target)
{
    char path[2 * TEST_BED_PATH_SIZE], whole[2 * TEST_BED_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", bed.folder, name);
    (void)snprintf(whole, sizeof whole, "%s%s%s", target[0] == '/' ? "" : bed.folder,
                   target[0] == '/' ? "" : "/", target);
    ck_assert_int_eq(symlink(whole, path), 0);
}

START_TEST(a_folder_is_found_with_those_below_it)
{
    put("src/app.py");
    put("src/data.json");
    put("src/deep/deeper/code.js");
    put("other/app.py");
    ck_assert(!scan("/src", NULL));
    ck_assert_str_eq(found, "/src+ /src/deep /src/deep/deeper+");
}
END_TEST

START_TEST(dependencies_caches_and_the_data_folder_are_left_out)
{
    put("node_modules/package/index.js");
    put(".git/config");
    put("deep/__pycache__/app.pyc");
    put("data/queue.db");
    put("app.py~");
    ck_assert(!scan("", NULL));
    ck_assert_str_eq(found, " /deep");
}
END_TEST

START_TEST(links_are_followed)
{
    put("src/app.py");
    put("shared/deep/code.py");
    put("shared/one.json");
    put_link("src/library", "shared");
    put_link("src/file.json", "shared/one.json");
    put_link("src/nothing", "not-there");
    ck_assert(!scan("/src", NULL));
    ck_assert_str_eq(found, "/shared:one.json /src+ /src/library /src/library/deep+");
}
END_TEST

START_TEST(of_dependencies_only_links_out_of_them_are_followed)
{
    put("src/node_modules/.pnpm/a@1/node_modules/a/index.js");
    put("src/node_modules/@acme/installed/index.js");
    put("packages/b/index.js");
    put("packages/c/index.js");
    put("packages/c/node_modules/d/index.js");
    put_link("src/node_modules/a", "src/node_modules/.pnpm/a@1/node_modules/a");
    put_link("src/node_modules/b", "packages/b");
    put_link("src/node_modules/@acme/c", "packages/c");
    put_link("src/vendored", "src/node_modules/.pnpm/a@1/node_modules/a");
    ck_assert(!scan("/src", NULL));
    ck_assert_str_eq(found, "/src /src/node_modules/@acme/c+ /src/node_modules/b+");
}
END_TEST

START_TEST(each_folder_is_visited_once)
{
    put("src/deep/code.py");
    put_link("src/deep/up", "src");
    put_link("src/deep/self", "src/deep");
    put_link("src/again", "src/deep");
    put_link("src/loop", "src/loop");
    ck_assert(!scan("/src", NULL));
    ck_assert_uint_eq(strlen(found) - strlen(strchr(found, ' ')), strlen("/src"));
    ck_assert_ptr_null(strchr(strchr(found, ' ') + 1, ' '));
}
END_TEST

START_TEST(one_name_is_found_with_its_target)
{
    put("deep/file.json");
    put("invoked.json");
    ck_assert(!scan("", "invoked.json"));
    ck_assert_str_eq(found, ":invoked.json");
    put_link("linked.json", "deep/file.json");
    ck_assert(!scan("", "linked.json"));
    ck_assert_str_eq(found, ":linked.json /deep:file.json");
}
END_TEST

START_TEST(what_is_not_there_gives_nothing)
{
    ck_assert(!scan("/not-there", NULL));
    ck_assert_str_eq(found, "");
    put("file");
    ck_assert(!scan("/file", NULL));
    ck_assert_str_eq(found, "");
}
END_TEST

START_TEST(large_and_deep_trees_are_bounded)
{
    char name[2 * TEST_BED_PATH_SIZE];

    for (unsigned i = 0; i < SCAN_FOLDERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "%s/%u", bed.folder, i);
        ck_assert_int_eq(mkdir(name, 0755), 0);
    }
    ck_assert(scan("", NULL));
    (void)snprintf(name, sizeof name, "%s", "1");
    for (unsigned i = 0; i < 40; i++)
        (void)snprintf(name + strlen(name), sizeof name - strlen(name), "/d");
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), "/code.py");
    put(name);
    ck_assert(!scan("/1", NULL));
    ck_assert_ptr_null(strchr(found, '+'));
}
END_TEST

/* clang-format off */
static const struct {
    const char *name;
    bool is_ignored, is_code;
} names[] = {
    {"app.py",        false, true},
    {"index.mjs",     false, true},
    {"page.html",     false, true},
    {"cache.json",    false, false},
    {"data.db",       false, false},
    {"notes.txt",     false, false},
    {"py",            false, false},
    {".py",           false, false},
    {"app.pyc",       true,  false},
    {"app.py~",       true,  false},
    {"data.db-wal",   true,  false},
    {"server.log",    true,  false},
    {"node_modules",  true,  false},
    {"node_modules2", false, false},
    {".git",          true,  false},
    {".gitignore",    false, false},
};
/* clang-format on */

START_TEST(names_say_what_is_ignored_and_what_is_code)
{
    ck_assert_int_eq(source_is_ignored(names[_i].name), names[_i].is_ignored);
    if (!names[_i].is_ignored)
        ck_assert_int_eq(source_is_code(names[_i].name), names[_i].is_code);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("source_scan");
    TCase *tcase = tcase_create("source_scan");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_folder_is_found_with_those_below_it);
    tcase_add_test(tcase, dependencies_caches_and_the_data_folder_are_left_out);
    tcase_add_test(tcase, links_are_followed);
    tcase_add_test(tcase, of_dependencies_only_links_out_of_them_are_followed);
    tcase_add_test(tcase, each_folder_is_visited_once);
    tcase_add_test(tcase, one_name_is_found_with_its_target);
    tcase_add_test(tcase, what_is_not_there_gives_nothing);
    tcase_add_test(tcase, large_and_deep_trees_are_bounded);
    tcase_add_loop_test(tcase, names_say_what_is_ignored_and_what_is_code, 0, ARRAY_LENGTH(names));
    suite_add_tcase(suite, tcase);
    return suite;
}
