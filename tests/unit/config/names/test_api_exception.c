#include "config/names/api_exception.h"
#include "tests/support/unit.h"

#include <string.h>

/* clang-format off */
/* As modelled, recorded or captured; the modelled ones first. */
static const struct {
    const char *name;
    int status;
    const char *message_key, *type;
} facts[] = {
    {"InvalidParameterValueException",           400, "message", "User"},    {"InvalidRequestContentException",     400, "message", "User"},
    {"NoPublishedVersionException",              400, "Message", "User"},    {"RecursiveInvocationException",       400, "Message", "User"},
    {"SnapStartException",                       400, "Message", "User"},    {"EFSMountFailureException",           403, "Message", "User"},
    {"S3FilesMountFailureException",             403, "Message", "User"},    {"ResourceNotFoundException",          404, "Message", "User"},
    {"EFSMountConnectivityException",            408, "Message", "User"},    {"EFSMountTimeoutException",           408, "Message", "User"},
    {"S3FilesMountConnectivityException",        408, "Message", "User"},    {"S3FilesMountTimeoutException",       408, "Message", "User"},
    {"SnapStartTimeoutException",                408, "Message", "User"},    {"ResourceConflictException",          409, "message", "User"},
    {"SnapStartNotReadyException",               409, "Message", "User"},    {"DurableExecutionAlreadyStartedException", 409, "Message", "User"},
    {"EFSIOException",                           410, "Message", "User"},    {"RequestTooLargeException",           413, "message", "User"},
    {"SerializedRequestEntityTooLargeException", 413, "message", "User"},    {"UnsupportedMediaTypeException",      415, "message", "User"},
    {"TooManyRequestsException",                 429, "message", "User"},    {"ServiceException",                   500, "Message", "Service"},
    {"ResourceNotReadyException",                502, "message", "Service"}, {"EC2AccessDeniedException",           502, "Message", "Service"},
    {"EC2ThrottledException",                    502, "Message", "Service"}, {"EC2UnexpectedException",             502, "Message", "Service"},
    {"ENILimitReachedException",                 502, "Message", "Service"}, {"InvalidRuntimeException",            502, "Message", "Service"},
    {"InvalidSecurityGroupIDException",          502, "Message", "Service"}, {"InvalidSubnetIDException",           502, "Message", "Service"},
    {"InvalidZipFileException",                  502, "Message", "Service"}, {"KMSAccessDeniedException",           502, "Message", "Service"},
    {"KMSDisabledException",                     502, "Message", "Service"}, {"KMSInvalidStateException",           502, "Message", "Service"},
    {"KMSNotFoundException",                     502, "Message", "Service"}, {"SubnetIPAddressLimitReachedException", 502, "Message", "Service"},
    {"ModeNotSupportedException",                400, "message", "User"},    {"ServiceQuotaExceededException",      402, "Message", "User"},
    {"SnapStartRegenerationFailureException",    409, "Message", "User"},    {"CodeArtifactUserPendingException",   409, "message", "User"},
    {"CodeArtifactUserFailedException",          409, "message", "User"},    {"CodeArtifactUserDeletedException",   409, "message", "User"},
    {"RuntimeAliasDeletedException",             409, "message", "User"},    {"RuntimeVersionDeletedException",     409, "message", "User"},
    {"ENINotReadyException",                     502, "Message", "Service"},
    {"ValidationException",                      400, "message", NULL},      {"RequestEntityTooLargeException",     413, "message", NULL},
    {"AccessDeniedException",                    403, "Message", NULL},      {"UnrecognizedClientException",        403, "message", NULL},
    {"MissingAuthenticationTokenException",      403, "message", NULL},      {"InvalidSignatureException",          403, "message", NULL},
    {"ExpiredTokenException",                    403, "message", NULL},      {"IncompleteSignatureException",       403, "message", NULL},
};
/* clang-format on */

enum { MODELLED_COUNT = 45 };

START_TEST(has_the_status_and_members_that_aws_sends)
{
    const enum api_exception exception = api_exception_by_name(facts[_i].name);

    ck_assert_int_ne((int)exception, API_EXCEPTION_COUNT);

    const struct api_exception_row *row = api_exception_row(exception);

    ck_assert_str_eq(row->name, facts[_i].name);
    ck_assert_int_eq(row->status, facts[_i].status);
    ck_assert_str_eq(row->message_key, facts[_i].message_key);
    ck_assert_pstr_eq(row->type, facts[_i].type);
    ck_assert_int_eq(row->is_modelled, _i < MODELLED_COUNT);
}
END_TEST

START_TEST(every_row_is_whole)
{
    const struct api_exception_row *row = api_exception_row((enum api_exception)_i);

    ck_assert_int_eq((int)api_exception_by_name(row->name), _i);
    ck_assert_uint_gt(strlen(row->message), 0);
    ck_assert_msg((row->type != NULL) == row->is_modelled, "%s: only the service proper says Type",
                  row->name);
    ck_assert_msg((row->reason != NULL) == (row->status == 429), "%s: only a throttle has a reason",
                  row->name);
    ck_assert_ptr_nonnull(strstr(row->name, "Exception"));
}
END_TEST

START_TEST(facts_and_rows_are_equally_many)
{
    ck_assert_int_eq(ARRAY_LENGTH(facts), API_EXCEPTION_COUNT);
}
END_TEST

START_TEST(an_unknown_name_is_none)
{
    static const char *const names[] = {"",
                                        "Exception",
                                        "resourceNotFoundException",
                                        "ResourceNotFound",
                                        "ResourceNotFoundException ",
                                        "Duplicate",
                                        "Drop"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq((int)api_exception_by_name(names[i]), API_EXCEPTION_COUNT);
}
END_TEST

START_TEST(throttles_with_the_recorded_words)
{
    const struct api_exception_row *row = api_exception_row(API_TOO_MANY_REQUESTS);

    ck_assert_str_eq(row->reason, "ReservedFunctionConcurrentInvocationLimitExceeded");
    ck_assert_str_eq(row->message, "Rate Exceeded.");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("api_exception");
    TCase *table = tcase_create("table");

    tcase_add_loop_test(table, has_the_status_and_members_that_aws_sends, 0, ARRAY_LENGTH(facts));
    tcase_add_loop_test(table, every_row_is_whole, 0, API_EXCEPTION_COUNT);
    tcase_add_test(table, facts_and_rows_are_equally_many);
    tcase_add_test(table, an_unknown_name_is_none);
    tcase_add_test(table, throttles_with_the_recorded_words);
    suite_add_tcase(suite, table);
    return suite;
}
