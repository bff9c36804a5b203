"""Concurrency - what is refused, with which Reason, without starting anything - and permissions."""

import contextlib
import os

from wire import *

# Announces itself in its folder and runs until it is told to end there.
HELD = ["sh", "-c", 'touch "$1/began.$$"; until [ -e "$1/end" ]; do sleep 0.02; done; rm "$1/began.$$"; echo done', "held"]
HELD_FOLDER = os.path.join(invoked.tempfile.mkdtemp(prefix="invoked-held-"))


def held(folder, **settings):
    os.makedirs(os.path.join(HELD_FOLDER, folder), exist_ok=True)
    return invoked.command(*HELD, os.path.join(HELD_FOLDER, folder), **settings)


CONFIG = {"AccountLimit": {"ConcurrentExecutions": 6}}
FUNCTIONS = {
    # The account's six: two and one and none are set aside, so three are left for all the others.
    "reserved-2": held("reserved-2", ReservedConcurrentExecutions=2, Versions={"1": {}}),
    "reserved-1": held("reserved-1", ReservedConcurrentExecutions=1),
    "reserved-0": held("reserved-0", ReservedConcurrentExecutions=0),
    "free": held("free"),
    "also-free": held("also-free"),
    "denied": invoked.command("cat", Local={"AccessDenied": True}, Versions={"1": {}}),
    "for-some": invoked.command("cat", Local={"AllowedAccessKeyIds": ["AKIDGOOD", "111111111111"]}),
    "for-all": invoked.command("cat"),
}

RESERVED = throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
ACCOUNT_USED_UP = throttled("ConcurrentInvocationLimitExceeded")


def signed_by(key):
    return (("Authorization", f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/lambda/aws4_request, "
                              "SignedHeaders=host;x-amz-date, Signature=0"),)


CASES = [
    Case("limits.reserved-0", RECORDED, invoke("reserved-0", b"{}"), RESERVED),
    Case("limits.reserved-0.event", RECORDED, event("reserved-0", b"{}"), accepted()),
    Case("limits.reserved-0.dry-run", INFERRED, dry_run("reserved-0", b"{}"), may_run()),
    Case("limits.reserved-0.after-json", INFERRED, invoke("reserved-0", b"1D"), invalid_content(
        "Could not parse request body into json: Could not parse payload into json: Unexpected character ('D' (code 68)): "
        "Expected space separating root-level values\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
        "disabled); line: 1, column: 2]")),

    Case("permissions.denied", CAPTURED, invoke("denied", b"1"), denied(function_arn("denied"))),
    Case("permissions.denied.signed", CAPTURED, invoke("denied", b"1", headers=signed_by("AKID")), denied(function_arn("denied"))),
    Case("permissions.denied.dry-run", DOCUMENTED, dry_run("denied", b"1"), denied(function_arn("denied"))),
    Case("permissions.denied.event", INFERRED, event("denied", b"1"), denied(function_arn("denied"))),
    Case("permissions.denied.invoke-async", CAPTURED, invoke_async("denied", b"1"), denied(function_arn("denied"))),
    Case("permissions.denied.version", INFERRED, invoke("denied:1", b"1"), denied(function_arn("denied:1"))),
    Case("permissions.denied.unknown-version", INFERRED, invoke("denied:7", b"1"), denied(function_arn("denied:7"))),
    Case("permissions.denied.before-json", INFERRED, invoke("denied", b"{"), denied(function_arn("denied"))),
    Case("permissions.denied.after-validation", INFERRED, invoke("denied", b"1", "?Qualifier=!"), invalid(
        "Value '!' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")),
    Case("permissions.some.unsigned", OWN, invoke("for-some", b"1"), denied(function_arn("for-some"))),
    Case("permissions.some.other-key", OWN, invoke("for-some", b"1", headers=signed_by("AKIDBAD")), denied(function_arn("for-some"))),
    Case("permissions.some.longer-key", OWN, invoke("for-some", b"1", headers=signed_by("AKIDGOODX")), denied(function_arn("for-some"))),
    Case("permissions.some.dry-run", OWN, dry_run("for-some", b"1", headers=signed_by("AKIDBAD")), denied(function_arn("for-some"))),
    Case("permissions.some.good-key", OWN, invoke("for-some", b"1", headers=signed_by("AKIDGOOD")), ok("1")),
    Case("permissions.some.good-key-dry-run", OWN, dry_run("for-some", b"1", headers=signed_by("AKIDGOOD")), may_run()),
    Case("permissions.some.good-account", OWN, invoke("for-some", b"1", headers=signed_by("111111111111")), ok("1")),
    Case("permissions.all.unsigned", OWN, invoke("for-all", b"1"), ok("1")),
    Case("permissions.all.any-signature", OWN, invoke("for-all", b"1", headers=(("Authorization", "Bearer x"),)), ok("1")),
]

# While invocations run: Concurrency sends them.
STEPS = [
    Case("limits.reserved", RECORDED, invoke("reserved-2", b"{}"), RESERVED),
    Case("limits.reserved.version-shares-the-pool", RECORDED, invoke("reserved-2:1", b"{}"), RESERVED),
    Case("limits.reserved.dry-run", INFERRED, dry_run("reserved-2", b"{}"), may_run()),
    Case("limits.reserved.event", RECORDED, event("reserved-2", b"{}"), accepted()),
    Case("limits.account", DOCUMENTED, invoke("free", b"{}"), ACCOUNT_USED_UP),
    Case("limits.account.other-function", DOCUMENTED, invoke("also-free", b"{}"), ACCOUNT_USED_UP),
    Case("limits.account.of-another", OWN, invoke("for-all", b"1", headers=signed_by("111111111111")), ok("1")),
    Case("limits.account.free-again", DOCUMENTED, invoke("for-all", b"1"), ok("1")),
]


class Concurrency(WireTest):
    """The account's limit is six, three of which are reserved."""

    table = globals()

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def hold(self, name, count):
        """Starts so many invocations that run until the folder's `end` appears; returns their connections."""
        folder = os.path.join(HELD_FOLDER, name)
        before = self.running(name)
        connections = [self.stack.enter_context(self.server.connect()) for _ in range(count)]
        self.stack.callback(lambda: os.path.exists(os.path.join(folder, "end")) and os.remove(os.path.join(folder, "end")))
        for connection in connections:
            connection.sendall(invoke(name, b"{}"))
        invoked.wait_for(lambda: self.running(name) == before + count, f"{count} of {name}")
        return connections

    def end(self, name, connections):
        with open(os.path.join(HELD_FOLDER, name, "end"), "w"):
            pass
        for connection in connections:
            self.assertEqual(differences(Reader(connection).answer(), ok("done\n")), [])
        invoked.wait_for(lambda: self.running(name) == 0, f"the end of {name}")

    def running(self, name):
        return sum(entry.startswith("began.") for entry in os.listdir(os.path.join(HELD_FOLDER, name)))

    def started(self):
        """The processes that the server itself has started."""
        with open(f"/proc/{self.server.pid}/task/{self.server.pid}/children") as file:
            return set(file.read().split())

    def step(self, name):
        self.check(next(case for case in STEPS if case.name == name))

    def test_a_reserved_function_draws_from_its_own_share_alone(self):
        connections = self.hold("reserved-2", 2)
        started = self.started()
        for name in ("limits.reserved", "limits.reserved.version-shares-the-pool", "limits.reserved.dry-run", "limits.reserved.event"):
            self.step(name)
        self.assertEqual(self.running("reserved-2"), 2)
        self.assertEqual(self.started(), started)
        self.server.request("DELETE", "/_invoked/events")  # or it would run once there is room
        other = self.hold("reserved-1", 1) + self.hold("free", 3)  # nobody else has less for it
        self.end("reserved-2", connections)
        self.end("reserved-1", other[:1])
        self.end("free", other[1:])

    def test_the_others_share_what_is_left_of_the_account(self):
        connections = self.hold("free", 2)
        others = self.hold("also-free", 1)
        started = self.started()
        for name in ("limits.account", "limits.account.other-function"):
            self.step(name)
        self.assertEqual((self.running("free"), self.running("also-free")), (2, 1))
        self.assertEqual(self.started(), started)
        self.step("limits.account.of-another")
        reserved = self.hold("reserved-1", 1)  # the reserved share is still there
        self.end("also-free", others)
        self.step("limits.account.free-again")
        self.end("free", connections)
        self.end("reserved-1", reserved)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        invoked.shutil.rmtree(HELD_FOLDER, ignore_errors=True)


main(globals())
