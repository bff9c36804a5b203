/*
 * document_yaml.c - reads YAML into a document, by libyaml's events.
 *
 * Everything that a few bytes could blow up is bounded: nesting, anchors, and the nodes that aliases are copied into.
 */
#include "config/document/document.h"

#include "base/arena.h"
#include "config/document/duplicate_keys.h"
#include "config/document/problem_list.h"
#include "config/document/yaml_scalar.h"
#include "config/names/nearest_name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* ---- events ---- */

struct yaml_events {
    yaml_parser_t parser;
    const char *text;
    size_t length;
    struct problem_list *problems;
};

static bool yaml_events_open(struct yaml_events *events, const char *text, size_t length,
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

static void yaml_events_close(struct yaml_events *events)
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

static bool yaml_events_next(struct yaml_events *events, yaml_event_t *event)
{
    if (yaml_parser_parse(&events->parser, event) != 0)
        return true;
    refuse_problem(events);
    return false;
}

/* ---- tags: `!Sub x` is {"Fn::Sub": "x"} ---- */

enum yaml_tag_kind {
    YAML_TAG_NONE,     /* none, or one that changes nothing */
    YAML_TAG_TEXT,     /* !!str: the scalar is text, whatever it looks like */
    YAML_TAG_FUNCTION, /* one of CloudFormation's */
    YAML_TAG_UNKNOWN
};

/* clang-format off */
static const struct {
    const char *tag, *function;
} functions[] = {
    {"!Ref",         "Ref"},              {"!Condition",   "Condition"},        {"!GetAtt",       "Fn::GetAtt"},
    {"!Sub",         "Fn::Sub"},          {"!Join",        "Fn::Join"},         {"!If",           "Fn::If"},
    {"!FindInMap",   "Fn::FindInMap"},    {"!Select",      "Fn::Select"},       {"!Split",        "Fn::Split"},
    {"!Base64",      "Fn::Base64"},       {"!ImportValue", "Fn::ImportValue"},  {"!GetAZs",       "Fn::GetAZs"},
    {"!Cidr",        "Fn::Cidr"},         {"!Transform",   "Fn::Transform"},    {"!Equals",       "Fn::Equals"},
    {"!And",         "Fn::And"},          {"!Or",          "Fn::Or"},           {"!Not",          "Fn::Not"},
    {"!Length",      "Fn::Length"},       {"!ToJsonString", "Fn::ToJsonString"}, {"!ForEach",     "Fn::ForEach"},
    {"!Contains",    "Fn::Contains"},     {"!RefAll",      "Fn::RefAll"},       {"!ValueOf",      "Fn::ValueOf"},
    {"!ValueOfAll",  "Fn::ValueOfAll"},   {"!EachMemberEquals", "Fn::EachMemberEquals"},
    {"!EachMemberIn", "Fn::EachMemberIn"},
};

static const char *const harmless[] = {
    "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null",
};
/* clang-format on */

/* `tag` as libyaml gives it ("!Sub", "tag:yaml.org,2002:str"), or NULL. `function` becomes the long form, "Fn::Sub". */
static enum yaml_tag_kind yaml_tag_kind(const char *tag, const char **function)
{
    if (tag == NULL)
        return YAML_TAG_NONE;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].tag, tag) == 0) {
            *function = functions[i].function;
            return YAML_TAG_FUNCTION;
        }
    }
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (strcmp(harmless[i], tag) == 0)
            return YAML_TAG_NONE;
    }
    return strcmp(tag, "tag:yaml.org,2002:str") == 0 ? YAML_TAG_TEXT : YAML_TAG_UNKNOWN;
}

static const char *yaml_tag_nearest(const char *tag)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, tag);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        nearest_name_offer(&nearest, functions[i].tag);
    return nearest.best;
}

/* ---- the reader ---- */

enum {
    ANCHORS_MAX = 1000,
    SHOWN_MAX = 60,
    MERGE_COMPARISONS_MAX = 20000000 /* of keys, for `<<`; a fifth of a second */
};

struct anchor {
    const char *name;
    const struct node *node;
    struct anchor *next;
};

struct yaml_reader {
    struct document *document;
    struct problem_list *problems;
    struct yaml_events events;
    struct anchor *anchors; /* the newest first */
    unsigned anchor_count, alias_nodes, alias_line, depth;
    unsigned long merge_comparisons;
};

/* Where a value is to stand. */
struct place {
    struct node *parent;
    const char *key;
    unsigned line; /* of the key; 0: that of the value */
};

static unsigned line_of(const yaml_event_t *event)
{
    return (unsigned)event->start_mark.line + 1;
}

/* ---- nodes ---- */

static struct node *add(struct yaml_reader *reader, const struct place *place, enum node_kind kind,
                        unsigned line)
{
    struct node *node = document_add(reader->document, place->parent, kind, place->key,
                                     place->line > 0 ? place->line : line);

    if (node == NULL && document_is_full(reader->document))
        problem_list_add(reader->problems, line, "contains more than %d values",
                         DOCUMENT_NODES_MAX);
    else if (node == NULL)
        reader->problems->is_out_of_memory = true;
    return node;
}

/* A copy of a scalar's text. NULL with a problem when no C string can hold it. */
static const char *take_text(struct yaml_reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const size_t length = event->data.scalar.length;

    if (memchr(text, '\0', length) != NULL) {
        problem_list_add(reader->problems, line_of(event), "strings must not contain \\0");
        return NULL;
    }
    const char *copy = arena_copy(document_arena(reader->document), text, length);

    reader->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

static bool is_deeper_allowed(struct yaml_reader *reader, unsigned line)
{
    if (reader->depth < DOCUMENT_DEPTH_MAX)
        return true;
    problem_list_add(reader->problems, line, "is nested more than %d levels deep",
                     DOCUMENT_DEPTH_MAX);
    return false;
}

/* ---- anchors and aliases ---- */

static bool keep_anchor(struct yaml_reader *reader, const char *name, const struct node *node)
{
    struct anchor *anchor;

    if (name == NULL)
        return true;
    if (reader->anchor_count == ANCHORS_MAX) {
        problem_list_add(reader->problems, node->line, "contains more than %d anchors",
                         ANCHORS_MAX);
        return false;
    }
    anchor = arena_take(document_arena(reader->document), sizeof *anchor);
    if (anchor != NULL)
        anchor->name = name;
    if (anchor == NULL) {
        reader->problems->is_out_of_memory = true;
        return false;
    }
    anchor->node = node;
    anchor->next = reader->anchors;
    reader->anchors = anchor;
    reader->anchor_count++;
    return true;
}

/* The name of an event's anchor; "" when out of memory, NULL when it has none. */
static const char *take_anchor_name(struct yaml_reader *reader, const yaml_char_t *name)
{
    const char *text = (const char *)name;

    if (text == NULL)
        return NULL;
    const char *copy = arena_copy(document_arena(reader->document), text, strlen(text));

    reader->problems->is_out_of_memory |= copy == NULL;
    return copy == NULL ? "" : copy;
}

static bool copy_node(struct yaml_reader *reader, const struct node *source,
                      const struct place *place)
{
    if (++reader->alias_nodes > YAML_ALIAS_NODES_MAX) {
        problem_list_add(reader->problems, reader->alias_line,
                         "aliases expand to more than %d values", YAML_ALIAS_NODES_MAX);
        return false;
    }
    if (!is_deeper_allowed(reader, reader->alias_line))
        return false;
    struct node *node = add(reader, place, source->kind, place->line);
    bool is_copied = node != NULL;

    if (node == NULL)
        return false;
    node->text = source->text;
    node->length = source->length;
    node->number = source->number;
    reader->depth++;
    for (const struct node *child = source->first; is_copied && child != NULL; child = child->next)
        is_copied = copy_node(reader, child,
                              &(struct place){.parent = node, .key = child->key, child->line});
    reader->depth--;
    return is_copied;
}

static bool read_alias(struct yaml_reader *reader, const struct place *place,
                       const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct place own = *place;

    own.line = place->line > 0 ? place->line : line_of(event);
    reader->alias_line = line_of(event);
    for (const struct anchor *anchor = reader->anchors; anchor != NULL; anchor = anchor->next) {
        if (strcmp(anchor->name, name) == 0)
            return copy_node(reader, anchor->node, &own);
    }
    problem_list_add(reader->problems, line_of(event), "no anchor &%.*s is defined above",
                     SHOWN_MAX, name);
    return false;
}

/* ---- merge keys ---- */

/* Members that the object has itself win, and of several sources the first. */
static bool merge_members(struct yaml_reader *reader, struct node *object,
                          const struct node *source)
{
    for (const struct node *member = source->first; member != NULL; member = member->next) {
        const struct place place = {object, member->key, member->line};

        reader->merge_comparisons += object->count;
        if (reader->merge_comparisons > MERGE_COMPARISONS_MAX) {
            problem_list_add(reader->problems, member->line, "<< merges too many keys");
            return false;
        }
        if (node_member(object, member->key) == NULL && !copy_node(reader, member, &place))
            return false;
    }
    return true;
}

static bool merge_source(struct yaml_reader *reader, struct node *object, const struct node *source)
{
    if (source->kind == NODE_OBJECT)
        return merge_members(reader, object, source);
    problem_list_add(reader->problems, source->line,
                     "<< must name an object or a list of objects (is "
                     "%s)",
                     node_kind_name(source->kind));
    return false;
}

/* Takes `<<` out of the object and puts the members of what it names behind the others. */
static bool merge(struct yaml_reader *reader, struct node *object)
{
    struct node *before = NULL, *node = object->first;

    while (node != NULL && strcmp(node->key, "<<") != 0) {
        before = node;
        node = node->next;
    }
    if (node == NULL)
        return true;
    if (before == NULL)
        object->first = node->next;
    else
        before->next = node->next;
    if (object->last == node)
        object->last = before;
    object->count--;
    if (node->kind != NODE_ARRAY)
        return merge_source(reader, object, node);
    for (const struct node *source = node->first; source != NULL; source = source->next) {
        if (!merge_source(reader, object, source))
            return false;
    }
    return true;
}

/* ---- values ---- */

static bool read_value(struct yaml_reader *reader, const struct place *place, yaml_event_t *event);

static bool read_next(struct yaml_reader *reader, const struct place *place)
{
    yaml_event_t event;

    if (!yaml_events_next(&reader->events, &event))
        return false;
    const bool is_read = read_value(reader, place, &event);

    yaml_event_delete(&event);
    return is_read;
}

static bool read_member(struct yaml_reader *reader, struct node *object, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        problem_list_add(reader->problems, line_of(event), "keys must be plain scalars");
        return false;
    }
    const char *key = take_text(reader, event);

    return key != NULL && read_next(reader, &(struct place){object, key, line_of(event)});
}

/* Members or elements up to `end`. */
static bool read_children(struct yaml_reader *reader, struct node *node, yaml_event_type_t end)
{
    bool is_read = true, is_ended = false;

    while (is_read && !is_ended) {
        yaml_event_t event;

        if (!yaml_events_next(&reader->events, &event))
            return false;
        is_ended = event.type == end;
        if (!is_ended)
            is_read = node->kind == NODE_OBJECT
                          ? read_member(reader, node, &event)
                          : read_value(reader, &(struct place){.parent = node}, &event);
        yaml_event_delete(&event);
    }
    return is_read;
}

static bool read_container(struct yaml_reader *reader, const struct place *place,
                           const yaml_event_t *event)
{
    const bool is_object = event->type == YAML_MAPPING_START_EVENT;
    const char *anchor = take_anchor_name(reader, is_object ? event->data.mapping_start.anchor
                                                            : event->data.sequence_start.anchor);

    if (!is_deeper_allowed(reader, line_of(event)))
        return false;
    struct node *node = add(reader, place, is_object ? NODE_OBJECT : NODE_ARRAY, line_of(event));

    if (node == NULL)
        return false;
    reader->depth++;
    bool is_read =
        read_children(reader, node, is_object ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);

    if (is_read && is_object) {
        if (!drop_duplicate_keys(reader->document, node, reader->problems)) {
            reader->problems->is_out_of_memory = true;
            is_read = false;
        }
        is_read = is_read && merge(reader, node);
    }
    reader->depth--;
    return is_read && keep_anchor(reader, anchor, node);
}

static void set_number(struct yaml_reader *reader, struct node *node, bool is_decimal)
{
    char spelled[40];

    if (!is_decimal) {
        (void)snprintf(spelled, sizeof spelled, "%.15g", node->number);
        node->text = arena_copy(document_arena(reader->document), spelled, strlen(spelled));
        reader->problems->is_out_of_memory |= node->text == NULL;
    }
    node->length = node->text == NULL ? 0 : (unsigned)strlen(node->text);
}

static bool read_scalar(struct yaml_reader *reader, const struct place *place,
                        const yaml_event_t *event, bool is_text)
{
    const char *text = take_text(reader, event);
    const char *anchor = take_anchor_name(reader, event->data.scalar.anchor);
    enum node_kind kind = NODE_STRING;
    double number = 0;
    bool is_decimal = false;

    if (text == NULL)
        return false;
    if (!is_text && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        kind = yaml_scalar_kind(text, &number, &is_decimal);
    struct node *node = add(reader, place, kind, line_of(event));

    if (node == NULL)
        return false;
    node->number = number;
    if (kind == NODE_STRING || kind == NODE_NUMBER)
        node->text = text;
    node->length = kind == NODE_STRING ? (unsigned)event->data.scalar.length : 0;
    if (kind == NODE_NUMBER)
        set_number(reader, node, is_decimal);
    return keep_anchor(reader, anchor, node);
}

static const char *tag_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return (const char *)event->data.scalar.tag;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return (const char *)event->data.sequence_start.tag;
    return event->type == YAML_MAPPING_START_EVENT ? (const char *)event->data.mapping_start.tag
                                                   : NULL;
}

static void refuse_tag(struct yaml_reader *reader, const yaml_event_t *event)
{
    const char *nearest = yaml_tag_nearest(tag_of(event));

    problem_list_add(reader->problems, line_of(event), "unknown tag %.*s%s%s%s", SHOWN_MAX,
                     tag_of(event), nearest == NULL ? "" : "; did you mean ",
                     nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static bool read_untagged(struct yaml_reader *reader, const struct place *place,
                          const yaml_event_t *event, bool is_text)
{
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, place, event, is_text);
    return read_container(reader, place, event);
}

/* `!Sub x` as {"Fn::Sub": "x"}. */
static bool read_function(struct yaml_reader *reader, const struct place *place,
                          const yaml_event_t *event, const char *function)
{
    if (!is_deeper_allowed(reader, line_of(event)))
        return false;
    struct node *call = add(reader, place, NODE_OBJECT, line_of(event));
    const struct place argument = {call, function, line_of(event)};

    if (call == NULL)
        return false;
    reader->depth++;
    const bool is_read = read_untagged(reader, &argument, event, true);

    reader->depth--;
    if (is_read && reader->anchors != NULL && reader->anchors->node == call->first)
        reader->anchors->node = call; /* the anchor refers to the value with its tag */
    return is_read;
}

static bool read_value(struct yaml_reader *reader, const struct place *place, yaml_event_t *event)
{
    const char *function = NULL;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, place, event);
    const enum yaml_tag_kind tag = yaml_tag_kind(tag_of(event), &function);

    switch (tag) {
    case YAML_TAG_NONE:
    case YAML_TAG_TEXT:
        return read_untagged(reader, place, event, tag == YAML_TAG_TEXT);
    case YAML_TAG_FUNCTION:
        return read_function(reader, place, event, function);
    case YAML_TAG_UNKNOWN:
        refuse_tag(reader, event);
        return false;
    }
    return false;
}

/* ---- the whole ---- */

/* Goes on to the next event of that type, over those that only frame documents. */
static bool skip_to(struct yaml_reader *reader, yaml_event_type_t wanted)
{
    yaml_event_type_t type = YAML_NO_EVENT;

    while (type != wanted && type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;

        if (!yaml_events_next(&reader->events, &event))
            return false;
        type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && wanted == YAML_STREAM_END_EVENT) {
            problem_list_add(reader->problems, line_of(&event),
                             "a second YAML document starts here: only one is allowed");
            yaml_event_delete(&event);
            return false;
        }
        yaml_event_delete(&event);
    }
    if (type == wanted)
        return true;
    problem_list_add(reader->problems, 1, "is empty; the minimum is Resources: {}");
    return false;
}

static bool read_whole(struct yaml_reader *reader)
{
    return skip_to(reader, YAML_DOCUMENT_START_EVENT) &&
           read_next(reader, &(struct place){.parent = NULL}) &&
           skip_to(reader, YAML_STREAM_END_EVENT);
}

bool document_read_yaml(struct document *document, const char *text, size_t length,
                        struct problem_list *problems)
{
    struct yaml_reader reader = {.document = document, .problems = problems};

    assert(document_root(document) == NULL);
    if (length > YAML_BYTES_MAX) {
        problem_list_add(problems, 1, "is larger than %d MiB", YAML_BYTES_MAX >> 20);
        return false;
    }
    if (!yaml_events_open(&reader.events, text, length, problems))
        return false;
    const bool is_read = read_whole(&reader);

    yaml_events_close(&reader.events);
    return is_read && document_root(document) != NULL && !problems->is_out_of_memory;
}
