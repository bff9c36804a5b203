#include "server/cli/argument_walk.h"

#include "server/cli/option_table.h"

#include <string.h>

static const struct option_row *row_by_name(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(option_table[i].name) == length &&
            memcmp(option_table[i].name, name, length) == 0)
            return &option_table[i];
    }
    return NULL;
}

static const struct option_row *row_by_letter(char letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (option_table[i].letter != 0 && option_table[i].letter == letter)
            return &option_table[i];
    }
    return NULL;
}

/* The next argument, unless it is an option itself: "--port --explain" has forgotten the port. */
static const char *take_value(struct argument_walk *walk)
{
    if (walk->next >= walk->argc || strncmp(walk->argv[walk->next], "--", 2) == 0)
        return NULL;
    return walk->argv[walk->next++];
}

static struct argument read_option(struct argument_walk *walk, const char *text)
{
    struct argument argument = {ARGUMENT_OPTION, NULL, text, NULL};

    if (text[1] == '-') {
        const char *const name = text + 2;
        const size_t length = strcspn(name, "=");

        argument.row = row_by_name(name, length);
        argument.value = name[length] == '=' ? name + length + 1 : NULL;
    } else {
        argument.row = row_by_letter(text[1]);
        argument.value = text[2] != '\0' ? text + 2 : NULL;
    }
    if (argument.row == NULL)
        argument.kind = ARGUMENT_UNKNOWN;
    else if (argument.row->value != NULL && argument.value == NULL)
        argument.value = take_value(walk);
    return argument;
}

void argument_walk_start(struct argument_walk *walk, int argc, char *const *argv)
{
    const struct argument_walk start = {argc, 1, argv, false};

    *walk = start;
}

struct argument argument_walk_next(struct argument_walk *walk)
{
    struct argument argument = {ARGUMENT_END, NULL, NULL, NULL};

    if (walk->next >= walk->argc)
        return argument;
    argument.text = walk->argv[walk->next++];
    /* "-" alone is a payload: standard input. */
    if (walk->is_behind_separator || argument.text[0] != '-' || argument.text[1] == '\0') {
        argument.kind = ARGUMENT_POSITIONAL;
    } else if (strcmp(argument.text, "--") == 0) {
        argument.kind = ARGUMENT_SEPARATOR;
        walk->is_behind_separator = true;
    } else {
        argument = read_option(walk, argument.text);
    }
    return argument;
}
