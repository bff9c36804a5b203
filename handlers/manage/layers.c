/* layers.c - layers and their versions. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/layer_version.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_PAGE_MAX = 50 };

static const struct item_rule architecture_item = {
    .text = "Member must satisfy enum value set: [x86_64, arm64], Member must not be null",
    .values = "x86_64, arm64"};

/* Old ones are taken. In AWS's order (recorded 12-01-2026). */
#define KNOWN_RUNTIMES                                                                             \
    "ruby3.5, ruby2.6, dotnetcore1.0, python3.7, nodejs8.10, nasa, ruby2.7, "                      \
    "python2.7-greengrass, "                                                                       \
    "dotnetcore2.0, python3.8, java21, dotnet6, dotnetcore2.1, python3.9, java11, nodejs6.10, "    \
    "provided, dotnetcore3.1, dotnet8, java25, java17, nodejs, nodejs4.3, java8.al2, go1.x, "      \
    "dotnet10, nodejs20.x, go1.9, byol, nodejs10.x, provided.al2023, nodejs22.x, python3.10, "     \
    "java8, nodejs12.x, python3.11, nodejs24.x, nodejs8.x, python3.12, nodejs14.x, nodejs8.9, "    \
    "nodejs26.x, python3.13, python3.14, nodejs16.x, python3.15, provided.al2, nodejs4.3-edge, "   \
    "nodejs18.x, ruby3.2, python3.4, ruby3.3, ruby3.4, ruby2.5, python3.6, python2.7"
static const char layer_runtimes[] = KNOWN_RUNTIMES;

/* The value is the whole list, and the enum that of functions. */
static const struct item_rule runtime_item = {
    .text = NULL, .values = layer_runtimes, .shown = function_runtimes};

/* clang-format off */
const struct member_rule publish_layer_rules[] = {
    {"Description", MEMBER_TEXT, .max = 256},
    {"Content", MEMBER_OBJECT, .is_required = true},
    {"Content.S3Bucket", MEMBER_TEXT, .min = 3, .max = 63},
    {"Content.S3Key", MEMBER_TEXT, .min = 1, .max = 1024},
    {"Content.ZipFile", MEMBER_TEXT, .max = 0},
    {"CompatibleRuntimes", MEMBER_TEXTS, .max = 15, .item = &runtime_item},
    {"CompatibleArchitectures", MEMBER_TEXTS, .max = 2, .item = &architecture_item},
    {"LicenseInfo", MEMBER_TEXT, .max = 512},
    {NULL, MEMBER_TEXT, .max = 0},
};
/* clang-format on */

/* ---- names ---- */

bool layer_version_read_arn(const char *arn, struct layer_version_arn *parts)
{
    char version[16];

    if (sscanf(arn, "arn:%*[^:]:lambda:%63[^:]:%12[0-9]:layer:%159[^:]:%15[0-9]", parts->region,
               parts->account_id, parts->name, version) != 4)
        return false;
    parts->version = strtod(version, NULL);
    return true;
}

/* A name, or the layer's ARN. */
const char *layer_name_of(const struct manage_call *call)
{
    const char *label = call->labels[0], *found = strstr(label, ":layer:");

    return strncmp(label, "arn:", 4) == 0 && found != NULL ? found + 7 : label;
}

static struct resource *find_layer(const struct manage_call *call, const char *name)
{
    return registry_find(call->api->registry, RESOURCE_LAYER, call->account_id, name);
}

static const cJSON *versions_of(const struct resource *layer)
{
    return layer == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(layer->document, "Versions");
}

cJSON *layer_version_find(const struct resource *layer, double number)
{
    cJSON *version;

    cJSON_ArrayForEach(version, versions_of(layer))
    {
        const cJSON *own = cJSON_GetObjectItemCaseSensitive(version, "Version");

        if (cJSON_IsNumber(own) && own->valuedouble == number)
            return version;
    }
    return NULL;
}

/* ---- answers ---- */

static struct manage_arn version_arn(const struct manage_call *call, const char *name,
                                     const cJSON *version)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(version, "Version");
    char text[32];

    (void)snprintf(text, sizeof text, "%.0f", number == NULL ? 0 : number->valuedouble);
    return manage_arn_of(call, "layer", name, text);
}

static void add_content(const struct manage_call *call, cJSON *answer, const cJSON *version)
{
    cJSON *content = cJSON_AddObjectToObject(answer, "Content");
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(version, "CodeSize");
    char url[MANAGE_URL_SIZE];

    manage_code_url(call, json_member_text(version, "CodeHex"), url);
    (void)cJSON_AddStringToObject(content, "Location", url);
    (void)cJSON_AddStringToObject(content, "CodeSha256", json_member_text(version, "CodeSha256"));
    (void)cJSON_AddNumberToObject(content, "CodeSize", size == NULL ? 0 : size->valuedouble);
}

/* `is_item`: of a list, without LayerArn and Content. */
static cJSON *make_version(const struct manage_call *call, const char *name, const cJSON *version,
                           bool is_item)
{
    static const char *const members[] = {"Description", "CreatedDate",
                                          "Version",     "CompatibleRuntimes",
                                          "LicenseInfo", "CompatibleArchitectures"};
    cJSON *answer = cJSON_CreateObject();

    if (!is_item) {
        add_content(call, answer, version);
        (void)cJSON_AddStringToObject(answer, "LayerArn",
                                      manage_arn_of(call, "layer", name, "").text);
    }
    (void)cJSON_AddStringToObject(answer, "LayerVersionArn", version_arn(call, name, version).text);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(version, members[i]);

        if (item != NULL)
            (void)cJSON_AddItemToObject(answer, members[i], cJSON_Duplicate(item, true));
    }
    return answer;
}

/* ---- publishing ---- */

void publish_layer(struct manage_call *call)
{
    static const char pattern[] =
        "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";

    if (!member_matches("[a-zA-Z0-9_-]{1,140}", layer_name_of(call))) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'layerName' failed to "
                            "satisfy constraint: Member must satisfy regular expression pattern: "
                            "%s",
                            call->labels[0], pattern);
        return;
    }
    manage_keep_code(call, manage_member(call, "Content"));
}

static cJSON *new_version(struct manage_call *call, double number)
{
    static const char *const copied[] = {"CompatibleRuntimes", "CompatibleArchitectures",
                                         "LicenseInfo"};
    const char *description = manage_text(call, "Description");
    cJSON *version = cJSON_CreateObject();

    (void)cJSON_AddNumberToObject(version, "Version", number);
    (void)cJSON_AddStringToObject(version, "Description", description == NULL ? "" : description);
    (void)cJSON_AddStringToObject(version, "CreatedDate", manage_time_now(call).text);
    for (size_t i = 0; i < 3; i++) {
        const cJSON *given = manage_member(call, copied[i]);

        if (given != NULL)
            (void)cJSON_AddItemToObject(version, copied[i], cJSON_Duplicate(given, true));
    }
    (void)cJSON_AddStringToObject(version, "CodeSha256", call->code.base64);
    (void)cJSON_AddNumberToObject(version, "CodeSize", (double)call->code.size);
    (void)cJSON_AddStringToObject(version, "CodeHex", call->code.hex);
    return version;
}

void publish_layer_with_code(struct manage_call *call)
{
    const char *name = layer_name_of(call);
    struct resource *layer = find_layer(call, name);
    const cJSON *next;
    cJSON *version;
    double number;

    if (layer == NULL)
        layer = registry_add(call->api->registry, RESOURCE_LAYER, call->account_id, name,
                             cJSON_CreateObject());
    if (layer == NULL) {
        manage_refuse(call, MANAGE_SERVICE, "invoked is out of memory");
        return;
    }
    next = cJSON_GetObjectItemCaseSensitive(layer->document, "NextVersion");
    number = cJSON_IsNumber(next) ? next->valuedouble : 1;
    if (versions_of(layer) == NULL)
        (void)cJSON_AddArrayToObject(layer->document, "Versions");
    version = new_version(call, number);
    (void)cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(layer->document, "Versions"),
                               version);
    json_member_set(layer->document, "NextVersion", cJSON_CreateNumber(number + 1));
    call->has_code = false; /* the layer has the reference now */
    manage_save(call, layer, NULL, 201, make_version(call, name, version, false));
}

/* ---- one version ---- */

bool layer_version_read_number(struct manage_call *call, double *number)
{
    *number = strtod(call->labels[1], NULL);
    if (*number >= 1)
        return true;
    manage_refuse(call, MANAGE_PARAMETER, "Layer Version Cannot be less than 1");
    return false;
}

void get_layer(struct manage_call *call)
{
    const char *name = layer_name_of(call);
    const cJSON *version;
    double number;

    if (!layer_version_read_number(call, &number))
        return;
    version = layer_version_find(find_layer(call, name), number);
    if (version == NULL)
        manage_refuse(call, MANAGE_NOT_FOUND, "The resource you requested does not exist.");
    else
        manage_answer(call, 200, make_version(call, name, version, false));
}

void delete_layer(struct manage_call *call)
{
    struct resource *layer = find_layer(call, layer_name_of(call));
    cJSON *version;
    double number;

    if (!layer_version_read_number(call, &number))
        return;
    version = layer_version_find(layer, number);
    if (version == NULL) {
        manage_answer(call, 204, NULL);
        return;
    }
    code_store_release(call->api->code_store, json_member_text(version, "CodeHex"));
    cJSON_Delete(cJSON_DetachItemViaPointer(
        cJSON_GetObjectItemCaseSensitive(layer->document, "Versions"), version));
    manage_save(call, layer, NULL, 204, NULL);
}

void get_layer_by_arn(struct manage_call *call)
{
    char *arn = manage_query(call, "Arn");
    struct layer_version_arn parts;
    const cJSON *version;

    if (arn == NULL || !member_matches(layer_version_ere, arn)) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'arn' failed to satisfy "
                            "constraint: Member must satisfy regular expression pattern: %s",
                            arn == NULL ? "" : arn, layer_version_pattern);
    } else {
        version =
            layer_version_read_arn(arn, &parts) && strcmp(parts.account_id, call->account_id) == 0
                ? layer_version_find(find_layer(call, parts.name), parts.version)
                : NULL;
        if (version == NULL)
            manage_refuse(call, MANAGE_NOT_FOUND, "The resource you requested does not exist.");
        else
            manage_answer(call, 200, make_version(call, parts.name, version, false));
    }
    free(arn);
}

/* ---- lists ---- */

struct layer_filter {
    char *runtime, *architecture; /* NULL for any */
};

static bool holds(const cJSON *list, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool fits(const cJSON *version, const struct layer_filter *filter)
{
    return (filter->runtime == NULL ||
            holds(cJSON_GetObjectItemCaseSensitive(version, "CompatibleRuntimes"),
                  filter->runtime)) &&
           (filter->architecture == NULL ||
            holds(cJSON_GetObjectItemCaseSensitive(version, "CompatibleArchitectures"),
                  filter->architecture));
}

/* False when the call has been answered. */
static bool read_filter(struct manage_call *call, struct layer_filter *filter)
{
    struct violations violations = {0};
    struct bytes_view text;

    filter->runtime = manage_query(call, "CompatibleRuntime");
    filter->architecture = manage_query(call, "CompatibleArchitecture");
    if (filter->runtime != NULL && !member_is_listed(layer_runtimes, filter->runtime))
        violations_add(&violations, filter->runtime, "compatibleRuntime",
                       "Member must satisfy enum value set: [%s]", layer_runtimes);
    if (filter->architecture != NULL && !member_is_listed("x86_64, arm64", filter->architecture))
        violations_add(&violations, filter->architecture, "compatibleArchitecture",
                       "Member must satisfy enum value set: [x86_64, arm64]");
    if (violations.count == 0)
        return true;
    text = bytes_view(violations.text);
    manage_refuse_plain(call, MANAGE_VALIDATION, "%u validation error%s detected: %.*s",
                        violations.count, violations.count == 1 ? "" : "s", (int)text.length,
                        text.data);
    bytes_release(violations.text);
    return false;
}

static void clear_filter(struct layer_filter *filter)
{
    free(filter->runtime);
    free(filter->architecture);
}

/* Newest first. */
void list_layer_versions(struct manage_call *call)
{
    const char *name = layer_name_of(call);
    const cJSON *versions = versions_of(find_layer(call, name));
    struct layer_filter filter;
    struct manage_page page;
    cJSON *items;

    if (read_filter(call, &filter) && manage_page_read(call, LAYERS_PAGE_MAX, &page)) {
        items = cJSON_CreateArray();
        for (int i = cJSON_GetArraySize(versions) - 1; i >= 0; i--) {
            const cJSON *version = cJSON_GetArrayItem(versions, i);

            if (fits(version, &filter))
                (void)cJSON_AddItemToArray(items, make_version(call, name, version, true));
        }
        manage_answer(call, 200, manage_page_make(&page, "LayerVersions", items));
    }
    clear_filter(&filter);
}

static cJSON *make_layer(const struct manage_call *call, const struct resource *layer,
                         const struct layer_filter *filter)
{
    const cJSON *versions = versions_of(layer);
    cJSON *item;

    for (int i = cJSON_GetArraySize(versions) - 1; i >= 0; i--) {
        const cJSON *version = cJSON_GetArrayItem(versions, i);

        if (!fits(version, filter))
            continue;
        item = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(item, "LayerName", layer->name);
        (void)cJSON_AddStringToObject(item, "LayerArn",
                                      manage_arn_of(call, "layer", layer->name, "").text);
        (void)cJSON_AddItemToObject(item, "LatestMatchingVersion",
                                    make_version(call, layer->name, version, true));
        return item;
    }
    return NULL;
}

void list_layers(struct manage_call *call)
{
    struct layer_filter filter;
    struct manage_page page;
    size_t count;
    struct resource *const *list =
        registry_list(call->api->registry, RESOURCE_LAYER, call->account_id, "", &count);
    cJSON *items;

    if (read_filter(call, &filter) && manage_page_read(call, LAYERS_PAGE_MAX, &page)) {
        items = cJSON_CreateArray();
        for (size_t i = 0; i < count; i++) {
            cJSON *item = make_layer(call, list[i], &filter);

            if (item != NULL)
                (void)cJSON_AddItemToArray(items, item);
        }
        manage_answer(call, 200, manage_page_make(&page, "Layers", items));
    }
    clear_filter(&filter);
}
