/*
 * setting.h - reads one object of a configuration by a table: what may stand there, of which type and range, and what
 * it fills.
 *
 * A scope is such a table. setting_read() goes through the members of an object, says what is wrong with each (unknown
 * names with the nearest known one), and puts the members that have a slot into the slots. An object that overrides
 * another one is read on top of it, into the same slots.
 *
 * To add a setting, add its row to the scope's table (config_settings.c, canned_settings.c), and a slot if somebody
 * reads it.
 */
#ifndef CONFIG_SETTINGS_SETTING_H
#define CONFIG_SETTINGS_SETTING_H

#include <stdbool.h>
#include <stddef.h>

struct problem_list;
struct node;

enum {
    SETTING_NO_SLOT = -1,
    SETTING_LIST_MAX = 1000 /* of lists that are searched from one end to the other */
};

/* The comments say what min and max bound. */
enum setting_type {
    SETTING_STRING,  /* its length in bytes */
    SETTING_CHOICE,  /* one of `choices` */
    SETTING_INTEGER, /* the value */
    SETTING_NUMBER,  /* the value */
    SETTING_FLAG,
    SETTING_STRING_LIST,  /* how many */
    SETTING_INTEGER_LIST, /* each value; there must be at least one */
    SETTING_OBJECT,       /* how many members */
    SETTING_OBJECT_LIST,  /* how many */
    SETTING_ANY
};

struct setting_scope;

/* Says what the table can't: a node of the right type and range is wrong all the same. */
typedef void setting_check_fn(const struct node *node, struct problem_list *problems);

struct setting {
    const char *name;
    enum setting_type type;
    int slot;
    double min, max;
    double fallback;                   /* of a slot that nothing filled */
    const char *const *choices;        /* ends in NULL */
    const struct setting_scope *scope; /* of an object or of each of a list; NULL: keys are names */
    setting_check_fn *check;
};

struct setting_scope {
    const struct setting *settings;
    size_t count;
    bool fills_outer_slots;   /* its settings fill the slots of the scope around it */
    const char *const *outer; /* keys that belong to the object around it; ends in NULL, or NULL */
    const char *const *of_whole; /* keys of Local of the whole configuration; the same */
    const char *const
        *useless;            /* properties of AWS that nothing here needs; ends in NULL, or NULL */
    setting_check_fn *check; /* of an object as a whole, once its members are right; or NULL */
};

struct setting_value {
    const struct node *node; /* NULL: not given */
    double fallback;
};

/* Empties `values`: no node, and the table's fallbacks. */
void setting_init(const struct setting_scope *scope, struct setting_value *values);

/* `values` may be NULL when only the problems are wanted. */
void setting_read(const struct setting_scope *scope, const struct node *object,
                  struct setting_value *values, struct problem_list *problems);

/* Checks one value by its row. False when it has a problem. */
bool setting_check(const struct setting *setting, const struct node *node,
                   struct problem_list *problems);

/* What fills a slot, or the fallback; whatever is of the wrong type or range counts as not given. */
unsigned setting_unsigned(const struct setting_value *value);
bool setting_flag(const struct setting_value *value);
const char *setting_text(const struct setting_value *value);

#endif
