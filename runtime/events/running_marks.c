#include "runtime/events/running_marks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* More events than that hardly run at once, and a file of 224 KiB is no burden. */
enum { MARK_MAX = 4096, FILE_SIZE = MARK_MAX * (int)sizeof(struct running_mark), PATH_SIZE = 1100 };

struct running_marks {
    struct running_mark *marks; /* the mapped file; sequence 0: free */
    unsigned free_count;
    unsigned short free_ones[MARK_MAX]; /* a stack of indexes, so that few pages are used */
};

static int compare(const void *left, const void *right)
{
    const int64_t a = ((const struct running_mark *)left)->sequence;
    const int64_t b = ((const struct running_mark *)right)->sequence;

    return (a > b) - (a < b);
}

/* Read, not mapped: the file is whatever stands there. A mark that was written in part at the kill fits no event. */
static void read_marks(int file, struct running_mark **found, size_t *found_count)
{
    struct running_mark *all = calloc(MARK_MAX, sizeof *all);
    size_t count = 0;

    if (all == NULL || pread(file, all, FILE_SIZE, 0) != FILE_SIZE) {
        free(all);
        return;
    }
    for (size_t i = 0; i < MARK_MAX; i++) {
        if (all[i].sequence > 0 && memchr(all[i].request_id, '\0', REQUEST_ID_SIZE) != NULL)
            all[count++] = all[i];
    }
    qsort(all, count, sizeof *all, compare);
    *found = all;
    *found_count = count;
}

/* All of it has blocks on the disk, since a mapping of a file with holes ends in SIGBUS when the disk is full. */
static struct running_mark *map(int file)
{
    void *mapped;

    if (ftruncate(file, 0) != 0 || posix_fallocate(file, 0, FILE_SIZE) != 0) {
        (void)!ftruncate(file, 0);
        return NULL;
    }
    mapped = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

struct running_marks *running_marks_open(const char *folder, struct running_mark **found,
                                         size_t *found_count)
{
    struct running_marks *marks = calloc(1, sizeof *marks);
    char path[PATH_SIZE];
    struct stat status;
    int file;

    *found = NULL;
    *found_count = 0;
    if (marks == NULL)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/running", folder);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (file < 0)
        return marks;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        read_marks(file, found, found_count);
        marks->marks = map(file);
    }
    (void)close(file);
    if (marks->marks == NULL)
        return marks;
    for (unsigned i = MARK_MAX; i > 0; i--)
        marks->free_ones[marks->free_count++] = (unsigned short)(i - 1);
    return marks;
}

void running_marks_close(struct running_marks *marks)
{
    if (marks == NULL)
        return;
    if (marks->marks != NULL)
        (void)munmap(marks->marks, FILE_SIZE);
    free(marks);
}

unsigned running_marks_set(struct running_marks *marks, const struct running_mark *mark)
{
    unsigned index;

    if (marks == NULL || marks->free_count == 0)
        return 0;
    index = marks->free_ones[--marks->free_count];
    marks->marks[index] = *mark;
    return index + 1;
}

void running_marks_clear(struct running_marks *marks, unsigned mark)
{
    if (marks == NULL || mark == 0)
        return;
    marks->marks[mark - 1].sequence = 0;
    marks->free_ones[marks->free_count++] = (unsigned short)(mark - 1);
}
