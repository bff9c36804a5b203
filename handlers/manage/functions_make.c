/* functions_make.c - CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, and the code that they bring. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/function_members.h"
#include "handlers/manage/function_versions.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/s3_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- code ---- */

static void refuse_code(struct manage_call *call, enum code_status status, const char *why)
{
    switch (status) {
    case CODE_OK:
        break;
    case CODE_NO_BASE64:
        manage_refuse_plain(call, MANAGE_SERIALIZATION, "ZipFile is not base64");
        break;
    case CODE_EMPTY:
        manage_refuse(call, MANAGE_PARAMETER, "Uploaded file must be a non-empty zip");
        break;
    case CODE_ZIPPED_TOO_LARGE:
        manage_refuse_plain(call, MANAGE_TOO_LARGE, "Zipped size must be smaller than %d bytes",
                            CODE_ZIPPED_MAX);
        break;
    case CODE_UNZIPPED_TOO_LARGE:
        manage_refuse(call, MANAGE_PARAMETER, "Unzipped size must be smaller than 262144000 bytes");
        break;
    case CODE_NO_ARCHIVE:
        log_write(call->api->log, LOG_INFO, "%s: the archive %s", call->operation->name, why);
        manage_refuse(call, MANAGE_PARAMETER,
                      "Could not unzip uploaded file. Please check your file, then try to upload "
                      "again.");
        break;
    case CODE_UNREADABLE:
        manage_refuse(call, MANAGE_PARAMETER,
                      "Error occurred while GetObject. S3 Error Code: AccessDenied. S3 Error "
                      "Message: %s",
                      why);
        break;
    case CODE_NOT_WRITTEN:
        log_write(call->api->log, LOG_ERROR, "code can't be written to the data folder: %s", why);
        manage_refuse(call, MANAGE_SERVICE, "The code could not be written to disk: %s", why);
        break;
    case CODE_NO_MEMORY:
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
        break;
    }
}

static void on_code(enum code_status status, const struct code_item *item, const char *why,
                    void *context)
{
    struct manage_call *call = context;

    if (status != CODE_OK) {
        refuse_code(call, status, why);
        return;
    }
    call->code = *item;
    call->has_code = true;
    call->operation->with_code(call);
}

void manage_keep_code(struct manage_call *call, const cJSON *code)
{
    const char *zip = json_member_text(code, "ZipFile");
    char path[S3_PATH_SIZE];
    char *text;

    if (zip != NULL) {
        text = strdup(zip);
        if (text != NULL && code_store_put_base64(call->api->code_store, text, on_code, call))
            return;
        free(text);
    } else if (!s3_object_find(call, code, path) ||
               code_store_put_file(call->api->code_store, path, on_code, call)) {
        return;
    }
    manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
}

/* ---- CreateFunction ---- */

static bool is_image(const struct manage_call *call)
{
    const char *package = manage_text(call, "PackageType");

    return package != NULL && strcmp(package, "Image") == 0;
}

/* What AWS asks of a zip function and of an image. */
static bool check_package(struct manage_call *call)
{
    static const char *const required[] = {"Runtime", "Handler"};
    const cJSON *code = manage_member(call, "Code");
    const char *uri = json_member_text(code, "ImageUri");

    if (is_image(call)) {
        if (uri != NULL)
            return true;
        manage_refuse(call, MANAGE_PARAMETER,
                      "Please provide ImageUri when creating a function with packageType Image.");
        return false;
    }
    if (uri != NULL) {
        manage_refuse(
            call, MANAGE_PARAMETER,
            "Please don't provide ImageUri when creating a function with packageType Zip.");
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (manage_text(call, required[i]) != NULL)
            continue;
        manage_refuse(call, MANAGE_PARAMETER,
                      "%s is mandatory for functions created with deployment packages.",
                      i == 0 ? "Runtime" : "Handler");
        return false;
    }
    if (json_member_text(code, "ZipFile") != NULL || json_member_text(code, "S3Bucket") != NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "Please provide a source for function code in the form of a ZipFile, or an "
                  "S3Bucket and S3Key.");
    return false;
}

static bool check_free(struct manage_call *call)
{
    if (!manage_look(call) ||
        (call->function.resource == NULL && call->config->api_overrides_files))
        return true;
    if (call->function.resource != NULL)
        manage_refuse(call, MANAGE_CONFLICT, "Function already exist: %s", call->name.name);
    else
        (void)manage_refuse_of_file(call);
    return false;
}

/* Each version counts, as with AWS. */
bool function_versions_have_room(struct manage_call *call, int64_t more)
{
    const int64_t max = INT64_C(80530636800);

    if (registry_code_size(call->api->registry, call->account_id) + more <= max)
        return true;
    manage_refuse(call, MANAGE_STORAGE, "Code storage limit exceeded.");
    return false;
}

void create_function(struct manage_call *call)
{
    if (!function_members_check(call) || !check_package(call) || !check_free(call))
        return;
    if (is_image(call))
        create_function_with_code(call);
    else
        manage_keep_code(call, manage_member(call, "Code"));
}

static cJSON *new_document(struct manage_call *call)
{
    cJSON *document = cJSON_CreateObject(), *latest = function_members_create(call);
    const cJSON *tags = manage_member(call, "Tags");
    const char *signing = manage_text(call, "CodeSigningConfigArn");
    const struct manage_time now = manage_time_now(call);
    const struct manage_uuid revision = manage_uuid_make(call);

    if (call->has_code)
        function_members_set_code(latest, &call->code);
    else
        function_members_set_image(latest,
                                   json_member_text(manage_member(call, "Code"), "ImageUri"));
    (void)cJSON_AddStringToObject(latest, "LastModified", now.text);
    (void)cJSON_AddStringToObject(latest, "RevisionId", revision.text);
    (void)cJSON_AddNumberToObject(document, "NextVersion", 1);
    (void)cJSON_AddItemToObject(document, "Latest", latest);
    (void)cJSON_AddArrayToObject(document, "Versions");
    (void)cJSON_AddArrayToObject(document, "Aliases");
    (void)cJSON_AddItemToObject(document, "Tags",
                                tags == NULL ? cJSON_CreateObject() : cJSON_Duplicate(tags, true));
    if (signing != NULL)
        (void)cJSON_AddStringToObject(document, "CodeSigningConfigArn", signing);
    return document;
}

void create_function_with_code(struct manage_call *call)
{
    const struct manage_uuid revision = manage_uuid_make(call);
    const cJSON *version;
    struct resource *resource;
    cJSON *answer;

    if (!check_free(call) ||
        !function_versions_have_room(call, call->has_code ? call->code.size : 0))
        return;
    resource = registry_add(call->api->registry, RESOURCE_FUNCTION, call->account_id,
                            call->name.name, new_document(call));
    if (resource == NULL) {
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
        return;
    }
    call->function = (struct manage_function){resource, resource->document};
    version = cJSON_GetObjectItemCaseSensitive(resource->document, "Latest");
    if (cJSON_IsTrue(manage_member(call, "Publish")))
        version = function_versions_publish(call, NULL);
    answer = configuration_make(call, &(struct configuration_view){
                                          .function_name = call->name.name,
                                          .qualifier = "",
                                          .version = version,
                                          .phase = PHASE_CREATING,
                                          .revision = revision.text,
                                      });
    manage_save(call, resource, &(struct registry_change){PHASE_CREATING, revision.text}, 201,
                answer);
}

/* ---- updates ---- */

/* An update while one is going on, or while the function is being made. */
static bool check_ready(struct manage_call *call)
{
    const struct resource *resource = call->function.resource;

    switch (resource->phase) {
    case PHASE_READY:
        return true;
    case PHASE_CREATING:
        manage_refuse(call, MANAGE_CONFLICT,
                      "The operation cannot be performed at this time. The function is currently "
                      "in the following state: Pending");
        return false;
    case PHASE_UPDATING:
        break;
    }
    manage_refuse(call, MANAGE_CONFLICT,
                  "The operation cannot be performed at this time. An update is in progress for "
                  "resource: %s",
                  manage_function_arn(call, "").text);
    return false;
}

bool function_versions_check_revision(struct manage_call *call)
{
    const cJSON *latest = cJSON_GetObjectItemCaseSensitive(call->function.document, "Latest");
    const char *asked = manage_text(call, "RevisionId");
    const char *current = json_member_text(latest, "RevisionId");

    if (call->function.resource != NULL && call->function.resource->phase != PHASE_READY)
        current = call->function.resource->phase_revision;
    if (asked == NULL || (current != NULL && strcmp(asked, current) == 0))
        return true;
    manage_refuse(call, MANAGE_PRECONDITION,
                  "The Revision Id provided does not match the latest Revision Id. Call the "
                  "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

static void touch(struct manage_call *call, cJSON *latest)
{
    json_member_set(latest, "LastModified", cJSON_CreateString(manage_time_now(call).text));
    json_member_set(latest, "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
}

static void answer_update(struct manage_call *call, const cJSON *version, enum resource_phase phase,
                          const char *qualifier)
{
    const struct manage_uuid revision = manage_uuid_make(call);
    cJSON *answer =
        configuration_make(call, &(struct configuration_view){
                                     .function_name = call->name.name,
                                     .qualifier = qualifier,
                                     .version = version,
                                     .phase = phase,
                                     .revision = qualifier[0] == '\0' ? revision.text : NULL,
                                 });

    manage_save(call, call->function.resource,
                &(struct registry_change){PHASE_UPDATING, revision.text}, 200, answer);
}

void update_function_configuration(struct manage_call *call)
{
    cJSON *latest;

    if (!function_members_check(call) || !manage_find_own(call, call->qualifier) ||
        !check_ready(call) || !function_versions_check_revision(call))
        return;
    latest = cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "Latest");
    function_members_update(call, latest);
    touch(call, latest);
    answer_update(call, latest, PHASE_UPDATING, "");
}

static bool check_update_package(struct manage_call *call)
{
    const cJSON *latest = cJSON_GetObjectItemCaseSensitive(call->function.document, "Latest");
    const char *package = json_member_text(latest, "PackageType");
    const bool wants_image = manage_text(call, "ImageUri") != NULL;

    if (package != NULL && strcmp(package, "Image") == 0) {
        if (wants_image)
            return true;
        manage_refuse(call, MANAGE_PARAMETER,
                      "Please provide ImageUri when updating a function with packageType Image.");
        return false;
    }
    if (wants_image) {
        manage_refuse(
            call, MANAGE_PARAMETER,
            "Please don't provide ImageUri when updating a function with packageType Zip.");
        return false;
    }
    if (manage_text(call, "ZipFile") != NULL || manage_text(call, "S3Bucket") != NULL)
        return true;
    manage_refuse(call, MANAGE_PARAMETER,
                  "Please provide a source for function code in the form of a ZipFile, or an "
                  "S3Bucket and S3Key.");
    return false;
}

static bool check_update(struct manage_call *call)
{
    return manage_find_own(call, call->qualifier) && check_update_package(call) &&
           check_ready(call) && function_versions_check_revision(call);
}

void update_function_code(struct manage_call *call)
{
    if (!check_update(call))
        return;
    if (manage_text(call, "ImageUri") != NULL)
        update_function_code_with_code(call);
    else
        manage_keep_code(call, call->body);
}

/* The function may have changed while the code was unpacked. */
void update_function_code_with_code(struct manage_call *call)
{
    const cJSON *architectures = manage_member(call, "Architectures");
    cJSON *latest, *changed;

    if (!check_update(call) ||
        !function_versions_have_room(call, call->has_code ? call->code.size : 0))
        return;
    latest = cJSON_GetObjectItemCaseSensitive(call->function.resource->document, "Latest");
    changed = cJSON_Duplicate(latest, true);
    if (call->has_code)
        function_members_set_code(changed, &call->code);
    else
        function_members_set_image(changed, manage_text(call, "ImageUri"));
    if (architectures != NULL)
        json_member_set(changed, "Architectures", cJSON_Duplicate(architectures, true));
    if (cJSON_IsTrue(manage_member(call, "DryRun"))) {
        cJSON *answer = configuration_of_call(call, changed, "");

        cJSON_Delete(changed);
        manage_answer(call, 200, answer);
        return;
    }
    touch(call, changed);
    (void)cJSON_ReplaceItemInObjectCaseSensitive(call->function.resource->document, "Latest",
                                                 changed);
    if (cJSON_IsTrue(manage_member(call, "Publish"))) {
        const cJSON *version = function_versions_publish(call, NULL);

        answer_update(call, version, PHASE_CREATING, json_member_text(version, "Version"));
        return;
    }
    answer_update(call, changed, PHASE_UPDATING, "");
}
