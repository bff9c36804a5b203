#include "config/check/exports.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

typedef enum export_status search_fn(struct bytes_view text, const char *name);

struct search_case {
    const char *text;
    enum export_status expected;
};

/* From an exact-size heap block, so that a sanitizer sees a byte read too far. */
static enum export_status search(search_fn *function, const char *text, size_t length)
{
    char *const block = malloc(length > 0 ? length : 1);

    ck_assert_ptr_nonnull(block);
    memcpy(block, text, length);
    const enum export_status status = function((struct bytes_view){block, length}, "handler");

    free(block);
    return status;
}

/* clang-format off */
static const struct search_case python[] = {
    {"def handler(event, context):\n    return 1\n",               EXPORT_FOUND},
    {"import os\n\n\nasync def handler(e, c):\n  pass",            EXPORT_FOUND},
    {"class handler:\n    pass\n",                                 EXPORT_FOUND},
    {"@decorate\ndef handler(event, context):\n    pass\n",        EXPORT_FOUND},
    {"\xef\xbb\xbf" "def handler(): pass",                         EXPORT_FOUND},
    {"handler = make()\n",                                         EXPORT_FOUND},
    {"main = handler = make()\n",                                  EXPORT_FOUND},
    {"handler, other = make()\n",                                  EXPORT_FOUND},
    {"handler: Callable = make()\n",                               EXPORT_FOUND},
    {"from app import handler\n",                                  EXPORT_FOUND},
    {"from app import (\n    other,\n    handler,\n)\n",           EXPORT_FOUND},
    {"import app.main as handler\n",                               EXPORT_FOUND},
    {"if x:\n    def handler(): pass\nelse:\n    pass\n",          EXPORT_FOUND},
    {"try:\n    from a import handler\nexcept E:\n    pass\n",     EXPORT_FOUND},
    {"def main():\n    pass\nhandler = main\n",                    EXPORT_FOUND},
    {"def main():\n    pass\nx = 1; handler = main\n",             EXPORT_FOUND},
    {"app = make(\n    a=1,\n)\nhandler = wrap(app)\n",            EXPORT_FOUND},

    {"def main(event, context):\n    return 1\n",                  EXPORT_MISSING},
    {"",                                                           EXPORT_MISSING},
    {"# def handler(): pass\n",                                    EXPORT_MISSING},
    {"\"\"\"\ndef handler(): pass\n\"\"\"\n",                      EXPORT_MISSING},
    {"x = 'handler = 1'\n",                                        EXPORT_MISSING},
    {"x = 'it\\'s'\ny = r'''\nhandler = 1 '''\n",                  EXPORT_MISSING},
    {"class A:\n    def handler(self):\n        pass\n",           EXPORT_MISSING},
    {"def main():\n    handler = 1\n    return handler\n",         EXPORT_MISSING},
    {"def main():\n    def handler(): pass\n",                     EXPORT_MISSING},
    {"main(handler=1)\n",                                          EXPORT_MISSING},
    {"main = handler\n",                                           EXPORT_MISSING},
    {"if handler == 1: pass\n",                                    EXPORT_MISSING},
    {"def handlers(): pass\n",                                     EXPORT_MISSING},
    {"def my_handler(): pass\n",                                   EXPORT_MISSING},
    {"from handler import main\n",                                 EXPORT_MISSING},
    {"def main(\n  handler,\n): pass\n",                           EXPORT_MISSING},
    {"'unfinished\ndef main(): pass\n",                            EXPORT_MISSING},

    {"from app import *\n",                                        EXPORT_UNSURE},
    {"globals()['handler'] = main\n",                              EXPORT_UNSURE},
    {"def main():\n    global handler\n    handler = 1\n",         EXPORT_UNSURE},
    {"def __getattr__(name):\n    return 1\n",                     EXPORT_UNSURE},
};

static const struct search_case nodejs[] = {
    {"export const handler = async (event) => 1;\n",               EXPORT_FOUND},
    {"export async function handler(event) {}\n",                  EXPORT_FOUND},
    {"export function* handler() {}",                              EXPORT_FOUND},
    {"export class handler {}",                                    EXPORT_FOUND},
    {"const handler = 1;\nexport { handler };\n",                  EXPORT_FOUND},
    {"export { main as handler } from './main.mjs';\n",            EXPORT_FOUND},
    {"exports.handler = async () => 1;\n",                         EXPORT_FOUND},
    {"module.exports.handler = main;\n",                           EXPORT_FOUND},
    {"module.exports = { handler };\n",                            EXPORT_FOUND},
    {"module.exports = { other: 1, handler: async () => 1 };\n",   EXPORT_FOUND},
    {"module.exports = { async handler(event) { return 1; } };\n", EXPORT_FOUND},
    {"exports['handler'] = main;\n",                               EXPORT_FOUND},
    {"exports . handler=main",                                     EXPORT_FOUND},
    {"Object.defineProperty(exports, \"handler\", {});\n",         EXPORT_FOUND},
    {"module.exports = __toCommonJS(a);\n0 && (module.exports = {\n  handler\n});\n", EXPORT_FOUND},
    {"exports.a = exports.handler = main;\n",                      EXPORT_FOUND},

    {"export const main = async () => 1;\n",                       EXPORT_MISSING},
    {"exports.main = async () => 1;\n",                            EXPORT_MISSING},
    {"module.exports = { main };\n",                               EXPORT_MISSING},
    {"const handler = async () => 1;\n",                           EXPORT_MISSING},
    {"// exports.handler = 1;\nexports.main = 1;\n",               EXPORT_MISSING},
    {"/* export const handler = 1; */ export const main = 1;\n",   EXPORT_MISSING},
    {"exports.handlers = 1;\n",                                    EXPORT_MISSING},
    {"",                                                           EXPORT_MISSING},
    {"/*",                                                         EXPORT_MISSING},

    {"export * from './main.mjs';\n",                              EXPORT_UNSURE},
    {"module.exports = require('./main');\n",                      EXPORT_UNSURE},
    {"module.exports = { ...require('./main') };\n",               EXPORT_UNSURE},
    {"Object.assign(exports, make());\n",                          EXPORT_UNSURE},
    {"exports[name] = 1;\n",                                       EXPORT_UNSURE},
    {"export const { handler } = make();\n",                       EXPORT_UNSURE},
    {"export const main = { handler: 1 };\n",                      EXPORT_UNSURE},
    {"const a = /'/;\nexports.main = 1;\n",                        EXPORT_UNSURE},
};
/* clang-format on */

START_TEST(finds_what_a_python_module_binds)
{
    ck_assert_int_eq(search(exports_python, python[_i].text, strlen(python[_i].text)),
                     python[_i].expected);
}
END_TEST

START_TEST(finds_what_a_nodejs_module_exports)
{
    ck_assert_int_eq(search(exports_nodejs, nodejs[_i].text, strlen(nodejs[_i].text)),
                     nodejs[_i].expected);
}
END_TEST

START_TEST(reads_no_byte_behind_a_text_that_is_cut_anywhere)
{
    for (size_t i = 0; i < ARRAY_LENGTH(python); i++)
        for (size_t length = 0; length < strlen(python[i].text); length++)
            (void)search(exports_python, python[i].text, length);
    for (size_t i = 0; i < ARRAY_LENGTH(nodejs); i++)
        for (size_t length = 0; length < strlen(nodejs[i].text); length++)
            (void)search(exports_nodejs, nodejs[i].text, length);
}
END_TEST

/* A search takes time in proportion to the text, whatever it repeats. */
START_TEST(a_large_file_is_searched_in_time)
{
    static const char *const parts[] = {"exports = {", "export {", "export const a, ",
                                        "exports[\"",  "((((",     "def a(): {[",
                                        "/*",          "'''"};
    enum { SIZE = 4 << 20 };
    char *const text = malloc(SIZE);
    const size_t part = strlen(parts[_i]);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = parts[_i][i % part];
    (void)exports_python((struct bytes_view){text, SIZE}, "handler");
    (void)exports_nodejs((struct bytes_view){text, SIZE}, "handler");
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *const suite = suite_create("exports");
    TCase *const tests = tcase_create("exports");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, finds_what_a_python_module_binds, 0, ARRAY_LENGTH(python));
    tcase_add_loop_test(tests, finds_what_a_nodejs_module_exports, 0, ARRAY_LENGTH(nodejs));
    tcase_add_test(tests, reads_no_byte_behind_a_text_that_is_cut_anywhere);
    tcase_add_loop_test(tests, a_large_file_is_searched_in_time, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
