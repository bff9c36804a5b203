"""Terraform with its provider for AWS: what it creates here runs, a second plan finds nothing to change, and all of it goes.

Skipped where there is no `terraform`, or where no folder of PLUGINS (or $TERRAFORM_PLUGINS) has the provider.
test: timeout 1200
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from invoked import Server, run_tests  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGINS = [os.environ.get("TERRAFORM_PLUGINS"), os.path.expanduser("~/.terraform.d/plugins"), "/usr/local/share/terraform/plugins",
           "/usr/share/terraform/plugins", "/opt/tf-plugins"]
PROVIDER = "registry.terraform.io/hashicorp/aws"
SOURCE = """import os
import of_layer
def handler(event, context):
    return [os.environ["VALUE"], of_layer.VALUE, context.function_version]
"""


def find_plugins():
    return next((folder for folder in PLUGINS if folder and os.path.isdir(os.path.join(folder, PROVIDER))), None)


def archive(path, name, source):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(zipfile.ZipInfo(name), source)  # the same bytes at each run
    return path


@unittest.skipUnless(shutil.which("terraform"), "needs terraform")
@unittest.skipUnless(find_plugins(), "needs Terraform's provider for AWS in a local folder")
class Terraform(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(os.path.join(HERE, "terraform", "main.tf"), self.folder)
        with open(os.path.join(self.folder, "rc"), "w", encoding="utf-8") as rc:
            rc.write(f'provider_installation {{ filesystem_mirror {{ path = "{find_plugins()}" }} }}\ndisable_checkpoint = true\n')
        self.environment = {
            **os.environ, "TF_CLI_CONFIG_FILE": os.path.join(self.folder, "rc"), "TF_IN_AUTOMATION": "1",
            "TF_VAR_archive": archive(os.path.join(self.folder, "code.zip"), "app.py", SOURCE),
            "TF_VAR_layer": archive(os.path.join(self.folder, "layer.zip"), "python/of_layer.py", "VALUE = 7\n")}

    def terraform(self, *words, status=0):
        done = subprocess.run(["terraform", *words, "-no-color"], cwd=self.folder, env=self.environment, text=True, timeout=600,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def outputs(self):
        return {name: one["value"] for name, one in json.loads(self.terraform("output", "-json")).items()}

    def test_a_stack_is_created_changed_and_destroyed(self):
        with Server({}) as server:
            self.environment.update(TF_VAR_endpoint=server.endpoint, TF_VAR_value="one")
            client = server.client()

            def invoke():
                return json.loads(client.invoke(FunctionName="hello", Qualifier="live")["Payload"].read())

            self.terraform("init", "-input=false")
            self.assertIn("12 added, 0 changed", self.terraform("apply", "-auto-approve", "-input=false"))
            self.assertEqual(invoke(), ["one", 7, "1"])
            self.assertEqual(self.outputs()["live_version"], "1")
            self.assertIn("No changes", self.terraform("plan", "-detailed-exitcode", "-input=false"))

            self.environment["TF_VAR_value"] = "two"
            self.assertIn("0 added, 2 changed", self.terraform("apply", "-auto-approve", "-input=false"))
            self.assertEqual(invoke(), ["two", 7, "2"])
            self.assertIn("No changes", self.terraform("plan", "-detailed-exitcode", "-input=false"))
            self.assertEqual(server.request("GET", "/_invoked/url/hello:live/").json, ["two", 7, "2"])

            self.assertIn("12 destroyed", self.terraform("destroy", "-auto-approve", "-input=false"))
            self.assertEqual(client.list_functions()["Functions"], [])
            self.assertEqual(client.list_layers()["Layers"], [])


if __name__ == "__main__":
    run_tests()
