#include "runtime/events/record_file.h"

#include "runtime/events/record_reader.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LIST_MAX = 64 * 1024 * 1024, TEXT_SIZE = 4096 };

static char root[64], path[RECORD_PATH_SIZE];
static const struct record_file letters = {.kind = RECORD_DEAD_LETTER, .name = "q"};

static void set_up(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_record_file.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    record_file_path(root, &letters, path);
}

static void tear_down(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static int append(const char *line)
{
    return record_file_append(root, &letters, (struct bytes_view){line, strlen(line)}, false);
}

/* Writes what somebody else might have. */
static void write_text(const char *text, size_t length)
{
    FILE *file;

    if (access(path, F_OK) != 0)
        ck_assert_int_eq(append("{}\n"), 0); /* makes the folder */
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    (void)fclose(file);
}

static void check_text(const char *expected)
{
    char text[TEXT_SIZE];
    FILE *file = fopen(path, "r");
    size_t length;

    ck_assert_ptr_nonnull(file);
    length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    ck_assert_str_eq(text, expected);
}

static void check_list(size_t byte_max, const char *expected)
{
    char trouble[RECORD_PATH_SIZE];
    struct bytes *array;

    ck_assert_int_eq(record_file_list(root, &letters, byte_max, &array, trouble), 0);
    ck_assert_uint_eq(array->length, strlen(expected));
    ck_assert_int_eq(memcmp(array->data, expected, array->length), 0);
    bytes_release(array);
}

START_TEST(lines_are_appended_and_half_a_line_is_cut_off_first)
{
    check_list(LIST_MAX, "[]");
    ck_assert_int_eq(append("{\"n\":1}\n"), 0);
    ck_assert_int_eq(append("{\"n\":2}\n"), 0);
    check_text("{\"n\":1}\n{\"n\":2}\n");
    write_text("{\"n\":1}\n{\"n\":", 13);
    check_list(LIST_MAX, "[{\"n\":1}]");
    ck_assert_int_eq(append("{\"n\":3}\n"), 0);
    check_list(LIST_MAX, "[{\"n\":1},{\"n\":3}]");
}
END_TEST

static const struct {
    const char *text, *listed;
} foreign[] = {
    {"hello\n", "[\"hello\"]"},
    {"{\"n\":1},{\"n\":2}\n{\"n\":3}\n", "[\"{\\\"n\\\":1},{\\\"n\\\":2}\",{\"n\":3}]"},
    {"\n\n{\"n\":1}\n", "[{\"n\":1}]"},
    {"]\n[1]\n", "[\"]\",[1]]"},
    {"\xff\n", "[\"\xef\xbf\xbd\"]"},
};

START_TEST(a_line_that_is_no_json_is_listed_as_a_string)
{
    write_text(foreign[_i].text, strlen(foreign[_i].text));
    check_list(LIST_MAX, foreign[_i].listed);
}
END_TEST

START_TEST(a_list_has_the_newest_whole_lines_that_fit)
{
    static const char text[] = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";

    write_text(text, sizeof text - 1);
    check_list(16, "[{\"n\":2},{\"n\":3}]");
    check_list(15, "[{\"n\":3}]");
    check_list(3, "[]");
}
END_TEST

/* What may lie in the place of a file. */
static void put_in_place(int what)
{
    static const char *const links[] = {"/dev/zero", "/nowhere", "q"};

    ck_assert_int_eq(append("{}\n"), 0);
    ck_assert_int_eq(unlink(path), 0);
    switch (what) {
    case 0:
        ck_assert_int_eq(mkfifo(path, 0666), 0);
        return;
    case 1:
        ck_assert_int_eq(mkdir(path, 0777), 0);
        return;
    default:
        ck_assert_int_eq(symlink(links[what - 2], path), 0);
    }
}

static bool keep_all(struct bytes_view line, void *context)
{
    (void)line;
    (void)context;
    return true;
}

/* The test's time limit ends what would wait. */
START_TEST(only_regular_files_are_opened_and_nothing_waits)
{
    static const char *const said[] = {"is not a regular file", "is a directory",
                                       "is a symbolic link", "is a symbolic link",
                                       "is a symbolic link"};
    char trouble[RECORD_PATH_SIZE] = "";
    const struct record_file all = {.kind = RECORD_DEAD_LETTER};
    struct bytes *array;
    int error;

    put_in_place(_i);
    error = append("{}\n");
    ck_assert_int_ne(error, 0);
    ck_assert_ptr_nonnull(strstr(record_file_error(error), said[_i]));
    ck_assert_int_eq(record_file_list(root, &letters, LIST_MAX, &array, trouble), error);
    ck_assert_str_eq(trouble, path);
    trouble[0] = '\0';
    ck_assert_int_eq(record_file_list(root, &all, LIST_MAX, &array, trouble), error);
    ck_assert_str_eq(trouble, path);
    ck_assert_int_eq(record_file_filter(root, &letters, keep_all, NULL), error);
    /* All but a directory can be removed. */
    error = record_file_remove_all(root, "", trouble);
    ck_assert_int_eq(error, _i == 1 ? EISDIR : 0);
    ck_assert_int_eq(append("{}\n"), _i == 1 ? EISDIR : 0);
}
END_TEST

START_TEST(a_filter_is_not_misled_by_what_lies_where_it_writes)
{
    char new_path[RECORD_PATH_SIZE + 8], victim[128];

    (void)snprintf(new_path, sizeof new_path, "%s.new", path);
    (void)snprintf(victim, sizeof victim, "%s/victim", root);
    write_text("hello\n{\"n\":1}\n", 14);
    ck_assert_int_eq(_i == 0 ? mkfifo(new_path, 0666) : symlink(victim, new_path), 0);
    ck_assert_int_eq(record_file_filter(root, &letters, keep_all, NULL), 0);
    check_text("hello\n{\"n\":1}\n");
    ck_assert_int_ne(access(victim, F_OK), 0);
    ck_assert_int_ne(access(new_path, F_OK), 0);
}
END_TEST

static bool keep_odd(struct bytes_view line, void *context)
{
    (void)context;
    return line.length > 0 && (line.data[line.length - 1] - '0') % 2 == 1;
}

START_TEST(a_filter_keeps_the_lines_that_it_is_told)
{
    write_text("1\n2\n3\n4\n5", 9); /* the last has no end */
    ck_assert_int_eq(record_file_filter(root, &letters, keep_odd, NULL), 0);
    check_text("1\n3\n");
}
END_TEST

START_TEST(a_line_without_an_end_in_sight_is_an_error_and_no_memory)
{
    char trouble[RECORD_PATH_SIZE];
    struct bytes *array;
    int descriptor;

    write_text("", 0);
    descriptor = open(path, O_WRONLY);
    ck_assert_int_eq(ftruncate(descriptor, (off_t)1 << 40), 0); /* takes no room on the disk */
    (void)close(descriptor);
    ck_assert_int_eq(record_file_filter(root, &letters, keep_all, NULL), EMSGSIZE);
    ck_assert_int_eq(record_file_list(root, &letters, LIST_MAX, &array, trouble), 0);
    bytes_release(array);
}
END_TEST

START_TEST(lines_of_every_length_are_read_whole)
{
    static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 300000, 5000000, 3};
    struct record_reader reader;
    struct bytes_view line;
    FILE *file;

    write_text("", 0);
    file = fopen(path, "w");
    for (int i = 0; i < ARRAY_LENGTH(lengths); i++) {
        for (size_t at = 0; at < lengths[i]; at++)
            (void)putc('a' + i, file);
        (void)putc('\n', file);
    }
    (void)fclose(file);
    ck_assert(record_reader_open(&reader, path, 0));
    for (int i = 0; i < ARRAY_LENGTH(lengths); i++) {
        ck_assert_int_eq(record_reader_next(&reader, &line), RECORD_READ_LINE);
        ck_assert_uint_eq(line.length, lengths[i]);
        for (size_t at = 0; at < lengths[i]; at += 1000)
            ck_assert_int_eq(line.data[at], 'a' + i);
    }
    ck_assert_int_eq(record_reader_next(&reader, &line), RECORD_READ_END);
    record_reader_close(&reader);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("record_file");
    TCase *tcase = tcase_create("record_file");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, lines_are_appended_and_half_a_line_is_cut_off_first);
    tcase_add_loop_test(tcase, a_line_that_is_no_json_is_listed_as_a_string, 0,
                        ARRAY_LENGTH(foreign));
    tcase_add_test(tcase, a_list_has_the_newest_whole_lines_that_fit);
    tcase_add_loop_test(tcase, only_regular_files_are_opened_and_nothing_waits, 0, 5);
    tcase_add_loop_test(tcase, a_filter_is_not_misled_by_what_lies_where_it_writes, 0, 2);
    tcase_add_test(tcase, a_filter_keeps_the_lines_that_it_is_told);
    tcase_add_test(tcase, a_line_without_an_end_in_sight_is_an_error_and_no_memory);
    tcase_add_test(tcase, lines_of_every_length_are_read_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
