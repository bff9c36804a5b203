/* function_versions.c - PublishVersion, ListVersionsByFunction. */
#include "handlers/manage/function_versions.h"

#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"

#include <stdio.h>
#include <string.h>

enum { VERSIONS_PAGE_MAX = 10000 };

/* ---- publishing ---- */

/* What may differ between two configurations without a change of code or settings. */
static const char *const beside[] = {"Version", "RevisionId", "LastModified", "LatestDescription"};

static bool is_same(const cJSON *latest, const cJSON *version)
{
    cJSON *left = cJSON_Duplicate(latest, true), *right = cJSON_Duplicate(version, true);
    const char *description = json_member_text(version, "LatestDescription");
    bool is_equal;

    json_member_set(right, "Description",
                    cJSON_CreateString(description == NULL ? "" : description));
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(left, beside[i]);
        cJSON_DeleteItemFromObjectCaseSensitive(right, beside[i]);
    }
    /* AWS optimises a published version; what $LATEST says of that isn't a difference. */
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(left, "SnapStart"),
                                            "OptimizationStatus");
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(right, "SnapStart"),
                                            "OptimizationStatus");
    is_equal = cJSON_Compare(left, right, true);
    cJSON_Delete(left);
    cJSON_Delete(right);
    return is_equal;
}

static const cJSON *newest(const cJSON *document)
{
    const cJSON *versions = cJSON_GetObjectItemCaseSensitive(document, "Versions");

    return cJSON_GetArrayItem(versions, cJSON_GetArraySize(versions) - 1);
}

const cJSON *function_versions_publish(struct manage_call *call, const char *description)
{
    cJSON *document = call->function.resource->document;
    cJSON *latest = cJSON_GetObjectItemCaseSensitive(document, "Latest");
    const cJSON *next = cJSON_GetObjectItemCaseSensitive(document, "NextVersion");
    const double number = cJSON_IsNumber(next) ? next->valuedouble : 1;
    cJSON *version = cJSON_Duplicate(latest, true);
    const char *apply =
        json_member_text(cJSON_GetObjectItemCaseSensitive(version, "SnapStart"), "ApplyOn");
    char text[32];

    (void)snprintf(text, sizeof text, "%.0f", number);
    json_member_set(version, "Version", cJSON_CreateString(text));
    json_member_set(version, "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
    const char *latest_description = json_member_text(latest, "Description");

    json_member_set(version, "LatestDescription",
                    cJSON_CreateString(latest_description == NULL ? "" : latest_description));
    if (description != NULL)
        json_member_set(version, "Description", cJSON_CreateString(description));
    if (apply != NULL && strcmp(apply, "PublishedVersions") == 0)
        json_member_set(cJSON_GetObjectItemCaseSensitive(version, "SnapStart"),
                        "OptimizationStatus", cJSON_CreateString("On"));
    (void)cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(document, "Versions"), version);
    json_member_set(document, "NextVersion", cJSON_CreateNumber(number + 1));
    json_member_set(latest, "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
    return version;
}

static bool check_sha256(struct manage_call *call)
{
    const char *asked = manage_text(call, "CodeSha256");
    const char *current = json_member_text(
        cJSON_GetObjectItemCaseSensitive(call->function.document, "Latest"), "CodeSha256");

    if (asked == NULL || asked[0] == '\0' || (current != NULL && strcmp(asked, current) == 0))
        return true;
    manage_refuse(
        call, MANAGE_PARAMETER,
        "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try "
        "again with the CodeSHA256 in $LATEST.",
        asked, current == NULL ? "" : current);
    return false;
}

void publish_version(struct manage_call *call)
{
    const cJSON *latest, *version;
    cJSON *answer;

    if (!manage_find_own(call, call->qualifier) || !function_versions_check_revision(call) ||
        !check_sha256(call))
        return;
    latest = cJSON_GetObjectItemCaseSensitive(call->function.document, "Latest");
    version = newest(call->function.document);
    if (version != NULL && is_same(latest, version)) {
        manage_answer(call, 201,
                      configuration_of_call(call, version, json_member_text(version, "Version")));
        return;
    }
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(latest, "CodeSize");

    if (!function_versions_have_room(call, size == NULL ? 0 : (int64_t)size->valuedouble))
        return;
    version = function_versions_publish(call, manage_text(call, "Description"));
    answer = configuration_of_call(call, version, json_member_text(version, "Version"));
    manage_save(call, call->function.resource, NULL, 201, answer);
}

/* ---- listing ---- */

static cJSON *make_item(const struct manage_call *call, const cJSON *version)
{
    const char *number = json_member_text(version, "Version");

    return configuration_make(call, &(struct configuration_view){
                                        .function_name = call->name.name,
                                        .qualifier = number == NULL ? "" : number,
                                        .version = version,
                                        .is_listed = true,
                                    });
}

void list_versions(struct manage_call *call)
{
    struct manage_page page;
    const cJSON *version;
    cJSON *items;

    if (!manage_find(call, call->qualifier) || !manage_page_read(call, VERSIONS_PAGE_MAX, &page))
        return;
    items = cJSON_CreateArray();
    (void)cJSON_AddItemToArray(items, make_item(call, cJSON_GetObjectItemCaseSensitive(
                                                          call->function.document, "Latest")));
    cJSON_ArrayForEach(version,
                       cJSON_GetObjectItemCaseSensitive(call->function.document, "Versions"))(void)
        cJSON_AddItemToArray(items, make_item(call, version));
    manage_answer(call, 200, manage_page_make(&page, "Versions", items));
}
