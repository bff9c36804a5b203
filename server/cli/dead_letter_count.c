#include "server/cli/dead_letter_count.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, BUFFER_SIZE = 65536 };

static const char extension[] = ".jsonl";

struct queue_count {
    char *path;
    size_t lines;
};

struct dead_letter_count {
    struct queue_count *queues;
    size_t queue_count;
    bool is_out_of_memory;
};

static size_t count_lines(FILE *file)
{
    static const char end = '\n';
    char buffer[BUFFER_SIZE];
    size_t length, lines = 0;

    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0) {
        for (const char *at = buffer;
             (at = memchr(at, end, length - (size_t)(at - buffer))) != NULL; at++)
            lines++;
    }
    return lines;
}

static void add_queue(struct dead_letter_count *count, const char *path)
{
    FILE *const file = fopen(path, "re");
    struct queue_count *grown;

    if (file == NULL)
        return;
    grown = realloc(count->queues, (count->queue_count + 1) * sizeof *grown);
    if (grown != NULL) {
        count->queues = grown;
        grown[count->queue_count] = (struct queue_count){strdup(path), count_lines(file)};
        if (grown[count->queue_count].path != NULL)
            count->queue_count++;
        else
            grown = NULL;
    }
    count->is_out_of_memory |= grown == NULL;
    (void)fclose(file);
}

static void add_folder(struct dead_letter_count *count, const char *folder)
{
    char path[PATH_SIZE];
    DIR *const entries = opendir(folder);
    const struct dirent *entry;

    if (entries == NULL)
        return;
    while ((entry = readdir(entries)) != NULL) {
        const size_t length = strlen(entry->d_name);

        if (length > strlen(extension) &&
            strcmp(entry->d_name + length - strlen(extension), extension) == 0 &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path)
            add_queue(count, path);
    }
    (void)closedir(entries);
}

static void add_accounts(struct dead_letter_count *count, const char *folder)
{
    char path[PATH_SIZE];
    DIR *const entries = opendir(folder);
    const struct dirent *entry;

    if (entries == NULL)
        return;
    while ((entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s/dead-letters", folder,
                                                entry->d_name) < (int)sizeof path)
            add_folder(count, path);
    }
    (void)closedir(entries);
}

struct dead_letter_count *dead_letter_count_new(const char *data_folder)
{
    struct dead_letter_count *count = calloc(1, sizeof *count);
    char path[PATH_SIZE];

    if (count == NULL)
        return NULL;
    if (snprintf(path, sizeof path, "%s/dead-letters", data_folder) < (int)sizeof path)
        add_folder(count, path);
    if (snprintf(path, sizeof path, "%s/accounts", data_folder) < (int)sizeof path)
        add_accounts(count, path);
    if (!count->is_out_of_memory)
        return count;
    dead_letter_count_free(count);
    return NULL;
}

void dead_letter_count_free(struct dead_letter_count *count)
{
    if (count == NULL)
        return;
    for (size_t i = 0; i < count->queue_count; i++)
        free(count->queues[i].path);
    free(count->queues);
    free(count);
}

static size_t lines_of(const struct dead_letter_count *count, const char *path)
{
    for (size_t i = 0; i < count->queue_count; i++) {
        if (strcmp(count->queues[i].path, path) == 0)
            return count->queues[i].lines;
    }
    return 0;
}

static void append_name(const char *path, char *queues, size_t size)
{
    const char *const name = strrchr(path, '/') + 1;
    const size_t length = strlen(queues);

    (void)snprintf(queues + length, size - length, "%s%.*s", length == 0 ? "" : ", ",
                   (int)(strlen(name) - strlen(extension)), name);
}

size_t dead_letter_count_more(const struct dead_letter_count *earlier,
                              const struct dead_letter_count *later, char *queues, size_t size)
{
    size_t more = 0;

    queues[0] = '\0';
    for (size_t i = 0; i < later->queue_count; i++) {
        const struct queue_count *const queue = &later->queues[i];
        const size_t before = lines_of(earlier, queue->path);

        if (queue->lines <= before)
            continue;
        more += queue->lines - before;
        append_name(queue->path, queues, size);
    }
    return more;
}
