"""The bundled Ruby runtime: handlers, context, errors, lines of the log, gems and layers, as AWS's client for Ruby has them."""
# test: timeout 120

import json
import os
import re
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Code, Server, is_alive, run_tests, wait_for  # noqa: E402

RUBY = shutil.which("ruby")


def ruby(source, handler="app.handler", files=None, **settings):
    return Code({"app.rb": source, **(files or {})}, {"Runtime": "ruby3.3", "Handler": handler, "Timeout": 20, **settings})


def method(body):
    return f"def handler(event:, context:)\n{body}\nend\n"


@unittest.skipUnless(RUBY, "ruby is not installed")
class Ruby(unittest.TestCase):
    def failure(self, server, name, event=None):
        answer = server.invoke(name, event or {})
        self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"), answer)
        return answer.json

    def test_results(self):
        bodies = {"echo": "event", "nothing": "nil", "number": "1.5", "text": "'grün'", "list": "[1, :two, nil]", "symbols": "{a: {b: [true]}}",
                  "raw": "StringIO.new('<raw>')", "binary": "StringIO.new([255, 0, 1].pack('C*'))"}
        with Server({name: ruby(method(body)) for name, body in bodies.items()}) as server:
            event = {"a": ["ü", 1, None, {"b": "\u0000"}]}
            self.assertEqual(server.invoke("echo", event).json, event)
            self.assertEqual(server.invoke("echo", body=b"").json, {})
            self.assertEqual([server.invoke(name, {}).json for name in ("nothing", "number", "text", "list", "symbols")],
                             [None, 1.5, "grün", [1, "two", None], {"a": {"b": [True]}}])
            self.assertEqual([server.invoke(name, {}).body for name in ("raw", "binary")], [b"<raw>", b"\xff\0\x01"])
            large = {"a": "x" * 5_000_000}
            self.assertEqual(server.invoke("echo", large).json, large)

    def test_handlers_of_every_form(self):
        code = method("'method'") + "module Shop; class Orders; def self.process(event:, context:) = event['n']; end; end\n"
        functions = {"method": ruby(code), "class": ruby(code, "app.Shop::Orders.process"),
                     "folder": ruby("", "lib/deep.handler", {"lib/deep.rb": method("'deep'")})}
        with Server(functions) as server:
            self.assertEqual([server.invoke(name, {"n": 7}).json for name in functions], ["method", 7, "deep"])

    def test_the_context(self):
        said = ("{id: context.aws_request_id, arn: context.invoked_function_arn, name: context.function_name, version: context.function_version, "
                "memory: context.memory_limit_in_mb, group: context.log_group_name, stream: context.log_stream_name, identity: context.identity, "
                "client: context.client_context, left: context.get_remaining_time_in_millis, deadline: context.deadline_ms, class: context.class, "
                "trace: ENV['_X_AMZN_TRACE_ID'], global: $_global_aws_request_id, handler: ENV['_HANDLER'], runtime: ENV['AWS_EXECUTION_ENV']}")
        with Server({"f": ruby(method(said), MemorySize=256)}) as server:
            answer = server.invoke("f", {}, headers={"X-Amz-Client-Context": "eyJjdXN0b20iOnsiYSI6MX19"})
            told = answer.json
            self.assertEqual(told["id"], answer.request_id)
            self.assertEqual(told["global"], answer.request_id)
            self.assertEqual({name: told[name] for name in ("arn", "name", "version", "memory", "group", "identity", "client", "class", "handler", "runtime")},
                             {"arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "name": "f", "version": "$LATEST", "memory": "256",
                              "group": "/aws/lambda/f", "identity": None, "client": {"custom": {"a": 1}}, "class": "LambdaContext",
                              "handler": "app.handler", "runtime": "AWS_Lambda_ruby3.3"})
            self.assertTrue(15000 < told["left"] <= 20000, told)
            self.assertTrue(told["trace"].startswith("Root="), told)
            self.assertRegex(told["stream"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")

    def test_errors(self):
        code = "class Own < StandardError; end\n" + method("raise Own, 'wrong' if event['own']\nnonsense if event['name']\nexit 3 if event['exit']\n"
                                                           "return \"\\xff\" if event['bytes']\nProcess.pid")
        with Server({"f": ruby(code)}) as server:
            pid = server.invoke("f", {}).json
            self.assertEqual(self.failure(server, "f", {"own": 1}), {
                "errorMessage": "wrong", "errorType": "Function<Own>", "stackTrace": [f"{server.code_folder('f')}/app.rb:3:in `handler'"]})
            self.assertEqual(self.failure(server, "f", {"bytes": 1})["errorType"], "Function<JSON::GeneratorError>")
            self.assertEqual(server.invoke("f", {}).json, pid)
            answer = server.invoke("f", {"own": 1}, tail=True)
            self.assertIn('Error raised from handler method\n{\n  "errorMessage": "wrong",\n  "errorType": "Function<Own>",\n  "stackTrace": [\n', answer.log)
            named = self.failure(server, "f", {"name": 1})
            self.assertEqual(named["errorType"], "Function<NameError>")
            self.assertRegex(named["errorMessage"], "undefined local variable or method .nonsense' for .*LambdaHandler")
            wait_for(lambda: not is_alive(pid), "the end of the process")  # a critical exception
            server.wait_for_log("Critical exception from handler")
            self.assertEqual(self.failure(server, "f", {"exit": 1})["errorType"], "Function<SystemExit>")
            self.assertNotIn(server.invoke("f", {}).json, (None, pid))

    def test_errors_at_the_start(self):
        functions = {"missing": ruby("", "none.handler"), "form": ruby("", "handler"), "raises": ruby("raise 'early'"), "syntax": ruby("def (")}
        with Server(functions) as server:
            self.assertEqual({name: self.failure(server, name)["errorType"] for name in functions},
                             {"missing": "Init<LoadError>", "form": "Init<ArgumentError>", "raises": "Init<RuntimeError>", "syntax": "Init<SyntaxError>"})
            self.assertEqual(self.failure(server, "raises")["errorMessage"], "early")
            self.assertIn('Invalid handler ["handler"], must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD', self.failure(server, "form")["errorMessage"])
            server.wait_for_log("Init error when loading handler ")

    def test_the_log(self):
        code = "require 'logger'\nLOG = Logger.new($stdout, progname: 'shop')\n" + method("LOG.warn('careful')\nputs 'printed'\nwarn 'to standard error'\nLOG.debug('detail')")
        levels = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
        with Server({"text": ruby(code), "json": ruby(code, LoggingConfig=levels)}) as server:
            answer = server.invoke("text", {}, tail=True)
            self.assertRegex(answer.log, r"W, \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6} #\d+\]  WARN " + answer.request_id + " -- shop: careful\n")
            self.assertIn("printed\n", answer.log)
            self.assertIn("to standard error\n", answer.log)
            self.assertRegex(answer.log, "DEBUG .*: detail\n")
            answer = server.invoke("json", {}, tail=True)
            lines = [json.loads(line) for line in answer.log.splitlines() if line.startswith("{") and "careful" in line]
            self.assertEqual([{name: value for name, value in line.items() if name != "timestamp"} for line in lines],
                             [{"level": "WARN", "message": "careful", "requestId": answer.request_id, "logger": "shop"}])
            self.assertNotIn("detail", answer.log)

    def test_gems_that_the_function_brings_along_and_layers(self):
        gem = "Gem::Specification.new { |s| s.name = 'mine'; s.version = '1.0'; s.summary = 'x'; s.authors = ['x']; s.files = ['lib/mine.rb'] }\n"
        files = {f"vendor/bundle/ruby/3.3.0/{name}": text for name, text in
                 {"specifications/mine-1.0.gemspec": gem, "gems/mine-1.0/lib/mine.rb": "module Mine; NAME = 'own gem'; end\n"}.items()}
        for mount in ("auto", "off"):
            function = ruby("require 'mine'\nrequire 'of_layer'\n" + method("[Mine::NAME, NAME_OF_LAYER]"), files=files, Local={"MountTask": mount})
            with self.subTest(mount), Server({"plain": ruby(method("1"))}) as server:
                layer = os.path.join(server.folder, "layer", "ruby", "lib")
                os.makedirs(layer)
                with open(os.path.join(layer, "of_layer.rb"), "w") as file:
                    file.write("NAME_OF_LAYER = 'layer'\n")
                function.settings["Layers"] = [os.path.join(server.folder, "layer")]
                server.configure({"f": function})
                server.signal(signal.SIGHUP)
                wait_for(lambda: server.invoke("f", {}).status == 200, "the function")
                self.assertEqual(server.invoke("f", {}).json, ["own gem", "layer"])

    def test_processes(self):
        code = "$count = 0\n" + method("fork { exit } if event['fork']\nsleep if event['sleep']\n$count += 1\n[$count, Process.pid]")
        with Server({"f": ruby(code), "slow": ruby(code, Timeout=1)}) as server:
            first = server.invoke("f", {}).json
            self.assertEqual(server.invoke("f", {"fork": 1}).json, [first[0] + 1, first[1]])
            self.assertEqual(server.invoke("f", {}).json, [first[0] + 2, first[1]])
            self.assertIn("Task timed out after 1.00 seconds", self.failure(server, "slow", {"sleep": 1})["errorMessage"])
            os.kill(first[1], 9)
            wait_for(lambda: not is_alive(first[1]), "the end of the process")
            self.assertEqual(server.invoke("f", {}).json[0], 1)

    def test_the_version_is_told(self):
        with Server({"f": ruby(method("RUBY_VERSION"), Runtime="ruby9.9")}) as server:
            version = server.invoke("f", {}).json
            server.wait_for_log(re.escape(f"ruby9.9: runs under Ruby {version} ("))

    def test_the_fixture_and_a_folder_of_functions(self):
        with Server(config=os.path.join(ROOT, "fixtures", "functions")) as server:
            self.assertEqual(server.invoke("ruby-echo", {"a": 1}).json, {"a": 1})


if __name__ == "__main__":
    run_tests()
