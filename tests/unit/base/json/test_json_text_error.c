/*
 * The words and places of every refusal. Two rows are recorded answers of AWS; the others are what Jackson 2.22 says of
 * the same bytes (columns of unknown words: as before 2.21), but for what only the RFC
 * refuses.
 */
#include "base/json/json_text.h"
#include "base/json/json_text_error.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof literal - 1
#define SOURCE "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
#define COMMENT                                                                                    \
    "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not "   \
    "enabled for parser)"
#define MINUS "expected digit (0-9) to follow minus sign, for valid numeric value"
#define NON_NUMERIC "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
#define PLUS                                                                                       \
    "JSON spec does not allow numbers to have plus signs: enable "                                 \
    "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"
#define SPACE "only regular white space (\\r, \\n, \\t) is allowed between tokens"
#define TRAILING(type)                                                                             \
    "Trailing token (of type " type                                                                \
    ") found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not "               \
    "allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`"

/* clang-format off */
static const struct {
    const char *text;
    size_t length, line, column;
    const char *reason;
} errors[] = {
    /* Recorded by AWS */
    {TEXT("n\x87r\x9E\xE9\xB5\xD7I\xEE\x9Bmt"), 1, 3, "Invalid UTF-8 start byte 0x87"},
    {TEXT("\x99\xEB,j\x07\xA1zYh"), 1, 1, "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value " VALUES},
    /* The text ends too early */
    {TEXT(""), 1, 0, "No content to map due to end-of-input"},
    {TEXT(" "), 1, 0, "No content to map due to end-of-input"},
    {TEXT("\n\n "), 1, 0, "No content to map due to end-of-input"},
    {TEXT("{"), 1, 2, "Unexpected end-of-input: expected close marker for Object (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("["), 1, 2, "Unexpected end-of-input: expected close marker for Array (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{\"a\""), 1, 5, "Unexpected end-of-input within/between Object entries"},
    {TEXT("{\"a\":"), 1, 6, "Unexpected end-of-input within/between Object entries"},
    {TEXT("{\"a\":1"), 1, 7, "Unexpected end-of-input: expected close marker for Object (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{\"a\":1,"), 1, 8, "Unexpected end-of-input within/between Object entries"},
    {TEXT("{\"a"), 1, 4, "Unexpected end-of-input in field name"},
    {TEXT("[\"a"), 1, 4, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("\"a"), 1, 3, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("[1"), 1, 3, "Unexpected end-of-input: expected close marker for Array (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("[1,"), 1, 4, "Unexpected end-of-input within/between Array entries"},
    {TEXT("[1 "), 1, 4, "Unexpected end-of-input: expected close marker for Array (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{\"a\" "), 1, 6, "Unexpected end-of-input within/between Object entries"},
    {TEXT("{ "), 1, 3, "Unexpected end-of-input: expected close marker for Object (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{\"a\":1, "), 1, 9, "Unexpected end-of-input within/between Object entries"},
    {TEXT("[\n1,\n"), 3, 1, "Unexpected end-of-input within/between Array entries"},
    {TEXT("-"), 1, 2, "Unexpected end-of-input in null"},
    {TEXT("+"), 1, 2, "Unexpected end-of-input in a Number value"},
    {TEXT("1e"), 1, 3, "Unexpected end-of-input in null"},
    {TEXT("1e+"), 1, 4, "Unexpected end-of-input in null"},
    {TEXT("1E-"), 1, 4, "Unexpected end-of-input in null"},
    {TEXT("a\xC3"), 1, 3, "Unexpected end-of-input in null"},
    {TEXT("a\xE2\x82"), 1, 4, "Unexpected end-of-input in null"},
    {TEXT("\"\\"), 1, 3, "Unexpected end-of-input in character escape sequence"},
    {TEXT("\"\\u"), 1, 4, "Unexpected end-of-input in character escape sequence"},
    {TEXT("\"\\u00"), 1, 6, "Unexpected end-of-input in character escape sequence"},
    {TEXT("{\"\\"), 1, 4, "Unexpected end-of-input in character escape sequence"},
    {TEXT("{\"\\u1"), 1, 6, "Unexpected end-of-input in character escape sequence"},
    {TEXT("\"\xC3"), 1, 3, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("\"\xE2\x82"), 1, 4, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("\"\xF0\x9F\x98"), 1, 5, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("{\"\xC3\":1}"), 1, 5, "Unexpected end-of-input in field name"},
    {TEXT("{\"\xC3"), 1, 4, "Unexpected end-of-input in field name"},
    {TEXT("{\"\xE2\x82"), 1, 5, "Unexpected end-of-input in field name"},
    {TEXT("{\"abcdefgh\xE2(\":1}"), 1, 14, "Unexpected end-of-input in field name"},
    {TEXT("\"a\\\""), 1, 5, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("[1,2"), 1, 5, "Unexpected end-of-input: expected close marker for Array (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("[[1,2],[3,4]"), 1, 13, "Unexpected end-of-input: expected close marker for Array (start marker at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("[-"), 1, 3, "Unexpected end-of-input in START_ARRAY"},
    {TEXT("[1e"), 1, 4, "Unexpected end-of-input in START_ARRAY"},
    {TEXT("[1.5e-"), 1, 7, "Unexpected end-of-input in START_ARRAY"},
    {TEXT("{\"a\":-"), 1, 7, "Unexpected end-of-input in FIELD_NAME"},
    {TEXT("1.5e"), 1, 5, "Unexpected end-of-input in null"},
    {TEXT("{\""), 1, 3, "Unexpected end-of-input: was expecting closing '\"' for name"},
    {TEXT("{\"a\":1,\""), 1, 9, "Unexpected end-of-input: was expecting closing '\"' for name"},
    {TEXT("-I"), 1, 3, "Unexpected end-of-input in a Number value"},
    {TEXT("+I"), 1, 3, "Unexpected end-of-input in a Number value"},
    {TEXT("[1,-"), 1, 5, "Unexpected end-of-input in VALUE_NUMBER_INT"},
    {TEXT("[\"a\",-"), 1, 7, "Unexpected end-of-input in VALUE_STRING"},
    {TEXT("[[],-"), 1, 6, "Unexpected end-of-input in END_ARRAY"},
    {TEXT("[{},1e"), 1, 7, "Unexpected end-of-input in END_OBJECT"},
    {TEXT("[true,-"), 1, 8, "Unexpected end-of-input in VALUE_TRUE"},
    {TEXT("[false,-"), 1, 9, "Unexpected end-of-input in VALUE_FALSE"},
    {TEXT("[null,-"), 1, 8, "Unexpected end-of-input in VALUE_NULL"},
    {TEXT("[1.5,-"), 1, 7, "Unexpected end-of-input in VALUE_NUMBER_FLOAT"},
    {TEXT("[-1,-"), 1, 6, "Unexpected end-of-input in VALUE_NUMBER_INT"},
    {TEXT("{\"\xE2\x82\xAC\":1,\xC3"), 1, 11, "Unexpected end-of-input in VALUE_NUMBER_INT"},
    {TEXT("{} -"), 1, 5, "Unexpected end-of-input in END_OBJECT"},
    {TEXT("{\"\xFF"), 1, 4, "Unexpected end-of-input in field name"},
    /* Bytes that are no UTF-8; overlong forms, surrogates in names and bytes above 0xF4 are refused by the RFC alone */
    {TEXT("null\x80"), 1, 5, "Invalid UTF-8 start byte 0x80"},
    {TEXT("null\xC3\xA9"), 1, 6, "Invalid UTF-8 middle byte 0xc3"},
    {TEXT("[null\xC3\xA9x]"), 1, 7, "Invalid UTF-8 middle byte 0xc3"},
    {TEXT("\xC3\xA9" "a"), 1, 3, "Invalid UTF-8 start byte 0xa9"},
    {TEXT("a\xFF"), 1, 3, "Invalid UTF-8 start byte 0xff"},
    {TEXT("a\xC3("), 1, 4, "Invalid UTF-8 middle byte 0x28"},
    {TEXT("\xEF\xBB\xBF" "1"), 1, 3, "Invalid UTF-8 start byte 0xbb"},
    {TEXT("\xFF\xFE" "1\x00"), 1, 3, "Invalid UTF-8 start byte 0xfe"},
    {TEXT("1 \xEF\xBB\xBF"), 1, 5, "Invalid UTF-8 start byte 0xbb"},
    {TEXT("\xF0\x9F\x98\x80"), 1, 3, "Invalid UTF-8 start byte 0x9f"},
    {TEXT("{\xFF"), 1, 3, "Invalid UTF-8 start byte 0xff"},
    {TEXT("\"\xFF\""), 1, 3, "Invalid UTF-8 start byte 0xff"},
    {TEXT("\"\x80\""), 1, 3, "Invalid UTF-8 start byte 0x80"},
    {TEXT("\"\xC3\""), 1, 4, "Invalid UTF-8 middle byte 0x22"},
    {TEXT("\"\xC3("), 1, 4, "Invalid UTF-8 middle byte 0x28"},
    {TEXT("\"\xE2\x82\""), 1, 5, "Invalid UTF-8 middle byte 0x22"},
    {TEXT("\"\xE2(\xA1\""), 1, 4, "Invalid UTF-8 middle byte 0x28"},
    {TEXT("\"\xE2\x82("), 1, 5, "Invalid UTF-8 middle byte 0x28"},
    {TEXT("\"\xF0\x9F\x98\""), 1, 6, "Invalid UTF-8 middle byte 0x22"},
    {TEXT("\"\xF8\x80\""), 1, 3, "Invalid UTF-8 start byte 0xf8"},
    {TEXT("\"\xC0\x80\""), 1, 3, "Invalid UTF-8 start byte 0xc0"},
    {TEXT("\"\xED\xA0\x80\""), 1, 5, "Invalid UTF-8: Illegal surrogate character 0xd800"},
    {TEXT("\"\xF5\x80\x80\x80\""), 1, 3, "Invalid UTF-8 start byte 0xf5"},
    {TEXT("{\"\xFF\":1}"), 1, 5, "Invalid UTF-8 start byte 0xff"},
    {TEXT("{\"abcdefghijklmnopqrstuvwx\xFF\":1}"), 1, 29, "Invalid UTF-8 start byte 0xff"},
    {TEXT("[\xE2\x80\x9Cx]"), 1, 4, "Invalid UTF-8 start byte 0x80"},
    {TEXT("[\xC2\xA0]"), 1, 4, "Invalid UTF-8 start byte 0xa0"},
    {TEXT("{\"\xED\xA0\x80\":1}"), 1, 7, "Invalid UTF-8: Illegal surrogate character 0xd800"},
    {TEXT("\"\\\xFF\""), 1, 4, "Invalid UTF-8 start byte 0xff"},
    /* Bare words */
    {TEXT("NaN"), 1, 4, "Non-standard token 'NaN': " NON_NUMERIC},
    {TEXT("[NaN]"), 1, 5, "Non-standard token 'NaN': " NON_NUMERIC},
    {TEXT("Infinity"), 1, 9, "Non-standard token 'Infinity': " NON_NUMERIC},
    {TEXT("-Infinity"), 1, 10, "Non-standard token '-Infinity': " NON_NUMERIC},
    {TEXT("-INF"), 1, 5, "Non-standard token '-INF': " NON_NUMERIC},
    {TEXT("[-Inf"), 1, 6, "Unrecognized token '-Inf': was expecting " VALUES},
    {TEXT("1 x"), 1, 4, "Unrecognized token 'x': was expecting " VALUES},
    {TEXT("\"a\"x"), 1, 5, "Unrecognized token 'x': was expecting " VALUES},
    {TEXT("\"a\" x"), 1, 6, "Unrecognized token 'x': was expecting " VALUES},
    {TEXT("{} tru"), 1, 7, "Unrecognized token 'tru': was expecting " VALUES},
    {TEXT("nul"), 1, 4, "Unrecognized token 'nul': was expecting " VALUES},
    {TEXT("nulL"), 1, 5, "Unrecognized token 'nulL': was expecting " VALUES},
    {TEXT("+INF"), 1, 5, "Non-standard token '+INF': " NON_NUMERIC},
    {TEXT("+Infinity"), 1, 10, "Non-standard token '+Infinity': " NON_NUMERIC},
    /* Numbers */
    {TEXT("-NaN"), 1, 2, "Unexpected character ('N' (code 78)) in numeric value: " MINUS},
    {TEXT("+1"), 1, 2, "Unexpected character ('+' (code 43)) in numeric value: " PLUS},
    {TEXT("[+1]"), 1, 3, "Unexpected character ('+' (code 43)) in numeric value: " PLUS},
    {TEXT("-x"), 1, 2, "Unexpected character ('x' (code 120)) in numeric value: " MINUS},
    {TEXT("[-]"), 1, 3, "Unexpected character (']' (code 93)) in numeric value: " MINUS},
    {TEXT("-\n"), 1, 2, "Unexpected character ((CTRL-CHAR, code 10)) in numeric value: " MINUS},
    {TEXT("01"), 1, 2, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("[01]"), 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("00"), 1, 2, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("-01"), 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("-00"), 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("1."), 1, 2, "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("1.x"), 1, 3, "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("[1.]"), 1, 4, "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("1ex"), 1, 3, "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit"},
    {TEXT("[1e]"), 1, 4, "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit"},
    {TEXT("[1e+]"), 1, 5, "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit"},
    {TEXT("1e+x"), 1, 4, "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit"},
    {TEXT("[-1.]"), 1, 5, "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("-a"), 1, 2, "Unexpected character ('a' (code 97)) in numeric value: " MINUS},
    {TEXT("01a"), 1, 2, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("[1."), 1, 3, "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("{\"a\":1."), 1, 7, "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("0."), 1, 2, "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit"},
    {TEXT("[00"), 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
    {TEXT("-Ix"), 1, 3, "Unexpected character ('x' (code 120)) in numeric value: " MINUS},
    {TEXT("+Ix"), 1, 3, "Unexpected character ('+' (code 43)) in numeric value: " PLUS},
    /* Behind a number at the root */
    {TEXT("0x1"), 1, 2, "Unexpected character ('x' (code 120)): Expected space separating root-level values"},
    {TEXT("1x"), 1, 2, "Unexpected character ('x' (code 120)): Expected space separating root-level values"},
    {TEXT("1\"a\""), 1, 2, "Unexpected character ('\"' (code 34)): Expected space separating root-level values"},
    {TEXT("1["), 1, 2, "Unexpected character ('[' (code 91)): Expected space separating root-level values"},
    {TEXT("1,"), 1, 2, "Unexpected character (',' (code 44)): Expected space separating root-level values"},
    {TEXT("1]"), 1, 2, "Unexpected character (']' (code 93)): Expected space separating root-level values"},
    {TEXT("1}"), 1, 2, "Unexpected character ('}' (code 125)): Expected space separating root-level values"},
    {TEXT("1\x00"), 1, 2, "Unexpected character ((CTRL-CHAR, code 0)): Expected space separating root-level values"},
    {TEXT("1\x0C"), 1, 2, "Unexpected character ((CTRL-CHAR, code 12)): Expected space separating root-level values"},
    {TEXT("1\x0C" "2"), 1, 2, "Unexpected character ((CTRL-CHAR, code 12)): Expected space separating root-level values"},
    /* Something behind the value: refused by the RFC; Jackson's words with FAIL_ON_TRAILING_TOKENS */
    {TEXT("\"a\"\"b\""), 1, 4, TRAILING("VALUE_STRING")},
    {TEXT("{} {}"), 1, 4, TRAILING("START_OBJECT")},
    {TEXT("{}{}"), 1, 3, TRAILING("START_OBJECT")},
    {TEXT("{} 1"), 1, 4, TRAILING("VALUE_NUMBER_INT")},
    {TEXT("{} \"a\""), 1, 4, TRAILING("VALUE_STRING")},
    {TEXT("{} true"), 1, 4, TRAILING("VALUE_TRUE")},
    {TEXT("null\""), 1, 5, TRAILING("VALUE_STRING")},
    {TEXT("null["), 1, 5, TRAILING("START_ARRAY")},
    {TEXT("null{"), 1, 5, TRAILING("START_OBJECT")},
    {TEXT("0\t1"), 1, 3, TRAILING("VALUE_NUMBER_INT")},
    {TEXT("{} 1.5"), 1, 4, TRAILING("VALUE_NUMBER_FLOAT")},
    {TEXT("{} null"), 1, 4, TRAILING("VALUE_NULL")},
    {TEXT("{} false"), 1, 4, TRAILING("VALUE_FALSE")},
    {TEXT("[] []"), 1, 4, TRAILING("START_ARRAY")},
    {TEXT("\"a\" \"b"), 1, 5, TRAILING("VALUE_STRING")},
    /* Close markers */
    {TEXT("[] ]"), 1, 4, "Unexpected close marker ']': no open Array to close"},
    {TEXT("{} }"), 1, 4, "Unexpected close marker '}': no open Object to close"},
    {TEXT("}"), 1, 1, "Unexpected close marker '}': no open Object to close"},
    {TEXT("]"), 1, 1, "Unexpected close marker ']': no open Array to close"},
    {TEXT("[}"), 1, 2, "Unexpected close marker '}': expected ']' (for Array starting at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{]"), 1, 2, "Unexpected close marker ']': expected '}' (for Object starting at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("[1}"), 1, 3, "Unexpected close marker '}': expected ']' (for Array starting at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("{\"a\":1]"), 1, 7, "Unexpected close marker ']': expected '}' (for Object starting at [" SOURCE "; line: 1, column: 1])"},
    {TEXT("[{\"a\":[1,2}"), 1, 11, "Unexpected close marker '}': expected ']' (for Array starting at [" SOURCE "; line: 1, column: 7])"},
    {TEXT("{\"a\":\"x]\",\"b\":[1,\"}\"\n}"), 2, 1, "Unexpected close marker '}': expected ']' (for Array starting at [" SOURCE "; line: 1, column: 15])"},
    /* Strings and escapes */
    {TEXT("\"\n\""), 1, 2, "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value"},
    {TEXT("\"\x00\""), 1, 2, "Illegal unquoted character ((CTRL-CHAR, code 0)): has to be escaped using backslash to be included in string value"},
    {TEXT("\"a\tb\""), 1, 3, "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value"},
    {TEXT("\"\x1F\""), 1, 2, "Illegal unquoted character ((CTRL-CHAR, code 31)): has to be escaped using backslash to be included in string value"},
    {TEXT("{\"a\nb\":1}"), 1, 4, "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in name"},
    {TEXT("\"\\x\""), 1, 3, "Unrecognized character escape 'x' (code 120)"},
    {TEXT("\"\\u00g0\""), 1, 6, "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"},
    {TEXT("\"\\u00\""), 1, 6, "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence"},
    {TEXT("\"\\\xC3\xA9\""), 1, 4, "Unrecognized character escape '\xC3\xA9' (code 233)"},
    {TEXT("\"\\\x00\""), 1, 3, "Unrecognized character escape (CTRL-CHAR, code 0)"},
    {TEXT("\"\\U0000\""), 1, 3, "Unrecognized character escape 'U' (code 85)"},
    {TEXT("{\"\\x\":1}"), 1, 4, "Unrecognized character escape 'x' (code 120)"},
    {TEXT("{\"\\u12\":1}"), 1, 7, "Unexpected character ('\"' (code 34)): expected a hex-digit for character escape sequence"},
    {TEXT("{\"\xFF" "a\n\":1}"), 1, 5, "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in name"},
    {TEXT("{\"\xFF\\x\":1}"), 1, 5, "Unrecognized character escape 'x' (code 120)"},
    {TEXT("\"\\\xE2\x82\xAC\""), 1, 5, "Unrecognized character escape '\xE2\x82\xAC' (code 8364 / 0x20ac)"},
    /* Between tokens */
    {TEXT("\x0C" "1"), 1, 2, "Illegal character ((CTRL-CHAR, code 12)): " SPACE},
    {TEXT("[\x0C]"), 1, 3, "Illegal character ((CTRL-CHAR, code 12)): " SPACE},
    {TEXT("\x00"), 1, 2, "Illegal character ((CTRL-CHAR, code 0)): " SPACE},
    {TEXT("1 \x00"), 1, 4, "Illegal character ((CTRL-CHAR, code 0)): " SPACE},
    {TEXT("[1\x00]"), 1, 4, "Illegal character ((CTRL-CHAR, code 0)): " SPACE},
    {TEXT("{} \x00"), 1, 5, "Illegal character ((CTRL-CHAR, code 0)): " SPACE},
    {TEXT("\x0B"), 1, 2, "Illegal character ((CTRL-CHAR, code 11)): " SPACE},
    {TEXT("/* c */ 1"), 1, 1, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("// x\n1"), 1, 1, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("[1 /* */]"), 1, 4, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("/"), 1, 1, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("[/"), 1, 2, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("[1/2]"), 1, 3, "Unexpected character ('/' (code 47)): " COMMENT},
    {TEXT("{\"a\":/}"), 1, 6, "Unexpected character ('/' (code 47)): " COMMENT},
    /* Objects and arrays */
    {TEXT("[1x]"), 1, 3, "Unexpected character ('x' (code 120)): was expecting comma to separate Array entries"},
    {TEXT("{\"a\":1x}"), 1, 7, "Unexpected character ('x' (code 120)): was expecting comma to separate Object entries"},
    {TEXT("{\"a\"]"), 1, 5, "Unexpected character (']' (code 93)): was expecting a colon to separate field name and value"},
    {TEXT("{,}"), 1, 2, "Unexpected character (',' (code 44)): was expecting double-quote to start field name"},
    {TEXT("{\"a\":1,}"), 1, 8, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"},
    {TEXT("{\"a\":1,,}"), 1, 8, "Unexpected character (',' (code 44)): was expecting double-quote to start field name"},
    {TEXT("{a:1}"), 1, 2, "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"},
    {TEXT("{'a':1}"), 1, 2, "Unexpected character (''' (code 39)): was expecting double-quote to start field name"},
    {TEXT("{1:2}"), 1, 2, "Unexpected character ('1' (code 49)): was expecting double-quote to start field name"},
    {TEXT("{\"a\" 1}"), 1, 6, "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"},
    {TEXT("{\"a\"x}"), 1, 5, "Unexpected character ('x' (code 120)): was expecting a colon to separate field name and value"},
    {TEXT("{\"a\":1 \"b\":2}"), 1, 8, "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"},
    {TEXT("[1 2]"), 1, 4, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"},
    {TEXT("[\"a\" \"b\"]"), 1, 6, "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries"},
    {TEXT("\r\n[\r\n1\r2]"), 4, 1, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"},
    {TEXT("[\r1 2]"), 2, 3, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"},
    {TEXT("{\"a\"\n:\n1\n\"b\""), 4, 1, "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"},
    {TEXT("[1.5.2]"), 1, 5, "Unexpected character ('.' (code 46)): was expecting comma to separate Array entries"},
    {TEXT("[1e5e]"), 1, 5, "Unexpected character ('e' (code 101)): was expecting comma to separate Array entries"},
    {TEXT("{#}"), 1, 2, "Unexpected character ('#' (code 35)): was expecting double-quote to start field name"},
    {TEXT("{\"a\"\xFF"), 1, 5, "Unexpected character ('\xC3\xBF' (code 255)): was expecting a colon to separate field name and value"},
    {TEXT("{\xC3\xA9:1}"), 1, 3, "Unexpected character ('\xC3\xA9' (code 233)): was expecting double-quote to start field name"},
    {TEXT("{\xE2\x82\xAC:1}"), 1, 4, "Unexpected character ('\xE2\x82\xAC' (code 8364 / 0x20ac)): was expecting double-quote to start field name"},
    /* Where a value should begin */
    {TEXT("[1,]"), 1, 4, "Unexpected character (']' (code 93)): expected a value"},
    {TEXT("{\"a\":}"), 1, 6, "Unexpected character ('}' (code 125)): expected a value"},
    {TEXT("[,1]"), 1, 2, "Unexpected character (',' (code 44)): expected a value"},
    {TEXT("['x']"), 1, 2, "Unexpected character (''' (code 39)): expected a valid value " VALUES},
    {TEXT(".5"), 1, 1, "Unexpected character ('.' (code 46)): expected a valid value " VALUES},
    {TEXT("-.5"), 1, 2, "Unexpected character ('.' (code 46)): expected a valid value " VALUES},
    {TEXT(","), 1, 1, "Unexpected character (',' (code 44)): expected a value"},
    {TEXT("[1,,2]"), 1, 4, "Unexpected character (',' (code 44)): expected a value"},
    {TEXT("null:"), 1, 5, "Unexpected character (':' (code 58)): expected a valid value " VALUES},
    {TEXT("\x7F"), 1, 1, "Unexpected character ((CTRL-CHAR, code 127)): expected a valid value " VALUES},
    {TEXT("\x80"), 1, 1, "Unexpected character ((CTRL-CHAR, code 128)): expected a valid value " VALUES},
    {TEXT("\xA0"), 1, 1, "Unexpected character ('\xC2\xA0' (code 160)): expected a valid value " VALUES},
    {TEXT("# x\n1"), 1, 1, "Unexpected character ('#' (code 35)): expected a valid value " VALUES},
    {TEXT("[#"), 1, 2, "Unexpected character ('#' (code 35)): expected a valid value " VALUES},
    {TEXT("(1)"), 1, 1, "Unexpected character ('(' (code 40)): expected a valid value " VALUES},
    {TEXT("{\"a\":1}\x85"), 1, 8, "Unexpected character ((CTRL-CHAR, code 133)): expected a valid value " VALUES},
    {TEXT("  {\r\n  \"a\": [1,\r\n    2,\r\n  }"), 4, 3, "Unexpected character ('}' (code 125)): expected a value"},
};

static const struct {
    const char *text;
    size_t offset;
} offsets[] = {
    {"", 0}, {"  ", 2}, {"[1,", 3}, {"{\"a\"", 4}, {"\"abc", 4}, {"\"a\\x\"", 3}, {"\"a\\u00g0\"", 6}, {"[1 2]", 3}, {"{\"a\":1,}", 7},
    {"nul", 0}, {"[ truth]", 2}, {"[01]", 2}, {"[1.]", 3}, {"[-x]", 2}, {"1x", 1}, {"{} {}", 3}, {"\"a\nb\"", 2}, {"\"\xC3(\"", 2},
    {"\"\xFF\"", 1}, {"{\"\xFF\":1}", 2}, {"[1}", 2}, {"[\f1]", 1}, {"+1", 0}, {"-", 1},
};
/* clang-format on */

START_TEST(says_what_jackson_says)
{
    struct json_text_error error;
    char *copy = malloc(errors[_i].length > 0 ? errors[_i].length : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, errors[_i].text, errors[_i].length);
    ck_assert(!json_text_check(copy, errors[_i].length, &error));
    free(copy);
    ck_assert_str_eq(error.reason, errors[_i].reason);
    ck_assert_msg(error.line == errors[_i].line && error.column == errors[_i].column,
                  "%s: is at line %zu, column %zu", errors[_i].text, error.line, error.column);
}
END_TEST

START_TEST(points_at_the_byte_that_can_not_stand_there)
{
    struct json_text_error error;

    ck_assert(!json_text_check(offsets[_i].text, strlen(offsets[_i].text), &error));
    ck_assert_uint_eq(error.offset, offsets[_i].offset);
}
END_TEST

START_TEST(quotes_at_most_256_characters_of_a_word)
{
    char text[2000], expected[2000] = "Unrecognized token '";
    struct json_text_error error;

    memset(text, 'a', sizeof text);
    memset(expected + strlen(expected), 'a', 256);
    snprintf(expected + strlen(expected), 200, "...': was expecting " VALUES);
    ck_assert(!json_text_check(text, sizeof text, &error));
    ck_assert_str_eq(error.reason, expected);
    ck_assert_uint_eq(error.column, 257);
    for (size_t i = 1; i + 3 <= sizeof text; i += 3)
        memcpy(text + i, "\xE4\xB8\xAD", 3);
    ck_assert(!json_text_check(text, sizeof text, &error));
    ck_assert_uint_eq(error.column, 1 + 3 * 255 + 1);
    ck_assert_uint_eq(strlen(error.reason), strlen(expected) + 2 * 255);
}
END_TEST

START_TEST(a_symbol_ends_a_word)
{
    static const char *const symbols[] = {"\xE2\x80\x94", "\xE2\x86\x92", "\xE3\x80\x81",
                                          "\xEE\x80\x80", "\xEF\xBC\x81", "\xC2\xA7"};
    char text[16];
    struct json_text_error error;

    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        snprintf(text, sizeof text, "ab%sc", symbols[i]);
        ck_assert(!json_text_check(text, strlen(text), &error));
        ck_assert_str_eq(error.reason, "Unrecognized token 'ab': was expecting " VALUES);
    }
}
END_TEST

/* What the check says when it can't have memory for one more level. */
START_TEST(memory_for_the_depth_is_named_when_it_is_short)
{
    static const char text[] = "\n[[[";
    const struct json_stop stop = {
        .at = 3, .awaited = JSON_AWAIT_MEMORY, .depth = 2, .in_object = false};
    struct json_text_error error;

    json_text_explain((const unsigned char *)text, 4, &stop, &error);
    ck_assert_str_eq(error.reason,
                     "Document nesting depth (3) exceeds the maximum allowed (2, from "
                     "`StreamReadConstraints.getMaxNestingDepth()`)");
    ck_assert_uint_eq(error.offset, 3);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_uint_eq(error.column, 4);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json_text_error");
    TCase *words = tcase_create("words and places");

    tcase_add_loop_test(words, says_what_jackson_says, 0, ARRAY_LENGTH(errors));
    tcase_add_loop_test(words, points_at_the_byte_that_can_not_stand_there, 0,
                        ARRAY_LENGTH(offsets));
    tcase_add_test(words, quotes_at_most_256_characters_of_a_word);
    tcase_add_test(words, a_symbol_ends_a_word);
    tcase_add_test(words, memory_for_the_depth_is_named_when_it_is_short);
    suite_add_tcase(suite, words);
    return suite;
}
