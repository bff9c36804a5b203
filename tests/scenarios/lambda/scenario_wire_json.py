"""Bodies that are no JSON: AWS's frame, with Jackson's reason, line and column. (Every fault that there is stands in
tests/unit/base/json/test_json_text_error.c; these are the kinds.) And JSON of every kind, which is let through byte for byte."""

from wire import *

FUNCTIONS = {"echo": {"Runtime": "provided.al2023", "Handler": "any.thing", "CodeUri": invoked.NATIVE_ECHO, "Timeout": 20}}

VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
EXPECTED_VALUE = f"expected a valid value {VALUES}"
SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"

NO_BLANK = r"only regular white space (\r, \n, \t) is allowed between tokens"
NO_COMMENT = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
NO_DECIMAL = "Decimal point not followed by a digit"
NO_PLUS = ("JSON spec does not allow numbers to have plus signs: enable "
           "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
TRAILING = ("found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
            "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`")


def no_json(reason, line, column):
    return invalid_content("Could not parse request body into json: Could not parse payload into json: "
                           f"{reason}\n at {SOURCE.format(line, column)}")


def unfinished(kind, line, column):
    return f"Unexpected end-of-input: expected close marker for {kind} (start marker at {SOURCE.format(line, column)})"


# name of the case, how it is known, body, reason, line, column
FAULTS = [
    ("utf8-start-byte", RECORDED, bytes.fromhex("6e87729ee9b5d749ee9b6d74"), "Invalid UTF-8 start byte 0x87", 1, 3),
    ("first-byte", RECORDED, bytes.fromhex("99eb2c6a07a17a5968"),
     f"Unexpected character ((CTRL-CHAR, code 153)): {EXPECTED_VALUE}", 1, 1),
    ("first-character", CAPTURED, b"'test'", f"Unexpected character (''' (code 39)): {EXPECTED_VALUE}", 1, 1),
    ("bare-word", CAPTURED, b"test", f"Unrecognized token 'test': was expecting {VALUES}", 1, 5),
    ("bare-word-and-more", CAPTURED, b"test data", f"Unrecognized token 'test': was expecting {VALUES}", 1, 6),
    ("junk-behind-number", CAPTURED, b"1D", "Unexpected character ('D' (code 68)): Expected space separating root-level values", 1, 2),
    ("misspelt-word", INFERRED, b"nul", f"Unrecognized token 'nul': was expecting {VALUES}", 1, 4),
    ("unfinished-object", INFERRED, b"{", unfinished("Object", 1, 1), 1, 2),
    ("unfinished-object-value", INFERRED, b'{"a":1', unfinished("Object", 1, 1), 1, 7),
    ("unfinished-array", INFERRED, b"[1,2", unfinished("Array", 1, 1), 1, 5),
    ("unfinished-inner-array", INFERRED, b"[1,\n [2", unfinished("Array", 2, 2), 2, 4),
    ("unfinished-string", INFERRED, b'"abc', "Unexpected end-of-input in VALUE_STRING", 1, 5),
    ("unfinished-name", INFERRED, b'{"abc', "Unexpected end-of-input in field name", 1, 6),
    ("missing-colon", INFERRED, b'{"a" 1}',
     "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 1, 6),
    ("missing-comma-in-object", INFERRED, b'{"a":1 "b":2}',
     "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 1, 8),
    ("missing-comma-in-array", INFERRED, b"[1 2]",
     "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 4),
    ("missing-quotes", INFERRED, b"{a:1}",
     "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", 1, 2),
    ("trailing-comma-in-array", INFERRED, b"[1,]", "Unexpected character (']' (code 93)): expected a value", 1, 4),
    ("trailing-comma-in-object", INFERRED, b'{"a":1,}',
     "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 1, 8),
    ("wrong-close", INFERRED, b"[1}", "Unexpected close marker '}': expected ']' (for Array starting at "
     f"{SOURCE.format(1, 1)})", 1, 3),
    ("leading-zero", INFERRED, b"01",
     "Invalid numeric value: Leading zeroes not allowed", 1, 2),
    ("no-digit-behind-point", INFERRED, b"2.",
     f"Unexpected character ('.' (code 46)) in numeric value: {NO_DECIMAL}", 1, 2),
    ("no-digit-before-point", INFERRED, b"-.5", f"Unexpected character ('.' (code 46)): {EXPECTED_VALUE}", 1, 2),
    ("plus", INFERRED, b"+1", f"Unexpected character ('+' (code 43)) in numeric value: {NO_PLUS}", 1, 2),
    ("not-a-number", INFERRED, b"NaN",
     "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", 1, 4),
    ("bad-escape", INFERRED, b'"\\x"', "Unrecognized character escape 'x' (code 120)", 1, 3),
    ("bad-unicode-escape", INFERRED, b'"\\u12G4"',
     "Unexpected character ('G' (code 71)): expected a hex-digit for character escape sequence", 1, 6),
    ("control-character", INFERRED, b'"a\nb"', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using "
     "backslash to be included in string value", 1, 3),
    ("tab-in-string", INFERRED, b'"a\tb"', "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using "
     "backslash to be included in string value", 1, 3),
    ("form-feed", INFERRED, b"\x0c1", f"Illegal character ((CTRL-CHAR, code 12)): {NO_BLANK}", 1, 2),
    ("nul-behind-value", INFERRED, b"1\0",
     "Unexpected character ((CTRL-CHAR, code 0)): Expected space separating root-level values", 1, 2),
    ("nul-behind-object", INFERRED, b"{}\0", f"Illegal character ((CTRL-CHAR, code 0)): {NO_BLANK}", 1, 4),
    ("two-values", INFERRED, b"{} {}", f"Trailing token (of type START_OBJECT) {TRAILING}", 1, 4),
    ("comment", INFERRED, b"/* */ 1", f"Unexpected character ('/' (code 47)): {NO_COMMENT}", 1, 1),
    ("byte-order-mark-alone", INFERRED, b"\xef\xbb", "Invalid UTF-8 start byte 0xbb", 1, 3),
    ("utf8-middle-byte", INFERRED, b'"\xc3("', "Invalid UTF-8 middle byte 0x28", 1, 4),
    ("utf8-middle-byte-of-three", INFERRED, b'"\xe2\x82("', "Invalid UTF-8 middle byte 0x28", 1, 5),
    ("utf8-middle-byte-of-four", INFERRED, b'"\xf0\x9f\x98("', "Invalid UTF-8 middle byte 0x28", 1, 6),
    ("utf8-lone-middle-byte", INFERRED, b'"\x80"', "Invalid UTF-8 start byte 0x80", 1, 3),
    ("utf8-byte-ff", INFERRED, b'"\xff"', "Invalid UTF-8 start byte 0xff", 1, 3),
    ("utf8-overlong", INFERRED, b'"\xc0\x80"', "Invalid UTF-8 start byte 0xc0", 1, 3),
    ("utf8-surrogate", INFERRED, b'"\xed\xa0\x80"', "Invalid UTF-8: Illegal surrogate character 0xd800", 1, 5),
    ("utf8-cut-off", INFERRED, b'"\xe2\x82', "Unexpected end-of-input in VALUE_STRING", 1, 4),
    ("second-line", INFERRED, b'{\n  "a": x\n}', f"Unrecognized token 'x': was expecting {VALUES}", 2, 10),
    ("carriage-return-line", INFERRED, b'[\r\n1,\r\nx]', f"Unrecognized token 'x': was expecting {VALUES}", 3, 3),
    ("100000-open-arrays", INFERRED, b"[" * 100_000, unfinished("Array", 1, 100_000), 1, 100_001),
]

# name of the case, how it is known, body: the answer is the body
GOOD = [
    ("null", RECORDED, b"null"), ("zero", RECORDED, b"0"), ("zero-point-zero", RECORDED, b"0.0"), ("true", RECORDED, b"true"),
    ("false", INFERRED, b"false"), ("string", RECORDED, b'"HelloWorld"'), ("array", RECORDED, b"[]"), ("object", RECORDED, b"{}"),
    ("blanks-stay", INFERRED, b' \r\n\t{ "a" : 1 }\n'), ("key-twice", INFERRED, b'{"a":1,"a":2}'),
    ("large-number", INFERRED, b"123456789012345678901234567890e400"), ("minus-zero", INFERRED, b"-0"),
    ("utf8", INFERRED, '"ä€😀"'.encode()), ("escapes", INFERRED, b'"\\u00e4\\ud83d\\ude00\\/\\"\\\\\\b\\f\\n\\r\\t"'),
    ("lone-surrogate-escape", INFERRED, b'"\\ud800"'), ("delete-character", INFERRED, b'"\x7f"'),
    ("escaped-nul", INFERRED, b'"\\u0000"'), ("100000-arrays", INFERRED, b"[" * 100_000 + b"]" * 100_000),
    ("100000-objects", INFERRED, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
]

CASES = [
    *[Case(f"json.fault.{name}", fact, invoke("echo", body), no_json(reason, line, column))
      for name, fact, body, reason, line, column in FAULTS],
    *[Case(f"json.good.{name}", fact, invoke("echo", body), ok(body)) for name, fact, body in GOOD],
    Case("json.empty", RECORDED, invoke("echo", b""), ok("{}")),
    Case("json.no-body", RECORDED, invoke("echo"), ok("{}")),
    Case("json.fault.before-client-context", CAPTURED, invoke("echo", b"{", headers=(("X-Amz-Client-Context", "***"),)),
         no_json(unfinished("Object", 1, 1), 1, 2)),
    Case("json.fault.after-existence", INFERRED, invoke("nothing", b"{"), no_function("nothing:$LATEST")),
    Case("json.fault.of-a-dry-run", INFERRED, dry_run("echo", b"{"), no_json(unfinished("Object", 1, 1), 1, 2)),
    Case("json.fault.of-an-event", INFERRED, event("echo", b"{"), no_json(unfinished("Object", 1, 1), 1, 2)),
    Case("json.fault.of-invoke-async", INFERRED, invoke_async("echo", b"{"), no_json(unfinished("Object", 1, 1), 1, 2)),
]

main(globals())
