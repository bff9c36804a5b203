/*
 * bare_spawn.c - the least that an invocation of a Local.Command can cost: what `make bench` compares with.
 *
 * bare_spawn SECONDS PROGRAM [ARGUMENT...]
 *
 * Starts PROGRAM over and over with posix_spawn() and pipes at its descriptors 0, 1 and 2, gives it the few bytes of an
 * event, reads what it writes to both ends, and waits for it; one at a time. PROGRAM gets the environment that this has.
 * Prints how many runs a second there were.
 */
#include <assert.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void read_to_end(int file)
{
    char bytes[65536];

    while (read(file, bytes, sizeof bytes) > 0)
        continue;
    (void)close(file);
}

static void run(char **command)
{
    static const char event[] = "{\"name\":\"bench\"}";
    int pipes[3][2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t id;
    int error = 0;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    for (int i = 0; i < 3; i++) {
        error |= pipe2(pipes[i], O_CLOEXEC);
        error |= posix_spawn_file_actions_adddup2(&actions, pipes[i][i > 0], i);
    }
    error |= posix_spawnp(&id, command[0], &actions, &attributes, command, environ);
    assert(error == 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    for (int i = 0; i < 3; i++)
        (void)close(pipes[i][i > 0]);
    error = write(pipes[0][1], event, strlen(event)) < 0;
    (void)close(pipes[0][1]);
    read_to_end(pipes[1][0]);
    read_to_end(pipes[2][0]);
    (void)waitpid(id, NULL, 0);
}

int main(int count, char **arguments)
{
    unsigned runs = 0;
    double began_s, took_s;

    if (count < 3) {
        (void)fprintf(stderr, "usage: bare_spawn SECONDS PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    began_s = now_s();
    do {
        run(arguments + 2);
        runs++;
        took_s = now_s() - began_s;
    } while (took_s < strtod(arguments[1], NULL));
    (void)printf("%.1f\n", runs / took_s);
    return 0;
}
