#include "server/cli/deploy_command.h"

#include "base/base64.h"
#include "server/cli/deploy_code.h"
#include "server/cli/invoke_command.h"
#include "server/cli/invoke_report.h"
#include "server/cli/server_request.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READY_TRIES_MAX = 600, READY_PAUSE_MS = 100 };

struct deployment {
    const struct options *options;
    struct http_address address;
    struct bytes *headers;
    char *archive; /* in base64 */
    size_t archive_size;
    struct http_client_answer answer; /* of the last request */
    bool has_answer;
};

/* ---- requests ---- */

/* The function's path, and `part` behind it. NULL when out of memory. */
static struct bytes *make_target(const struct deployment *deployment, const char *part)
{
    struct bytes *target = NULL;

    if (bytes_format(&target, "/2015-03-31/functions/") &&
        server_request_encode(&target, deployment->options->invoke.function_name) &&
        bytes_format(&target, "%s", part) && bytes_append(&target, "", 1))
        return target;
    bytes_release(target);
    return NULL;
}

/* Takes `body`, which may be NULL. Returns the exit status when there was no response of a Lambda API, else success. */
static int send_to(struct deployment *deployment, const char *method, const char *target,
                   cJSON *body)
{
    char *text = body == NULL ? NULL : cJSON_PrintUnformatted(body);
    const struct http_client_request request = {
        .address = &deployment->address,
        .method = method,
        .target = target,
        .headers = deployment->headers->data,
        .body = text == NULL ? BYTES_VIEW("") : (struct bytes_view){text, strlen(text)},
    };
    int status = EXIT_INVOKE_NO_SERVER;

    if (deployment->has_answer)
        http_client_answer_clear(&deployment->answer);
    deployment->has_answer = true;
    if (!server_request_send(&request, deployment->options->invoke.endpoint, &deployment->answer))
        status = EXIT_INVOKE_NO_SERVER;
    else if (!invoke_report_is_ours(&deployment->answer.response))
        server_request_report_other(deployment->options->invoke.endpoint,
                                    deployment->answer.response.status);
    else
        status = EXIT_INVOKE_SUCCESS;
    cJSON_Delete(body);
    free(text);
    return status;
}

static int send_about(struct deployment *deployment, const char *method, const char *part,
                      cJSON *body)
{
    struct bytes *target = make_target(deployment, part);
    int status;

    if (target == NULL) {
        cJSON_Delete(body);
        return server_request_no_memory();
    }
    status = send_to(deployment, method, target->data, body);
    bytes_release(target);
    return status;
}

/* `status` of the request; a refusal is printed. */
static int settle(const struct deployment *deployment, int status)
{
    if (status != EXIT_INVOKE_SUCCESS || !invoke_report_is_refused(&deployment->answer.response))
        return status;
    invoke_report_refusal(&deployment->answer.response);
    return EXIT_INVOKE_REFUSED;
}

static cJSON *parse_answer(const struct deployment *deployment)
{
    const struct bytes_view body = bytes_view(deployment->answer.response.body);

    return cJSON_ParseWithLength(body.data, body.length);
}

static bool says(const cJSON *json, const char *member, const char *value)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, member));

    return text != NULL && strcmp(text, value) == 0;
}

/* Until what was asked for before has been done. */
static int wait_until_ready(struct deployment *deployment)
{
    const struct timespec pause = {.tv_nsec = READY_PAUSE_MS * 1000000L};

    for (unsigned tries = 0; tries < READY_TRIES_MAX; tries++) {
        const int status =
            settle(deployment, send_about(deployment, "GET", "/configuration", NULL));
        cJSON *configuration = status == EXIT_INVOKE_SUCCESS ? parse_answer(deployment) : NULL;
        const bool is_under_way = says(configuration, "State", "Pending") ||
                                  says(configuration, "LastUpdateStatus", "InProgress");

        cJSON_Delete(configuration);
        if (status != EXIT_INVOKE_SUCCESS || !is_under_way)
            return status;
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "invoked: %s: still not ready after a minute; is its clock manual?\n",
                  deployment->options->invoke.function_name);
    return EXIT_INVOKE_REFUSED;
}

/* ---- what is sent ---- */

static void add_code(const struct deployment *deployment, cJSON *to)
{
    cJSON_AddItemToObject(to, "ZipFile", cJSON_CreateStringReference(deployment->archive));
}

static void add_variables(const struct string_list *variables, cJSON *to)
{
    cJSON *object;

    if (variables->count == 0)
        return;
    object = cJSON_AddObjectToObject(cJSON_AddObjectToObject(to, "Environment"), "Variables");
    for (size_t i = 0; i < variables->count; i++) {
        const char *equals = strchr(variables->items[i], '=');
        char *name = strndup(variables->items[i], (size_t)(equals - variables->items[i]));

        if (name != NULL) {
            cJSON_DeleteItemFromObjectCaseSensitive(object, name); /* the last one counts */
            (void)cJSON_AddStringToObject(object, name, equals + 1);
        }
        free(name);
    }
}

/* What options say; the server checks it. */
static void add_settings(const struct options *options, cJSON *to)
{
    const struct deploy_options *deploy = &options->deploy;

    if (deploy->runtime != NULL)
        (void)cJSON_AddStringToObject(to, "Runtime", deploy->runtime);
    if (deploy->handler != NULL)
        (void)cJSON_AddStringToObject(to, "Handler", deploy->handler);
    if (deploy->timeout_s > 0)
        (void)cJSON_AddNumberToObject(to, "Timeout", deploy->timeout_s);
    if (deploy->memory_mb > 0)
        (void)cJSON_AddNumberToObject(to, "MemorySize", deploy->memory_mb);
    add_variables(&options->parameters, to);
}

static int create(struct deployment *deployment)
{
    const struct options *options = deployment->options;
    cJSON *body = cJSON_CreateObject();
    char handler[DEPLOY_HANDLER_SIZE];
    const char *runtime;

    add_settings(options, body);
    if (options->deploy.runtime == NULL || options->deploy.handler == NULL) {
        if (!deploy_code_detect(options->deploy.code, &runtime, handler)) {
            cJSON_Delete(body);
            (void)fprintf(stderr,
                          "invoked: %s: found no bootstrap, app.py, index.mjs or the like: give "
                          "--runtime and --handler, as in --runtime python3.13 --handler "
                          "file.function\n",
                          options->deploy.code);
            return EXIT_INVOKE_BAD_USAGE;
        }
        if (options->deploy.runtime == NULL)
            (void)cJSON_AddStringToObject(body, "Runtime", runtime);
        if (options->deploy.handler == NULL)
            (void)cJSON_AddStringToObject(body, "Handler", handler);
    }
    (void)cJSON_AddStringToObject(body, "FunctionName", options->invoke.function_name);
    (void)cJSON_AddStringToObject(body, "Role", "arn:aws:iam::123456789012:role/invoked-deploy");
    add_code(deployment, cJSON_AddObjectToObject(body, "Code"));
    return settle(deployment, send_to(deployment, "POST", "/2015-03-31/functions", body));
}

static int update_settings(struct deployment *deployment)
{
    cJSON *settings = cJSON_CreateObject();
    int status;

    add_settings(deployment->options, settings);
    if (settings == NULL || settings->child == NULL) {
        cJSON_Delete(settings);
        return EXIT_INVOKE_SUCCESS;
    }
    status = settle(deployment, send_about(deployment, "PUT", "/configuration", settings));
    return status == EXIT_INVOKE_SUCCESS ? wait_until_ready(deployment) : status;
}

/* Settings first: when they are refused, nothing has changed. */
static int update(struct deployment *deployment)
{
    const int status = update_settings(deployment);
    cJSON *body;

    if (status != EXIT_INVOKE_SUCCESS)
        return status;
    body = cJSON_CreateObject();
    add_code(deployment, body);
    return settle(deployment, send_about(deployment, "PUT", "/code", body));
}

/* ---- the command ---- */

static void print_success(const struct deployment *deployment, const char *done)
{
    cJSON *configuration = parse_answer(deployment);
    const char *const members[] = {"Runtime", "Handler"};

    (void)printf("%s: %s", deployment->options->invoke.function_name, done);
    for (size_t i = 0; i < 2; i++) {
        const char *text =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(configuration, members[i]));

        if (text != NULL)
            (void)printf("%s%s", i == 0 ? " (" : ", ", text);
    }
    (void)printf(", %zu bytes)\n", deployment->archive_size);
    cJSON_Delete(configuration);
}

static int deploy(struct deployment *deployment)
{
    bool is_there;
    int status = send_about(deployment, "GET", "/configuration", NULL);

    if (status != EXIT_INVOKE_SUCCESS)
        return status;
    is_there = deployment->answer.response.status == 200;
    if (!is_there && deployment->answer.response.status != 404)
        return settle(deployment, status);
    status = is_there ? update(deployment) : create(deployment);
    if (status == EXIT_INVOKE_SUCCESS)
        status = wait_until_ready(deployment);
    if (status == EXIT_INVOKE_SUCCESS)
        print_success(deployment, is_there ? "updated" : "created");
    return status;
}

static bool read_code(struct deployment *deployment)
{
    struct bytes *archive = NULL;
    bool is_read = deploy_code_read(deployment->options->deploy.code, &archive);

    if (is_read) {
        deployment->archive_size = bytes_view(archive).length;
        deployment->archive = base64_encode(bytes_view(archive));
        is_read = deployment->archive != NULL || server_request_no_memory() == 0;
    }
    bytes_release(archive);
    return is_read;
}

int deploy_command(const struct options *options)
{
    struct deployment deployment = {.options = options};
    int status = EXIT_INVOKE_BAD_USAGE;

    if (!server_request_address(options->invoke.endpoint, &deployment.address))
        return EXIT_INVOKE_BAD_USAGE;
    if (!bytes_format(&deployment.headers, "Content-Type: application/json\r\n") ||
        !server_request_authorize(&deployment.headers) || !bytes_append(&deployment.headers, "", 1))
        status = server_request_no_memory();
    else if (read_code(&deployment))
        status = deploy(&deployment);
    if (deployment.has_answer)
        http_client_answer_clear(&deployment.answer);
    bytes_release(deployment.headers);
    free(deployment.archive);
    return status;
}
