#include "runtime/bundled/bundled_runtime.h"

#include "tests/support/unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], why[512];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/test_bundled_runtime_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    why[0] = '\0';
}

static void remove_folder(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* FOLDER/NAME */
static const char *path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Returns owned, with a NUL behind it. NULL when there is no such file. */
static char *contents(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    char *const data = malloc(1048576);

    if (file == NULL) {
        free(data);
        return NULL;
    }
    *size = fread(data, 1, 1048575, file);
    data[*size] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    return data;
}

static bool is_equal(const char *path, const struct bundled_file *file)
{
    size_t size = 0;
    char *const data = contents(path, &size);
    const bool equal = data != NULL && size == file->size && memcmp(data, file->data, size) == 0;

    free(data);
    return equal;
}

static void assert_all_extracted(void)
{
    size_t count;
    const struct bundled_file *const files = bundled_runtime_files(&count);
    struct stat attributes;

    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(is_equal(path_of(files[i].name), &files[i]), "%s", files[i].name);
        ck_assert_int_eq(lstat(path_of(files[i].name), &attributes), 0);
        ck_assert(S_ISREG(attributes.st_mode));
        ck_assert_int_eq(attributes.st_mode & 07777,
                         strstr(files[i].name, "/bootstrap.") != NULL ? 0755 : 0644);
    }
}

static const struct bundled_file *file_of(const char *name)
{
    size_t count;
    const struct bundled_file *const files = bundled_runtime_files(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    }
    return NULL;
}

static const char *const programs[] = {"python/bootstrap.py", "nodejs/bootstrap.cjs"};

START_TEST(holds_the_programs_that_are_started)
{
    ck_assert_ptr_nonnull(file_of(programs[_i]));
}
END_TEST

/* The tests run in the source tree. */
START_TEST(holds_the_sources_byte_by_byte)
{
    size_t count;
    const struct bundled_file *const files = bundled_runtime_files(&count);
    char path[256];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "runtime/bundled/%s", files[i].name);
        ck_assert_msg(is_equal(path, &files[i]), "%s", path);
        ck_assert_int_eq(files[i].data[files[i].size], '\0');
    }
}
END_TEST

START_TEST(writes_every_file_whatever_the_umask)
{
    make_folder();
    umask(0777);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_OK);
    ck_assert_str_eq(why, "");
    assert_all_extracted();
    remove_folder();
}
END_TEST

START_TEST(makes_the_folder_itself)
{
    char below[256];

    make_folder();
    (void)snprintf(below, sizeof below, "%s", path_of("runtime"));
    ck_assert_int_eq(bundled_runtime_extract(below, why, sizeof why), BUNDLED_RUNTIME_OK);
    ck_assert(is_equal(path_of("runtime/python/bootstrap.py"), file_of("python/bootstrap.py")));
    remove_folder();
}
END_TEST

START_TEST(leaves_what_is_equal_and_mends_what_is_not)
{
    struct stat before, after;
    FILE *file;

    make_folder();
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_OK);
    ck_assert_int_eq(stat(path_of("python/bootstrap.py"), &before), 0);
    file = fopen(path_of("nodejs/bootstrap.cjs"), "r+");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ne(fputs("!", file), EOF);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_OK);
    assert_all_extracted();
    ck_assert_int_eq(stat(path_of("python/bootstrap.py"), &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    remove_folder();
}
END_TEST

START_TEST(replaces_a_link_and_leaves_what_it_points_to)
{
    char victim[256], target[256];
    size_t size = 0;

    make_folder();
    (void)snprintf(victim, sizeof victim, "%s", path_of("victim"));
    FILE *const file = fopen(victim, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ne(fputs("mine", file), EOF);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(mkdir(path_of("python"), 0700), 0);
    (void)snprintf(target, sizeof target, "%s", path_of("python/bootstrap.py"));
    ck_assert_int_eq(symlink(victim, target), 0);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_OK);
    assert_all_extracted();
    char *const kept = contents(victim, &size);

    ck_assert_str_eq(kept, "mine");
    free(kept);
    remove_folder();
}
END_TEST

START_TEST(does_not_follow_a_folder_that_is_a_link)
{
    char link_path[256];

    make_folder();
    ck_assert_int_eq(mkdir(path_of("elsewhere"), 0700), 0);
    (void)snprintf(link_path, sizeof link_path, "%s", path_of("python"));
    ck_assert_int_eq(symlink("elsewhere", link_path), 0);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_NOT_WRITTEN);
    ck_assert_ptr_nonnull(strstr(why, "/python: can't write the bundled runtime there: "));
    ck_assert_int_ne(access(path_of("elsewhere/bootstrap.py"), F_OK), 0);
    remove_folder();
}
END_TEST

static const mode_t open_modes[] = {0720, 0702, 0777, 01777};

START_TEST(refuses_a_folder_that_others_may_write_to)
{
    make_folder();
    ck_assert_int_eq(chmod(folder, open_modes[_i]), 0);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why),
                     BUNDLED_RUNTIME_UNSAFE_FOLDER);
    ck_assert_ptr_nonnull(strstr(why, "others may write there"));
    ck_assert_ptr_nonnull(strstr(why, folder));
    ck_assert_int_ne(access(path_of("python"), F_OK), 0);
    remove_folder();
}
END_TEST

START_TEST(says_where_it_cannot_write_and_why)
{
    ck_assert_int_eq(bundled_runtime_extract("/nowhere/at/all", why, sizeof why),
                     BUNDLED_RUNTIME_NOT_WRITTEN);
    ck_assert_ptr_nonnull(strstr(why, "/nowhere/at/all"));
    ck_assert_ptr_nonnull(strstr(why, "No such file or directory"));
}
END_TEST

START_TEST(leaves_no_temporary_file_when_a_folder_is_in_the_way)
{
    char path[256];

    make_folder();
    (void)snprintf(path, sizeof path, "%s", path_of("nodejs"));
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(mkdir(path_of("nodejs/bootstrap.cjs"), 0700), 0);
    ck_assert_int_eq(bundled_runtime_extract(folder, why, sizeof why), BUNDLED_RUNTIME_NOT_WRITTEN);
    ck_assert_ptr_nonnull(strstr(why, "/nodejs/bootstrap.cjs: can't write"));
    ck_assert_int_eq(rmdir(path_of("nodejs/bootstrap.cjs")), 0);
    ck_assert_int_eq(rmdir(path), 0); /* empty */
    remove_folder();
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("bundled_runtime");
    TCase *const tests = tcase_create("bundled_runtime");

    tcase_add_loop_test(tests, holds_the_programs_that_are_started, 0, ARRAY_LENGTH(programs));
    tcase_add_test(tests, holds_the_sources_byte_by_byte);
    tcase_add_test(tests, writes_every_file_whatever_the_umask);
    tcase_add_test(tests, makes_the_folder_itself);
    tcase_add_test(tests, leaves_what_is_equal_and_mends_what_is_not);
    tcase_add_test(tests, replaces_a_link_and_leaves_what_it_points_to);
    tcase_add_test(tests, does_not_follow_a_folder_that_is_a_link);
    tcase_add_loop_test(tests, refuses_a_folder_that_others_may_write_to, 0,
                        ARRAY_LENGTH(open_modes));
    tcase_add_test(tests, says_where_it_cannot_write_and_why);
    tcase_add_test(tests, leaves_no_temporary_file_when_a_folder_is_in_the_way);
    suite_add_tcase(suite, tests);
    return suite;
}
