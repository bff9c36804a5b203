#include "config/document/yaml_events.h"

#include "config/document/problem_list.h"

bool yaml_events_open(struct yaml_events *events, const char *text, size_t length,
                      struct problem_list *problems)
{
    *events = (struct yaml_events){.text = text, .length = length, .problems = problems};
    if (yaml_parser_initialize(&events->parser) == 0) {
        problems->is_out_of_memory = true;
        return false;
    }
    yaml_parser_set_input_string(&events->parser, (const unsigned char *)text, length);
    return true;
}

void yaml_events_close(struct yaml_events *events)
{
    yaml_parser_delete(&events->parser);
}

/* Bad bytes come with an offset alone. */
static unsigned line_of_problem(const struct yaml_events *events)
{
    const yaml_parser_t *parser = &events->parser;
    unsigned line = 1;

    if (parser->error != YAML_READER_ERROR)
        return (unsigned)parser->problem_mark.line + 1;
    for (size_t i = 0; i < parser->problem_offset && i < events->length; i++)
        line += events->text[i] == '\n';
    return line;
}

static void refuse_problem(struct yaml_events *events)
{
    const yaml_parser_t *parser = &events->parser;
    const char *problem = parser->problem == NULL ? "can't be read" : parser->problem;
    const unsigned line = line_of_problem(events);

    /* libyaml 0.2.5 forgets to say so in one place. */
    if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR)
        events->problems->is_out_of_memory = true;
    else if (parser->error == YAML_READER_ERROR)
        problem_list_add(events->problems, line, "is not YAML: %s", problem);
    else
        problem_list_add(events->problems, line, "is not YAML: %s%s%s (column %zu)",
                         parser->context == NULL ? "" : parser->context,
                         parser->context == NULL ? "" : ", ", problem,
                         parser->problem_mark.column + 1);
}

bool yaml_events_next(struct yaml_events *events, yaml_event_t *event)
{
    if (yaml_parser_parse(&events->parser, event) != 0)
        return true;
    refuse_problem(events);
    return false;
}
