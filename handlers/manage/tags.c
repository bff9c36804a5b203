/* tags.c - TagResource, UntagResource, ListTags: of functions, layers, mappings and code signing configurations. */
#include "handlers/manage/configuration.h"
#include "handlers/manage/manage_operations.h"
#include "handlers/manage/manage_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAGS_MAX = 50, TAG_KEYS_MAX = 200 };

const struct member_rule tag_rules[] = {
    {"Tags", MEMBER_MAP, .is_required = true},
    {NULL, MEMBER_TEXT, .max = 0},
};

#define REGION_ERE "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9]"
#define HEX "[0-9a-fA-F]"

static const char resource_pattern[] =
    "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:"
    "(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|"
    "code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"
    "[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";
static const char resource_ere[] =
    "arn:(aws[a-zA-Z-]*):lambda:" REGION_ERE ":[0-9]{12}:"
    "(function:[a-zA-Z0-9_-]+(:(\\$LATEST|[a-zA-Z0-9_-]+))?|layer:([a-zA-Z0-9_-]+)|"
    "code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:" HEX "{8}-" HEX "{4}-" HEX
    "{4}-" HEX "{4}-" HEX "{12}|capacity-provider:[a-zA-Z0-9_-]+)";

/* clang-format off */
static const struct {
    const char *word;
    enum resource_kind kind;
    const char *unknown;
} kinds[] = {
    {"function", RESOURCE_FUNCTION, "Function not found"},
    {"layer", RESOURCE_LAYER, "Layer not found"},
    {"code-signing-config", RESOURCE_SIGNING, "Code signing config not found"},
    {"event-source-mapping", RESOURCE_MAPPING, "Event source mapping not found"},
};
/* clang-format on */

/* What is tagged. */
struct tagged {
    struct resource *resource; /* NULL for a function of a file */
    const cJSON *document;
};

static bool refuse_unknown(struct manage_call *call, const char *unknown)
{
    manage_refuse(call, MANAGE_NOT_FOUND, "%s: %s", unknown, call->labels[0]);
    return false;
}

/* False when the call has been answered. */
static bool find(struct manage_call *call, struct tagged *tagged)
{
    const char *arn = call->labels[0];
    char region[64], account[ACCOUNT_ID_SIZE], word[64], name[160];
    const char *qualifier = NULL;

    if (!member_matches(resource_ere, arn)) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'resource' failed to "
                            "satisfy constraint: Member must satisfy regular expression pattern: "
                            "%s",
                            arn, resource_pattern);
        return false;
    }
    if (sscanf(arn, "arn:%*[^:]:lambda:%63[^:]:%12[0-9]:%63[^:]:%159[^:]", region, account, word,
               name) != 4)
        return refuse_unknown(call, "Resource not found");
    qualifier = strstr(arn, name) + strlen(name);
    if (strcmp(word, "function") == 0 && *qualifier == ':') {
        manage_refuse(call, MANAGE_PARAMETER,
                      "Tags on function aliases and versions are not supported. Please specify a "
                      "function ARN.");
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(word, kinds[i].word) != 0)
            continue;
        if (strcmp(account, call->account_id) != 0 || strcmp(region, call->region) != 0)
            return refuse_unknown(call, kinds[i].unknown);
        if (kinds[i].kind == RESOURCE_FUNCTION) {
            (void)snprintf(call->name.name, sizeof call->name.name, "%s", name);
            if (!manage_look(call))
                return refuse_unknown(call, kinds[i].unknown);
            *tagged = (struct tagged){call->function.resource, call->function.document};
            return true;
        }
        tagged->resource =
            registry_find(call->api->registry, kinds[i].kind, call->account_id, name);
        tagged->document = tagged->resource == NULL ? NULL : tagged->resource->document;
        return tagged->resource != NULL || refuse_unknown(call, kinds[i].unknown);
    }
    return refuse_unknown(call, "Resource not found");
}

void list_tags(struct manage_call *call)
{
    struct tagged tagged = {0};
    const cJSON *tags;
    cJSON *answer;

    if (!find(call, &tagged))
        return;
    tags = cJSON_GetObjectItemCaseSensitive(tagged.document, "Tags");
    answer = cJSON_CreateObject();
    (void)cJSON_AddItemToObject(answer, "Tags",
                                tags == NULL ? cJSON_CreateObject() : cJSON_Duplicate(tags, true));
    manage_answer(call, 200, answer);
}

/* A function's revision changes with its tags. */
static void save(struct manage_call *call, const struct tagged *tagged)
{
    if (tagged->resource->kind == RESOURCE_FUNCTION)
        json_member_set(cJSON_GetObjectItemCaseSensitive(tagged->resource->document, "Latest"),
                        "RevisionId", cJSON_CreateString(manage_uuid_make(call).text));
    manage_save(call, tagged->resource, NULL, 204, NULL);
}

void tag_resource(struct manage_call *call)
{
    const cJSON *given = manage_member(call, "Tags"), *tag;
    struct tagged tagged = {0};
    cJSON *tags, *changed;

    if (!find(call, &tagged))
        return;
    if (cJSON_GetArraySize(given) == 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "An error occurred and the request cannot be processed.");
        return;
    }
    if (manage_refuse_of_file(call))
        return;
    tags = cJSON_GetObjectItemCaseSensitive(tagged.resource->document, "Tags");
    changed = tags == NULL ? cJSON_CreateObject() : cJSON_Duplicate(tags, true);
    cJSON_ArrayForEach(tag, given)
        json_member_set(changed, tag->string, cJSON_CreateString(tag->valuestring));
    if (cJSON_GetArraySize(changed) > TAGS_MAX) {
        cJSON_Delete(changed);
        manage_refuse(call, MANAGE_PARAMETER, "Number of tags exceeds resource tag limit.");
        return;
    }
    json_member_set(tagged.resource->document, "Tags", changed);
    save(call, &tagged);
}

/* Every ?tagKeys= of the query. Returns how many there are. */
static size_t drop_keys(const struct manage_call *call, cJSON *tags)
{
    static const char name[] = "tagKeys=";
    const char *at = call->exchange->query.data, *end = at + call->exchange->query.length;
    size_t count = 0;

    while (at != NULL && at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        const size_t length = (size_t)((stop == NULL ? end : stop) - at);

        if (length >= sizeof name - 1 && memcmp(at, name, sizeof name - 1) == 0) {
            const struct bytes_view value = {at + sizeof name - 1, length - (sizeof name - 1)};
            char key[1024];

            count++;
            if (tags != NULL && percent_decode(value, key, sizeof key) < sizeof key)
                cJSON_DeleteItemFromObjectCaseSensitive(tags, key);
        }
        at = stop == NULL ? end : stop + 1;
    }
    return count;
}

void untag_resource(struct manage_call *call)
{
    struct tagged tagged = {0};

    if (drop_keys(call, NULL) == 0) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value null at 'tagKeys' failed to "
                            "satisfy constraint: Member must not be null");
        return;
    }
    if (!find(call, &tagged) || manage_refuse_of_file(call))
        return;
    (void)drop_keys(call, cJSON_GetObjectItemCaseSensitive(tagged.resource->document, "Tags"));
    save(call, &tagged);
}
