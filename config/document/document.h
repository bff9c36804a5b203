/*
 * document.h - a configuration as a tree of nodes, each with its line in the file.
 *
 * Whatever the configuration was written in (JSON with comments, a folder of functions, a template) becomes such a
 * tree; settings are read and checked from the tree alone, so one validator serves all. To add a source, build the
 * tree with document_add() and hand its root on (config_load.c).
 *
 * Owns:     its nodes and all texts in them.
 * Threads:  any one at a time.
 */
#ifndef CONFIG_DOCUMENT_DOCUMENT_H
#define CONFIG_DOCUMENT_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct document; /* opaque */
struct problem_list;

enum {
    DOCUMENT_DEPTH_MAX =
        100, /* objects and arrays inside each other: bounds every recursion over the tree */
    DOCUMENT_NODES_MAX = 4000000,  /* bounds the memory of a tree */
    DOCUMENT_BYTES_MAX = 64 << 20, /* of the text it is read from */
    YAML_BYTES_MAX = 8 << 20,      /* the same, of YAML; CloudFormation takes 1 MB */
    YAML_ALIAS_NODES_MAX = 50000
};

enum node_kind { NODE_NULL, NODE_BOOLEAN, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

struct node {
    enum node_kind kind;
    unsigned line;   /* of the key where it has one, else of the value; from 1, 0 for none */
    const char *key; /* of a member; NULL for an element and for the root */
    const struct node *parent;
    struct node *first, *last; /* members or elements, as written */
    struct node *next;         /* in the same parent */
    const char *
        text; /* of a string, ending in NUL; of a number as written, which does not; document_set_file() */
    unsigned length; /* of `text` */
    unsigned count;  /* of members or elements */
    unsigned index;  /* in its parent, from 0 */
    bool
        is_placeholder; /* stands for a value that is known only after a deployment (config/template/) */
    double number;      /* infinite when it was out of range; of a boolean 0 or 1 */
    const struct node
        *origin; /* the node it was made from, which problems then name; NULL: itself */
};

/* Something to know about a valid configuration. */
struct document_note {
    const char *text;
    const struct document_note *next;
};

/* What of a function has no effect here: a property or an event of a template, by name. */
struct document_ignored {
    const char *function; /* its name, or logical id */
    const char *what;
    struct document_ignored *next;
};

/*
 * Of a document whose functions are left out, with a warning, when they can't run here (config.h): what a user can do
 * about it, in the words of the source.
 */
struct document_leniency {
    const char *code_remedy;  /* "set its folder in ..." */
    const char *image_remedy; /* of a container image */
};

/* A key that stood more than once in an object. */
struct document_duplicate {
    const struct node *kept, *first; /* the last member with it, and the first, which is gone */
    const struct document_duplicate *next;
};

/* NULL when out of memory. */
struct document *document_new(void);
void document_free(struct document *document);

/* Borrowed; NULL as long as there is none. */
const struct node *document_root(const struct document *document);

/* Where texts of nodes may be put. Borrowed. */
struct arena *document_arena(struct document *document);

/*
 * Adds a node at the end of `parent`, or as the root when that is NULL. Borrows `key` (NULL for an element).
 * NULL when out of memory or the document holds DOCUMENT_NODES_MAX already.
 */
struct node *document_add(struct document *document, struct node *parent, enum node_kind kind,
                          const char *key, unsigned line);

/* The same with a value. Copies both texts. */
struct node *document_add_string(struct document *document, struct node *parent, const char *key,
                                 const char *text, unsigned line);

/* Links a node of this document in at the end of `parent`. */
void node_append(struct node *parent, struct node *node);

/* Copies `text`. False when out of memory. */
bool document_add_note(struct document *document, const char *text);

/* In the order of adding; NULL for none. Borrowed. */
const struct document_note *document_notes(const struct document *document);

/* Copies both texts. False when out of memory. */
bool document_add_ignored(struct document *document, const char *function, const char *what);

/* In the order of adding; NULL for none. Borrowed. */
const struct document_ignored *document_ignored(const struct document *document);

/* As notes, for files that were read besides the one that gave the document its name. */
bool document_add_file(struct document *document, const char *path);
const struct document_note *document_files(const struct document *document);

/* Takes `other`, whose nodes then live as long as this document. False when out of memory; it is taken all the same. */
bool document_adopt(struct document *document, struct document *other);

/* Problems of its nodes name this file instead of the list's. Borrows `path`. */
void document_set_file(struct document *document, const char *path);

/* Makes a node of this document its root. */
void document_set_root(struct document *document, struct node *root);

/*
 * Before reading: of members with one key the last is kept, and listed here, instead of the first with a problem;
 * document_tell_duplicates() makes a problem of each.
 */
void document_keep_last(struct document *document);
bool document_keeps_last(const struct document *document);
bool document_add_duplicate(struct document *document, const struct node *kept,
                            const struct node *first);
const struct document_duplicate *document_duplicates(const struct document *document);
void document_tell_duplicates(const struct document *document, struct problem_list *problems);

/* Borrows `leniency`. Without it, a function that can't run is a problem. */
void document_be_lenient(struct document *document, const struct document_leniency *leniency);

/* NULL for none. Borrowed. */
const struct document_leniency *document_leniency(const struct document *document);

/* Has a node been refused for DOCUMENT_NODES_MAX? */
bool document_is_full(const struct document *document);

/*
 * Reads a JSON text, in which comments may stand, into an empty document. False when that gave no whole tree, with at
 * least one problem (the list remembers by itself that memory ran out). A duplicate key is a problem that leaves the tree
 * whole: the first one is kept.
 */
bool document_read_json(struct document *document, const char *text, size_t length,
                        struct problem_list *problems);

/*
 * The same for YAML. A value with one of CloudFormation's tags becomes the long form: `!Sub x` is {"Fn::Sub": "x"}.
 * Aliases are copied, up to YAML_ALIAS_NODES_MAX nodes in all; `<<` merges.
 */
bool document_read_yaml(struct document *document, const char *text, size_t length,
                        struct problem_list *problems);

/* The same for TOML. */
bool document_read_toml(struct document *document, const char *text, size_t length,
                        struct problem_list *problems);

/* Adds a copy of `item` (a member of that key when `parent` is an object). NULL when out of memory or it is too deep. */
struct node *document_add_cjson(struct document *document, struct node *parent, const char *key,
                                const cJSON *item);

/*
 * A copy inside `arena`: never to be given to cJSON_Delete(). A number keeps how it was spelled, in `valuestring`.
 * NULL when out of memory.
 */
cJSON *node_to_cjson(const struct node *node, struct arena *arena);

/* NULL when there is none, or when `object` is NULL or not an object. */
const struct node *node_member(const struct node *object, const char *key);

/*
 * For loops over the members of an object, whose keys are never NULL, or over the elements of a list, which have none.
 * NULL when `node` is NULL, empty or of another kind.
 */
const struct node *node_first_member(const struct node *node);
const struct node *node_first_element(const struct node *node);

/* "a string", "null", ... */
const char *node_kind_name(enum node_kind kind);

/* NULL when `node` is NULL or no string. */
const char *node_text(const struct node *node);

/* Its path, "Functions.hello.Local.Mock[0].When", truncated to `size`; "" for the root. */
void node_path(const struct node *node, char *path, size_t size);

/* Its value as a message shows it: a short string in quotes, a number as written, else its kind. */
void node_quote(const struct node *node, char *quoted, size_t size);

#endif
