"""Runtimes that aren't bundled: AWS's own client for the language runs a build, and what is missing is said with the command for it."""
# test: timeout 180

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, run_binary, run_tests  # noqa: E402

JARS = ("aws-lambda-java-runtime-interface-client", "aws-lambda-java-core", "aws-lambda-java-serialization")
SHOP = """
import java.util.Map;
public class Shop {
    public Map<String, Object> handle(Map<String, Object> event) {
        if (event.containsKey("fail"))
            throw new IllegalStateException("closed");
        return Map.of("event", event, "runtime", System.getenv("AWS_EXECUTION_ENV"));
    }
}
"""
ECHO = "#!/bin/sh\necho \"started $0 with $*\" >&2\nexit 9\n"


def maven_jars():
    return [path for name in JARS for path in glob.glob(os.path.expanduser(f"~/.m2/repository/com/amazonaws/{name}/*/{name}-*.jar"))]


class Clients(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="clients-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.home = os.path.join(self.folder, "home")
        os.makedirs(self.home)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def template(self, functions):
        return self.write("template.yaml", json.dumps({"Resources": {
            name: {"Type": "AWS::Serverless::Function", "Properties": {"Timeout": 60, "MemorySize": 512, **properties}} for name, properties in functions.items()}}))

    def check(self, path=None, **environment):
        done = run_binary("check", path or os.path.join(self.folder, "template.yaml"), folder=self.folder,
                          environment={"HOME": self.home, "PATH": os.environ["PATH"], **environment})
        return done.returncode, done.stderr

    @unittest.skipUnless(shutil.which("javac") and len(maven_jars()) >= 3, "javac or the runtime interface client for Java is not here")
    def test_java(self):
        self.write("source/Shop.java", SHOP)
        os.makedirs(os.path.join(self.folder, "build"))
        subprocess.run(["javac", "-nowarn", "-d", "build", "source/Shop.java"], cwd=self.folder, check=True)
        os.makedirs(os.path.join(self.folder, "jars"))
        for path in maven_jars():
            shutil.copy(path, os.path.join(self.folder, "jars"))
        with zipfile.ZipFile(os.path.join(self.folder, "shop.jar"), "w") as jar:
            jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
            jar.write(os.path.join(self.folder, "build", "Shop.class"), "Shop.class")
        java = {"Runtime": "java21", "Handler": "Shop::handle"}
        path = self.template({"Classes": {**java, "CodeUri": "build"}, "Jar": {**java, "CodeUri": "shop.jar"}})
        self.assertIn("the runtime interface client for Java is neither in lib of CodeUri, nor in Local.RuntimeClients, nor in ~/.m2: mvn dependency:get", self.check()[1])
        self.assertIn("Java is not installed: apt-get install default-jre-headless", self.check(PATH=self.home)[1])
        with Server(config=path) as server:  # from ~/.m2
            for name in ("Classes", "Jar"):
                answer = server.invoke(name, {"a": "ü"})
                self.assertEqual((answer.status, answer.function_error, answer.json), (200, None, {"event": {"a": "ü"}, "runtime": "AWS_Lambda_java21"}))
            failed = server.invoke("Classes", {"fail": 1})
            self.assertEqual((failed.function_error, failed.json["errorType"], failed.json["errorMessage"]), ("Unhandled", "java.lang.IllegalStateException", "closed"))
        config = self.write("invoked.json", json.dumps({"Functions": {"f": {**java, "CodeUri": "build", "MemorySize": 512, "Timeout": 60}}, "Local": {"RuntimeClients": "jars"}}))
        with Server(config=config, environment={"HOME": self.home}) as server:
            self.assertEqual(server.invoke("f", {}).json["event"], {})
        shutil.copytree(os.path.join(self.folder, "jars"), os.path.join(self.folder, "build", "lib"))
        self.assertEqual(self.check()[1].count("neither in lib"), 1)  # that of the jar

    def test_go_and_dotnet(self):
        for name in ("go/main", "both/main", "both/bootstrap", "net/bootstrap"):
            self.write(name, ECHO, 0o755)
        self.write("net/Amazon.Lambda.RuntimeSupport.dll", "")
        path = self.template({"Go": {"Runtime": "go1.x", "Handler": "main", "CodeUri": "go"}, "Both": {"Runtime": "go1.x", "Handler": "main", "CodeUri": "both"},
                              "Net": {"Runtime": "dotnet8", "Handler": "Shop", "CodeUri": "net"}})
        self.assertEqual(self.check(), (0, ""))
        with Server(config=path) as server:
            for name, program in (("Go", "go/main"), ("Both", "both/bootstrap"), ("Net", "net/bootstrap")):
                self.assertIn("exit status 9", server.invoke(name, {}).json["errorMessage"])
                server.wait_for_log(f"started {self.folder}/{program} with")

    def test_an_assembly(self):
        self.write("net/Amazon.Lambda.RuntimeSupport.dll", "")
        self.write("net/Shop.dll", "")
        self.write("bin/dotnet", ECHO, 0o755)
        path = self.template({"Net": {"Runtime": "dotnet8", "Handler": "Shop", "CodeUri": "net"}})
        self.assertIn(".NET is not installed: ", self.check(PATH=self.home)[1])
        with Server(config=path, environment={"PATH": os.path.join(self.folder, "bin") + ":/usr/bin:/bin"}) as server:
            self.assertIn("exit status 9", server.invoke("Net", {}).json["errorMessage"])
            server.wait_for_log(f"started {self.folder}/bin/dotnet with {self.folder}/net/Shop.dll")
        self.template({"Net": {"Runtime": "dotnet8", "Handler": "Shop::Shop.Function::Run", "CodeUri": "net"}})
        self.assertIn("needs an executable assembly: use LambdaBootstrapBuilder", self.check()[1])

    def test_what_is_not_built_is_told(self):
        sources = {"Maven": ("java21", "pom.xml"), "Gradle": ("java17", "build.gradle.kts"), "Go": ("go1.x", "go.mod"), "Net": ("dotnet8", "Shop.csproj")}
        for name, (_, file) in sources.items():
            self.write(f"{name}/{file}", "")
        path = self.template({name: {"Runtime": runtime, "Handler": "a", "CodeUri": name} for name, (runtime, _) in sources.items()})
        status, said = self.check()
        self.assertEqual((status, said.count("isn't built: run `sam build`")), (0, 4), said)
        with Server(config=path) as server:
            answer = server.invoke("Maven", {})
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidZipFileException"))

    def test_what_is_no_build_is_left_out(self):
        self.write("code/app.py", "def handler(event, context): return 1\n")
        path = self.template({name: {"Runtime": runtime, "Handler": "a.B::c", "CodeUri": "code"} for name, runtime in
                              (("Java", "java21"), ("Net", "dotnet8"), ("Go", "go1.x"))} | {"Ann": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code"}})
        status, said = self.check()
        self.assertEqual((status, said.count("is not bundled: use ImageConfig")), (0, 3), said)
        with Server(config=path) as server:
            for name in ("Java", "Net", "Go"):
                answer = server.invoke(name, {})
                self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidRuntimeException"))
            self.assertEqual(server.invoke("Ann", {}).json, 1)


if __name__ == "__main__":
    run_tests()
