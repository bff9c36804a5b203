#include "config/code/inline_code.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The assembler takes in the files; the Makefile knows that the object depends on them. */
#define EMBED(symbol, path)                                                                        \
    __asm__(".pushsection .rodata\n" #symbol "_begin: .incbin \"" path "\"\n" #symbol              \
            "_end: .byte 0\n.popsection\n");                                                       \
    extern const char symbol##_begin[] __attribute__((visibility("hidden")));                      \
    extern const char symbol##_end[] __attribute__((visibility("hidden")))

EMBED(cfn_response_python, "config/code/cfn_response/cfnresponse.py");
EMBED(cfn_response_nodejs, "config/code/cfn_response/cfn-response.js");

/* Does a line begin with an import or export statement? `import(` is a call, which CommonJS has, too. */
static bool is_module_line(const char *line, size_t length)
{
    static const char *const words[] = {"import", "export"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (length > strlen(words[i]) && strncmp(line, words[i], strlen(words[i])) == 0 &&
            strchr(" \t{*'\"", line[strlen(words[i])]) != NULL && line[strlen(words[i])] != '\0')
            return true;
    }
    return false;
}

static bool is_module(struct bytes_view text)
{
    const char *line = text.data, *const end = text.data + text.length;

    while (line < end) {
        const char *const line_end = memchr(line, '\n', (size_t)(end - line));
        const char *const next = line_end == NULL ? end : line_end + 1;

        while (line < next && (*line == ' ' || *line == '\t'))
            line++;
        if (is_module_line(line, (size_t)(next - line)))
            return true;
        line = next;
    }
    return false;
}

bool inline_code_write(struct code_folder *folder, const char *store, enum runtime_family family,
                       struct bytes_view text)
{
    struct code_file files[] = {{.text = text}, {.name = NULL}};

    switch (family) {
    case RUNTIME_FAMILY_PYTHON:
        files[0].name = "index.py";
        files[1] = (struct code_file){
            "cfnresponse.py",
            {cfn_response_python_begin,
             (uintptr_t)cfn_response_python_end - (uintptr_t)cfn_response_python_begin}};
        break;
    case RUNTIME_FAMILY_NODEJS:
        files[0].name = is_module(text) ? "index.mjs" : "index.js";
        files[1] = (struct code_file){
            "node_modules/cfn-response/index.js",
            {cfn_response_nodejs_begin,
             (uintptr_t)cfn_response_nodejs_end - (uintptr_t)cfn_response_nodejs_begin}};
        break;
    case RUNTIME_FAMILY_NONE:
    case RUNTIME_FAMILY_PROVIDED:
    case RUNTIME_FAMILY_RUBY:
    case RUNTIME_FAMILY_CLIENT:
        (void)snprintf(folder->why, sizeof folder->why,
                       "only Python and Node.js functions can have inline code");
        return false;
    }
    return code_folder_write(folder, store, files, 2);
}
