/*
 * Puts dead letters back into the queue, each at most once even across a kill.
 *
 *   1. scan     read some lines, and find the function of each (only the store knows it; the message doesn't)
 *   2. put      add the new events and mark their letters as redriven, in ONE transaction; repeat from 1, also for the
 *               next file
 *   3. finish   write each file again without the marked letters, replace the old one, remove the marks
 *
 * A kill before the commit of 2 leaves the letters as they were; a kill after it leaves marks, which 3 handles at the next
 * start. A marked letter is never put back again.
 */
#include "runtime/events/event_lanes.h"
#include "runtime/events/record_reader.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LETTERS_MAX = 500, LETTERS_BYTES_MAX = 4 * 1024 * 1024 };

struct letter {
    char message_id[REQUEST_ID_SIZE];
    struct store_origin origin;
    struct bytes *body;
    struct event *event;    /* from step 2 on */
    struct store_lane lane; /* to be stored first; id 0 when it is */
    bool is_put;
};

struct redrive {
    struct store_operation operation; /* the current step */
    struct async_account *owner;
    struct record_file file;         /* that is being read; no name before the first */
    char (*wanted)[REQUEST_ID_SIZE]; /* sorted message ids; NULL: all */
    size_t wanted_count;
    char (*names)[RECORD_NAME_SIZE]; /* of all files to be read */
    size_t name_count, name_at;
    off_t offset, end; /* ignores what is appended meanwhile */
    bool has_end, is_missing, is_full, is_failed;
    struct letter letters[LETTERS_MAX];
    size_t letter_count, count;
    redrive_fn *on_done;
    void *context;
};

static void clear_letters(struct redrive *redrive)
{
    for (size_t i = 0; i < redrive->letter_count; i++) {
        free(redrive->letters[i].origin.function_name);
        free(redrive->letters[i].origin.qualifier);
        bytes_release(redrive->letters[i].body);
    }
    memset(redrive->letters, 0, sizeof redrive->letters);
    redrive->letter_count = 0;
}

/* ---- scanning, on a pool thread ---- */

static int compare_ids(const void *one, const void *other)
{
    return memcmp(one, other, REQUEST_ID_SIZE - 1);
}

static bool is_wanted(const struct redrive *redrive, const char *message_id)
{
    return redrive->wanted == NULL || bsearch(message_id, redrive->wanted, redrive->wanted_count,
                                              REQUEST_ID_SIZE, compare_ids) != NULL;
}

/* Skips a line that isn't one of our dead letters; it stays in the file. */
static enum store_status scan_line(struct store *store, struct redrive *redrive,
                                   struct bytes_view line)
{
    struct letter *letter = &redrive->letters[redrive->letter_count];
    cJSON *root = cJSON_ParseWithLength(line.data, line.length);
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(root, "MessageId");
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(root, "Body");
    enum store_status status = STORE_OK;

    if (cJSON_IsString(id) && cJSON_IsString(body) &&
        strlen(id->valuestring) == REQUEST_ID_SIZE - 1 && is_wanted(redrive, id->valuestring)) {
        memcpy(letter->message_id, id->valuestring, REQUEST_ID_SIZE);
        status = store->engine->origin(store, letter->message_id, &letter->origin);
        if (status == STORE_OK && letter->origin.function_name != NULL) {
            letter->body = bytes_copy(body->valuestring, strlen(body->valuestring));
            redrive->letter_count++;
            status = letter->body == NULL ? STORE_FAILED : STORE_OK;
        }
    }
    cJSON_Delete(root);
    return status;
}

static enum store_status scan_lines(struct store *store, struct redrive *redrive,
                                    struct record_reader *reader)
{
    const off_t start = redrive->offset;
    enum store_status status = STORE_OK;
    struct bytes_view line;
    struct stat file;

    if (!redrive->has_end) {
        redrive->has_end = true;
        redrive->end = fstat(reader->descriptor, &file) == 0 ? file.st_size : 0;
    }
    while (status == STORE_OK && redrive->offset < redrive->end &&
           redrive->letter_count < LETTERS_MAX && redrive->offset - start < LETTERS_BYTES_MAX) {
        switch (record_reader_next(reader, &line)) {
        case RECORD_READ_LINE:
            redrive->offset = reader->offset;
            status = scan_line(store, redrive, line);
            break;
        case RECORD_READ_END:
            redrive->end = redrive->offset;
            break;
        case RECORD_READ_FAILED:
            return STORE_SKIPPED;
        }
    }
    return status;
}

static enum store_status scan_file(struct store *store, struct redrive *redrive)
{
    char path[RECORD_PATH_SIZE];
    struct record_reader reader;
    enum store_status status;

    record_file_path(store->folder, &redrive->file, path);
    if (!record_reader_open(&reader, path, redrive->offset)) {
        redrive->has_end = redrive->is_missing = true;
        return errno == ENOENT ? STORE_OK : store_file_status(store, path, errno);
    }
    status = scan_lines(store, redrive, &reader);
    if (status == STORE_SKIPPED)
        status = store_file_status(store, path, errno);
    record_reader_close(&reader);
    return status;
}

static bool go_to_file(struct redrive *redrive, size_t at)
{
    if (redrive->names == NULL || at >= redrive->name_count)
        return false;
    redrive->name_at = at;
    redrive->offset = redrive->end = 0;
    redrive->has_end = false;
    memcpy(redrive->file.name, redrive->names[at], RECORD_NAME_SIZE);
    return true;
}

static enum store_status run_scan(struct store *store, struct store_operation *operation)
{
    struct redrive *redrive = (struct redrive *)operation;

    if (redrive->names == NULL) {
        const int error =
            record_file_names(store->folder, &redrive->file, &redrive->names, &redrive->name_count);

        if (error != 0)
            return store_file_status(store, "dead-letters", error);
        (void)go_to_file(redrive, 0);
    }
    return redrive->name_count == 0 ? STORE_OK : scan_file(store, redrive);
}

/* ---- putting, on a pool thread ---- */

static enum store_status put_letter(struct store *store, struct letter *letter)
{
    enum store_status status = store->engine->redrive(store, letter->message_id, &letter->is_put);

    if (status != STORE_OK || !letter->is_put)
        return status; /* the file has it twice: put it back once */
    if (letter->lane.id != 0)
        status = store->engine->add_lane(store, &letter->lane);
    return status == STORE_OK ? store->engine->add(store, letter->event) : status;
}

static enum store_status run_put(struct store *store, struct store_operation *operation)
{
    struct redrive *redrive = (struct redrive *)operation;
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < redrive->letter_count; i++) {
        if (redrive->letters[i].event != NULL)
            status = put_letter(store, &redrive->letters[i]);
    }
    return status;
}

/* ---- finishing, on a pool thread ---- */

struct filter {
    struct store *store;
    enum store_status status;
};

static bool keeps(struct bytes_view line, void *context)
{
    struct filter *filter = context;
    cJSON *root = cJSON_ParseWithLength(line.data, line.length);
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(root, "MessageId");
    bool is_redriven = false;

    if (filter->status == STORE_OK && cJSON_IsString(id))
        filter->status =
            filter->store->engine->is_redriven(filter->store, id->valuestring, &is_redriven);
    cJSON_Delete(root);
    return !is_redriven;
}

static enum store_status finish_queue(struct store *store, const struct record_file *file)
{
    struct filter filter = {.store = store, .status = STORE_OK};
    const int error = record_file_filter(store->folder, file, keeps, &filter);
    char path[RECORD_PATH_SIZE];

    record_file_path(store->folder, file, path);
    if (error != 0)
        return store_file_status(store, path, error);
    if (filter.status != STORE_OK)
        return filter.status;
    return store->engine->forget_redriven(store, file);
}

static enum store_status run_finish(struct store *store, struct store_operation *operation)
{
    struct redrive *redrive = (struct redrive *)operation;
    enum store_status status;
    struct record_file file;

    do {
        status = store->engine->redriven_queue(store, &file);
        if (status == STORE_OK && file.name[0] != '\0')
            status = finish_queue(store, &file);
    } while (status == STORE_OK && file.name[0] != '\0');
    /* Doesn't wait until a bad file has been removed: the next redrive or start does the rest. */
    redrive->is_failed = redrive->is_failed || status == STORE_SKIPPED;
    return status == STORE_SKIPPED ? STORE_OK : status;
}

/* ---- on the loop ---- */

static void submit(struct redrive *redrive, store_run_fn *run, store_done_fn *done,
                   enum store_operation_kind kind)
{
    redrive->operation = (struct store_operation){
        .run = run, .done = done, .kind = kind, .account = redrive->owner->account};
    store_worker_submit(event_queue_worker(redrive->owner->lanes->queue), &redrive->operation);
}

static void on_finished(struct store_operation *operation, enum store_status status)
{
    struct redrive *redrive = (struct redrive *)operation;
    struct async_account *owner = redrive->owner;
    enum redrive_status how = redrive->is_missing ? REDRIVE_NO_FILE : REDRIVE_DONE;

    if (status != STORE_OK || redrive->is_failed)
        how = REDRIVE_FAILED;
    redrive->on_done(redrive->count, how, redrive->context);
    clear_letters(redrive);
    free(redrive->names);
    free(redrive->wanted);
    free(redrive);
    async_end(owner);
}

static void on_scanned(struct store_operation *operation, enum store_status status);

static void on_put(struct store_operation *operation, enum store_status status)
{
    struct redrive *redrive = (struct redrive *)operation;

    for (size_t i = 0; i < redrive->letter_count; i++) {
        const struct letter *letter = &redrive->letters[i];

        if (letter->event == NULL)
            continue;
        if (status == STORE_OK && letter->is_put) {
            letter->event->lane->is_stored = true;
            redrive->count++;
        }
        async_accept(letter->event, letter->is_put ? status : STORE_FAILED);
    }
    clear_letters(redrive);
    redrive->is_failed = redrive->is_failed || status != STORE_OK;
    if (redrive->is_failed || redrive->is_full || redrive->owner->lanes->state != INVOKER_OPEN ||
        (redrive->offset >= redrive->end && !go_to_file(redrive, redrive->name_at + 1)))
        submit(redrive, run_finish, on_finished, OPERATION_KEPT);
    else
        submit(redrive, run_scan, on_scanned, OPERATION_READ);
}

/* Makes the new event of a letter; false when the queue is full. */
static bool make_event(struct redrive *redrive, struct letter *letter)
{
    const struct enqueue_options options = {.account = redrive->owner->account,
                                            .function_name = letter->origin.function_name,
                                            .qualifier = letter->origin.qualifier,
                                            .payload = letter->body,
                                            .origin = "a redriven dead letter"};
    enum enqueue_status status;

    letter->event = async_new_event(redrive->owner->lanes, &options, &status);
    if (letter->event == NULL)
        return false;
    if (!letter->event->lane->is_stored)
        letter->lane = (struct store_lane){.id = letter->event->lane->id,
                                           .account_id = redrive->owner->account->id,
                                           .function_name = letter->origin.function_name};
    return true;
}

static void on_scanned(struct store_operation *operation, enum store_status status)
{
    struct redrive *redrive = (struct redrive *)operation;

    if (status != STORE_OK) {
        clear_letters(redrive);
        redrive->is_failed = true;
    }
    for (size_t i = 0; i < redrive->letter_count && !redrive->is_full; i++)
        redrive->is_full = !make_event(redrive, &redrive->letters[i]);
    submit(redrive, run_put, on_put, OPERATION_WRITE);
}

bool async_invoker_redrive(struct async_invoker *invoker, struct account *account,
                           const struct redrive_choice *choice, redrive_fn *on_done, void *context)
{
    struct async_account *owner = async_owner(async_lanes_of(invoker), account);
    struct redrive *redrive = owner == NULL ? NULL : calloc(1, sizeof *redrive);

    if (redrive == NULL)
        return false;
    redrive->owner = owner;
    redrive->file.kind = RECORD_DEAD_LETTER;
    if (!account->is_default)
        (void)snprintf(redrive->file.account_id, sizeof redrive->file.account_id, "%s",
                       account->id);
    if (choice->queue_name[0] != '\0') {
        redrive->names = malloc(sizeof *redrive->names);
        if (redrive->names == NULL) {
            free(redrive);
            return false;
        }
        redrive->name_count = 1;
        record_file_name(choice->queue_name, redrive->names[0]);
        (void)go_to_file(redrive, 0);
    }
    if (choice->message_ids != NULL) {
        redrive->wanted = choice->message_ids;
        redrive->wanted_count = choice->message_id_count;
        qsort(redrive->wanted, redrive->wanted_count, REQUEST_ID_SIZE, compare_ids);
    }
    redrive->on_done = on_done;
    redrive->context = context;
    async_begin(owner);
    submit(redrive, run_scan, on_scanned, OPERATION_READ);
    return true;
}

static void on_rest_finished(struct store_operation *operation, enum store_status status)
{
    (void)status; /* if it failed, the next redrive or start does it */
    free(operation);
}

bool async_finish_redrives(struct event_lanes *lanes)
{
    struct redrive *redrive = calloc(1, sizeof *redrive);

    if (redrive == NULL)
        return false;
    redrive->operation.kind = OPERATION_WRITE;
    redrive->operation.run = run_finish;
    redrive->operation.done = on_rest_finished;
    store_worker_submit(event_queue_worker(lanes->queue), &redrive->operation);
    return true;
}
