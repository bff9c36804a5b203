#include "base/zip/zip_pack.h"

#include "base/folder.h"
#include "base/zip/zip_extract.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256], problem[ZIP_NAME_MAX + 1];
static uint64_t seen, whole;

static const char *at(const char *name)
{
    static char paths[4][2048];
    static unsigned next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(at(name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(at(name), mode), 0);
}

static void set_up(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof folder, "%s/pack-XXXXXX", base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)umask(022);
    ck_assert_int_eq(folder_make(at("in/sub/empty")), 0);
    ck_assert_int_eq(mkdir(at("out"), 0755), 0);
    write_file("in/bootstrap", "#!/bin/sh\n", 0755);
    write_file("in/sub/data", "data", 0644);
    seen = whole = 0;
}

static void tear_down(void)
{
    folder_remove(folder);
}

static void on_progress(uint64_t done, uint64_t of, void *context)
{
    (void)context;
    ck_assert_uint_ge(done, seen);
    seen = done;
    whole = of;
}

static enum zip_status pack_to(const char *archive)
{
    char in[300], out[300];

    (void)snprintf(in, sizeof in, "%s/in", folder);
    (void)snprintf(out, sizeof out, "%s/%s", folder, archive);
    const struct zip_packing packing = {in, out, on_progress, NULL};

    return zip_pack(&packing, problem);
}

static void expect_file(const char *name, const char *text, mode_t mode)
{
    char found[64] = "";
    struct stat about;
    FILE *file = fopen(at(name), "r");

    ck_assert_msg(file != NULL, "%s: %s", name, strerror(errno));
    (void)!fread(found, 1, sizeof found - 1, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(found, text);
    ck_assert_int_eq(lstat(at(name), &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, mode);
}

START_TEST(files_links_and_empty_folders_come_out_again)
{
    ck_assert_int_eq(symlink("../bootstrap", at("in/sub/link")), 0);
    write_file("aside", "aside", 0644);
    ck_assert_int_eq(symlink("../aside", at("in/outside")), 0);
    ck_assert_int_eq(folder_make(at("in/.git")), 0);
    ck_assert_int_eq(mkfifo(at("in/pipe"), 0644), 0);
    ck_assert_int_eq(pack_to("a.zip"), ZIP_OK);
    ck_assert_uint_eq(seen, whole);
    ck_assert_uint_eq(whole, strlen("#!/bin/sh\n") + strlen("data") + strlen("aside") +
                                 strlen("../bootstrap"));
    ck_assert_int_eq(zip_extract_file(at("a.zip"), at("out"), &zip_limits_default), ZIP_OK);
    expect_file("out/bootstrap", "#!/bin/sh\n", 0755);
    expect_file("out/sub/data", "data", 0644);
    expect_file("out/sub/link", "#!/bin/sh\n", 0777);
    expect_file("out/outside", "aside", 0644);
    ck_assert_int_eq(access(at("out/sub/empty"), F_OK), 0);
    ck_assert_int_ne(access(at("out/.git"), F_OK), 0);
    ck_assert_int_ne(access(at("out/pipe"), F_OK), 0);
}
END_TEST

START_TEST(what_cannot_be_packed_is_named)
{
    ck_assert_int_eq(symlink("/nowhere", at("in/sub/link")), 0);
    ck_assert_int_eq(pack_to("a.zip"), ZIP_UNREADABLE);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(problem, at("in/sub/link"));
    ck_assert_int_eq(unlink(at("in/sub/link")), 0);
    ck_assert_int_eq(pack_to("none/a.zip"), ZIP_NOT_WRITTEN);
}
END_TEST

START_TEST(a_link_to_a_folder_above_ends)
{
    ck_assert_int_eq(symlink(at("in"), at("in/sub/above")), 0);
    ck_assert_int_eq(pack_to("a.zip"), ZIP_UNREADABLE);
    ck_assert_int_eq(errno == ENAMETOOLONG || errno == ELOOP, 1);
}
END_TEST

START_TEST(more_than_lambda_takes_is_too_large)
{
    ck_assert_int_eq(truncate(at("in/sub/data"), ZIP_UNPACKED_MAX + 1L), 0);
    ck_assert_int_eq(pack_to("a.zip"), ZIP_TOO_LARGE);
    ck_assert_int_ne(access(at("a.zip"), F_OK), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("zip_pack");
    TCase *tests = tcase_create("zip_pack");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, files_links_and_empty_folders_come_out_again);
    tcase_add_test(tests, what_cannot_be_packed_is_named);
    tcase_add_test(tests, a_link_to_a_folder_above_ends);
    tcase_add_test(tests, more_than_lambda_takes_is_too_large);
    suite_add_tcase(suite, tests);
    return suite;
}
