#include "config/version_facts.h"

#include <stddef.h>
#include <string.h>

enum fact_use {
    FACT_OF_PROCESS, /* decides how the process is started; published with the version */
    FACT_OF_VERSION, /* published with the version */
    FACT_BESIDE,     /* follows the current configuration, also for a published version */
    FACT_DERIVED     /* follows from others */
};

enum fact_type { FACT_TEXT, FACT_TEXTS, FACT_NUMBER, FACT_FLAG, FACT_OTHER };

struct fact {
    size_t offset, size;
    enum fact_type type;
    enum fact_use use;
};

#define FACT(member, type, use)                                                                    \
    {                                                                                              \
        offsetof(struct function_version, member),                                                 \
            sizeof((const struct function_version *)0)->member, type, use                          \
    }

/* In the order of the struct: a test finds a member that has no row. */
/* clang-format off */
static const struct fact facts[] = {
    FACT(function,               FACT_OTHER,  FACT_BESIDE),
    FACT(version,                FACT_TEXT,   FACT_OF_PROCESS),
    FACT(kind,                   FACT_NUMBER, FACT_OF_PROCESS),
    FACT(family,                 FACT_NUMBER, FACT_DERIVED),
    FACT(left_out,               FACT_NUMBER, FACT_OF_PROCESS),
    FACT(why_left_out,           FACT_TEXT,   FACT_OF_PROCESS),
    FACT(runtime,                FACT_TEXT,   FACT_OF_PROCESS),
    FACT(handler,                FACT_TEXT,   FACT_OF_PROCESS),
    FACT(code_uri,               FACT_TEXT,   FACT_OF_PROCESS),
    FACT(code_source,            FACT_TEXT,   FACT_DERIVED),
    FACT(layers,                 FACT_TEXTS,  FACT_OF_PROCESS),
    FACT(description,            FACT_TEXT,   FACT_OF_VERSION),
    FACT(timeout_s,              FACT_NUMBER, FACT_OF_VERSION),
    FACT(memory_mb,              FACT_NUMBER, FACT_OF_PROCESS),
    FACT(environment,            FACT_TEXTS,  FACT_OF_PROCESS),
    FACT(has_json_log,           FACT_FLAG,   FACT_OF_PROCESS),
    FACT(system_log_level,       FACT_NUMBER, FACT_OF_PROCESS),
    FACT(command,                FACT_TEXTS,  FACT_OF_PROCESS),
    FACT(working_directory,      FACT_TEXT,   FACT_OF_PROCESS),
    FACT(dead_letter_arn,        FACT_TEXT,   FACT_OF_VERSION),
    FACT(event_invoke_config,    FACT_OTHER,  FACT_BESIDE),
    FACT(mock,                   FACT_OTHER,  FACT_BESIDE),
    FACT(faults,                 FACT_OTHER,  FACT_BESIDE),
    FACT(inherit_environment,    FACT_TEXTS,  FACT_OF_PROCESS),
    FACT(idle_timeout_s,         FACT_NUMBER, FACT_BESIDE),
    FACT(enforce_memory,         FACT_FLAG,   FACT_OF_PROCESS),
    FACT(freeze,                 FACT_FLAG,   FACT_OF_PROCESS),
    FACT(mount_task,             FACT_NUMBER, FACT_OF_PROCESS),
    FACT(access_denied,          FACT_FLAG,   FACT_BESIDE),
    FACT(allowed_access_key_ids, FACT_TEXTS,  FACT_BESIDE),
    FACT(attach,                 FACT_FLAG,   FACT_OF_PROCESS),
    FACT(debug_command,          FACT_TEXTS,  FACT_OF_PROCESS),
    FACT(provisioned,            FACT_NUMBER, FACT_BESIDE),
    FACT(fingerprint,            FACT_OTHER,  FACT_DERIVED),
    FACT(source,                 FACT_OTHER,  FACT_DERIVED),
};
/* clang-format on */

enum { FACT_COUNT = sizeof facts / sizeof facts[0] };

/* ---- one hash for all ---- */

/* FNV-1a with 64 bits, by whole words; the shift carries the upper bits down. */
static uint64_t mix(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * UINT64_C(1099511628211);
    return hash ^ hash >> 29;
}

/* With its length, so that adjacent texts can't be confused; NULL is not "". */
static uint64_t mix_text(uint64_t hash, const char *text)
{
    const size_t length = text == NULL ? 0 : strlen(text);

    hash = mix(hash, text == NULL ? UINT64_MAX : length);
    for (size_t begin = 0; begin < length; begin += sizeof(uint64_t)) {
        const size_t rest = length - begin;
        uint64_t bytes = 0;

        memcpy(&bytes, text + begin, rest < sizeof bytes ? rest : sizeof bytes);
        hash = mix(hash, bytes);
    }
    return hash;
}

/* string_list and variable_list have the same members. */
static uint64_t mix_texts(uint64_t hash, const struct string_list *list)
{
    hash = mix(hash, list->count);
    for (size_t i = 0; i < list->count; i++)
        hash = mix_text(hash, list->items[i]);
    return hash;
}

static uint64_t mix_fact(uint64_t hash, const struct function_version *version,
                         const struct fact *fact)
{
    const void *member = (const char *)version + fact->offset;

    switch (fact->type) {
    case FACT_TEXT:
        return mix_text(hash, *(const char *const *)member);
    case FACT_TEXTS:
        return mix_texts(hash, member);
    case FACT_NUMBER:
        return mix(hash, *(const unsigned *)member);
    case FACT_FLAG:
        return mix(hash, *(const bool *)member);
    case FACT_OTHER:
        break;
    }
    return hash;
}

static uint64_t mix_facts(uint64_t hash, const struct function_version *version, enum fact_use use)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (facts[i].use == use)
            hash = mix_fact(hash, version, &facts[i]);
    }
    return hash;
}

uint64_t version_fingerprint(const struct function_version *version, const char *region)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    hash = mix_text(hash, region);
    hash = mix_text(hash, version->function->name);
    return mix_facts(hash, version, FACT_OF_PROCESS);
}

bool version_is_same(const struct function_version *left, const struct function_version *right)
{
    return left->fingerprint == right->fingerprint &&
           mix_facts(0, left, FACT_OF_VERSION) == mix_facts(0, right, FACT_OF_VERSION);
}

void version_restore(struct function_version *version, const struct function_version *published)
{
    const struct function_version next = *version;

    *version = *published;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (facts[i].use == FACT_BESIDE)
            memcpy((char *)version + facts[i].offset, (const char *)&next + facts[i].offset,
                   facts[i].size);
    }
    if (next.kind != published->kind)
        version->mock = published->mock; /* canned responses stand in for another way to run */
}
