/* The layers of a function: those of the template by where their contents are, the others as they are named. */
#include "config/template/template_function.h"

#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <string.h>

/* The ARN that Ref gives. NULL with a problem, or when out of memory. */
static const char *arn_of(struct template_scope *scope, struct template_resource *layer)
{
    const char *name = template_resource_name(scope, layer);

    return name == NULL ? NULL : template_pattern(scope, "arn:%P:lambda:%R:%A:layer:%N:1", name);
}

static struct template_resource *find_layer(struct template_scope *scope, const char *arn,
                                            const struct node *at)
{
    if (!template_spend_search(scope, scope->row_count, at))
        return NULL;
    for (size_t i = 0; i < scope->row_count; i++) {
        struct template_resource *row = &scope->rows[i];

        if (row->kind != RESOURCE_LAYER)
            continue;
        if (!template_spend(scope, 1, at))
            return NULL;
        const char *own = arn_of(scope, row);

        if (own != NULL && strcmp(own, arn) == 0)
            return row;
    }
    return NULL;
}

static void put_layer(struct template_scope *scope, struct node *list, const struct node *value,
                      const struct node *at)
{
    const struct node *folder = NULL, *place = NULL;
    struct template_resource *layer = NULL;
    struct template_scope *of = scope->whole;

    /* Its ARN may have come from another stack. */
    while (node_text(value) != NULL && of != NULL) {
        layer = find_layer(of, value->text, at);
        if (layer != NULL)
            break;
        of = of->next;
    }
    if (layer != NULL && template_find_code(of, layer, &folder, &place) == CODE_FOLDER)
        template_put(scope, list, NULL, folder, at);
    else if (node_text(value) == NULL || strncmp(value->text, "arn:", 4) == 0)
        template_put(scope, list, NULL, value, at);
    else
        template_put_place(scope, list, NULL, value);
}

void template_put_layers(struct template_scope *scope, struct node *to,
                         const struct template_resource *function)
{
    const struct node *override = template_override(function, "Layers");
    const struct node *source =
        override != NULL ? override : template_property(scope, function, "Layers");
    const struct node *value = source == NULL ? NULL : template_resolve(scope, source);

    if (value == NULL || value == &template_no_value)
        return;
    if (value->kind != NODE_ARRAY) {
        template_put(scope, to, "Layers", value, source);
        return;
    }
    struct node *list = template_add(scope, to, NODE_ARRAY, "Layers", source);

    for (const struct node *one = value->first; list != NULL && one != NULL; one = one->next)
        put_layer(scope, list, one, one->origin == NULL ? one : one->origin);
}
