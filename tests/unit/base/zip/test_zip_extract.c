#include "base/zip/zip_extract.h"

#include "tests/support/unit.h"
#include "tests/support/zip_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static void make_folder(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(folder, sizeof folder, "%s/zip-XXXXXX", base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)umask(022);
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

static enum zip_status extract_with(const struct zip_bed_entry *entries, size_t count,
                                    const struct zip_limits *limits)
{
    struct bytes *zip = zip_bed_make(entries, count);
    const enum zip_status status = zip_extract_bytes(bytes_view(zip), folder, limits);

    bytes_release(zip);
    return status;
}

static enum zip_status extract(const struct zip_bed_entry *entries, size_t count)
{
    return extract_with(entries, count, &zip_limits_default);
}

static const char *at(const char *name)
{
    static char path[2048];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void expect_file(const char *name, const char *content, unsigned mode)
{
    char text[64] = "";
    struct stat about;
    FILE *file = fopen(at(name), "r");

    ck_assert_msg(file != NULL, "%s: %s", name, strerror(errno));
    ck_assert_uint_eq(fread(text, 1, sizeof text - 1, file), strlen(content));
    (void)fclose(file);
    ck_assert_str_eq(text, content);
    ck_assert_int_eq(stat(at(name), &about), 0);
    ck_assert_uint_eq(about.st_mode & 07777, mode);
}

START_TEST(files_folders_modes_and_links_are_written)
{
    const struct zip_bed_entry entries[] = {
        {.name = "bootstrap", .data = "#!/bin/sh\n", .mode = S_IFREG | 0755},
        {.name = "lib/deep/a.py", .data = "a = 1\n", .mode = S_IFREG | 0600, .is_deflated = true},
        {.name = "empty/", .mode = S_IFDIR | 0700},
        {.name = "nomode.txt", .data = "x"},
        {.name = "unreadable", .data = "y", .mode = S_IFREG | 04011},
        {.name = "lib/link", .data = "../bootstrap", .mode = S_IFLNK | 0777},
        {.name = "nomode.txt", .data = "the last one"},
    };
    struct stat about;

    ck_assert_int_eq(extract(entries, ARRAY_LENGTH(entries)), ZIP_OK);
    expect_file("bootstrap", "#!/bin/sh\n", 0755);
    expect_file("lib/deep/a.py", "a = 1\n", 0600);
    expect_file("nomode.txt", "the last one", 0644);
    expect_file("unreadable", "y", 0411);
    expect_file("lib/link", "#!/bin/sh\n", 0755);
    ck_assert_int_eq(lstat(at("lib/link"), &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    ck_assert_int_eq(stat(at("empty"), &about), 0);
    ck_assert(S_ISDIR(about.st_mode));
}
END_TEST

/* clang-format off */
static const struct {
    struct zip_bed_entry entries[2];
    enum zip_status status;
} refused[] = {
    {{{.name = "a"}, {.name = "../x"}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "/tmp/x"}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "d/../../x"}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "b\0c", .name_length = 3}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "l", .data = "/etc/passwd", .mode = S_IFLNK | 0777}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "l", .data = "../x", .mode = S_IFLNK | 0777}}, ZIP_UNSAFE},
    {{{.name = "l", .data = ".", .mode = S_IFLNK | 0777}, {.name = "d/m", .data = "../l/../..", .mode = S_IFLNK | 0777}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "l", .data = "", .mode = S_IFLNK | 0777}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "fifo", .mode = S_IFIFO | 0666}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "device", .mode = S_IFCHR | 0666}}, ZIP_UNSAFE},
    {{{.name = "a"}, {.name = "b", .data = "x", .has_wrong_crc = true}}, ZIP_NO_ARCHIVE},
    {{{.name = "a"}, {.name = "b", .data = "xxxx", .is_deflated = true, .has_wrong_crc = true}}, ZIP_NO_ARCHIVE},
    {{{.name = "a"}, {.name = "b", .data = "xxxx", .is_deflated = true, .claimed_size = 3}}, ZIP_NO_ARCHIVE},
    {{{.name = "a"}, {.name = "b", .data = "xxxx", .is_deflated = true, .claimed_size = 9}}, ZIP_NO_ARCHIVE},
    {{{.name = "a"}, {.name = "a/b"}}, ZIP_NO_ARCHIVE},
    {{{.name = "a/b"}, {.name = "a"}}, ZIP_NO_ARCHIVE},
    {{{.name = "a"}, {.name = "b", .data = "x", .is_encrypted = true}}, ZIP_NOT_SUPPORTED},
};
/* clang-format on */

START_TEST(what_leads_out_or_is_damaged_is_refused)
{
    ck_assert_int_eq(extract(refused[_i].entries, 2), refused[_i].status);
}
END_TEST

START_TEST(nothing_is_written_through_a_link)
{
    char outside[300];
    struct stat about;
    const struct zip_bed_entry entries[] = {
        {.name = "d", .data = "sub", .mode = S_IFLNK | 0777},
        {.name = "d/file", .data = "x", .mode = S_IFREG | 0644},
        {.name = "sub/", .mode = S_IFDIR | 0755},
    };

    (void)snprintf(outside, sizeof outside, "%s-outside", folder);
    ck_assert_int_eq(extract(entries, ARRAY_LENGTH(entries)), ZIP_NO_ARCHIVE);
    ck_assert_int_ne(lstat(outside, &about), 0);
    ck_assert_int_ne(lstat(at("sub/file"), &about), 0);
}
END_TEST

START_TEST(a_bomb_ends_at_the_limit)
{
    const size_t size = 1 << 20;
    char *zeros = calloc(1, size);
    const struct zip_bed_entry bombs[] = {
        {.name = "honest", .data = zeros, .data_length = size, .is_deflated = true},
        {.name = "liar",
         .data = zeros,
         .data_length = size,
         .is_deflated = true,
         .claimed_size = 10},
    };
    const struct zip_limits limits = {size - 1, 10}, enough = {size, 10};
    struct stat about;

    ck_assert_ptr_nonnull(zeros);
    ck_assert_int_eq(extract_with(bombs, 1, &limits), ZIP_TOO_LARGE);
    ck_assert_int_ne(extract_with(bombs + 1, 1, &limits), ZIP_OK);
    ck_assert(lstat(at("liar"), &about) != 0 || about.st_size < (off_t)size);
    ck_assert_int_eq(extract_with(bombs, 1, &enough), ZIP_OK);
    ck_assert_int_ne(extract_with(bombs, 2, &enough), ZIP_OK);
    free(zeros);
}
END_TEST

START_TEST(files_and_folders_have_a_limit)
{
    const struct zip_bed_entry entries[] = {{.name = "a/b/c/d"}, {.name = "a/b/c/e"}};
    const struct zip_limits few = {100, 4}, enough = {100, 5};

    ck_assert_int_eq(extract_with(entries, 2, &few), ZIP_TOO_MANY);
    remove_folder();
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(extract_with(entries, 2, &enough), ZIP_OK);
}
END_TEST

START_TEST(an_archive_cut_short_anywhere_is_refused)
{
    const struct zip_bed_entry entries[] = {{.name = "a", .data = "text"},
                                            {.name = "b/c", .data = "text", .is_deflated = true}};
    struct bytes *zip = zip_bed_make(entries, 2);

    for (size_t length = 0; length < zip->length; length++) {
        const struct bytes_view cut = {zip->data, length};

        ck_assert_msg(zip_extract_bytes(cut, folder, &zip_limits_default) == ZIP_NO_ARCHIVE,
                      "cut after %zu of %zu bytes", length, zip->length);
    }
    ck_assert_int_eq(zip_extract_bytes(bytes_view(zip), folder, &zip_limits_default), ZIP_OK);
    bytes_release(zip);
}
END_TEST

START_TEST(an_archive_without_entries_is_none)
{
    ck_assert_int_eq(extract(NULL, 0), ZIP_NO_ARCHIVE);
}
END_TEST

START_TEST(archives_are_read_from_files_too)
{
    const struct zip_bed_entry entry = {.name = "inner", .data = "x"};
    struct bytes *zip = zip_bed_make(&entry, 1);
    char path[300];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/archive.zip", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(zip->data, 1, zip->length, file), zip->length);
    (void)fclose(file);
    bytes_release(zip);
    ck_assert_int_eq(zip_extract_file(path, folder, &zip_limits_default), ZIP_OK);
    expect_file("inner", "x", 0644);
    ck_assert_int_eq(zip_extract_file(at("missing"), folder, &zip_limits_default), ZIP_UNREADABLE);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(zip_extract_file(folder, folder, &zip_limits_default), ZIP_NO_ARCHIVE);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told_with_errno)
{
    const struct zip_bed_entry entry = {.name = "a"};
    struct bytes *zip = zip_bed_make(&entry, 1);

    ck_assert_int_eq(zip_extract_bytes(bytes_view(zip), at("missing"), &zip_limits_default),
                     ZIP_NOT_WRITTEN);
    ck_assert_int_eq(errno, ENOENT);
    bytes_release(zip);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("zip_extract");
    TCase *extraction = tcase_create("extraction");

    tcase_add_checked_fixture(extraction, make_folder, remove_folder);
    tcase_add_test(extraction, files_folders_modes_and_links_are_written);
    tcase_add_loop_test(extraction, what_leads_out_or_is_damaged_is_refused, 0,
                        ARRAY_LENGTH(refused));
    tcase_add_test(extraction, nothing_is_written_through_a_link);
    tcase_add_test(extraction, a_bomb_ends_at_the_limit);
    tcase_add_test(extraction, files_and_folders_have_a_limit);
    tcase_add_test(extraction, an_archive_cut_short_anywhere_is_refused);
    tcase_add_test(extraction, an_archive_without_entries_is_none);
    tcase_add_test(extraction, archives_are_read_from_files_too);
    tcase_add_test(extraction, a_folder_that_is_not_there_is_told_with_errno);
    suite_add_tcase(suite, extraction);
    return suite;
}
