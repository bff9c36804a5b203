/*
 * shifted_clock.c - a library for LD_PRELOAD: adds to the clocks of a program what the file named by SHIFTED_CLOCK says,
 * two numbers of nanoseconds in the machine's own form, first for the time of day and then for the monotonic clock. Whoever
 * writes into the file moves them while the program runs. tests/support/pressed.py builds and uses it.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_NS = 1000000000 };

static const volatile int64_t *shifts; /* NULL: none */

__attribute__((constructor)) static void open_shifts(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *memory;

    if (file < 0)
        return;
    memory = mmap(NULL, 2 * sizeof *shifts, PROT_READ, MAP_SHARED, file, 0);
    (void)close(file);
    if (memory != MAP_FAILED)
        shifts = memory;
}

static int64_t shift_of(clockid_t clock)
{
    if (shifts == NULL)
        return 0;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        return shifts[0];
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ? shifts[1] : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    const int64_t shift = shift_of(clock);
    int64_t nanoseconds;

    if (result != 0 || shift == 0)
        return result;
    nanoseconds = now->tv_nsec + shift % SECOND_NS;
    now->tv_sec += shift / SECOND_NS;
    if (nanoseconds < 0) {
        nanoseconds += SECOND_NS;
        now->tv_sec--;
    } else if (nanoseconds >= SECOND_NS) {
        nanoseconds -= SECOND_NS;
        now->tv_sec++;
    }
    now->tv_nsec = (long)nanoseconds;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time_of_day;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &time_of_day);
    now->tv_sec = time_of_day.tv_sec;
    now->tv_usec = time_of_day.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec time_of_day;

    (void)clock_gettime(CLOCK_REALTIME, &time_of_day);
    if (now != NULL)
        *now = time_of_day.tv_sec;
    return time_of_day.tv_sec;
}
