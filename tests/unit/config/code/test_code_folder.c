#include "config/code/code_folder.h"

#include "base/folder.h"
#include "config/code/inline_code.h"
#include "tests/support/unit.h"
#include "tests/support/zip_bed.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char work[256], store[300], archive[300];
static struct code_folder folder, other;

static void begin(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(work, sizeof work, "%s/code-XXXXXX", base == NULL ? "/tmp" : base);
    ck_assert_ptr_nonnull(mkdtemp(work));
    (void)snprintf(store, sizeof store, "%s/data/unpacked", work);
    (void)snprintf(archive, sizeof archive, "%s/code.zip", work);
}

static void finish(void)
{
    folder_remove(work);
}

static void write_file(const char *path, const void *data, size_t length)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_archive(const char *text)
{
    const struct zip_bed_entry entries[] = {
        {.name = "app.py", .data = text},
        {.name = "bootstrap", .data = "#!/bin/sh\n", .mode = 0100755}};
    struct bytes *zip = zip_bed_make(entries, ARRAY_LENGTH(entries));

    write_file(archive, bytes_view(zip).data, bytes_view(zip).length);
    bytes_release(zip);
}

/* Borrowed until the next call. */
static const char *content(const char *name)
{
    static char text[65536];
    char path[PATH_MAX + 100];

    (void)snprintf(path, sizeof path, "%s/%s", folder.path, name);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static int entry_count(const char *path)
{
    DIR *entries = opendir(path);
    int count = 0;

    while (entries != NULL && readdir(entries) != NULL)
        count++;
    if (entries != NULL)
        (void)closedir(entries);
    return count - 2;
}

START_TEST(unpacks_an_archive_once)
{
    char path[PATH_MAX + 20];
    struct stat about;

    write_archive("one");
    ck_assert_msg(code_folder_unpack(&folder, store, archive), "%s", folder.why);
    ck_assert_str_eq(content("app.py"), "one");
    (void)snprintf(path, sizeof path, "%s/bootstrap", folder.path);
    ck_assert_int_eq(access(path, X_OK), 0);
    (void)snprintf(path, sizeof path, "%s/mine", folder.path);
    write_file(path, "", 0);
    ck_assert(code_folder_unpack(&other, store, archive));
    ck_assert_str_eq(other.path, folder.path);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(stat(folder.path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0755);
    write_archive("two");
    ck_assert(code_folder_unpack(&other, store, archive));
    ck_assert_str_ne(other.path, folder.path);
    ck_assert_int_eq(entry_count(store), 2);
}
END_TEST

START_TEST(leaves_nothing_of_an_archive_that_is_none)
{
    write_file(archive, "not a zip", 9);
    ck_assert(!code_folder_unpack(&folder, store, archive));
    ck_assert_ptr_nonnull(strstr(folder.why, "code.zip is not a zip archive"));
    ck_assert_int_eq(entry_count(store), 0);
    ck_assert(!code_folder_unpack(&folder, store, "/no/such.zip"));
    ck_assert_str_eq(folder.why, "can't read /no/such.zip: No such file or directory");
    ck_assert(!code_folder_unpack(&folder, store, work));
    ck_assert(!code_folder_unpack(&folder, store, "/dev/zero"));
}
END_TEST

START_TEST(says_that_a_store_cannot_be_made)
{
    write_archive("one");
    ck_assert(!code_folder_unpack(&folder, archive, archive));
    ck_assert_ptr_nonnull(strstr(folder.why, "can't make "));
}
END_TEST

START_TEST(without_a_store_only_names_it)
{
    write_archive("one");
    ck_assert(code_folder_unpack(&folder, NULL, archive));
    ck_assert_uint_eq(strlen(folder.path), 64);
    ck_assert_int_eq(entry_count(work), 1);
}
END_TEST

START_TEST(knows_archives_by_their_names)
{
    ck_assert(code_is_archive("a/b.zip"));
    ck_assert(code_is_archive("b.JAR"));
    ck_assert(!code_is_archive("zip"));
    ck_assert(!code_is_archive("a.zip/b"));
}
END_TEST

/* ---- text ---- */

static const struct {
    enum runtime_family family;
    const char *text, *file, *module;
} texts[] = {
    {RUNTIME_FAMILY_PYTHON, "import json\n", "index.py", "cfnresponse.py"},
    {RUNTIME_FAMILY_NODEJS, "exports.handler = async () => 1;\n", "index.js",
     "node_modules/cfn-response/index.js"},
    {RUNTIME_FAMILY_NODEJS, "// import\nconst x = import('x');\nimportant();\nexported = 1;",
     "index.js", "node_modules/cfn-response/index.js"},
    {RUNTIME_FAMILY_NODEJS, "const a = 1;\n  export const handler = () => a;\n", "index.mjs",
     "node_modules/cfn-response/index.js"},
    {RUNTIME_FAMILY_NODEJS, "import{x} from 'x'", "index.mjs",
     "node_modules/cfn-response/index.js"},
    {RUNTIME_FAMILY_NODEJS, "export", "index.js", "node_modules/cfn-response/index.js"},
};

START_TEST(makes_files_of_text)
{
    const struct bytes_view text = {texts[_i].text, strlen(texts[_i].text)};

    ck_assert_msg(inline_code_write(&folder, store, texts[_i].family, text), "%s", folder.why);
    ck_assert_str_eq(content(texts[_i].file), texts[_i].text);
    ck_assert_ptr_nonnull(strstr(content(texts[_i].module), "SUCCESS"));
    ck_assert(inline_code_write(&other, store, texts[_i].family, text));
    ck_assert_str_eq(other.path, folder.path);
}
END_TEST

START_TEST(has_no_files_for_other_families)
{
    ck_assert(!inline_code_write(&folder, store, RUNTIME_FAMILY_PROVIDED, BYTES_VIEW("x")));
    ck_assert_str_eq(folder.why, "only Python and Node.js functions can have inline code");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("code_folder");
    TCase *archives = tcase_create("archives"), *text = tcase_create("text");

    tcase_add_checked_fixture(archives, begin, finish);
    tcase_add_checked_fixture(text, begin, finish);
    tcase_add_test(archives, unpacks_an_archive_once);
    tcase_add_test(archives, leaves_nothing_of_an_archive_that_is_none);
    tcase_add_test(archives, says_that_a_store_cannot_be_made);
    tcase_add_test(archives, without_a_store_only_names_it);
    tcase_add_test(archives, knows_archives_by_their_names);
    tcase_add_loop_test(text, makes_files_of_text, 0, ARRAY_LENGTH(texts));
    tcase_add_test(text, has_no_files_for_other_families);
    suite_add_tcase(suite, archives);
    suite_add_tcase(suite, text);
    return suite;
}
