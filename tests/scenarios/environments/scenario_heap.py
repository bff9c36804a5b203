"""V8's heap follows MemorySize, as AWS's bootstrap starts Node.js: with a spare process and without."""

import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, nodejs, wait_for  # noqa: E402

SOURCE = """
const v8 = require('node:v8');
exports.handler = async (event) => {
    const kept = [];
    for (let mb = 0; mb < (event.mb || 0); mb++)
        kept.push(Array.from({ length: 4096 }, (_, i) => ({ text: `${mb} ${i}`, more: [mb, i], last: { mb } })));
    return { limit: Math.round(v8.getHeapStatistics().heap_size_limit / 1048576), pid: process.pid,
        flags: process.execArgv, kept: kept.length };
};
"""
SIZES = {"small": 128, "middle": 512, "large": 2048}


def functions(**settings):
    return {name: nodejs(SOURCE, MemorySize=size, Timeout=60, **settings) for name, size in SIZES.items()}


class Heap(unittest.TestCase):
    def check_limits(self, server):
        for name, size in SIZES.items():
            with self.subTest(name):
                told = server.invoke(name, {}).json
                new_space = size // 10
                self.assertEqual(told["flags"], [f"--max-semi-space-size={new_space // 2}",
                                                 f"--max-old-space-size={size - new_space}"])
                # V8 adds three semi-spaces, each a power of two.
                self.assertGreaterEqual(told["limit"], size - new_space)
                self.assertLess(told["limit"], size * 1.5)

    def test_without_spares(self):
        with Server(functions(), {"Local": {"SpareRuntimes": 0}}) as server:
            self.check_limits(server)

    def test_with_spares_of_the_right_size(self):
        with Server(functions(), {"Local": {"SpareRuntimes": 1}}) as server:
            wait_for(lambda: self.spare_flags(server) == sorted(size - size // 10 for size in SIZES.values()),
                     "a spare of each size")
            spares = {pid for pid, _ in invoked.descendants(server.pid).items() if invoked.is_spare(pid)}
            self.check_limits(server)
            self.assertIn(server.invoke("small", {}).json["pid"], spares)

    def spare_flags(self, server):
        found = []
        for pid in invoked.descendants(server.pid):
            if invoked.is_spare(pid):
                with open(f"/proc/{pid}/cmdline") as file:
                    found += re.findall(r"--max-old-space-size=(\d+)", file.read())
        return sorted(map(int, found))

    def test_out_of_heap_is_aborted(self):
        with Server({"f": nodejs(SOURCE, MemorySize=128, Timeout=60, Local={"EnforceMemory": False})}) as server:
            answer = server.invoke("f", {"mb": 1000}, tail=True)
            self.assertEqual(answer.function_error, "Unhandled")
            self.assertEqual(answer.json["errorType"], "Runtime.ExitError")
            self.assertRegex(answer.json["errorMessage"],
                             r"^RequestId: \S+ Error: Runtime exited with error: signal: aborted( \(core dumped\))?$")
            server.wait_for_log("JavaScript heap out of memory")
            self.assertEqual(server.invoke("f", {"mb": 1}).json["kept"], 1)

    def test_many_sizes_need_few_processes(self):
        many = {f"f{size}": nodejs(SOURCE, MemorySize=size) for size in range(128, 148)}
        with Server(many, {"Local": {"SpareRuntimes": 1}}) as server:
            wait_for(lambda: len(self.spare_flags(server)) == 8, "the most spares that there are")
            self.assertEqual(server.invoke("f147", {}).json["flags"], ["--max-semi-space-size=7", "--max-old-space-size=133"])
            self.assertLessEqual(len(self.spare_flags(server)), 8)

    def test_a_restart_for_node_options_keeps_the_heap(self):
        function = nodejs(SOURCE, MemorySize=512, Environment={"Variables": {"NODE_OPTIONS": "--no-warnings"}})
        with Server({"f": function}) as server:
            self.assertIn("--max-old-space-size=461", json.dumps(server.invoke("f", {}).json["flags"]))


if __name__ == "__main__":
    invoked.run_tests()
