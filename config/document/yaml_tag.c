#include "config/document/yaml_tag.h"

#include "config/names/nearest_name.h"

#include <stddef.h>
#include <string.h>

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

enum yaml_tag_kind yaml_tag_kind(const char *tag, const char **function)
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

const char *yaml_tag_nearest(const char *tag)
{
    struct nearest_name nearest;

    nearest_name_init(&nearest, tag);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        nearest_name_offer(&nearest, functions[i].tag);
    return nearest.best;
}
