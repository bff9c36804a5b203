#include "config/values/env_vars.h"

#include "config/config_file.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char for_all[] = "Parameters";

static void check_values(const struct node *function, struct problem_list *problems)
{
    for (const struct node *value = function->first; value != NULL; value = value->next) {
        if (value->kind == NODE_OBJECT || value->kind == NODE_ARRAY || value->kind == NODE_NULL)
            problem_list_add_at(problems, value, "must be a string, a number or a boolean (is %s)",
                                node_kind_name(value->kind));
    }
}

static void check(const struct node *root, struct problem_list *problems)
{
    static const char form[] = "must be {\"Function\": {\"NAME\": \"value\"}}";

    if (root->kind != NODE_OBJECT)
        problem_list_add_at(problems, root, "%s (is %s)", form, node_kind_name(root->kind));
    for (const struct node *one = node_first_member(root); one != NULL; one = one->next) {
        if (one->kind == NODE_OBJECT)
            check_values(one, problems);
        else
            problem_list_add_at(problems, one, "%s (is %s)", form, node_kind_name(one->kind));
    }
}

bool env_vars_read(struct document *document, const char *path, struct problem_list *problems)
{
    size_t length = 0;
    char *text = config_file_read(path, CONFIG_FILE_REGULAR, &length);

    if (text == NULL) {
        problem_list_add(problems, PROBLEM_NO_LINE, "can't be read: %s", strerror(errno));
        return false;
    }
    if (document_read_json(document, text, length, problems))
        check(document_root(document), problems);
    free(text);
    return problem_list_is_empty(problems);
}

const struct node *env_vars_of(const struct node *file, const char *name, const char *logical_id)
{
    const struct node *own = node_member(file, name);

    return own == NULL && logical_id != NULL ? node_member(file, logical_id) : own;
}

const struct node *env_vars_of_all(const struct node *file)
{
    return node_member(file, for_all);
}
