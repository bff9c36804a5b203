#include "config/document/json_value.h"

#include "base/json/json_string.h"

#include <string.h>

/* ---- text ---- */

static bool append_text(struct bytes **bytes, const char *text)
{
    return bytes_append(bytes, text, strlen(text));
}

static bool append_string(struct bytes **bytes, const char *text)
{
    return json_string_append(bytes, (struct bytes_view){text, strlen(text)});
}

static bool append_number(struct bytes **bytes, const cJSON *number)
{
    if (number->valuestring != NULL)
        return append_text(bytes, number->valuestring);
    return bytes_format(bytes, "%.17g", number->valuedouble);
}

static bool append_children(struct bytes **bytes, const cJSON *value)
{
    const bool is_object = cJSON_IsObject(value);

    if (!append_text(bytes, is_object ? "{" : "["))
        return false;
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        if (child != value->child && !append_text(bytes, ","))
            return false;
        if (is_object && !(append_string(bytes, child->string) && append_text(bytes, ":")))
            return false;
        if (!json_value_append(bytes, child))
            return false;
    }
    return append_text(bytes, is_object ? "}" : "]");
}

bool json_value_append(struct bytes **bytes, const cJSON *value)
{
    if (cJSON_IsObject(value) || cJSON_IsArray(value))
        return append_children(bytes, value);
    if (cJSON_IsString(value))
        return append_string(bytes, value->valuestring);
    if (cJSON_IsNumber(value))
        return append_number(bytes, value);
    if (cJSON_IsBool(value))
        return append_text(bytes, cJSON_IsTrue(value) ? "true" : "false");
    return append_text(bytes, "null");
}

/* ---- hash: FNV-1a with 64 bits ---- */

static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* With the NUL at its end, so that adjacent texts can't be confused. */
static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text == NULL ? hash : mix(hash, text, strlen(text) + 1);
}

static uint64_t mix_value(uint64_t hash, const cJSON *value)
{
    const int type = value->type & 0xff;

    hash = mix(hash, &type, sizeof type);
    hash = mix_text(hash, value->string);
    hash = mix_text(hash, value->valuestring);
    if (cJSON_IsNumber(value) && value->valuestring == NULL)
        hash = mix(hash, &value->valuedouble, sizeof value->valuedouble);
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        hash = mix_value(hash, child);
    return mix(hash, "", 1); /* its end */
}

uint64_t json_value_hash(const cJSON *value)
{
    return mix_value(UINT64_C(14695981039346656037), value);
}
