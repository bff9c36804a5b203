/* What the caller gets of an error that a runtime posts with its cause. */
#include "handlers/worker/error_cause.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct {
    const char *body, *error;
} rows[] = {
    {"{\"errorMessage\":\"no\",\"errorType\":\"E\",\"stackTrace\":[\"a\",\"b\"],\"errorCause\":{"
     "\"x\":1}}",
     "{\"errorMessage\":\"no\",\"errorType\":\"E\",\"stackTrace\":[\"a\",\"b\"]}"},
    {" {\"errorCause\":\"{}\", \"errorType\":\"\\u00e4\\n\", \"errorMessage\":\"\", "
     "\"stackTrace\":[]} ",
     "{\"errorMessage\":\"\",\"errorType\":\"\xc3\xa4\\n\"}"},
    {"{}", "{\"errorMessage\":\"\",\"errorType\":\"\"}"},
    {"{\"errorMessage\":null,\"stackTrace\":null,\"other\":[]}",
     "{\"errorMessage\":\"\",\"errorType\":\"\"}"},
    {"", "\"Invalid error body\""},
    {"no", "\"Invalid error body\""},
    {"[]", "\"Invalid error body\""},
    {"null", "\"Invalid error body\""},
    {"{\"errorMessage\":1}", "\"Invalid error body\""},
    {"{\"errorType\":[]}", "\"Invalid error body\""},
    {"{\"stackTrace\":\"a\"}", "\"Invalid error body\""},
    {"{\"stackTrace\":[1]}", "\"Invalid error body\""},
    {"{\"errorMessage\":\"no\"", "\"Invalid error body\""},
};

START_TEST(the_cause_goes_and_the_rest_stays)
{
    struct bytes *error =
        error_without_cause((struct bytes_view){rows[_i].body, strlen(rows[_i].body)});

    ck_assert_ptr_nonnull(error);
    ck_assert_uint_eq(error->length, strlen(rows[_i].error));
    ck_assert_mem_eq(error->data, rows[_i].error, error->length);
    bytes_release(error);
}
END_TEST

START_TEST(the_type_is_told_by_its_whole_name)
{
    ck_assert(error_cause_is_type("application/vnd.aws.lambda.error.cause+json"));
    ck_assert(!error_cause_is_type("application/json"));
    ck_assert(!error_cause_is_type(""));
    ck_assert(!error_cause_is_type(NULL));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("error_cause");
    TCase *cases = tcase_create("error_cause");

    tcase_add_loop_test(cases, the_cause_goes_and_the_rest_stays, 0, ARRAY_LENGTH(rows));
    tcase_add_test(cases, the_type_is_told_by_its_whole_name);
    suite_add_tcase(suite, cases);
    return suite;
}
