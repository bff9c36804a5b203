/* template_environment.c - the variables of a function, from the template and from Metadata.Invoked. */
#include "config/template/template_function.h"

#include "base/arena.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"
#include "config/values/env_file.h"
#include "config/values/env_vars.h"

enum { ABOVE_MAX = 5 };

/* What sets variables above the template, so that their values aren't looked at in it; NULL for none. */
struct variables_above {
    const struct node *objects[ABOVE_MAX];
};

const struct node *template_as_object(struct template_scope *scope, const struct node *source)
{
    const struct node *value = source;

    if (source != NULL && template_is_call(source))
        value = template_resolve(scope, source);
    if (value == NULL || value == &template_no_value)
        return NULL;
    if (value->kind == NODE_OBJECT)
        return value;
    problem_list_add_at(scope->problems, source, "must be an object (is %s)",
                        node_kind_name(value->kind));
    return NULL;
}

/* One that can't be read is told when the function is built. */
static const struct node *env_file_of(struct template_scope *scope, const struct node *invoked)
{
    const char *name = node_text(node_member(invoked, "EnvFile"));

    if (name == NULL)
        return NULL;
    const char *const parts[] = {name[0] == '/' ? "" : scope->folder, name[0] == '/' ? "" : "/",
                                 name, NULL};
    const char *path = arena_join(document_arena(scope->document), parts);
    struct document *document = path == NULL ? NULL : document_new();

    if (document == NULL || !document_adopt(scope->document, document)) {
        scope->problems->is_out_of_memory = true;
        return NULL;
    }
    return env_file_read(document, path);
}

static bool is_above(struct template_scope *scope, const struct variables_above *above,
                     const struct node *variable)
{
    for (size_t i = 0; i < ABOVE_MAX; i++) {
        const struct node *object = above->objects[i];

        if (object == NULL)
            continue;
        if (!template_spend_search(scope, object->count, variable) ||
            node_member(object, variable->key) != NULL)
            return true;
    }
    return false;
}

static void put_variables(struct template_scope *scope, struct node *to,
                          const struct node *variables, const struct variables_above *above)
{
    for (const struct node *one = node_first_member(variables); one != NULL; one = one->next) {
        if (!is_above(scope, above, one))
            template_put_resolved(scope, to, one->key, one);
    }
}

void template_put_environment(struct template_scope *scope, struct node *to,
                              const struct template_resource *function)
{
    const struct node *property = template_property(scope, function, "Environment");
    const struct node *override = template_override(function, "Environment");
    const struct node *sources[] = {template_as_object(scope, property), override};
    const struct node *of_all = node_member(node_member(scope->root, "Metadata"), "Invoked");
    struct variables_above above = {
        {node_member(override, "Variables"), env_vars_of_all(scope->env_vars),
         env_vars_of(scope->env_vars, function->name, function->node->key),
         env_file_of(scope, of_all), env_file_of(scope, template_invoked(function))}};
    struct node *own = NULL;

    if (sources[0] == NULL && override == NULL)
        return;
    struct node *environment =
        template_put_object(scope, to, "Environment", property == NULL ? override : property);

    for (size_t i = 0; environment != NULL && i < 2; i++) {
        const struct node *source = node_member(sources[i], "Variables");
        const struct node *variables = template_as_object(scope, source);

        if (variables != NULL && own == NULL)
            own = template_put_object(scope, environment, "Variables", source);
        if (own != NULL)
            put_variables(scope, own, variables, &above);
        above.objects[0] = NULL; /* which is the second source */
    }
}
