#include "config/names/api_exception.h"

#include <assert.h>
#include <string.h>

/*
 * Status and members of the modelled ones: the service model (tests/clients/test_service_model.py compares).
 * The spelling of the message member goes by the exception. The service proper says whose problem it is, "User" up to 499
 * and "Service" above; what answers in front of it (validation, authentication, size) has no Type. Messages stand in
 * where a test asks for an exception and gives none: recorded and captured texts where there are any.
 *
 * To add an exception: a value in the enum and a row here.
 */
/* clang-format off */
static const struct api_exception_row rows[] = {
    [API_INVALID_PARAMETER_VALUE] = {400, "InvalidParameterValueException", "message", "User", NULL,
        "The derived qualifier from the function name does not match the specified qualifier.", true},
    [API_INVALID_REQUEST_CONTENT] = {400, "InvalidRequestContentException", "message", "User", NULL,
        "Could not parse request body into json: Could not parse payload into json", true},
    [API_NO_PUBLISHED_VERSION] = {400, "NoPublishedVersionException", "Message", "User", NULL,
        "No version of the function has been published.", true},
    [API_RECURSIVE_INVOCATION] = {400, "RecursiveInvocationException", "Message", "User", NULL,
        "The invocation was stopped because the function invokes itself in a loop through other AWS resources.", true},
    [API_SNAP_START] = {400, "SnapStartException", "Message", "User", NULL,
        "A runtime hook failed while the snapshot was restored.", true},
    [API_MODE_NOT_SUPPORTED] = {400, "ModeNotSupportedException", "message", "User", NULL,
        "The function doesn't support this invocation mode.", true},
    [API_SERVICE_QUOTA_EXCEEDED] = {402, "ServiceQuotaExceededException", "Message", "User", NULL,
        "The request would exceed a service quota.", true},
    [API_EFS_MOUNT_FAILURE] = {403, "EFSMountFailureException", "Message", "User", NULL,
        "The function couldn't mount the EFS file system: a permission or the configuration is wrong.", true},
    [API_S3_FILES_MOUNT_FAILURE] = {403, "S3FilesMountFailureException", "Message", "User", NULL,
        "The function couldn't mount the S3 Files access point: a permission or the configuration is wrong.", true},
    [API_RESOURCE_NOT_FOUND] = {404, "ResourceNotFoundException", "Message", "User", NULL,
        "Function not found", true},
    [API_EFS_MOUNT_CONNECTIVITY] = {408, "EFSMountConnectivityException", "Message", "User", NULL,
        "The function couldn't connect to the EFS file system.", true},
    [API_EFS_MOUNT_TIMEOUT] = {408, "EFSMountTimeoutException", "Message", "User", NULL,
        "Mounting the EFS file system timed out.", true},
    [API_S3_FILES_MOUNT_CONNECTIVITY] = {408, "S3FilesMountConnectivityException", "Message", "User", NULL,
        "The function couldn't connect to the S3 Files access point.", true},
    [API_S3_FILES_MOUNT_TIMEOUT] = {408, "S3FilesMountTimeoutException", "Message", "User", NULL,
        "Mounting the S3 Files access point timed out.", true},
    [API_SNAP_START_TIMEOUT] = {408, "SnapStartTimeoutException", "Message", "User", NULL,
        "Restoring the snapshot timed out.", true},
    [API_RESOURCE_CONFLICT] = {409, "ResourceConflictException", "message", "User", NULL,
        "The operation cannot be performed at this time. The function is currently in the following state: Pending", true},
    [API_SNAP_START_NOT_READY] = {409, "SnapStartNotReadyException", "Message", "User", NULL,
        "The function is still being initialized. Invoke it once its state is Active.", true},
    [API_DURABLE_EXECUTION_ALREADY_STARTED] = {409, "DurableExecutionAlreadyStartedException", "Message", "User", NULL,
        "A durable execution of this name has been started already.", true},
    [API_SNAP_START_REGENERATION_FAILURE] = {409, "SnapStartRegenerationFailureException", "Message", "User", NULL,
        "The snapshot of the function could not be made again.", true},
    [API_CODE_ARTIFACT_USER_PENDING] = {409, "CodeArtifactUserPendingException", "message", "User", NULL,
        "The code artifact of the function is still pending.", true},
    [API_CODE_ARTIFACT_USER_FAILED] = {409, "CodeArtifactUserFailedException", "message", "User", NULL,
        "The code artifact of the function has failed.", true},
    [API_CODE_ARTIFACT_USER_DELETED] = {409, "CodeArtifactUserDeletedException", "message", "User", NULL,
        "The code artifact of the function has been deleted.", true},
    [API_RUNTIME_ALIAS_DELETED] = {409, "RuntimeAliasDeletedException", "message", "User", NULL,
        "The runtime alias of the function is no longer available.", true},
    [API_RUNTIME_VERSION_DELETED] = {409, "RuntimeVersionDeletedException", "message", "User", NULL,
        "The runtime version of the function is no longer available.", true},
    [API_EFS_IO] = {410, "EFSIOException", "Message", "User", NULL,
        "Reading from or writing to the EFS file system failed.", true},
    [API_REQUEST_TOO_LARGE] = {413, "RequestTooLargeException", "message", "User", NULL,
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation", true},
    [API_SERIALIZED_REQUEST_ENTITY_TOO_LARGE] = {413, "SerializedRequestEntityTooLargeException", "message", "User", NULL,
        "The serialized request is larger than allowed.", true},
    [API_UNSUPPORTED_MEDIA_TYPE] = {415, "UnsupportedMediaTypeException", "message", "User", NULL,
        "Unsupported content type: text/plain", true},
    [API_TOO_MANY_REQUESTS] = {429, "TooManyRequestsException", "message", "User",
        "ReservedFunctionConcurrentInvocationLimitExceeded", "Rate Exceeded.", true},
    [API_SERVICE] = {500, "ServiceException", "Message", "Service", NULL,
        "An error occurred and the request cannot be processed.", true},
    [API_RESOURCE_NOT_READY] = {502, "ResourceNotReadyException", "message", "Service", NULL,
        "The function is inactive and its connection to the VPC is being restored. Try again later.", true},
    [API_EC2_ACCESS_DENIED] = {502, "EC2AccessDeniedException", "Message", "Service", NULL,
        "The execution role lacks permissions that the VPC settings need.", true},
    [API_EC2_THROTTLED] = {502, "EC2ThrottledException", "Message", "Service", NULL,
        "Amazon EC2 throttled Lambda while the function was being initialized.", true},
    [API_EC2_UNEXPECTED] = {502, "EC2UnexpectedException", "Message", "Service", NULL,
        "Amazon EC2 answered with an unexpected error while the function was being set up.", true},
    [API_ENI_LIMIT_REACHED] = {502, "ENILimitReachedException", "Message", "Service", NULL,
        "Lambda couldn't create a network interface in the VPC because their limit is reached.", true},
    [API_ENI_NOT_READY] = {502, "ENINotReadyException", "Message", "Service", NULL,
        "The network interface of the function is not ready yet.", true},
    [API_INVALID_RUNTIME] = {502, "InvalidRuntimeException", "Message", "Service", NULL,
        "This runtime or its version is not supported.", true},
    [API_INVALID_SECURITY_GROUP_ID] = {502, "InvalidSecurityGroupIDException", "Message", "Service", NULL,
        "The VPC configuration names a security group that is not valid.", true},
    [API_INVALID_SUBNET_ID] = {502, "InvalidSubnetIDException", "Message", "Service", NULL,
        "The VPC configuration names a subnet that is not valid.", true},
    [API_INVALID_ZIP_FILE] = {502, "InvalidZipFileException", "Message", "Service", NULL,
        "Lambda couldn't unzip the deployment package.", true},
    [API_KMS_ACCESS_DENIED] = {502, "KMSAccessDeniedException", "Message", "Service", NULL,
        "Lambda was unable to decrypt the environment variables because KMS access was denied.", true},
    [API_KMS_DISABLED] = {502, "KMSDisabledException", "Message", "Service", NULL,
        "Lambda was unable to decrypt the environment variables because the KMS key is disabled.", true},
    [API_KMS_INVALID_STATE] = {502, "KMSInvalidStateException", "Message", "Service", NULL,
        "Lambda was unable to decrypt the environment variables because the state of the KMS key doesn't allow it.", true},
    [API_KMS_NOT_FOUND] = {502, "KMSNotFoundException", "Message", "Service", NULL,
        "Lambda was unable to decrypt the environment variables because the KMS key was not found.", true},
    [API_SUBNET_IP_ADDRESS_LIMIT_REACHED] = {502, "SubnetIPAddressLimitReachedException", "Message", "Service", NULL,
        "A subnet of the VPC configuration has no IP address left.", true},

    [API_VALIDATION] = {400, "ValidationException", "message", NULL, NULL,
        "1 validation error detected", false},
    [API_REQUEST_ENTITY_TOO_LARGE] = {413, "RequestEntityTooLargeException", "message", NULL, NULL,
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation", false},
    [API_ACCESS_DENIED] = {403, "AccessDeniedException", "Message", NULL, NULL,
        "User is not authorized to perform: lambda:InvokeFunction because no identity-based policy allows the "
        "lambda:InvokeFunction action", false},
    [API_UNRECOGNIZED_CLIENT] = {403, "UnrecognizedClientException", "message", NULL, NULL,
        "The security token included in the request is invalid.", false},
    [API_MISSING_AUTHENTICATION_TOKEN] = {403, "MissingAuthenticationTokenException", "message", NULL, NULL,
        "Missing Authentication Token", false},
    [API_INVALID_SIGNATURE] = {403, "InvalidSignatureException", "message", NULL, NULL,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
        "and signing method. Consult the service documentation for details.", false},
    [API_EXPIRED_TOKEN] = {403, "ExpiredTokenException", "message", NULL, NULL,
        "The security token included in the request is expired", false},
    [API_INCOMPLETE_SIGNATURE] = {403, "IncompleteSignatureException", "message", NULL, NULL,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.", false},
};
/* clang-format on */
static_assert(sizeof rows / sizeof rows[0] == API_EXCEPTION_COUNT, "one row per api_exception");

const struct api_exception_row *api_exception_row(enum api_exception exception)
{
    assert((unsigned)exception < API_EXCEPTION_COUNT);
    return &rows[exception];
}

enum api_exception api_exception_by_name(const char *name)
{
    unsigned exception = 0;

    while (exception < API_EXCEPTION_COUNT && strcmp(rows[exception].name, name) != 0)
        exception++;
    return (enum api_exception)exception;
}
