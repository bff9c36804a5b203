"""Versions and aliases: what ran, what the handler is told of itself, how a weighted alias spreads, and what a reload of
the configuration can change.

test: timeout 300
"""

import collections
import json
import signal

from wire import *

TELLER = """
import os
def handler(event, context):
    return [context.function_name, context.function_version, context.invoked_function_arn,
            os.environ["AWS_LAMBDA_FUNCTION_VERSION"], os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ["STAGE"]]
"""


def stage(name):
    return {"Environment": {"Variables": {"STAGE": name}}}


ECHO = {"Runtime": "provided.al2023", "Handler": "any.thing", "CodeUri": invoked.NATIVE_ECHO, "Timeout": 20}

FUNCTIONS = {
    "f": invoked.python(TELLER, **stage("latest"), Versions={"1": stage("one"), "2": {}},
                        Aliases={"alias1": {"FunctionVersion": "1"}, "newest": {"FunctionVersion": "$LATEST"}}),
    "weighted": {**ECHO, "Versions": {"1": {}, "2": {}}, "Aliases": {
        "quarter": {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}}},
        "all": {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}},
        "none": {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.0}}}}},
}

ARN = function_arn("f")

# name of the case, how it is known, name in the path, query, executed version, ARN that the handler sees, its variable STAGE
RUNS = [
    ("unqualified", RECORDED, "f", "", "$LATEST", ARN, "latest"),
    ("unqualified-arn", RECORDED, ARN, "", "$LATEST", ARN, "latest"),
    ("latest", RECORDED, "f", "?Qualifier=$LATEST", "$LATEST", ARN + ":$LATEST", "latest"),
    ("latest-in-name", RECORDED, "f:$LATEST", "", "$LATEST", ARN + ":$LATEST", "latest"),
    ("version", RECORDED, "f", "?Qualifier=1", "1", ARN + ":1", "one"),
    ("version-in-arn", RECORDED, ARN + ":1", "", "1", ARN + ":1", "one"),
    ("version-like-latest", MODELLED, "f:2", "", "2", ARN + ":2", "latest"),
    ("alias", RECORDED, "f", "?Qualifier=alias1", "1", ARN + ":alias1", "one"),
    ("alias-in-arn", RECORDED, ARN + ":alias1", "", "1", ARN + ":alias1", "one"),
    ("alias-of-latest", INFERRED, "f:newest", "", "$LATEST", ARN + ":newest", "latest"),
]

CASES = [
    *[Case(f"versions.{name}", fact, invoke(path, b"{}", query),
           ok(json.dumps(["f", version, arn, version, "f", stage_name]), version))
      for name, fact, path, query, version, arn, stage_name in RUNS],
    Case("versions.dry-run-of-an-alias", RECORDED, dry_run("f", b"{}", "?Qualifier=alias1"), may_run()),
    Case("versions.event-to-an-alias", MODELLED, event("f", b"{}", "?Qualifier=alias1"), accepted()),
    Case("versions.unknown-version", RECORDED, invoke("f", b"{}", "?Qualifier=7"), no_function("f:7")),
    Case("versions.unknown-alias", RECORDED, invoke("f", b"{}", "?Qualifier=alias2"), no_function("f:alias2")),
]

# Checked in scenarios, where they are many or their order matters.
STEPS = [
    Case("versions.weighted.primary", RECORDED, invoke("weighted:quarter", b"1"), ok("1", "1")),
    Case("versions.weighted.additional", RECORDED, invoke("weighted:quarter", b"1"), ok("1", "2")),
    Case("versions.weighted.all", INFERRED, invoke("weighted:all", b"1"), ok("1", "2")),
    Case("versions.weighted.none", INFERRED, invoke("weighted:none", b"1"), ok("1", "1")),
    Case("versions.reload.latest", RECORDED, invoke("f", b"{}"), ok(json.dumps(["f", "$LATEST", ARN, "$LATEST", "f", "changed"]))),
    Case("versions.reload.version-stays", DOCUMENTED, invoke("f:1", b"{}"),
         ok(json.dumps(["f", "1", ARN + ":1", "1", "f", "one"]), "1")),
    Case("versions.reload.version-from-latest-stays", DOCUMENTED, invoke("f:2", b"{}"),
         ok(json.dumps(["f", "2", ARN + ":2", "2", "f", "latest"]), "2")),
    Case("versions.reload.new-version", DOCUMENTED, invoke("f:3", b"{}"),
         ok(json.dumps(["f", "3", ARN + ":3", "3", "f", "changed"]), "3")),
    Case("versions.reload.alias-moves", RECORDED, invoke("f:alias1", b"{}"),
         ok(json.dumps(["f", "3", ARN + ":alias1", "3", "f", "changed"]), "3")),
    Case("versions.reload.alias-is-gone", DOCUMENTED, invoke("f:newest", b"{}"), no_function("f:newest")),
]


class Weighted(WireTest):
    """An alias of two versions: its shares over 10,000 invocations are within 2 points of the weights."""

    table = globals()

    def versions_of(self, request, expected, count):
        """How often each version ran; `expected` are the answers by version."""
        counts = collections.Counter()
        with self.server.connect() as connection:
            reader = Reader(connection)
            for _ in range(count // 100):
                connection.sendall(request * 100)
                for _ in range(100):
                    received = reader.answer()
                    version = received.header("X-Amz-Executed-Version")
                    self.assertEqual(differences(received, expected[version]), [])
                    counts[version] += 1
        return counts

    def test_the_shares_are_those_of_the_weights(self):
        counts = self.versions_of(STEPS[0].request, {"1": STEPS[0].expected, "2": STEPS[1].expected}, 10_000)
        self.assertEqual(sum(counts.values()), 10_000)
        self.assertAlmostEqual(counts["2"] / 10_000, 0.25, delta=0.02)

    def test_weights_of_one_and_of_none(self):
        for name, version in (("all", "2"), ("none", "1")):
            case = next(case for case in STEPS if case.name == f"versions.weighted.{name}")
            self.assertEqual(self.versions_of(case.request, {version: case.expected}, 500), {version: 500})


class Reload(unittest.TestCase):
    """Published versions can't be changed while the server runs; $LATEST and aliases can."""

    def test_what_a_reload_changes(self):
        with invoked.Server({"f": FUNCTIONS["f"]}) as server:
            for case in CASES[:len(RUNS)]:  # warm environments must not outlive their settings either
                self.assertEqual(exchange(server, case)[0], [], case.name)
            server.configure({"f": invoked.python(
                TELLER, **stage("changed"), Versions={"1": stage("other"), "2": {}, "3": {}},
                Aliases={"alias1": {"FunctionVersion": "3"}})})
            server.signal(signal.SIGHUP)
            server.wait_for_log(r"read \S+ again: 1 function")
            for case in STEPS:
                if case.name.startswith("versions.reload."):
                    with self.subTest(case.name):
                        self.assertEqual(exchange(server, case)[0], [])
            for version in "12":
                self.assertIn(f"Functions.f.Versions.{version}: published versions don't change: give the new settings "
                              "another version number, or restart the server", server.log())
            self.assertNotIn("Versions.3", server.log())


main(globals())
