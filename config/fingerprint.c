#include "config/fingerprint.h"

#include <string.h>

/* Those of FNV-1a with 64 bits. */
static const uint64_t offset_basis = 14695981039346656037u, prime = 1099511628211u;

/* A whole word at once instead of byte by byte; the shift carries its upper bits down. */
static void mix_number(uint64_t *hash, uint64_t number)
{
    *hash = (*hash ^ number) * prime;
    *hash ^= *hash >> 29;
}

/* Eight bytes at a time. With its length, so that neighbours can't lend each other letters; NULL is not "". */
static void mix_text(uint64_t *hash, const char *text)
{
    const size_t length = text == NULL ? 0 : strlen(text);

    mix_number(hash, text == NULL ? UINT64_MAX : length);
    for (size_t begin = 0; begin < length; begin += sizeof(uint64_t)) {
        const size_t rest = length - begin;
        uint64_t bytes = 0;

        memcpy(&bytes, text + begin, rest < sizeof bytes ? rest : sizeof bytes);
        mix_number(hash, bytes);
    }
}

static void mix_texts(uint64_t *hash, char *const *items, size_t count)
{
    mix_number(hash, count);
    for (size_t i = 0; i < count; i++)
        mix_text(hash, items[i]);
}

uint64_t fingerprint_of_version(const struct function_version *version, const char *region)
{
    uint64_t hash = offset_basis;

    mix_text(&hash, region);
    mix_text(&hash, version->function->name);
    mix_text(&hash, version->version);
    mix_number(&hash, (uint64_t)version->kind);
    mix_text(&hash, version->runtime);
    mix_text(&hash, version->handler);
    mix_text(&hash, version->code_uri);
    mix_number(&hash, version->memory_mb);
    mix_texts(&hash, version->environment.items, version->environment.count);
    mix_texts(&hash, version->command.items, version->command.count);
    mix_text(&hash, version->working_directory);
    mix_texts(&hash, version->inherit_environment.items, version->inherit_environment.count);
    mix_number(&hash, version->enforce_memory);
    mix_number(&hash, version->attach);
    mix_texts(&hash, version->debug_command.items, version->debug_command.count);
    return hash;
}
