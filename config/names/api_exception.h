/*
 * api_exception.h - every exception that Invoke, InvokeAsync and InvokeWithResponseStream may answer.
 *
 * One constant table: status, name, spelling of the message member. It is in the lowest folder because the
 * configuration names exceptions, too (mocks, faults). How one is written on the wire: handlers/lambda/api_error.h.
 *
 * Sources: the service model of the AWS SDK for JavaScript for the modelled ones (a test compares them row by row), recordings and
 * captures of AWS for the rest (validation, authentication, RequestEntityTooLargeException).
 */
#ifndef CONFIG_NAMES_API_EXCEPTION_H
#define CONFIG_NAMES_API_EXCEPTION_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
enum api_exception {
    /* Modelled, in the order of the status. */
    API_INVALID_PARAMETER_VALUE, API_INVALID_REQUEST_CONTENT, API_NO_PUBLISHED_VERSION, API_RECURSIVE_INVOCATION,
    API_SNAP_START, API_MODE_NOT_SUPPORTED, API_SERVICE_QUOTA_EXCEEDED, API_EFS_MOUNT_FAILURE,
    API_S3_FILES_MOUNT_FAILURE, API_RESOURCE_NOT_FOUND,
    API_EFS_MOUNT_CONNECTIVITY, API_EFS_MOUNT_TIMEOUT, API_S3_FILES_MOUNT_CONNECTIVITY, API_S3_FILES_MOUNT_TIMEOUT,
    API_SNAP_START_TIMEOUT, API_RESOURCE_CONFLICT, API_SNAP_START_NOT_READY, API_DURABLE_EXECUTION_ALREADY_STARTED,
    API_SNAP_START_REGENERATION_FAILURE, API_CODE_ARTIFACT_USER_PENDING, API_CODE_ARTIFACT_USER_FAILED,
    API_CODE_ARTIFACT_USER_DELETED, API_RUNTIME_ALIAS_DELETED, API_RUNTIME_VERSION_DELETED,
    API_EFS_IO, API_REQUEST_TOO_LARGE, API_SERIALIZED_REQUEST_ENTITY_TOO_LARGE, API_UNSUPPORTED_MEDIA_TYPE,
    API_TOO_MANY_REQUESTS, API_SERVICE, API_RESOURCE_NOT_READY, API_EC2_ACCESS_DENIED, API_EC2_THROTTLED,
    API_EC2_UNEXPECTED, API_ENI_LIMIT_REACHED, API_ENI_NOT_READY, API_INVALID_RUNTIME, API_INVALID_SECURITY_GROUP_ID,
    API_INVALID_SUBNET_ID, API_INVALID_ZIP_FILE, API_KMS_ACCESS_DENIED, API_KMS_DISABLED, API_KMS_INVALID_STATE,
    API_KMS_NOT_FOUND, API_SUBNET_IP_ADDRESS_LIMIT_REACHED,
    /* Not modelled, but on the wire. */
    API_VALIDATION, API_REQUEST_ENTITY_TOO_LARGE, API_ACCESS_DENIED, API_UNRECOGNIZED_CLIENT,
    API_MISSING_AUTHENTICATION_TOKEN, API_INVALID_SIGNATURE, API_EXPIRED_TOKEN, API_INCOMPLETE_SIGNATURE,
    API_EXCEPTION_COUNT
};
/* clang-format on */

struct api_exception_row {
    int status;              /* of the HTTP answer */
    const char *name;        /* x-amzn-ErrorType, as the SDKs spell the class */
    const char *message_key; /* "Message" or "message" */
    const char *type;        /* member Type: "User", "Service", or NULL for none */
    const char
        *reason; /* member Reason when none is given: TooManyRequestsException's; else NULL */
    const char *message; /* what it says when asked for without a message of its own */
    bool is_modelled;    /* in the service model */
};

const struct api_exception_row *api_exception_row(enum api_exception exception);

/* API_EXCEPTION_COUNT when no exception has that name. */
enum api_exception api_exception_by_name(const char *name);

#endif
