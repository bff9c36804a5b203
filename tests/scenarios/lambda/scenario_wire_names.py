"""Names of functions and qualifiers: every form that reaches a function, and every refusal word for word."""

from wire import *

FUNCTIONS = {
    "hello": {
        "Runtime": "provided.al2023", "Handler": "any.thing", "CodeUri": invoked.NATIVE_ECHO, "Timeout": 20,
        "Versions": {"1": {}, "2": {}}, "Aliases": {"live": {"FunctionVersion": "1"}, "x-1_y": {"FunctionVersion": "2"}}},
}

NAME_PATTERN = (r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
                r"(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"


def bad_name(value):
    return (f"Value '{value}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression "
            f"pattern: {NAME_PATTERN}")


def bad_qualifier(value):
    return (f"Value '{value}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            f"{QUALIFIER_PATTERN}")


def too_long(value, member, limit):
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {limit}"


def encoded(name):
    return name.replace(":", "%3A").replace("$", "%24").replace("/", "%2F")


ARN = function_arn("hello")
MISMATCH = "The derived qualifier from the function name does not match the specified qualifier."

# name of the case, how it is known, name in the path, query, executed version
REACHED = [
    ("name", RECORDED, "hello", "", "$LATEST"),
    ("name-latest", RECORDED, "hello:$LATEST", "", "$LATEST"),
    ("name-latest-encoded", RECORDED, "hello%3A%24LATEST", "", "$LATEST"),
    ("name-version", MODELLED, "hello:1", "", "1"),
    ("name-alias", MODELLED, "hello:live", "", "1"),
    ("query-latest", RECORDED, "hello", "?Qualifier=$LATEST", "$LATEST"),
    ("query-latest-encoded", RECORDED, "hello", "?Qualifier=%24LATEST", "$LATEST"),
    ("query-version", RECORDED, "hello", "?Qualifier=2", "2"),
    ("query-alias", RECORDED, "hello", "?Qualifier=live", "1"),
    ("query-among-others", INFERRED, "hello", "?a=b&Qualifier=2&c", "2"),
    ("query-unknown-ignored", INFERRED, "hello", "?qualifier=nothing&Version=7", "$LATEST"),
    ("both-the-same", RECORDED, "hello:live", "?Qualifier=live", "1"),
    ("function-prefix", MODELLED, "function:hello", "", "$LATEST"),
    ("function-prefix-qualifier", MODELLED, "function:hello:2", "", "2"),
    ("partial-arn", RECORDED, f"{ACCOUNT}:function:hello", "", "$LATEST"),
    ("partial-arn-qualifier", RECORDED, f"{ACCOUNT}:function:hello:2", "", "2"),
    ("partial-arn-encoded", RECORDED, encoded(f"{ACCOUNT}:function:hello"), "", "$LATEST"),
    ("partial-arn-with-region", MODELLED, f"{REGION}:{ACCOUNT}:function:hello", "", "$LATEST"),
    ("account-and-name", MODELLED, f"{ACCOUNT}:hello", "", "$LATEST"),
    ("arn", CAPTURED, ARN, "", "$LATEST"),
    ("arn-encoded", CAPTURED, encoded(ARN), "", "$LATEST"),
    ("arn-encoded-lower-case", INFERRED, ARN.replace(":", "%3a"), "", "$LATEST"),
    ("arn-version", RECORDED, ARN + ":1", "", "1"),
    ("arn-version-encoded", RECORDED, encoded(ARN + ":1"), "", "1"),
    ("arn-alias", RECORDED, ARN + ":live", "", "1"),
    ("arn-alias-with-dashes", MODELLED, ARN + ":x-1_y", "", "2"),
    ("arn-latest", RECORDED, ARN + ":$LATEST", "", "$LATEST"),
    ("arn-and-query", INFERRED, encoded(ARN), "?Qualifier=live", "1"),
    ("arn-both-the-same", RECORDED, ARN + ":2", "?Qualifier=2", "2"),
]

# name of the case, how it is known, name in the path, query, answer
REFUSED = [
    ("unknown", RECORDED, "doesnotexist", "", no_function("doesnotexist:$LATEST")),
    ("unknown-with-qualifier", RECORDED, "my-function", "?Qualifier=1", no_function("my-function:1")),
    ("unknown-latest", RECORDED, "my-function", "?Qualifier=$LATEST", no_function("my-function:$LATEST")),
    ("unknown-arn", RECORDED, function_arn("my-function"), "", no_function("my-function:$LATEST")),
    ("unknown-arn-with-qualifier", RECORDED, function_arn("my-function:beta"), "", no_function("my-function:beta")),
    ("unknown-65-long", RECORDED, "a" * 65, "", no_function("a" * 65 + ":$LATEST")),
    ("unknown-232-long", RECORDED, "a" * 232, "", no_function("a" * 232 + ":$LATEST")),
    ("unknown-256-long", MODELLED, "a" * 256, "", no_function("a" * 256 + ":$LATEST")),
    ("unknown-dotted", MODELLED, "my.function", "", no_function("my.function:$LATEST")),
    ("unknown-case-matters", INFERRED, "Hello", "", no_function("Hello:$LATEST")),
    ("incomplete-arn", RECORDED, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function", "", no_function("function:$LATEST")),
    ("unknown-version", RECORDED, "hello", "?Qualifier=3", no_function("hello:3")),
    ("unknown-version-in-name", RECORDED, "hello:3", "", no_function("hello:3")),
    ("unknown-alias", RECORDED, "hello", "?Qualifier=non-existent-alias", no_function("hello:non-existent-alias")),
    ("unknown-alias-case-matters", INFERRED, "hello:Live", "", no_function("hello:Live")),
    ("lower-case-latest", RECORDED, "hello", "?Qualifier=$latest", no_function("hello:$latest")),
    ("dollar-in-qualifier", RECORDED, "hello", "?Qualifier=valid-with-$-but-doesnotexist",
     no_function("hello:valid-with-$-but-doesnotexist")),
    ("latest-published", MODELLED, "hello", "?Qualifier=$LATEST.PUBLISHED", no_function("hello:$LATEST.PUBLISHED")),
    ("version-with-zeros", INFERRED, "hello:01", "", no_function("hello:01")),

    ("pattern-star", RECORDED, "*", "", invalid(bad_name("*"))),
    ("pattern-exclamation", RECORDED, "my-function!", "", invalid(bad_name("my-function!"))),
    ("pattern-account", RECORDED, "invalid-account:function:my-function", "",
     invalid(bad_name("invalid-account:function:my-function"))),
    ("pattern-region", RECORDED, f"arn:aws:lambda:invalid-region:{ACCOUNT}:function:my-function", "",
     invalid(bad_name(f"arn:aws:lambda:invalid-region:{ACCOUNT}:function:my-function"))),
    ("pattern-service", RECORDED, "arn:aws:ec2:us-east-1:123456789012:instance:i-1", "",
     invalid(bad_name("arn:aws:ec2:us-east-1:123456789012:instance:i-1"))),
    ("pattern-two-qualifiers", RECORDED, function_arn("my-function:1:2"), "", invalid(bad_name(function_arn("my-function:1:2")))),
    ("pattern-extra", RECORDED, "function:my-function:$LATEST:extra", "", invalid(bad_name("function:my-function:$LATEST:extra"))),
    ("pattern-no-region", RECORDED, f"arn:aws:lambda::{ACCOUNT}:function:my-function", "",
     invalid(bad_name(f"arn:aws:lambda::{ACCOUNT}:function:my-function"))),
    ("pattern-no-account", RECORDED, "arn:aws:lambda:us-east-1::function:my-function", "",
     invalid(bad_name("arn:aws:lambda:us-east-1::function:my-function"))),
    ("pattern-misspelt-latest", RECORDED, function_arn("my-function:$LATES"), "", invalid(bad_name(function_arn("my-function:$LATES")))),
    ("pattern-account-at", RECORDED, f"arn:aws:lambda:{REGION}:123400000000@function:myfn", "",
     invalid(bad_name(f"arn:aws:lambda:{REGION}:123400000000@function:myfn"))),
    ("pattern-encoded", RECORDED, "%2A", "", invalid(bad_name("*"))),
    ("pattern-slash", INFERRED, "a%2Fb", "", invalid(bad_name("a/b"))),
    ("pattern-blank", INFERRED, "he%20llo", "", invalid(bad_name("he llo"))),
    ("pattern-plus-is-no-blank", INFERRED, "he+llo", "", invalid(bad_name("he+llo"))),
    ("pattern-decoded-once", INFERRED, "he%256Clo", "", invalid(bad_name("he%6Clo"))),
    ("pattern-umlaut", INFERRED, "h%C3%BCllo", "", invalid(bad_name("hüllo"))),
    ("name-empty", INFERRED, "", "",
     invalid("Value '' at 'functionName' failed to satisfy constraint: Member must have length greater than or equal to 1")),
    ("name-257-long", MODELLED, "a" * 257, "", invalid(too_long("a" * 257, "functionName", 256))),
    ("qualifier-exclamation", RECORDED, "hello", "?Qualifier=invalid!", invalid(bad_qualifier("invalid!"))),
    ("qualifier-129-long", RECORDED, "hello", "?Qualifier=" + "a" * 129, invalid(too_long("a" * 129, "qualifier", 128))),
    ("qualifier-128-long", MODELLED, "hello", "?Qualifier=" + "a" * 128, no_function("hello:" + "a" * 128)),
    ("qualifier-empty", INFERRED, "hello", "?Qualifier=",
     invalid("Value '' at 'qualifier' failed to satisfy constraint: Member must have length greater than or equal to 1")),
    ("both-wrong", RECORDED, "my-function!", "?Qualifier=invalid!", invalid(bad_qualifier("invalid!"), bad_name("my-function!"))),
    ("both-wrong-long", RECORDED, f"arn:aws:lambda:invalid-region:{ACCOUNT}:function:my-function", "?Qualifier=" + "a" * 129,
     invalid(too_long("a" * 129, "qualifier", 128), bad_name(f"arn:aws:lambda:invalid-region:{ACCOUNT}:function:my-function"))),

    ("other-region", RECORDED, f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:hello", "",
     not_found("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")),
    ("other-region-unknown-function", RECORDED, f"arn:aws:lambda:us-gov-west-1:{ACCOUNT}:function:nothing", "",
     not_found("Functions from 'us-gov-west-1' are not reachable in this region ('us-east-1')")),
    ("other-region-partial", INFERRED, f"eu-west-1:{ACCOUNT}:function:hello", "",
     not_found("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")),
    ("other-account", INFERRED, function_arn("hello", "111111111111"), "",
     denied(function_arn("hello", "111111111111"), "resource-based")),
    ("other-account-partial", INFERRED, "111111111111:function:hello:1", "",
     denied(function_arn("hello:1", "111111111111"), "resource-based")),
    ("mismatch", RECORDED, "hello:1", "?Qualifier=2", invalid_parameter(MISMATCH)),
    ("mismatch-alias-and-its-version", RECORDED, "hello:live", "?Qualifier=1", invalid_parameter(MISMATCH)),
    ("mismatch-arn", RECORDED, ARN + ":1", "?Qualifier=$LATEST", invalid_parameter(MISMATCH)),
    ("mismatch-unknown-function", RECORDED, function_arn("my-function:1"), "?Qualifier=$LATEST", invalid_parameter(MISMATCH)),
]

OF_ANOTHER_ACCOUNT = (("Authorization", "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/lambda/aws4_request, "
                       "SignedHeaders=host, Signature=0"),)

CASES = [
    *[Case(f"names.reach.{name}", fact, invoke(text, b"1", query), ok("1", version))
      for name, fact, text, query, version in REACHED],
    *[Case(f"names.refuse.{name}", fact, invoke(text, b"1", query), expected)
      for name, fact, text, query, expected in REFUSED],
    *[Case(f"names.dry-run.{name}", fact, dry_run(text, b"1", query), expected)
      for name, fact, text, query, expected in REFUSED if name in ("unknown", "unknown-version", "pattern-star", "mismatch")],
    Case("names.refuse.validation-before-existence", INFERRED,
         invoke("nothing", b"1", headers=(("X-Amz-Log-Type", "tail"),)),
         invalid("Value 'tail' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]")),
    Case("names.account.own-arn", OWN, invoke(function_arn("hello", "111111111111"), b"1", headers=OF_ANOTHER_ACCOUNT), ok("1")),
    Case("names.account.default-arn", OWN, invoke(ARN, b"1", headers=OF_ANOTHER_ACCOUNT),
         denied(ARN, "resource-based", "111111111111")),
    Case("names.account.not-found", OWN, invoke("nothing", b"1", headers=OF_ANOTHER_ACCOUNT),
         no_function("nothing:$LATEST", "111111111111")),
]

main(globals())
