/*
 * invoked - AWS Lambda's Invoke API on your own machine.
 */
#include "server/cli/check_command.h"
#include "server/cli/deploy_command.h"
#include "server/cli/functions_command.h"
#include "server/cli/invoke_command.h"
#include "server/cli/options.h"
#include "server/cli/plan_command.h"
#include "server/cli/run_command.h"
#include "server/cli/serve.h"
#include "server/names.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *variable(const char *name, void *context)
{
    (void)context;
    return getenv(name);
}

static bool exists(const char *path, void *context)
{
    (void)context;
    return access(path, F_OK) == 0;
}

/* A closed standard descriptor would be taken by the first file that is opened, and written to as if it were the log. */
static void ensure_standard_descriptors(void)
{
    int file;

    do {
        file = open("/dev/null", O_RDWR);
    } while (file >= 0 && file <= 2);
    if (file > 2)
        (void)close(file);
}

static int run(const struct options *options)
{
    switch (options->command) {
    case COMMAND_SERVE:
        return serve(options, NULL);
    case COMMAND_CHECK:
        return check_command(options);
    case COMMAND_RUN:
        return run_command(options);
    case COMMAND_INVOKE:
        return invoke_command(options);
    case COMMAND_PLAN:
        return plan_command(options);
    case COMMAND_FUNCTIONS:
        return functions_command(options);
    case COMMAND_DEPLOY:
        return deploy_command(options);
    case OPTIONS_COMMAND_COUNT:
        break;
    }
    return OPTIONS_EXIT_BAD_USAGE;
}

int main(int argc, char **argv)
{
    const struct options_source source = {
        .argc = argc, .argv = argv, .variable = variable, .exists = exists};
    struct options options;
    int status = EXIT_CANNOT_RUN;

    ensure_standard_descriptors();
    names_configure();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
    switch (options_parse(&options, &source)) {
    case OPTIONS_OK:
        status = run(&options);
        break;
    case OPTIONS_SHOW:
        (void)fputs(options.text, stdout);
        status = EXIT_GOOD;
        break;
    case OPTIONS_BAD:
        (void)fputs(options.text, stderr);
        status = OPTIONS_EXIT_BAD_USAGE;
        break;
    case OPTIONS_NO_MEMORY:
        (void)fputs("invoked: out of memory\n", stderr);
        break;
    }
    options_clear(&options);
    return status;
}
