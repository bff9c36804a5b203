/*
 * Resources of a kind lie in one sorted list. What is to be written waits in another, in the order of the changes; one
 * batch of it is with the thread pool at a time, as one transaction. When that fails, the rows go back to the head and are
 * tried again with the next change, after their clients have been told.
 */
#include "runtime/registry/registry.h"

#include "runtime/registry/function_unit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_FOLDER_MAX = 1024 };

struct resource_list {
    struct resource **items; /* by account, then by name */
    size_t count, capacity;
};

struct change {
    struct change *next;
    enum resource_kind kind;
    char account_id[ACCOUNT_ID_SIZE];
    char *name;
    char *document; /* NULL: removed */
    registry_saved_fn *on_saved;
    void *context;
};

struct change_list {
    struct change *first, *last;
    size_t count;
};

struct registry {
    struct registry_options options;
    char data_folder[DATA_FOLDER_MAX];
    struct registry_store *store;
    struct resource_list lists[RESOURCE_KIND_COUNT];
    struct change_list waiting, writing;
    uv_work_t work;
    bool is_busy, is_written, is_opening;
    char why[REGISTRY_MESSAGE_SIZE]; /* the pool thread's */
};

/* ---- lists of resources ---- */

static int compare(const struct resource *resource, const char *account_id, const char *name)
{
    const int difference = strcmp(resource->account_id, account_id);

    return difference != 0 ? difference : strcmp(resource->name, name);
}

/* The place of the first that is not before it. */
static size_t place_of(const struct resource_list *list, const char *account_id, const char *name)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare(list->items[middle], account_id, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct resource *registry_find(const struct registry *registry, enum resource_kind kind,
                               const char *account_id, const char *name)
{
    const struct resource_list *list = &registry->lists[kind];
    const size_t place = place_of(list, account_id, name);

    return place < list->count && compare(list->items[place], account_id, name) == 0
               ? list->items[place]
               : NULL;
}

struct resource *const *registry_list(const struct registry *registry, enum resource_kind kind,
                                      const char *account_id, const char *from, size_t *count)
{
    const struct resource_list *list = &registry->lists[kind];
    const size_t first = place_of(list, account_id, from);
    /* ':' is the character behind '9': an account id with it comes after all of that account. */
    char beyond[ACCOUNT_ID_SIZE + 1];

    (void)snprintf(beyond, sizeof beyond, "%s:", account_id);
    *count = place_of(list, beyond, "") - first;
    return list->items + first;
}

static bool list_insert(struct resource_list *list, struct resource *resource)
{
    const size_t place = place_of(list, resource->account_id, resource->name);

    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct resource **grown = realloc(list->items, capacity * sizeof(struct resource *));

        if (grown == NULL)
            return false;
        list->items = grown;
        list->capacity = capacity;
    }
    memmove(list->items + place + 1, list->items + place,
            (list->count - place) * sizeof(struct resource *));
    list->items[place] = resource;
    list->count++;
    return true;
}

static void list_remove(struct resource_list *list, const struct resource *resource)
{
    const size_t place = place_of(list, resource->account_id, resource->name);

    assert(place < list->count && list->items[place] == resource);
    list->count--;
    memmove(list->items + place, list->items + place + 1,
            (list->count - place) * sizeof(struct resource *));
}

/* ---- the snapshot ---- */

static const char *pending_state(const struct resource *resource)
{
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(resource->document, "Latest"), "State");

    if (resource->phase == PHASE_CREATING)
        return "Pending";
    return cJSON_IsString(state) && strcmp(state->valuestring, "Active") != 0 ? state->valuestring
                                                                              : NULL;
}

static void build_unit(struct resource *resource)
{
    struct registry *registry = resource->registry;
    const struct function_unit_options options = {
        .file = config_store_file(registry->options.config_store),
        .code_store = registry->options.code_store,
        .data_folder = registry->data_folder,
        .account_id = resource->account_id,
        .name = resource->name,
        .pending = pending_state(resource),
    };
    struct config *unit = function_unit_build(&options, resource->document);

    if (unit == NULL) {
        log_write(registry->options.log, LOG_ERROR,
                  "%s: out of memory: the function stays as it was", resource->name);
        return;
    }
    config_release(resource->unit);
    resource->unit = unit;
}

/* The functions of all accounts that can be built. */
static void publish(struct registry *registry)
{
    const struct resource_list *list = &registry->lists[RESOURCE_FUNCTION];
    struct config **units = malloc((list->count + 1) * sizeof *units);
    size_t count = 0;

    if (registry->is_opening) {
        free(units);
        return;
    }
    for (size_t i = 0; i < list->count && units != NULL; i++) {
        if (list->items[i]->unit != NULL)
            units[count++] = list->items[i]->unit;
    }
    if (units == NULL || !config_store_set_units(registry->options.config_store, units, count))
        log_write(registry->options.log, LOG_ERROR,
                  "out of memory: a change of a function is not taken over");
    free(units);
    registry->options.on_changed(registry->options.context);
}

/* ---- writing ---- */

static void change_free(struct change *change)
{
    free(change->name);
    free(change->document);
    free(change);
}

static void append(struct change_list *list, struct change *change)
{
    change->next = NULL;
    if (list->last != NULL)
        list->last->next = change;
    else
        list->first = change;
    list->last = change;
    list->count++;
}

static bool write_all(struct registry *registry)
{
    struct registry_row *rows = calloc(registry->writing.count + 1, sizeof *rows);
    size_t count = 0;
    bool is_written;

    if (rows == NULL) {
        (void)snprintf(registry->why, sizeof registry->why, "out of memory");
        return false;
    }
    for (const struct change *change = registry->writing.first; change != NULL;
         change = change->next)
        rows[count++] =
            (struct registry_row){change->kind, change->account_id, change->name, change->document};
    is_written = registry_store_write(registry->store, rows, count, registry->why);
    free(rows);
    return is_written;
}

static void run_write(uv_work_t *work)
{
    struct registry *registry = work->data;

    registry->is_written = write_all(registry);
}

/* Back to the head; nobody waits for them any more. */
static void keep_unwritten(struct registry *registry, struct change_list *batch)
{
    batch->last->next = registry->waiting.first;
    if (registry->waiting.last == NULL)
        registry->waiting.last = batch->last;
    registry->waiting.first = batch->first;
    registry->waiting.count += batch->count;
}

static void tell(struct change_list *batch, bool is_saved)
{
    for (struct change *change = batch->first; change != NULL; change = change->next) {
        registry_saved_fn *on_saved = change->on_saved;

        change->on_saved = NULL;
        if (on_saved != NULL)
            on_saved(is_saved, change->context);
    }
}

static void free_changes(struct change_list *batch)
{
    while (batch->first != NULL) {
        struct change *change = batch->first;

        batch->first = change->next;
        change_free(change);
    }
    *batch = (struct change_list){0};
}

static void start_write(struct registry *registry);

static void on_written(uv_work_t *work, int status)
{
    struct registry *registry = work->data;
    struct change_list batch = registry->writing;
    const bool is_saved = registry->is_written;

    (void)status;
    registry->writing = (struct change_list){0};
    registry->is_busy = false;
    if (!is_saved)
        log_write(
            registry->options.log, LOG_ERROR,
            "functions can't be written: %s: make room or give access; what was changed is kept in "
            "memory and tried again with the next change",
            registry->why);
    tell(&batch, is_saved);
    if (!is_saved) {
        keep_unwritten(registry, &batch);
        return;
    }
    free_changes(&batch);
    start_write(registry);
}

static void start_write(struct registry *registry)
{
    if (registry->is_busy || registry->waiting.first == NULL)
        return;
    registry->writing = registry->waiting;
    registry->waiting = (struct change_list){0};
    registry->is_busy = true;
    (void)uv_queue_work(registry->options.loop, &registry->work, run_write, on_written);
}

static void submit(struct resource *resource, char *document, registry_saved_fn *on_saved,
                   void *context)
{
    struct registry *registry = resource->registry;
    struct change *change = calloc(1, sizeof *change);

    if (change != NULL)
        change->name = strdup(resource->name);
    if (change == NULL || change->name == NULL) {
        free(change);
        free(document);
        log_write(registry->options.log, LOG_ERROR, "%s: out of memory: not written",
                  resource->name);
        if (on_saved != NULL)
            on_saved(false, context);
        return;
    }
    change->kind = resource->kind;
    (void)snprintf(change->account_id, sizeof change->account_id, "%s", resource->account_id);
    change->document = document;
    change->on_saved = on_saved;
    change->context = context;
    append(&registry->waiting, change);
    start_write(registry);
}

/* ---- phases ---- */

static void hold_code(struct resource *resource)
{
    const cJSON *hex = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(resource->document, "Latest"), "CodeHex");

    if (!cJSON_IsString(hex))
        return;
    (void)snprintf(resource->held_code, sizeof resource->held_code, "%s", hex->valuestring);
    code_store_retain(resource->registry->options.code_store, resource->held_code);
}

static void drop_code(struct resource *resource)
{
    if (resource->held_code[0] != '\0')
        code_store_release(resource->registry->options.code_store, resource->held_code);
    resource->held_code[0] = '\0';
}

static void end_phase(struct resource *resource)
{
    resource->phase = PHASE_READY;
    resource->phase_revision[0] = '\0';
    account_release(resource->account);
    resource->account = NULL;
}

static void on_delay_over(void *context)
{
    struct resource *resource = context;

    end_phase(resource);
    build_unit(resource);
    drop_code(resource);
    publish(resource->registry);
}

/* Without a delay it is ready at once for everyone but the answer to this change, which still tells the phase. */
static void begin_phase(struct resource *resource, const struct registry_change *change)
{
    struct registry *registry = resource->registry;
    const unsigned delay_ms = config_store_file(registry->options.config_store)->create_delay_ms;
    struct account *account;

    if (change == NULL || change->phase == PHASE_READY || delay_ms == 0)
        return;
    account = accounts_get(registry->options.accounts, resource->account_id);
    if (account == NULL)
        return;
    resource->account = account_retain(account);
    hold_code(resource);
    resource->phase = change->phase;
    (void)snprintf(resource->phase_revision, sizeof resource->phase_revision, "%s",
                   change->revision);
    clock_timer_start(account->clock, &resource->timer, clock_now_ms(account->clock) + delay_ms,
                      on_delay_over, resource);
}

void registry_take_over(struct resource *resource, const struct registry_change *change)
{
    if (resource->kind != RESOURCE_FUNCTION)
        return;
    begin_phase(resource, change);
    if (resource->phase == PHASE_UPDATING)
        return;
    build_unit(resource);
    publish(resource->registry);
}

void registry_write(struct resource *resource, registry_saved_fn *on_saved, void *context)
{
    submit(resource, cJSON_PrintUnformatted(resource->document), on_saved, context);
}

/* ---- resources ---- */

static void resource_free(struct resource *resource)
{
    if (resource->timer.clock != NULL)
        clock_timer_stop(&resource->timer);
    account_release(resource->account);
    drop_code(resource);
    config_release(resource->unit);
    cJSON_Delete(resource->document);
    free(resource->name);
    free(resource);
}

struct resource *registry_add(struct registry *registry, enum resource_kind kind,
                              const char *account_id, const char *name, cJSON *document)
{
    struct resource *resource = calloc(1, sizeof *resource);

    if (resource == NULL || document == NULL) {
        cJSON_Delete(document);
        free(resource);
        return NULL;
    }
    resource->registry = registry;
    resource->kind = kind;
    resource->document = document;
    (void)snprintf(resource->account_id, sizeof resource->account_id, "%s", account_id);
    resource->name = strdup(name);
    if (resource->name == NULL || !list_insert(&registry->lists[kind], resource)) {
        resource_free(resource);
        return NULL;
    }
    return resource;
}

void registry_remove(struct registry *registry, struct resource *resource,
                     registry_saved_fn *on_saved, void *context)
{
    const bool is_function = resource->kind == RESOURCE_FUNCTION;

    list_remove(&registry->lists[resource->kind], resource);
    submit(resource, NULL, on_saved, context);
    resource_free(resource);
    if (is_function)
        publish(registry);
}

static int64_t size_of(const cJSON *item)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(item, "CodeSize");

    return cJSON_IsNumber(size) ? (int64_t)size->valuedouble : 0;
}

int64_t registry_code_size(const struct registry *registry, const char *account_id)
{
    static const enum resource_kind kinds[] = {RESOURCE_FUNCTION, RESOURCE_LAYER};
    int64_t total = 0;

    for (size_t k = 0; k < 2; k++) {
        size_t count;
        struct resource *const *list = registry_list(registry, kinds[k], account_id, "", &count);

        for (size_t i = 0; i < count; i++) {
            const cJSON *version;

            total += size_of(cJSON_GetObjectItemCaseSensitive(list[i]->document, "Latest"));
            cJSON_ArrayForEach(version,
                               cJSON_GetObjectItemCaseSensitive(list[i]->document, "Versions"))
                total += size_of(version);
        }
    }
    return total;
}

void registry_reconfigure(struct registry *registry)
{
    const struct resource_list *list = &registry->lists[RESOURCE_FUNCTION];

    if (list->count == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        build_unit(list->items[i]);
    publish(registry);
}

/* ---- opening and closing ---- */

static bool on_row(const struct registry_row *row, void *context)
{
    struct registry *registry = context;
    cJSON *document = row->document == NULL ? NULL : cJSON_Parse(row->document);
    struct resource *resource;

    if (!cJSON_IsObject(document) || row->account_id == NULL || row->name == NULL ||
        (unsigned)row->kind >= RESOURCE_KIND_COUNT) {
        log_write(registry->options.log, LOG_ERROR,
                  "functions.db: a row can't be read and is left alone: %s",
                  row->name == NULL ? "(no name)" : row->name);
        cJSON_Delete(document);
        return true;
    }
    resource = registry_add(registry, row->kind, row->account_id, row->name, document);
    if (resource == NULL)
        return false;
    if (row->kind == RESOURCE_FUNCTION)
        build_unit(resource);
    return true;
}

/* Layers hold their code themselves: no snapshot does. */
static void hold_layers(struct registry *registry)
{
    const struct resource_list *list = &registry->lists[RESOURCE_LAYER];

    for (size_t i = 0; i < list->count; i++) {
        const cJSON *version;

        cJSON_ArrayForEach(version,
                           cJSON_GetObjectItemCaseSensitive(list->items[i]->document, "Versions"))
        {
            const char *hex =
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(version, "CodeHex"));

            if (hex != NULL)
                code_store_retain(registry->options.code_store, hex);
        }
    }
}

struct registry *registry_open(const struct registry_options *options,
                               char problem[REGISTRY_MESSAGE_SIZE])
{
    struct registry *registry = calloc(1, sizeof *registry);
    bool is_read;

    (void)snprintf(problem, REGISTRY_MESSAGE_SIZE, "out of memory");
    if (registry == NULL)
        return NULL;
    registry->options = *options;
    registry->work.data = registry;
    (void)snprintf(registry->data_folder, sizeof registry->data_folder, "%s", options->data_folder);
    registry->store = registry_store_open(options->data_folder, options->durability, problem);
    if (registry->store == NULL) {
        free(registry);
        return NULL;
    }
    registry->is_opening = true;
    is_read = registry_store_read(registry->store, on_row, registry);
    registry->is_opening = false;
    if (!is_read) {
        (void)snprintf(problem, REGISTRY_MESSAGE_SIZE,
                       "functions.db in %s can't be read: move it away, or use another --data-dir",
                       options->data_folder);
        registry_close(registry);
        return NULL;
    }
    hold_layers(registry);
    if (registry->lists[RESOURCE_FUNCTION].count > 0)
        publish(registry);
    code_store_sweep(options->code_store);
    return registry;
}

void registry_close(struct registry *registry)
{
    if (registry == NULL)
        return;
    assert(!registry->is_busy);
    registry->writing = registry->waiting;
    if (registry->writing.count > 0)
        (void)write_all(registry);
    free_changes(&registry->writing);
    for (size_t kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
        for (size_t i = 0; i < registry->lists[kind].count; i++)
            resource_free(registry->lists[kind].items[i]);
        free(registry->lists[kind].items);
    }
    registry_store_close(registry->store);
    free(registry);
}
