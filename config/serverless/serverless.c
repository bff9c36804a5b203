#include "config/serverless/serverless_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/config.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/values/env_file.h"

#include <stdlib.h>
#include <string.h>

/* What the Serverless Framework sets where the file doesn't. */
static const char stage_default[] = "dev", region_default[] = "us-east-1";

/* Sections of `resources` that a template has, too. */
static const char *const sections[] = {"Resources", "Conditions", "Mappings", "Parameters", NULL};

/* Sections of serverless.yml that need no note. */
static const char *const known[] = {
    "service",
    "provider",
    "functions",
    "resources",
    "layers",
    "custom",
    "params",
    "useDotenv",
    "frameworkVersion",
    "configValidationMode",
    "variablesResolutionMode",
    "package",
    "deprecationNotificationMode",
    "disabledDeprecations",
    NULL,
};

bool serverless_is_one(const struct node *root)
{
    return node_member(root, "provider") != NULL && node_member(root, "Resources") == NULL &&
           (node_member(root, "service") != NULL || node_member(root, "functions") != NULL);
}

/* ---- members ---- */

const struct node *serverless_member(struct serverless_scope *scope, const struct node *object,
                                     const char *key)
{
    const struct node *member = node_member(object, key);
    const struct node *value = member == NULL ? NULL : serverless_resolve(scope, member);

    return value == NULL || value->kind == NODE_NULL ? NULL : value;
}

const char *serverless_text(struct serverless_scope *scope, const struct node *object,
                            const char *key)
{
    const struct node *value = serverless_member(scope, object, key);

    return value == NULL ? NULL : template_text(&scope->template, value);
}

const char *serverless_given(const struct serverless_scope *scope, const char *name)
{
    const struct string_list *list = scope->options->parameters;
    const size_t length = strlen(name);

    for (size_t i = list == NULL ? 0 : list->count; i > 0; i--) {
        const char *item = list->items[i - 1];

        if (strncmp(item, name, length) == 0 && item[length] == '=')
            return item + length + 1;
    }
    return NULL;
}

void serverless_put_text(struct serverless_scope *scope, struct node *to, const char *key,
                         const char *text, const struct node *origin)
{
    const struct node *value = template_string(&scope->template, text, origin);

    if (value != NULL)
        template_put(&scope->template, to, key, value, origin);
}

const char *serverless_logical_id(struct serverless_scope *scope, const char *name,
                                  const char *suffix)
{
    struct text_builder builder;

    text_builder_init(&builder, document_arena(scope->template.document));
    for (const char *at = name; *at != '\0'; at++) {
        const char upper = (char)(at == name && *at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);

        if (*at == '-')
            text_builder_add_text(&builder, "Dash");
        else if (*at == '_')
            text_builder_add_text(&builder, "Underscore");
        else
            text_builder_add(&builder, &upper, 1);
    }
    text_builder_add_text(&builder, suffix);
    const char *id = text_builder_end(&builder);

    scope->template.problems->is_out_of_memory |= id == NULL;
    return id;
}

/* ---- the service ---- */

/* .env.STAGE above .env, as useDotenv says. */
static const struct node *read_dotenv(struct serverless_scope *scope)
{
    const struct node *wanted = node_member(scope->root, "useDotenv");
    struct document *document = document_new();
    const struct node *variables = NULL;

    if (document == NULL || !document_adopt(scope->template.document, document)) {
        scope->template.problems->is_out_of_memory = true;
        return NULL;
    }
    if (wanted == NULL || wanted->kind != NODE_BOOLEAN || wanted->number == 0)
        return NULL;
    for (int own = 1; variables == NULL && own >= 0; own--) {
        const char *stage = serverless_given(scope, "stage");
        const char *const parts[] = {scope->folder, own ? "/.env." : "/.env",
                                     !own            ? NULL
                                     : stage == NULL ? stage_default
                                                     : stage,
                                     NULL};
        const char *path = arena_join(document_arena(document), parts);

        variables = path == NULL ? NULL : env_file_read(document, path);
        if (variables != NULL && !document_add_file(scope->template.document, path))
            scope->template.problems->is_out_of_memory = true;
    }
    return variables;
}

/* `service` is a name, or an object with one. */
static const char *name_of_service(struct serverless_scope *scope)
{
    const struct node *service = serverless_member(scope, scope->root, "service");
    const char *name = node_text(service);

    if (name == NULL)
        name = serverless_text(scope, service, "name");
    return name == NULL ? "service" : name;
}

static void find_names(struct serverless_scope *scope)
{
    const struct node *provider = node_member(scope->root, "provider");
    const char *region = serverless_given(scope, "AWS::Region");

    scope->dotenv = read_dotenv(scope);
    scope->stage = serverless_given(scope, "stage");
    if (scope->stage == NULL)
        scope->stage = serverless_text(scope, provider, "stage");
    if (scope->stage == NULL)
        scope->stage = stage_default;
    scope->region = region != NULL ? region : serverless_given(scope, "region");
    if (scope->region == NULL)
        scope->region = serverless_text(scope, provider, "region");
    if (scope->region == NULL)
        scope->region = region_default;
    scope->service = name_of_service(scope);
}

/* ---- resources ---- */

static struct node *section_of(struct serverless_scope *scope, struct node *template,
                               const char *name, const struct node *origin)
{
    for (struct node *one = template->first; one != NULL; one = one->next) {
        if (strcmp(one->key, name) == 0)
            return one;
    }
    return template_put_object(&scope->template, template, name, origin);
}

/* An object with sections, or a list of them; the first resource of a name stays. */
static void put_resources(struct serverless_scope *scope, struct node *template,
                          const struct node *resources)
{
    for (const struct node *one = node_first_element(resources); one != NULL; one = one->next)
        put_resources(scope, template, one);
    for (size_t i = 0; sections[i] != NULL; i++) {
        const struct node *source = node_member(resources, sections[i]);
        struct node *to = source == NULL ? NULL : section_of(scope, template, sections[i], source);

        for (const struct node *one = to == NULL ? NULL : node_first_member(source); one != NULL;
             one = one->next) {
            if (one->kind != NODE_NULL && node_member(to, one->key) == NULL)
                template_put(&scope->template, to, one->key, one, one);
        }
    }
}

/* A layer of the service: {path: folder}. */
static void put_layers(struct serverless_scope *scope, struct node *to, const struct node *layers)
{
    for (const struct node *one = node_first_member(layers); one != NULL; one = one->next) {
        const char *id = serverless_logical_id(scope, one->key, "LambdaLayer");
        struct node *resource =
            id == NULL ? NULL : template_put_object(&scope->template, to, id, one);
        const struct node *path = node_member(one, "path");

        if (resource == NULL)
            return;
        serverless_put_text(scope, resource, "Type", "AWS::Serverless::LayerVersion", one);
        struct node *properties =
            template_put_object(&scope->template, resource, "Properties", one);

        if (properties != NULL && path != NULL)
            template_put(&scope->template, properties, "ContentUri", path, path);
    }
}

/* An object, or a list of objects. */
static void put_functions(struct serverless_scope *scope, struct node *to,
                          const struct node *functions)
{
    const struct node *provider = serverless_member(scope, scope->root, "provider");

    for (const struct node *one = node_first_element(functions); one != NULL; one = one->next)
        put_functions(scope, to, one);
    for (const struct node *one = node_first_member(functions); one != NULL; one = one->next)
        serverless_put_function(scope, to, provider, one);
    if (functions != NULL && functions->kind != NODE_OBJECT && functions->kind != NODE_ARRAY)
        problem_list_add_at(scope->template.problems, functions, "must be an object (is %s)",
                            node_kind_name(functions->kind));
}

/* ---- the whole ---- */

static void note_ignored(struct serverless_scope *scope)
{
    struct text_builder names;

    text_builder_init(&names, document_arena(scope->template.document));
    for (const struct node *one = scope->root->first; one != NULL; one = one->next) {
        if (template_is_among(one->key, known))
            continue;
        text_builder_add_text(&names, names.length == 0 ? "" : ", ");
        text_builder_add_text(&names, one->key);
    }
    const char *list = text_builder_end(&names);

    if (list == NULL)
        scope->template.problems->is_out_of_memory = true;
    else if (names.length > 0)
        template_note(&scope->template, "ignored: %s", list);
}

/* Region, where the file or the command line sets it. */
static void put_place(struct serverless_scope *scope, struct node *template)
{
    const struct node *provider = node_member(scope->root, "provider");
    struct node *metadata = template_put_object(&scope->template, template, "Metadata", provider);
    struct node *invoked =
        metadata == NULL ? NULL
                         : template_put_object(&scope->template, metadata, "Invoked", provider);

    if (invoked != NULL)
        serverless_put_text(scope, invoked, "Region", scope->region, provider);
}

static bool put_all(struct serverless_scope *scope)
{
    const struct node *resources = serverless_member(scope, scope->root, "resources");
    const struct node *functions = serverless_member(scope, scope->root, "functions");
    const struct node *layers = serverless_member(scope, scope->root, "layers");
    const char *provider = node_text(node_member(node_member(scope->root, "provider"), "name"));
    struct node *template =
        template_put_object(&scope->template, scope->template.bench, NULL, scope->root);
    struct node *to =
        template == NULL ? NULL : section_of(scope, template, "Resources", scope->root);

    if (provider != NULL && strcmp(provider, "aws") != 0)
        problem_list_add_at(scope->template.problems, node_member(scope->root, "provider"),
                            "%.100s is not supported: only aws is", provider);
    if (to == NULL)
        return false;
    put_place(scope, template);
    put_resources(scope, template, resources);
    put_layers(scope, to, layers);
    put_functions(scope, to, functions);
    serverless_put_cors(scope, template, serverless_member(scope, scope->root, "provider"),
                        functions);
    note_ignored(scope);
    document_set_root(scope->template.document, template);
    return problem_list_is_empty(scope->template.problems);
}

/* "." for a path without a slash. NULL when out of memory. */
static const char *folder_of(struct document *document, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? "."
                         : arena_copy(document_arena(document), path,
                                      slash == path ? 1 : (size_t)(slash - path));
}

bool serverless_read(const struct serverless_options *options, const char **stack_name)
{
    const struct node *root = document_root(options->document);
    struct template_effort effort = {.depth = 0};
    struct serverless_scope scope = {
        .template = {.document = options->document,
                     .source = options->document,
                     .effort = &effort,
                     .prefix = "",
                     .problems = options->problems,
                     .warnings = options->warnings,
                     .path = options->path,
                     .root = root,
                     .bench = document_add(options->document, NULL, NODE_ARRAY, NULL, root->line)},
        .options = options,
        .root = root,
        .folder = folder_of(options->document, options->path)};

    if (scope.template.bench == NULL || scope.folder == NULL) {
        options->problems->is_out_of_memory = true;
        return false;
    }
    for (const struct document_duplicate *one = document_duplicates(options->document); one != NULL;
         one = one->next)
        problem_list_add_at(options->warnings, one->kept,
                            "duplicate key (first defined on line %u): the last one counts",
                            one->first->line);
    find_names(&scope);
    if (!problem_list_is_empty(options->problems))
        return false;
    const char *const parts[] = {scope.service, "-", scope.stage, NULL};

    *stack_name = arena_join(document_arena(options->document), parts);
    options->problems->is_out_of_memory |= *stack_name == NULL;
    return put_all(&scope);
}
