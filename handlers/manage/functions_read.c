/* functions_read.c - GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction; and the code's download. */
#include "handlers/handlers.h"
#include "handlers/lambda/api_error.h"
#include "handlers/manage/configuration.h"
#include "handlers/manage/file_function.h"
#include "handlers/manage/manage_operations.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FUNCTIONS_PAGE = 50, MARKER_SIZE = 256 };

/* ---- one function ---- */

/* False when the call has been answered. */
static bool find_version(struct manage_call *call, const cJSON **version)
{
    if (!manage_find(call, call->qualifier))
        return false;
    *version = manage_version(&call->function, call->qualifier);
    if (*version != NULL)
        return true;
    manage_refuse(call, MANAGE_NOT_FOUND, "Function not found: %s",
                  manage_function_arn(call, call->qualifier).text);
    return false;
}

void manage_code_url(const struct manage_call *call, const char *hex, char url[MANAGE_URL_SIZE])
{
    const char *host = exchange_header(call->exchange, "Host");

    (void)snprintf(url, MANAGE_URL_SIZE, "http://%s/_invoked/code/%s",
                   host == NULL ? "127.0.0.1" : host, hex);
}

static void add_code(const struct manage_call *call, cJSON *answer, const cJSON *version)
{
    cJSON *code = cJSON_AddObjectToObject(answer, "Code");
    const char *uri = json_member_text(version, "ImageUri");
    const char *hex = json_member_text(version, "CodeHex");
    char text[MANAGE_URL_SIZE];

    (void)cJSON_AddStringToObject(code, "RepositoryType", uri == NULL ? "S3" : "ECR");
    if (uri != NULL) {
        const char *tag = strrchr(uri, ':');
        const int length =
            (int)(tag == NULL || strchr(tag, '/') != NULL ? strlen(uri) : (size_t)(tag - uri));

        (void)snprintf(text, sizeof text, "%.*s@sha256:%s", length > 400 ? 400 : length, uri,
                       json_member_text(version, "CodeSha256"));
        (void)cJSON_AddStringToObject(code, "ImageUri", uri);
        (void)cJSON_AddStringToObject(code, "ResolvedImageUri", text);
    } else if (hex != NULL) {
        manage_code_url(call, hex, text);
        (void)cJSON_AddStringToObject(code, "Location", text);
    }
}

void get_function(struct manage_call *call)
{
    const cJSON *version, *tags, *reserved;
    cJSON *answer, *concurrency;

    if (!find_version(call, &version))
        return;
    answer = cJSON_CreateObject();
    (void)cJSON_AddItemToObject(answer, "Configuration",
                                configuration_of_call(call, version, call->qualifier));
    add_code(call, answer, version);
    tags = cJSON_GetObjectItemCaseSensitive(call->function.document, "Tags");
    if (cJSON_GetArraySize(tags) > 0)
        (void)cJSON_AddItemToObject(answer, "Tags", cJSON_Duplicate(tags, true));
    reserved = cJSON_GetObjectItemCaseSensitive(call->function.document, "Concurrency");
    if (cJSON_IsNumber(reserved)) {
        concurrency = cJSON_AddObjectToObject(answer, "Concurrency");
        (void)cJSON_AddNumberToObject(concurrency, "ReservedConcurrentExecutions",
                                      reserved->valuedouble);
    }
    manage_answer(call, 200, answer);
}

void get_function_configuration(struct manage_call *call)
{
    const cJSON *version;

    if (find_version(call, &version))
        manage_answer(call, 200, configuration_of_call(call, version, call->qualifier));
}

/* ---- all functions ---- */

struct listing {
    struct manage_call *call;
    cJSON *items;
    size_t max;
    bool wants_versions;
    size_t skipped; /* versions of the first function that earlier pages had */
    char next[MARKER_SIZE];
};

/* False when the page is full: `next` names where the next one begins. */
static bool add_version(struct listing *listing, const char *name, const cJSON *version,
                        size_t place)
{
    const char *number = json_member_text(version, "Version");

    if ((size_t)cJSON_GetArraySize(listing->items) == listing->max) {
        (void)snprintf(listing->next, sizeof listing->next, "%s:%zu", name, place);
        return false;
    }
    (void)cJSON_AddItemToArray(
        listing->items,
        configuration_make(listing->call,
                           &(struct configuration_view){
                               .function_name = name,
                               .qualifier = listing->wants_versions && number != NULL ? number : "",
                               .version = version,
                               .is_listed = true,
                           }));
    return true;
}

static bool add_function(struct listing *listing, const struct function *function)
{
    const struct resource *own =
        function->account_id == NULL
            ? NULL
            : registry_find(listing->call->api->registry, RESOURCE_FUNCTION,
                            listing->call->account_id, function->name);
    cJSON *made = own != NULL ? NULL : file_function_document(listing->call->config, function);
    const cJSON *document = own != NULL ? own->document : made, *version;
    size_t place = listing->skipped;
    bool has_room = true;

    if (place == 0)
        has_room = add_version(listing, function->name,
                               cJSON_GetObjectItemCaseSensitive(document, "Latest"), 0);
    place = 0;
    cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(document, "Versions"))
    {
        place++;
        if (listing->wants_versions && has_room && place >= listing->skipped)
            has_room = add_version(listing, function->name, version, place);
    }
    listing->skipped = 0;
    cJSON_Delete(made);
    return has_room;
}

/* The first function that isn't before `name`. */
static size_t place_of(const struct config *config, const char *name)
{
    size_t low = 0, high = config->function_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(config->functions[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void list_all(struct listing *listing, const char *marker)
{
    struct config *config = listing->call->config;
    char name[MARKER_SIZE] = "";
    const char *colon = marker == NULL ? NULL : strrchr(marker, ':');

    if (colon != NULL) {
        (void)snprintf(name, sizeof name, "%.*s", (int)(colon - marker), marker);
        listing->skipped = strtoul(colon + 1, NULL, 10);
    }
    for (size_t i = place_of(config, name); i < config->function_count; i++) {
        const struct function *function = config->functions[i];

        if (strcmp(function->name, name) != 0)
            listing->skipped = 0; /* the one that the marker names is gone */
        if (config_function_of(config, listing->call->account_id, function->name) == function &&
            !add_function(listing, function))
            return;
    }
}

void list_functions(struct manage_call *call)
{
    char *version = manage_query(call, "FunctionVersion"), *marker = manage_query(call, "Marker");
    char *asked = manage_query(call, "MaxItems");
    const unsigned long max = asked == NULL ? FUNCTIONS_PAGE : strtoul(asked, NULL, 10);
    struct listing listing = {.call = call, .max = max < FUNCTIONS_PAGE ? max : FUNCTIONS_PAGE};
    cJSON *answer;

    if (version != NULL && strcmp(version, "ALL") != 0) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'functionVersion' failed "
                            "to satisfy constraint: Member must satisfy enum value set: [ALL]",
                            version);
    } else if (asked != NULL && (max < 1 || max > 10000)) {
        manage_refuse_plain(call, MANAGE_VALIDATION,
                            "1 validation error detected: Value '%s' at 'maxItems' failed to "
                            "satisfy constraint: Member must have value %s than or equal to %d",
                            asked, max < 1 ? "greater" : "less", max < 1 ? 1 : 10000);
    } else {
        answer = cJSON_CreateObject();
        listing.items = cJSON_AddArrayToObject(answer, "Functions");
        listing.wants_versions = version != NULL;
        list_all(&listing, marker);
        if (listing.next[0] != '\0')
            (void)cJSON_AddStringToObject(answer, "NextMarker", listing.next);
        manage_answer(call, 200, answer);
    }
    free(version);
    free(marker);
    free(asked);
}

/* ---- deleting ---- */

static void delete_version(struct manage_call *call)
{
    cJSON *document = call->function.resource->document;
    cJSON *versions = cJSON_GetObjectItemCaseSensitive(document, "Versions"), *version;
    const cJSON *alias;
    int place = 0;

    cJSON_ArrayForEach(alias, cJSON_GetObjectItemCaseSensitive(document, "Aliases"))
    {
        const char *target = json_member_text(alias, "FunctionVersion");

        if ((target != NULL && strcmp(target, call->qualifier) == 0) ||
            cJSON_GetObjectItemCaseSensitive(
                cJSON_GetObjectItemCaseSensitive(
                    cJSON_GetObjectItemCaseSensitive(alias, "RoutingConfig"),
                    "AdditionalVersionWeights"),
                call->qualifier) != NULL) {
            manage_refuse(call, MANAGE_CONFLICT,
                          "Unable to delete version because the following aliases reference it: "
                          "[%s]",
                          json_member_text(alias, "Name"));
            return;
        }
    }
    cJSON_ArrayForEach(version, versions)
    {
        if (strcmp(json_member_text(version, "Version"), call->qualifier) == 0)
            break;
        place++;
    }
    if (version == NULL) {
        manage_answer(call, 204, NULL);
        return;
    }
    cJSON_DeleteItemFromArray(versions, place);
    manage_save(call, call->function.resource, NULL, 204, NULL);
}

void delete_function(struct manage_call *call)
{
    const char *qualifier = call->qualifier;
    const bool is_number = qualifier[strspn(qualifier, "0123456789")] == '\0';

    if (strcmp(qualifier, "$LATEST") == 0) {
        manage_refuse(call, MANAGE_PARAMETER,
                      "$LATEST version cannot be deleted without deleting the function.");
        return;
    }
    if (!is_number && qualifier[0] != '$') {
        manage_refuse(call, MANAGE_PARAMETER, "Deletion of aliases is not currently supported.");
        return;
    }
    if (!manage_find_own(call, ""))
        return;
    if (qualifier[0] != '\0') {
        delete_version(call);
        return;
    }
    manage_remove(call, call->function.resource, 204, NULL);
}

/* ---- the code's download ---- */

struct download {
    uv_work_t work;
    struct exchange *exchange;
    char path[CODE_PATH_SIZE];
    struct bytes *archive;
};

static void run_download(uv_work_t *work)
{
    struct download *download = work->data;
    const int file = open(download->path, O_RDONLY | O_CLOEXEC);
    struct stat about;

    if (file < 0)
        return;
    if (fstat(file, &about) == 0 && about.st_size <= CODE_ZIPPED_MAX)
        download->archive = bytes_new((size_t)about.st_size + 1);
    while (download->archive != NULL && download->archive->length < (size_t)about.st_size) {
        const ssize_t count = read(file, download->archive->data + download->archive->length,
                                   (size_t)about.st_size - download->archive->length);

        if (count <= 0)
            break;
        download->archive->length += (size_t)count;
    }
    (void)close(file);
}

static void on_downloaded(uv_work_t *work, int status)
{
    static const struct answer_header headers[] = {{"Content-Type", "application/zip"}};
    struct download *download = work->data;

    (void)status;
    if (download->archive == NULL)
        api_answer_refusal(download->exchange, 404, "no such code: it was deleted or replaced");
    else
        exchange_answer(download->exchange, &(struct answer){.status = 200,
                                                             .headers = headers,
                                                             .header_count = 1,
                                                             .body = download->archive});
    bytes_release(download->archive);
    free(download);
}

void code_handle(struct exchange *exchange, struct api *api)
{
    struct download *download = calloc(1, sizeof *download);
    char hex[CODE_HEX_SIZE];

    if (download == NULL) {
        api_answer_refusal(exchange, 500, "invoked is out of memory");
        return;
    }
    if (exchange->parameter.length != CODE_HEX_SIZE - 1 ||
        percent_decode(exchange->parameter, hex, sizeof hex) != CODE_HEX_SIZE - 1 ||
        strspn(hex, "0123456789abcdef") != CODE_HEX_SIZE - 1) {
        free(download);
        api_answer_refusal(exchange, 404, "no such code: name it by its SHA-256, 64 hex digits");
        return;
    }
    download->work.data = download;
    download->exchange = exchange;
    code_store_archive(api->code_store, hex, download->path);
    (void)uv_queue_work(api->loop, &download->work, run_download, on_downloaded);
}
