#include "config/config.h"

#include "base/arena.h"
#include "config/config_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/ignored_parts.h"
#include "config/function_url.h"
#include "config/http_api.h"
#include "config/settings/config_settings.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lies in its own arena. `config` comes first: the two have one address. */
struct snapshot {
    struct config config;
    struct arena *arena;
    unsigned reference_count;
    struct kept_alive *kept_alive;
    config_end_fn *on_end; /* NULL for none */
    void *end_context;
};

/* An older snapshot, parts of which this one uses. */
struct kept_alive {
    struct config *config;
    struct kept_alive *next;
};

static const char region_default[] = "us-east-1";
static const char account_id_default[] = "123456789012";
static const unsigned retry_delays_default_s[] = {60, 120};

/* ---- building ---- */

static const char *text_or(struct config_builder *builder, const struct setting_value *value,
                           const char *fallback)
{
    const char *text = setting_text(value);

    return text == NULL ? fallback : arena_copy(builder->arena, text, strlen(text));
}

static void build_retry_delays(struct config_builder *builder, struct config *config,
                               const struct node *delays)
{
    if (delays == NULL || delays->kind != NODE_ARRAY) {
        config->retry_delays_s = retry_delays_default_s;
        config->retry_delay_count = 2;
        return;
    }
    unsigned *seconds = arena_take_array(builder->arena, delays->count + 1u, sizeof *seconds);

    config->has_retry_delays = true;
    config->retry_delays_s = seconds;
    if (seconds == NULL)
        return;
    for (const struct node *delay = delays->first; delay != NULL; delay = delay->next)
        seconds[config->retry_delay_count++] =
            setting_unsigned(&(struct setting_value){.node = delay});
}

/* Relative to the configuration; it need not be there yet. */
static const char *build_s3_folder(struct config_builder *builder, const char *text)
{
    const char *const parts[] = {builder->folders.base, "/", text, NULL};

    if (text == NULL)
        return NULL;
    return text[0] == '/' ? arena_copy(builder->arena, text, strlen(text))
                          : arena_join(builder->arena, parts);
}

static void build_local(struct config_builder *builder, struct config *config,
                        const struct setting_value *values)
{
    const char *durability = setting_text(&values[SLOT_DURABILITY]);

    build_retry_delays(builder, config, values[SLOT_RETRY_DELAYS].node);
    config->queue_capacity = setting_unsigned(&values[SLOT_QUEUE_CAPACITY]);
    config->history_size = setting_unsigned(&values[SLOT_HISTORY_SIZE]);
    config->create_delay_ms = setting_unsigned(&values[SLOT_CREATE_DELAY]);
    config->api_overrides_files = setting_flag(&values[SLOT_API_OVERRIDES_FILES]);
    config->s3_folder = build_s3_folder(builder, setting_text(&values[SLOT_S3_FOLDER]));
    config->spare_runtimes = setting_unsigned(&values[SLOT_SPARE_RUNTIMES]);
    string_list_build(builder, values[SLOT_ALLOWED_ORIGINS].node, &config->allowed_origins);
    for (int i = 0; durability != NULL && durability_names[i] != NULL; i++) {
        if (strcmp(durability, durability_names[i]) == 0)
            config->durability = (enum durability)i;
    }
}

static int by_name(const void *left, const void *right)
{
    const struct function *const *a = left, *const *b = right;

    return strcmp((*a)->name, (*b)->name);
}

static int by_logical_id(const void *left, const void *right)
{
    const struct function *const *a = left, *const *b = right;

    return strcmp((*a)->logical_id, (*b)->logical_id);
}

static void build_logical_ids(struct config_builder *builder, struct config *config)
{
    const struct function **built =
        arena_take_array(builder->arena, config->function_count + 1, sizeof *built);

    config->by_logical_id = built;
    if (built == NULL)
        return;
    for (size_t i = 0; i < config->function_count; i++) {
        if (config->functions[i]->logical_id != NULL)
            built[config->logical_id_count++] = config->functions[i];
    }
    if (config->logical_id_count > 1)
        qsort(built, config->logical_id_count, sizeof *built, by_logical_id);
}

static void build_functions(struct config_builder *builder, struct config *config,
                            const struct node *functions)
{
    const bool has_functions = functions != NULL && functions->kind == NODE_OBJECT;
    const struct function **built =
        arena_take_array(builder->arena, has_functions ? functions->count + 1u : 1, sizeof *built);

    config->functions = built;
    if (built == NULL || !has_functions)
        return;
    for (const struct node *node = functions->first; node != NULL; node = node->next) {
        const struct function *function = function_build(builder, node);

        if (function == NULL)
            continue;
        built[config->function_count++] = function;
        config->left_out_count += function->latest->kind == FUNCTION_LEFT_OUT;
    }
    qsort(built, config->function_count, sizeof *built, by_name);
    build_logical_ids(builder, config);
}

/* AWS also keeps 100 executions unreserved; a small limit in a test may leave less. */
static void sum_reserved(struct config_builder *builder, struct config *config,
                         const struct node *functions)
{
    unsigned long long total = 0;

    for (size_t i = 0; i < config->function_count; i++) {
        if (config->functions[i]->reserved_concurrency != CONCURRENCY_UNRESERVED)
            total += (unsigned)config->functions[i]->reserved_concurrency;
    }
    if (total > config->concurrent_executions)
        problem_list_add_at(builder->problems, functions,
                            "the sum of ReservedConcurrentExecutions (%llu) exceeds "
                            "AccountLimit.ConcurrentExecutions (%u): lower the values or raise "
                            "the limit",
                            total, config->concurrent_executions);
    config->reserved_total = (unsigned)total;
}

/* NULL for none, and with a problem. */
static const char *find_own_folder(struct config_builder *builder, const struct node *node)
{
    const char *folder = NULL;

    if (node_text(node) == NULL || node->length == 0)
        return NULL;
    if (folder_finder_find(&builder->folders, node->text, &folder) == FOLDER_FOUND)
        return folder;
    if (folder != NULL)
        problem_list_add_at(builder->problems, node, "no such folder: %s", folder);
    return NULL;
}

static void build_all(struct config_builder *builder, struct config *config,
                      const struct node *root)
{
    struct setting_value values[CONFIG_SLOT_COUNT];

    setting_init(&config_settings, values);
    setting_read(&config_settings, root, values, builder->problems);
    config->region = text_or(builder, &values[SLOT_REGION], region_default);
    config->account_id = text_or(builder, &values[SLOT_ACCOUNT_ID], account_id_default);
    config->concurrent_executions = setting_unsigned(&values[SLOT_CONCURRENT_EXECUTIONS]);
    if (config->region == NULL || config->account_id == NULL)
        return;
    builder->region = config->region;
    builder->account_id = config->account_id;
    builder->layers_folder = find_own_folder(builder, values[SLOT_LAYERS_FOLDER].node);
    builder->runtime_clients = find_own_folder(builder, values[SLOT_RUNTIME_CLIENTS].node);
    builder->inherit_environment = values[SLOT_ALL_INHERIT_ENVIRONMENT].node;
    builder->idle_timeout_s = setting_unsigned(&values[SLOT_ALL_IDLE_TIMEOUT]);
    builder->env_file_of_all = values[SLOT_ALL_ENV_FILE].node;
    build_local(builder, config, values);
    build_functions(builder, config, values[SLOT_FUNCTIONS].node);
    sum_reserved(builder, config, values[SLOT_FUNCTIONS].node);
    function_urls_index(builder, config);
    http_apis_build(builder, config, values[SLOT_APIS].node);
}

static struct snapshot *snapshot_new(void)
{
    struct arena *arena = arena_new();
    struct snapshot *snapshot = arena == NULL ? NULL : arena_take(arena, sizeof *snapshot);

    if (snapshot == NULL) {
        arena_free(arena);
        return NULL;
    }
    snapshot->arena = arena;
    snapshot->reference_count = 1;
    return snapshot;
}

static void build_notes(struct config_builder *builder, struct config *config,
                        const struct document_note *notes)
{
    size_t count = 0;

    for (const struct document_note *note = notes; note != NULL; note = note->next)
        count++;
    config->notes.items = builder->no_items;
    if (count == 0)
        return;
    char **items = arena_take_array(builder->arena, count + 1, sizeof *items);

    for (; items != NULL && notes != NULL; notes = notes->next)
        items[config->notes.count++] = arena_copy(builder->arena, notes->text, strlen(notes->text));
    config->notes.items = items;
}

/* Once it is there, the configuration is read again. */
static void watch_missing(struct config_builder *builder, const char *path)
{
    char folder[PATH_MAX];
    const bool is_absolute = path[0] == '/';
    const char *const parts[] = {is_absolute ? "" : folder, is_absolute ? "" : "/", path, NULL};

    if (is_absolute || getcwd(folder, sizeof folder) != NULL)
        config_watch(builder, arena_join(builder->arena, parts));
}

static void build_files(struct config_builder *builder, struct config *config,
                        const struct document *document)
{
    const struct document_note *const lists[] = {document_files(document),
                                                 document_files(builder->extras)};
    char path[PATH_MAX];
    size_t count = 0;

    for (size_t i = 0; i < 2; i++) {
        for (const struct document_note *file = lists[i]; file != NULL; file = file->next)
            count++;
    }
    char **items = arena_take_array(builder->arena, count + 1, sizeof *items);

    for (size_t i = 0; items != NULL && i < 2; i++) {
        for (const struct document_note *file = lists[i]; file != NULL; file = file->next) {
            if (realpath(file->text, path) != NULL)
                items[config->files.count++] = arena_copy(builder->arena, path, strlen(path));
            else
                watch_missing(builder, file->text);
        }
    }
    config->files.items = items;
}

void config_watch(struct config_builder *builder, const char *path)
{
    if (path == NULL || (builder->watched != NULL && strcmp(builder->watched->path, path) == 0))
        return;
    struct watched_path *watched = arena_take(builder->arena, sizeof *watched);

    if (watched == NULL)
        return;
    *watched = (struct watched_path){path, builder->watched};
    builder->watched = watched;
}

static void build_watched(struct config_builder *builder, struct config *config)
{
    size_t count = 0;

    for (const struct watched_path *one = builder->watched; one != NULL; one = one->next)
        count++;
    config->watched.items = count == 0
                                ? builder->no_items
                                : arena_take_array(builder->arena, count + 1, sizeof(char *));
    for (const struct watched_path *one = builder->watched;
         config->watched.items != NULL && one != NULL; one = one->next)
        config->watched.items[config->watched.count++] = (char *)one->path;
}

struct config *config_build(const struct config_sources *sources)
{
    const struct node *root = document_root(sources->document);
    const char *const path = sources->path, *const base = sources->base;
    struct problem_list *const problems = sources->problems;
    struct snapshot *snapshot = snapshot_new();

    if (snapshot == NULL) {
        problems->is_out_of_memory = true;
        return NULL;
    }
    struct config_builder builder = {.arena = snapshot->arena,
                                     .config = &snapshot->config,
                                     .problems = problems,
                                     .warnings = sources->warnings,
                                     .leniency = document_leniency(sources->document),
                                     .code_folder = sources->code_folder,
                                     .checks_code = sources->checks_code,
                                     .env_vars = sources->env_vars,
                                     .extras = sources->extras};
    const char *own_base = arena_copy(builder.arena, base, strlen(base));

    builder.no_items = arena_take(builder.arena, sizeof *builder.no_items);
    snapshot->config.is_lenient = builder.leniency != NULL;
    snapshot->config.path = arena_copy(builder.arena, path, strlen(path));
    folder_finder_init(&builder.folders, builder.arena, own_base);
    build_notes(&builder, &snapshot->config, document_notes(sources->document));
    builder.ignored_parts = ignored_parts_sort(builder.arena, sources->document);
    if (root->kind != NODE_OBJECT)
        problem_list_add_at(problems, root, "must be an object such as {\"Functions\": {}} (is %s)",
                            node_kind_name(root->kind));
    else if (!arena_is_exhausted(builder.arena))
        build_all(&builder, &snapshot->config, root);
    build_files(&builder, &snapshot->config, sources->document);
    build_watched(&builder, &snapshot->config);
    if (arena_is_exhausted(builder.arena))
        problems->is_out_of_memory = true;
    if (problem_list_is_empty(problems))
        return &snapshot->config;
    config_release(&snapshot->config);
    return NULL;
}

/* ---- living ---- */

struct config *config_retain(struct config *config)
{
    ((struct snapshot *)config)->reference_count++;
    return config;
}

void config_release(struct config *config)
{
    struct snapshot *snapshot = (struct snapshot *)config;

    if (snapshot == NULL)
        return;
    assert(snapshot->reference_count > 0);
    if (--snapshot->reference_count > 0)
        return;
    for (const struct kept_alive *kept = snapshot->kept_alive; kept != NULL; kept = kept->next)
        config_release(kept->config);
    if (snapshot->on_end != NULL)
        snapshot->on_end(snapshot->end_context);
    arena_free(snapshot->arena);
}

bool config_keep_alive(struct config *config, struct config *other)
{
    struct snapshot *snapshot = (struct snapshot *)config;
    struct kept_alive *kept = snapshot->kept_alive;

    while (kept != NULL && kept->config != other)
        kept = kept->next;
    if (kept != NULL)
        return true;
    kept = arena_take(snapshot->arena, sizeof *kept);
    if (kept == NULL)
        return false;
    *kept = (struct kept_alive){config_retain(other), snapshot->kept_alive};
    snapshot->kept_alive = kept;
    return true;
}

/* ---- functions of the API ---- */

static const char *copy(struct snapshot *snapshot, const char *text)
{
    return text == NULL ? NULL : arena_copy(snapshot->arena, text, strlen(text));
}

static const struct function_permission *copy_permissions(struct snapshot *snapshot,
                                                          const struct config_unit_options *options)
{
    struct function_permission *rows =
        arena_take_array(snapshot->arena, options->permission_count + 1, sizeof *rows);

    for (size_t i = 0; i < options->permission_count && rows != NULL; i++)
        rows[i] = (struct function_permission){
            .qualifier = copy(snapshot, options->permissions[i].qualifier),
            .principal = copy(snapshot, options->permissions[i].principal),
            .action = copy(snapshot, options->permissions[i].action),
        };
    return rows;
}

static void set_provisioned(struct function *function, const struct config_unit_options *options)
{
    for (size_t i = 0; i < options->provisioned_count; i++) {
        struct function_target target;

        if (!function_resolve(function, options->provisioned[i].version, 0.0, &target))
            continue;
        ((struct function_version *)(uintptr_t)target.version)->provisioned +=
            options->provisioned[i].count;
        function->provisioned_total += options->provisioned[i].count;
    }
}

bool config_make_unit(struct config *config, const struct config_unit_options *options)
{
    struct snapshot *snapshot = (struct snapshot *)config;
    /* It is in the arena, which nobody else uses yet. */
    struct function *function = (struct function *)(uintptr_t)config->functions[0];

    function->account_id = copy(snapshot, options->account_id);
    function->unit = config;
    function->pending = copy(snapshot, options->pending);
    function->permissions = copy_permissions(snapshot, options);
    function->permission_count = options->permission_count;
    set_provisioned(function, options);
    if (arena_is_exhausted(snapshot->arena))
        return false;
    snapshot->on_end = options->on_end;
    snapshot->end_context = options->context;
    return true;
}

/* ---- joining ---- */

static int by_name_and_account(const void *left, const void *right)
{
    const struct function *const *a = left, *const *b = right;
    const int difference = strcmp((*a)->name, (*b)->name);

    return difference != 0 ? difference : strcmp((*a)->account_id, (*b)->account_id);
}

static bool keep(struct snapshot *snapshot, struct config *other)
{
    struct kept_alive *kept = arena_take(snapshot->arena, sizeof *kept);

    if (kept == NULL)
        return false;
    *kept = (struct kept_alive){config_retain(other), snapshot->kept_alive};
    snapshot->kept_alive = kept;
    return true;
}

/* Both lists are sorted by name; of one name, that of the file comes first. */
static void merge(struct config *joined, const struct function **merged, const struct config *file,
                  const struct function *const *own, size_t own_count)
{
    size_t i = 0, k = 0, count = 0;

    while (i < file->function_count || k < own_count) {
        const bool is_file =
            k == own_count ||
            (i < file->function_count && strcmp(file->functions[i]->name, own[k]->name) <= 0);

        merged[count++] = is_file ? file->functions[i++] : own[k++];
    }
    joined->functions = merged;
    joined->function_count = count;
}

static int by_account(const void *left, const void *right)
{
    const struct account_reservation *a = left, *b = right;

    return strcmp(a->account_id, b->account_id);
}

/* Those of one account, which are neighbours, become one. */
static void sum_reservations(struct config *joined, struct account_reservation *reservations,
                             const struct function *const *own, size_t own_count)
{
    size_t count = 0, used = 0;

    for (size_t i = 0; i < own_count; i++) {
        if (own[i]->reserved_concurrency != CONCURRENCY_UNRESERVED)
            reservations[count++] = (struct account_reservation){
                own[i]->account_id, (unsigned)own[i]->reserved_concurrency};
    }
    qsort(reservations, count, sizeof *reservations, by_account);
    for (size_t i = 0; i < count; i++) {
        if (used > 0 && strcmp(reservations[used - 1].account_id, reservations[i].account_id) == 0)
            reservations[used - 1].total += reservations[i].total;
        else
            reservations[used++] = reservations[i];
    }
    joined->reservations = reservations;
    joined->reservation_count = used;
}

struct config *config_join(struct config *file, struct config *const *units, size_t unit_count)
{
    struct snapshot *snapshot = snapshot_new();

    if (snapshot == NULL)
        return NULL;
    const struct function **own = arena_take_array(snapshot->arena, unit_count + 1, sizeof *own);
    const struct function **merged =
        arena_take_array(snapshot->arena, file->function_count + unit_count + 1, sizeof *merged);
    struct account_reservation *reservations =
        arena_take_array(snapshot->arena, unit_count + 1, sizeof *reservations);
    bool is_whole = own != NULL && merged != NULL && reservations != NULL && keep(snapshot, file);

    for (size_t i = 0; i < unit_count && is_whole; i++) {
        own[i] = units[i]->functions[0];
        is_whole = keep(snapshot, units[i]);
    }
    if (!is_whole) {
        config_release(&snapshot->config);
        return NULL;
    }
    snapshot->config = *file;
    qsort(own, unit_count, sizeof *own, by_name_and_account);
    merge(&snapshot->config, merged, file, own, unit_count);
    sum_reservations(&snapshot->config, reservations, own, unit_count);
    function_urls_index(&(struct config_builder){.arena = snapshot->arena}, &snapshot->config);
    return &snapshot->config;
}
