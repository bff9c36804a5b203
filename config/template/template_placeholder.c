/*
 * template_placeholder.c - values that are known only after a deployment.
 *
 * A placeholder is a text that stays the same from start to start. It is a value like others, except that whatever is made from
 * it is one too (is_placeholder), so that a condition on it is false and a number that it would have to be is left out.
 */
#include "config/template/template_resolve_internal.h"

#include "base/arena.h"
#include "base/text_builder.h"
#include "config/document/document.h"
#include "config/document/problem_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CAUSE_MAX = 512, SHOWN_MAX = 100 };

struct template_cause {
    const char *text;
    struct template_cause *next;
};

/* Has it been told? Remembers it. */
static bool is_told(struct template_scope *scope, const struct node *at, const char *cause)
{
    size_t count = 0;

    for (const struct template_cause *one = scope->effort->causes; one != NULL;
         one = one->next, count++) {
        if (strcmp(one->text, cause) == 0)
            return true;
    }
    struct template_cause *new = arena_take(document_arena(scope->document), sizeof *new);
    const char *copy = arena_copy(document_arena(scope->document), cause, strlen(cause));

    if (!template_spend_search(scope, count, at))
        return true;
    if (new == NULL || copy == NULL) {
        scope->problems->is_out_of_memory = true;
        return true;
    }
    *new = (struct template_cause){.text = copy, .next = scope->effort->causes};
    scope->effort->causes = new;
    return false;
}

const struct node *template_placeholder(struct template_scope *scope, const struct node *at,
                                        const char *text, const char *format, ...)
{
    char cause[CAUSE_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(cause, sizeof cause, format, arguments);
    va_end(arguments);
    scope->effort->placeholder_uses++;
    const struct node *value = template_string(scope, text, at);

    if (value == NULL)
        return NULL;
    scope->bench->last->is_placeholder = true;
    if (!is_told(scope, at, cause))
        problem_list_add_at(scope->warnings, at, "%s; \"%.*s\" stands in for it", cause, SHOWN_MAX,
                            text);
    return value;
}

const struct node *template_placeholder_list(struct template_scope *scope,
                                             const struct node *placeholder)
{
    struct node *list = placeholder == NULL ? NULL : template_list(scope, placeholder);

    if (list == NULL || template_put(scope, list, NULL, placeholder, placeholder) == NULL)
        return NULL;
    list->is_placeholder = true;
    return list;
}

const char *template_plain_name(struct template_scope *scope, const char *text, size_t max)
{
    const size_t length = strlen(text);
    char *name = arena_copy(document_arena(scope->document), text, length < max ? length : max);

    scope->problems->is_out_of_memory |= name == NULL;
    for (char *at = name; at != NULL && *at != '\0'; at++) {
        const bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                              (*at >= '0' && *at <= '9') || *at == '-' || *at == '_';

        if (!is_plain)
            *at = '-';
    }
    return name;
}

/* ---- dynamic references ---- */

static const char opening[] = "{{resolve:", closing[] = "}}";

/* "service:rest", from the end: the key of a secret, else its name; a parameter's name without its version. */
static const char *name_of_reference(struct template_scope *scope, const char *reference)
{
    const char *rest = strchr(reference, ':');
    const char *secret = rest == NULL ? NULL : strstr(rest, ":SecretString");
    const char *name = rest == NULL ? reference : rest + 1;
    size_t length = strcspn(name, ":");

    if (secret != NULL) {
        const char *key = secret + strlen(":SecretString");

        key += *key == ':';
        length = strcspn(key, ":");
        if (length == 0)
            length = (size_t)(secret - name);
        else
            name = key;
    }
    const char *copy = arena_copy(document_arena(scope->document), name, length);

    scope->problems->is_out_of_memory |= copy == NULL;
    return copy;
}

static bool is_ssm(const char *reference)
{
    return strncmp(reference, "ssm:", 4) == 0;
}

/* The value of "{{resolve:reference}}": that of a parameter of this template, or a placeholder. */
static const struct node *value_of_reference(struct template_scope *scope, const struct node *at,
                                             const char *reference)
{
    const char *name = name_of_reference(scope, reference);

    if (name == NULL)
        return NULL;
    const struct node *value = is_ssm(reference) ? template_ssm_value(scope, at, name) : NULL;

    if (value != NULL)
        return value;
    return template_placeholder(scope, at, name,
                                "{{resolve:%.*s}} is read from AWS when a stack is deployed",
                                SHOWN_MAX, reference);
}

const struct node *template_resolve_dynamic(struct template_scope *scope, const struct node *source)
{
    struct text_builder builder;
    const char *at = source->text;
    bool is_placeholder = source->is_placeholder;

    text_builder_init(&builder, document_arena(scope->document));
    for (;;) {
        const char *begin = strstr(at, opening);
        const char *end = begin == NULL ? NULL : strstr(begin, closing);

        if (end == NULL)
            break;
        text_builder_add(&builder, at, (size_t)(begin - at));
        begin += strlen(opening);
        const char *reference =
            arena_copy(document_arena(scope->document), begin, (size_t)(end - begin));

        scope->problems->is_out_of_memory |= reference == NULL;
        const struct node *value =
            reference == NULL ? NULL : value_of_reference(scope, source, reference);
        const char *text = value == NULL ? NULL : template_text(scope, value);

        if (text == NULL || !template_spend(scope, strlen(text) / 8 + 1, source))
            return NULL;
        is_placeholder |= value->is_placeholder;
        text_builder_add_text(&builder, text);
        at = end + strlen(closing);
    }
    text_builder_add_text(&builder, at);
    const struct node *value = template_string(scope, text_builder_end(&builder), source);

    if (value != NULL)
        scope->bench->last->is_placeholder = is_placeholder;
    return value;
}
