"""Functions by API as the AWS SDK for Python sees them: waiters, paginators, exceptions; and Terraform's sequence of calls."""

import hashlib
import base64
import io
import json
import os
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from invoked import Server, run_tests  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/r"


def zipped(source):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", source)
    return data.getvalue()


ECHO = zipped("def handler(event, context):\n    return event\n")
NEW = zipped("import os\ndef handler(event, context):\n    return os.environ['WORD']\n")


def create(client, name="made", **settings):
    return client.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE, Timeout=20,
                                  Code={"ZipFile": ECHO}, **settings)


def invoke(client, name, event=None, **settings):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    return json.loads(answer["Payload"].read())


class Management(unittest.TestCase):
    def test_waiters_end(self):
        with Server({}, {"Local": {"CreateDelayMs": 300}}) as server:
            client = server.client()
            self.assertEqual(create(client)["State"], "Pending")
            client.get_waiter("function_active_v2").wait(FunctionName="made", WaiterConfig={"Delay": 1})
            client.update_function_configuration(FunctionName="made", Environment={"Variables": {"WORD": "w"}})
            client.get_waiter("function_updated_v2").wait(FunctionName="made", WaiterConfig={"Delay": 1})
            client.update_function_code(FunctionName="made", ZipFile=NEW)
            client.get_waiter("function_updated_v2").wait(FunctionName="made", WaiterConfig={"Delay": 1})
            self.assertEqual(invoke(client, "made"), "w")
            version = client.publish_version(FunctionName="made")["Version"]
            client.get_waiter("published_version_active").wait(FunctionName="made", Qualifier=version, WaiterConfig={"Delay": 1})
            client.get_waiter("function_exists").wait(FunctionName="made")

    def test_paginators_give_everything_once(self):
        with Server({}) as server:
            client = server.client()
            for number in range(7):
                create(client, f"f{number}")
                client.publish_version(FunctionName=f"f{number}")
            pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
            self.assertEqual([one["FunctionName"] for page in pages for one in page["Functions"]], [f"f{n}" for n in range(7)])
            pages = client.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 3})
            self.assertEqual([(one["FunctionName"], one["Version"]) for page in pages for one in page["Functions"]],
                             [(f"f{n}", version) for n in range(7) for version in ("$LATEST", "1")])
            for number in range(5):
                client.create_alias(FunctionName="f0", Name=f"a{number}", FunctionVersion="1")
            pages = client.get_paginator("list_aliases").paginate(FunctionName="f0", PaginationConfig={"PageSize": 2})
            self.assertEqual([one["Name"] for page in pages for one in page["Aliases"]], [f"a{n}" for n in range(5)])

    def test_exceptions_have_their_classes(self):
        with Server({}) as server:
            client = server.client()
            create(client)
            with self.assertRaises(client.exceptions.ResourceConflictException):
                create(client)
            with self.assertRaises(client.exceptions.ResourceNotFoundException):
                client.get_function(FunctionName="nothing")
            with self.assertRaises(client.exceptions.PreconditionFailedException):
                client.publish_version(FunctionName="made", RevisionId="wrong")
            with self.assertRaises(client.exceptions.InvalidParameterValueException):
                client.update_function_code(FunctionName="made", ZipFile=b"no archive")

    def test_the_sequence_of_terraform(self):
        """What its provider calls for aws_lambda_function: create, read, change of code and settings, tags, destroy."""
        with Server({}) as server:
            client = server.client()
            create(client, Publish=False, Tags={"a": "1"}, MemorySize=128, PackageType="Zip", Architectures=["x86_64"])
            client.get_waiter("function_active_v2").wait(FunctionName="made")

            def read():
                got = client.get_function(FunctionName="made")
                versions = client.list_versions_by_function(FunctionName="made", MaxItems=10000)["Versions"]
                signing = client.get_function_code_signing_config(FunctionName="made")
                client.list_tags(Resource=got["Configuration"]["FunctionArn"])
                return got, versions, signing

            got, versions, signing = read()
            self.assertEqual(got["Tags"], {"a": "1"})
            self.assertEqual([one["Version"] for one in versions], ["$LATEST"])
            self.assertNotIn("CodeSigningConfigArn", signing)
            self.assertEqual(got["Configuration"]["CodeSha256"], base64.b64encode(hashlib.sha256(ECHO).digest()).decode())
            arn = got["Configuration"]["FunctionArn"]
            client.tag_resource(Resource=arn, Tags={"b": "2"})
            client.untag_resource(Resource=arn, TagKeys=["a"])
            client.update_function_configuration(FunctionName="made", Timeout=9, Environment={"Variables": {"WORD": "new"}})
            client.get_waiter("function_updated_v2").wait(FunctionName="made")
            client.update_function_code(FunctionName="made", ZipFile=NEW)
            client.get_waiter("function_updated_v2").wait(FunctionName="made")
            client.put_function_concurrency(FunctionName="made", ReservedConcurrentExecutions=2)
            got, versions, _ = read()
            self.assertEqual((got["Configuration"]["Timeout"], got["Tags"], got["Concurrency"]["ReservedConcurrentExecutions"]),
                             (9, {"b": "2"}, 2))
            self.assertEqual(invoke(client, "made"), "new")
            client.delete_function(FunctionName="made")
            with self.assertRaises(client.exceptions.ResourceNotFoundException):
                client.get_function(FunctionName="made")

    def test_layers_are_found(self):
        with Server({}) as server:
            client = server.client()
            data = io.BytesIO()
            with zipfile.ZipFile(data, "w") as made:
                made.writestr("python/of_layer.py", "VALUE = 7\n")
            layer = client.publish_layer_version(LayerName="l", Content={"ZipFile": data.getvalue()})["LayerVersionArn"]
            client.create_function(FunctionName="made", Runtime="python3.12", Handler="app.handler", Role=ROLE, Timeout=20, Layers=[layer],
                                   Code={"ZipFile": zipped("import of_layer\ndef handler(event, context):\n    return of_layer.VALUE\n")})
            self.assertEqual(invoke(client, "made"), 7)
            client.delete_layer_version(LayerName="l", VersionNumber=1)
            self.assertEqual(client.get_function_configuration(FunctionName="made")["Layers"][0]["Arn"], layer)
            self.assertEqual(invoke(client, "made"), 7)


if __name__ == "__main__":
    run_tests()
