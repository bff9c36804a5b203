#include "config/names/bundled_language.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 3 };

/* clang-format off */
static const struct bundled_language rows[] = {
    {
        .family = RUNTIME_FAMILY_PYTHON, .name = "Python",
        .prefix = "python3.", .suffix = "", .spelling = "python3.N",
        .known = {"python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python3.14", "python3.15"},
        .usual = "python3.12", .package = "python3",
        .handler = "app.handler",
        .file_ends = {".py"},
        .folder_files = {"app.py"},
        .module_ends = {".py", "/__init__.py"}, .module_is_dotted = true, .module_path = "PYTHONPATH",
        .executables = {"python*", "python3"},
        .script = "python/bootstrap.py",
        .question_flag = "-c",
        .question = "import sys; print(sys.executable); print('.'.join(map(str, sys.version_info[:3])))",
        .start_variables = {"PYTHON*"},
    },
    {
        .family = RUNTIME_FAMILY_NODEJS, .name = "Node.js",
        .prefix = "nodejs", .suffix = ".x", .spelling = "nodejsN.x",
        .known = {"nodejs22.x", "nodejs20.x", "nodejs18.x", "nodejs24.x", "nodejs26.x", "nodejs16.x"},
        .usual = "nodejs20.x", .package = "nodejs",
        .handler = "index.handler",
        .file_ends = {".mjs", ".js", ".cjs"},
        .folder_files = {"index.mjs", "index.js"},
        .module_ends = {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}, .module_path = "NODE_PATH",
        .executables = {"node*", "nodejs*", "node", "nodejs"},
        .script = "nodejs/bootstrap.cjs",
        .question_flag = "-p",
        .question = "process.execPath + '\\n' + process.versions.node",
        .start_variables = {"NODE_*", "OPENSSL_*", "SSL_*", "UV_*"},
    },
    {
        .family = RUNTIME_FAMILY_RUBY, .name = "Ruby",
        .prefix = "ruby", .suffix = ".*", .spelling = "rubyN.N",
        .known = {"ruby3.4", "ruby3.3", "ruby3.2", "ruby4.0", "ruby2.7"},
        .usual = "ruby3.4", .package = "ruby",
        .handler = "app.handler",
        .file_ends = {".rb"},
        .folder_files = {"app.rb"},
        .module_ends = {".rb"}, .module_path = "RUBYLIB",
        .executables = {"ruby*", "ruby"},
        .script = "ruby/bootstrap.rb",
        .question_flag = "-e",
        .question = "require 'rbconfig'; puts RbConfig.ruby, RUBY_VERSION",
        .start_variables = {"RUBY*", "GEM_*", "BUNDLE_*"},
    },
};
/* clang-format on */

const struct bundled_language *bundled_language_at(size_t place)
{
    return place < sizeof rows / sizeof rows[0] ? &rows[place] : NULL;
}

const struct bundled_language *bundled_language_of(enum runtime_family family)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].family == family)
            return &rows[i];
    }
    return NULL;
}

/* A star in `suffix` stands for a number. */
static bool is_suffix(const char *text, const char *suffix)
{
    const size_t star = strcspn(suffix, "*");

    if (suffix[star] == '\0')
        return strcmp(text, suffix) == 0;
    if (strncmp(text, suffix, star) != 0)
        return false;
    const size_t digits = strspn(text + star, "0123456789");

    return digits >= 1 && digits <= NUMBER_MAX &&
           strcmp(text + star + digits, suffix + star + 1) == 0;
}

enum runtime_family bundled_family_of(const char *runtime)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct bundled_language *const language = &rows[i];
        const size_t length = strlen(language->prefix);

        if (strncmp(runtime, language->prefix, length) != 0)
            continue;
        const size_t digits = strspn(runtime + length, "0123456789");

        if (digits >= 1 && digits <= NUMBER_MAX &&
            is_suffix(runtime + length + digits, language->suffix))
            return rows[i].family;
    }
    return RUNTIME_FAMILY_NONE;
}

void bundled_language_spellings(char text[BUNDLED_SPELLINGS_SIZE])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && used < BUNDLED_SPELLINGS_SIZE; i++)
        used += (size_t)snprintf(text + used, BUNDLED_SPELLINGS_SIZE - used, "%s%s",
                                 i == 0 ? "" : ", ", rows[i].spelling);
}
