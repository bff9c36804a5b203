#include "handlers/manage/configuration.h"

#include <stdio.h>
#include <string.h>

const char *json_member_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

void json_member_set(cJSON *object, const char *key, cJSON *item)
{
    if (cJSON_GetObjectItemCaseSensitive(object, key) != NULL)
        (void)cJSON_ReplaceItemInObjectCaseSensitive(object, key, item);
    else
        (void)cJSON_AddItemToObject(object, key, item);
}

/* ---- members that aren't stored ---- */

struct making {
    const struct manage_call *call;
    const struct configuration_view *view;
    cJSON *json;
};

static void make_name(const struct making *making)
{
    (void)cJSON_AddStringToObject(making->json, "FunctionName", making->view->function_name);
}

static void make_arn(const struct making *making)
{
    const struct manage_arn arn = manage_arn_of(
        making->call, "function", making->view->function_name, making->view->qualifier);

    (void)cJSON_AddStringToObject(making->json, "FunctionArn", arn.text);
}

static void make_revision(const struct making *making)
{
    const char *revision = making->view->revision != NULL
                               ? making->view->revision
                               : json_member_text(making->view->version, "RevisionId");

    (void)cJSON_AddStringToObject(making->json, "RevisionId", revision == NULL ? "" : revision);
}

static const char creating_text[] = "The function is being created.", creating_code[] = "Creating";

static void make_state(const struct making *making)
{
    const char *state = json_member_text(making->view->version, "State");
    const char *reason = json_member_text(making->view->version, "StateReason");
    const char *code = json_member_text(making->view->version, "StateReasonCode");

    if (making->view->is_listed)
        return;
    if (making->view->phase == PHASE_CREATING) {
        state = "Pending";
        reason = creating_text;
        code = creating_code;
    }
    (void)cJSON_AddStringToObject(making->json, "State", state == NULL ? "Active" : state);
    if (reason != NULL)
        (void)cJSON_AddStringToObject(making->json, "StateReason", reason);
    if (code != NULL)
        (void)cJSON_AddStringToObject(making->json, "StateReasonCode", code);
}

static void make_update(const struct making *making)
{
    if (making->view->is_listed || making->view->phase == PHASE_CREATING)
        return;
    if (making->view->phase == PHASE_READY) {
        (void)cJSON_AddStringToObject(making->json, "LastUpdateStatus", "Successful");
        return;
    }
    (void)cJSON_AddStringToObject(making->json, "LastUpdateStatus", "InProgress");
    (void)cJSON_AddStringToObject(making->json, "LastUpdateStatusReason", creating_text);
    (void)cJSON_AddStringToObject(making->json, "LastUpdateStatusReasonCode", creating_code);
}

/* AWS's is a hash of what it won't tell: the same for the same runtime and architecture, another one for another. */
static void make_runtime_version(const struct making *making)
{
    const char *runtime = json_member_text(making->view->version, "Runtime");
    const char *architecture = cJSON_GetStringValue(cJSON_GetArrayItem(
        cJSON_GetObjectItemCaseSensitive(making->view->version, "Architectures"), 0));
    char arn[192], hex[65] = "";
    size_t used = 0;

    if (making->view->is_listed || runtime == NULL)
        return;
    for (unsigned part = 0; part < 4; part++) {
        uint64_t hash = UINT64_C(14695981039346656037) + part;

        for (const char *at = runtime; *at != '\0'; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
        for (const char *at = architecture == NULL ? "" : architecture; *at != '\0'; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
        used +=
            (size_t)snprintf(hex + used, sizeof hex - used, "%016llx", (unsigned long long)hash);
    }
    (void)snprintf(arn, sizeof arn, "arn:aws:lambda:%s::runtime:%s", making->call->region, hex);
    (void)cJSON_AddStringToObject(cJSON_AddObjectToObject(making->json, "RuntimeVersionConfig"),
                                  "RuntimeVersionArn", arn);
}

/* Without what only the document knows. */
static void make_layers(const struct making *making)
{
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(making->view->version, "Layers"), *layer;
    cJSON *list = layers == NULL ? NULL : cJSON_AddArrayToObject(making->json, "Layers");

    cJSON_ArrayForEach(layer, layers)
    {
        cJSON *item = cJSON_Duplicate(layer, true);

        cJSON_DeleteItemFromObjectCaseSensitive(item, "CodeHex");
        (void)cJSON_AddItemToArray(list, item);
    }
}

/* ---- all members, in the model's order ---- */

/* clang-format off */
static const struct {
    const char *name;
    void (*make)(const struct making *making); /* NULL: as it is stored */
} members[] = {
    {"FunctionName", make_name}, {"FunctionArn", make_arn}, {"Runtime", NULL}, {"Role", NULL}, {"Handler", NULL},
    {"CodeSize", NULL}, {"Description", NULL}, {"Timeout", NULL}, {"MemorySize", NULL}, {"LastModified", NULL},
    {"CodeSha256", NULL}, {"Version", NULL}, {"VpcConfig", NULL}, {"DeadLetterConfig", NULL}, {"Environment", NULL},
    {"KMSKeyArn", NULL}, {"TracingConfig", NULL}, {"MasterArn", NULL}, {"RevisionId", make_revision}, {"Layers", make_layers},
    {"State", make_state}, {"LastUpdateStatus", make_update}, {"FileSystemConfigs", NULL},
    {"SigningProfileVersionArn", NULL}, {"SigningJobArn", NULL}, {"PackageType", NULL}, {"ImageConfigResponse", NULL},
    {"Architectures", NULL}, {"EphemeralStorage", NULL}, {"SnapStart", NULL},
    {"RuntimeVersionConfig", make_runtime_version}, {"LoggingConfig", NULL}, {"TenancyConfig", NULL},
};
/* clang-format on */

cJSON *configuration_make(const struct manage_call *call, const struct configuration_view *view)
{
    const struct making making = {call, view, cJSON_CreateObject()};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(view->version, members[i].name);

        if (members[i].make != NULL)
            members[i].make(&making);
        else if (item != NULL)
            (void)cJSON_AddItemToObject(making.json, members[i].name, cJSON_Duplicate(item, true));
    }
    return making.json;
}

/* A published version is never being updated; while its function is being created, so is it. */
cJSON *configuration_of_call(const struct manage_call *call, const cJSON *version,
                             const char *qualifier)
{
    const struct resource *resource = call->function.resource;
    const bool is_latest =
        version == cJSON_GetObjectItemCaseSensitive(call->function.document, "Latest");
    enum resource_phase phase = resource == NULL ? PHASE_READY : resource->phase;

    if (phase == PHASE_UPDATING && !is_latest)
        phase = PHASE_READY;
    return configuration_make(
        call, &(struct configuration_view){
                  .function_name = call->name.name,
                  .qualifier = qualifier,
                  .version = version,
                  .phase = phase,
                  .revision = phase == PHASE_READY || !is_latest ? NULL : resource->phase_revision,
              });
}
