#include "handlers/manage/member_rules.h"

#include "base/bytes.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_LENGTH = 128 };

/* ---- texts ---- */

bool member_matches(const char *ere, const char *text)
{
    char whole[2048];
    regex_t compiled;
    bool matches;

    (void)snprintf(whole, sizeof whole, "^(%s)$", ere);
    if (regcomp(&compiled, whole, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    matches = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

bool member_is_listed(const char *values, const char *text)
{
    const size_t length = strlen(text);

    for (const char *at = values; *at != '\0';) {
        const size_t word = strcspn(at, ",");

        if (word == length && memcmp(at, text, length) == 0)
            return true;
        at += word;
        at += strspn(at, ", ");
    }
    return false;
}

/* Characters of a UTF-8 text. */
static size_t length_of(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

static void print_number(struct bytes **text, double number)
{
    if (floor(number) == number && fabs(number) < 1e15)
        (void)bytes_format(text, "%.1f", number);
    else
        (void)bytes_format(text, "%.15g", number);
}

static void print_item(struct bytes **text, const cJSON *item)
{
    const cJSON *child;
    const char *separator = "";

    if (cJSON_IsString(item)) {
        (void)bytes_format(text, "%s", item->valuestring);
    } else if (cJSON_IsNumber(item)) {
        print_number(text, item->valuedouble);
    } else if (cJSON_IsObject(item) || cJSON_IsArray(item)) {
        (void)bytes_format(text, cJSON_IsObject(item) ? "{" : "[");
        cJSON_ArrayForEach(child, item)
        {
            (void)bytes_format(text, "%s%s%s", separator,
                               child->string == NULL ? "" : child->string,
                               child->string == NULL ? "" : "=");
            print_item(text, child);
            separator = ", ";
        }
        (void)bytes_format(text, cJSON_IsObject(item) ? "}" : "]");
    } else {
        (void)bytes_format(text, "%s", cJSON_IsTrue(item) ? "true" : "false");
    }
}

char *member_print(const cJSON *item)
{
    struct bytes *text = NULL;
    char *printed;

    if (cJSON_IsNumber(item)) /* alone, an integer is one */
        (void)bytes_format(&text, "%.15g", item->valuedouble);
    else
        print_item(&text, item);
    printed = strndup(text == NULL ? "" : text->data, text == NULL ? 0 : text->length);
    bytes_release(text);
    return printed;
}

/* ---- one row ---- */

struct checking {
    const struct member_rule *rule;
    struct violations *violations;
    char member[PATH_MAX_LENGTH];
    char *value; /* printed when it is first needed */
};

/* "VpcConfig.SubnetIds" is vpcConfig.subnetIds. */
static void name_member(struct checking *checking)
{
    bool is_first = true;
    size_t i = 0;

    for (; checking->rule->path[i] != '\0' && i + 1 < sizeof checking->member; i++) {
        const char letter = checking->rule->path[i];

        checking->member[i] = is_first ? (char)tolower((unsigned char)letter) : letter;
        is_first = letter == '.';
    }
    checking->member[i] = '\0';
}

static void violate(struct checking *checking, const cJSON *item, const char *constraint,
                    const char *detail)
{
    if (checking->value == NULL)
        checking->value = member_print(item);
    violations_add(checking->violations, checking->value == NULL ? "" : checking->value,
                   checking->member, "%s%s%s", constraint, detail,
                   strchr(constraint, '[') == NULL ? "" : "]");
}

static void check_limits(struct checking *checking, const cJSON *item, double amount,
                         const char *what)
{
    const struct member_rule *rule = checking->rule;
    const double limits[] = {rule->max, rule->min};
    static const char *const words[] = {"less", "greater"};
    char constraint[100];

    for (size_t i = 0; i < 2; i++) {
        const bool is_broken = i == 0 ? rule->max > 0 && amount > rule->max : amount < rule->min;

        if (!is_broken)
            continue;
        (void)snprintf(constraint, sizeof constraint,
                       "Member must have %s %s than or equal to %.0f", what, words[i], limits[i]);
        violate(checking, item, constraint, "");
    }
}

static void check_text(struct checking *checking, const cJSON *item)
{
    const struct member_rule *rule = checking->rule;

    check_limits(checking, item, (double)length_of(item->valuestring), "length");
    if (rule->ere != NULL && !member_matches(rule->ere, item->valuestring))
        violate(checking, item, "Member must satisfy regular expression pattern: ", rule->pattern);
    if (rule->values != NULL && !member_is_listed(rule->values, item->valuestring))
        violate(checking, item, "Member must satisfy enum value set: [", rule->values);
}

static bool is_item_good(const struct item_rule *rule, const char *text)
{
    const double length = (double)length_of(text);

    return length >= rule->min && (rule->max <= 0 || length <= rule->max) &&
           (rule->ere == NULL || member_matches(rule->ere, text)) &&
           (rule->values == NULL || member_is_listed(rule->values, text));
}

static void check_items(struct checking *checking, const cJSON *list)
{
    const struct member_rule *rule = checking->rule;
    const cJSON *item;
    bool has_bad_item = false, has_bad_key = false;

    check_limits(checking, list, cJSON_GetArraySize(list), "length");
    cJSON_ArrayForEach(item, list)
    {
        if (rule->key != NULL && !is_item_good(rule->key, item->string))
            has_bad_key = true;
        if (rule->item == NULL)
            continue;
        if (cJSON_IsNumber(item))
            has_bad_item = has_bad_item || item->valuedouble < rule->item->min ||
                           item->valuedouble > rule->item->max;
        else if (cJSON_IsString(item))
            has_bad_item = has_bad_item || !is_item_good(rule->item, item->valuestring);
    }
    if (has_bad_key)
        violate(checking, list, "Map keys must satisfy constraint: [", rule->key->text);
    if (has_bad_item && rule->item->shown != NULL)
        violate(checking, list, "Member must satisfy enum value set: [", rule->item->shown);
    else if (has_bad_item)
        violate(checking, list,
                cJSON_IsObject(list) ? "Map value must satisfy constraint: ["
                                     : "Member must satisfy constraint: [",
                rule->item->text);
}

/* ---- kinds ---- */

static bool all_are(const cJSON *list, cJSON_bool (*is_kind)(const cJSON *item))
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (!is_kind(item))
            return false;
    }
    return true;
}

static bool is_kind(const cJSON *item, enum member_kind kind)
{
    switch (kind) {
    case MEMBER_TEXT:
        return cJSON_IsString(item);
    case MEMBER_INTEGER:
        return cJSON_IsNumber(item) && floor(item->valuedouble) == item->valuedouble;
    case MEMBER_NUMBER:
        return cJSON_IsNumber(item);
    case MEMBER_FLAG:
        return cJSON_IsBool(item);
    case MEMBER_OBJECT:
        return cJSON_IsObject(item);
    case MEMBER_TEXTS:
        return cJSON_IsArray(item) && all_are(item, cJSON_IsString);
    case MEMBER_OBJECTS:
        return cJSON_IsArray(item) && all_are(item, cJSON_IsObject);
    case MEMBER_MAP:
        return cJSON_IsObject(item) && all_are(item, cJSON_IsString);
    case MEMBER_NUMBERS:
        return cJSON_IsObject(item) && all_are(item, cJSON_IsNumber);
    }
    return false;
}

static void check_item(struct checking *checking, const cJSON *item)
{
    switch (checking->rule->kind) {
    case MEMBER_TEXT:
        check_text(checking, item);
        break;
    case MEMBER_INTEGER:
    case MEMBER_NUMBER:
        check_limits(checking, item, item->valuedouble, "value");
        break;
    case MEMBER_TEXTS:
    case MEMBER_OBJECTS:
    case MEMBER_MAP:
    case MEMBER_NUMBERS:
        check_items(checking, item);
        break;
    case MEMBER_FLAG:
    case MEMBER_OBJECT:
        break;
    }
}

/* ---- all rows ---- */

/* `has_parent`: the object that should have the member is there. */
static const cJSON *find(const cJSON *body, const char *path, bool *has_parent)
{
    const cJSON *item = body;

    *has_parent = true;
    for (const char *at = path; *at != '\0';) {
        const size_t length = strcspn(at, ".");
        char key[PATH_MAX_LENGTH];

        (void)snprintf(key, sizeof key, "%.*s", (int)length, at);
        item = cJSON_GetObjectItemCaseSensitive(item, key);
        at += length;
        if (*at == '\0')
            break;
        at++;
        if (!cJSON_IsObject(item)) {
            *has_parent = false;
            return NULL;
        }
    }
    return item;
}

bool member_rules_check(const struct member_rule *rules, const cJSON *body,
                        struct violations *violations, const char **wrong)
{
    for (const struct member_rule *rule = rules; rule != NULL && rule->path != NULL; rule++) {
        struct checking checking = {.rule = rule, .violations = violations};
        bool has_parent;
        const cJSON *item = find(body, rule->path, &has_parent);

        name_member(&checking);
        if (item == NULL || cJSON_IsNull(item)) {
            if (rule->is_required && has_parent)
                violations_add_missing(violations, checking.member);
            continue;
        }
        if (!is_kind(item, rule->kind)) {
            *wrong = rule->path;
            return false;
        }
        check_item(&checking, item);
        free(checking.value);
    }
    return true;
}
