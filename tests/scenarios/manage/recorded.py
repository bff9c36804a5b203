"""Plays the cases of recorded.json against a server and says how an answer differs from AWS's recorded one.

Each case gets an account of its own, so that it starts with nothing. How a step is read stands in the head of the methods.
"""

import base64
import fnmatch
import io
import json
import re
import time
import urllib.parse
import zipfile

REGION, OTHER_REGION = "us-east-1", "eu-central-1"
UNTIL_S = 10

MARKER = re.compile(r"<([a-z0-9-]+)(?::(\d+))?>")
FORMS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "resource": r"[0-9a-zA-Z-]+",
    "code-sha256": r"[0-9A-Za-z+/=]{44}|[0-9a-f]{64}",
    "date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+0000|\+00:00|Z)",
    "url": r"https?://\S+",
    "any": r".*",
}


class Difference(Exception):
    pass


def archive(files, comment=""):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".stored") else zipfile.ZIP_DEFLATED
            made.writestr(entry, text)
        made.comment = comment.encode()
    return data.getvalue()


class Case:
    def __init__(self, server, case, account):
        self.server, self.case, self.account = server, case, account
        self.answers, self.zips, self.captured = {}, {}, {}

    # ---- what is sent ----

    def text(self, text):
        text = re.sub(r"<(.):len\((\d+)\)>", lambda found: found[1] * int(found[2]), text)
        text = re.sub(r"\$\{([^:}]+):([^}]+)\}", lambda found: str(self.look_up(found[1], found[2])), text)
        return (text.replace("{region}", REGION).replace("{account}", self.account)
                .replace("{other_region}", OTHER_REGION))

    def look_up(self, step, path):
        value = self.answers[step]
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    def fill(self, value, step):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.fill(item, step) for item in value]
        if isinstance(value, dict):
            if "zip" in value and set(value) <= {"zip", "comment"}:
                data = archive({name: self.text(text) for name, text in value["zip"].items()}, value.get("comment", ""))
                self.zips[step] = data
                return base64.b64encode(data).decode()
            if set(value) == {"base64"}:
                return base64.b64encode(self.text(value["base64"]).encode()).decode()
            return {self.text(key): self.fill(item, step) for key, item in value.items()}
        return value

    def request(self, step, query=None):
        path = "/".join(urllib.parse.quote(urllib.parse.unquote(self.text(part)), safe="$" if False else "")
                        for part in step["path"].split("/"))
        pairs = []
        for key, value in (step.get("query", {}) | (query or {})).items():
            for one in value if isinstance(value, list) else [value]:
                pairs.append((key, self.text(str(one))))
        if pairs:
            path += "?" + urllib.parse.urlencode(pairs)
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={self.account}/20251125/us-east-1/lambda/aws4_request",
                   **{key: self.text(value) for key, value in step.get("send", {}).items()}}
        body = None
        if "body" in step:
            body = json.dumps(self.fill(step["body"], step["name"])).encode()
            headers["Content-Type"] = "application/json"
        return self.server.request(step["method"], path, body, headers)

    # ---- what is expected ----

    def marker(self, found, actual, place):
        kind, number = found[1], found[2]
        form = FORMS.get(kind)
        if form is not None and not re.fullmatch(form, actual, re.DOTALL):
            raise Difference(f"{place}: {actual!r} is no {kind}")
        if number is None:
            return
        known = self.captured.setdefault((kind, number), actual)
        if known != actual:
            raise Difference(f"{place}: {actual!r}, but <{kind}:{number}> was {known!r}")
        for (other_kind, other), text in self.captured.items():
            if other_kind == kind and other != number and text == actual:
                raise Difference(f"{place}: {actual!r} is <{kind}:{other}> and <{kind}:{number}>")

    def compare_text(self, expected, actual, place):
        expected = self.text(expected)
        whole = MARKER.fullmatch(expected)
        if whole and whole[1] == "any":
            return
        if whole and whole[1] == "code-size":
            if not isinstance(actual, int):
                raise Difference(f"{place}: {actual!r} is no size")
            return
        if whole and whole[1] == "epoch":
            if not isinstance(actual, (int, float)) or abs(actual - time.time()) > 3600:
                raise Difference(f"{place}: {actual!r} is no time")
            return
        if not isinstance(actual, str):
            raise Difference(f"{place}: {actual!r}, not {expected!r}")
        pattern, at, markers = "", 0, []
        for found in MARKER.finditer(expected):
            pattern += re.escape(expected[at:found.start()]) + "(.+?)"
            at = found.end()
            markers.append(found)
        matched = re.fullmatch(pattern + re.escape(expected[at:]), actual, re.DOTALL)
        if not matched:
            raise Difference(f"{place}: {actual!r}, not {expected!r}")
        for found, text in zip(markers, matched.groups()):
            self.marker(found, text, place)

    def compare_dict(self, expected, actual, place):
        if set(expected) == {"json"} or set(expected) == {"json", "ordered"}:
            if not isinstance(actual, str):
                raise Difference(f"{place}: {actual!r} is no text")
            inner = json.loads(actual)
            self.compare(expected["json"], inner, place)
            if expected.get("ordered"):
                self.compare_order(expected["json"], inner, place)
            return
        if set(expected) == {"parts"}:
            actual = re.sub(r"^\d+ validation errors? detected: ", "", actual)
            for part in expected["parts"]:
                if self.text(part) not in actual:
                    raise Difference(f"{place}: {actual!r} lacks {self.text(part)!r}")
            return
        if not isinstance(actual, dict):
            raise Difference(f"{place}: {actual!r}, not an object")
        expected = {self.text(key): value for key, value in expected.items()}
        for key in list(expected):
            if "|" in key:
                spelled = next((one for one in key.split("|") if one in actual), key.split("|")[0])
                expected[spelled] = expected.pop(key)
        keys = {key for key, value in actual.items() if value is not None}
        wanted = {key for key, value in expected.items() if value is not None}
        if keys != wanted:
            raise Difference(f"{place}: more {sorted(keys - wanted)}, less {sorted(wanted - keys)}: {actual}")
        for key in wanted:
            self.compare(expected[key], actual[key], f"{place}.{key}")

    def compare_order(self, expected, actual, place):
        if isinstance(expected, dict) and isinstance(actual, dict) and list(expected) != list(actual):
            raise Difference(f"{place}: order {list(actual)}, not {list(expected)}")
        for key in expected if isinstance(expected, dict) else range(len(expected)) if isinstance(expected, list) else ():
            self.compare_order(expected[key], actual[key], f"{place}.{key}")

    def compare(self, expected, actual, place):
        if isinstance(expected, str):
            self.compare_text(expected, actual, place)
        elif isinstance(expected, dict):
            self.compare_dict(expected, actual, place)
        elif isinstance(expected, list):
            if not isinstance(actual, list) or len(actual) != len(expected):
                raise Difference(f"{place}: {actual!r}, not {expected!r}")
            for index, (one, other) in enumerate(zip(expected, actual)):
                self.compare(one, other, f"{place}[{index}]")
        elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
            raise Difference(f"{place}: {actual!r}, not {expected!r}")

    # ---- one step ----

    def paged(self, step):
        """The whole list, by pages: {"member": …, "size": N}."""
        size, query, whole = step["paged"], {}, None
        while True:
            answer = self.request(step, {"MaxItems": str(size["size"] if isinstance(size, dict) else size)} | query)
            if answer.status != 200:
                return answer, None
            page = answer.json
            member = next(key for key, value in page.items() if isinstance(value, list))
            if whole is None:
                whole = page
            else:
                whole[member] += page[member]
            marker = page.get("NextMarker")
            whole.pop("NextMarker", None)
            if marker is None:
                return answer, whole
            query = {"Marker": marker}

    def drop(self, value, path):
        """"A.B" goes from the object A; "*" stands for every item, and for any end of a name."""
        head, _, rest = path.partition(".")
        if head == "*":
            for item in value.values() if isinstance(value, dict) else value:
                self.drop(item, rest)
        elif isinstance(value, dict):
            for key in [key for key in value if fnmatch.fnmatchcase(key, head)]:
                if rest:
                    self.drop(value[key], rest)
                else:
                    del value[key]

    def narrow(self, step, actual):
        for path in step.get("loose", []):
            self.drop(actual, path)
        if "keep" in step:
            for member, wanted in step["keep"].items() if isinstance(step["keep"], dict) else ():
                key, names = wanted if isinstance(wanted, list) and len(wanted) == 2 and isinstance(wanted[1], list) else (None, wanted)
                names = [self.text(name) for name in names]
                actual[member] = [item for item in actual[member]
                                  if (item.get(key) if key else item.get("FunctionName", item.get("LayerName"))) in names]
        if "sort" in step:
            for member, key in step["sort"].items() if isinstance(step["sort"], dict) else ():
                actual[member].sort(key=lambda item: item[key])
        if "only" in step:
            for member, keys in step["only"].items():
                actual[member] = [{key: item[key] for key in keys if key in item} for item in actual[member]]

    def check(self, step, answer, actual):
        if "status" in step and answer.status != step["status"]:
            raise Difference(f"status {answer.status}, not {step['status']}: {answer.body[:400]!r}")
        if "error" in step and answer.headers.get("x-amzn-errortype") != step["error"]:
            raise Difference(f"{answer.headers.get('x-amzn-errortype')}, not {step['error']}: {answer.body[:400]!r}")
        for name, value in step.get("headers", {}).items():
            self.compare(value, answer.headers.get(name.lower()), name)
        if "answer" not in step:
            return
        if step["answer"] is None:
            if answer.body not in (b"", b"null"):
                raise Difference(f"a body: {answer.body[:400]!r}")
            return
        expected = json.loads(json.dumps(step["answer"]))
        self.narrow(step, actual)
        for path in step.get("loose", []):
            self.drop(expected, path)
        if "sort" in step:
            for member, key in step["sort"].items() if isinstance(step["sort"], dict) else ():
                expected[member].sort(key=lambda item: item[key])
        self.compare(expected, actual, "answer")
        for path, operator, earlier, *difference in step.get("compare", []):
            self.compare_numbers(path, operator, earlier, difference, actual)

    def compare_numbers(self, path, operator, earlier, difference, actual):
        value = actual
        for part in path.split("."):
            value = value[part]
        step, _, member = earlier.partition(":")
        wanted = self.look_up(step, member)
        for one in difference:
            wanted += len(self.zips[one[4:]]) if str(one).startswith("zip:") else one
        good = {"==": value == wanted, ">=": value >= wanted, ">": value > wanted, "<": value < wanted}[operator]
        if not good:
            raise Difference(f"{path}: {value}, not {operator} {wanted}")

    def until(self, step):
        limit = time.monotonic() + UNTIL_S
        while True:
            answer = self.request(step)
            actual = answer.json if answer.body else None
            held = answer.status == 200
            for path, wanted in step["until"].items():
                value = actual
                for part in path.split("."):
                    value = value.get(part) if isinstance(value, dict) else None
                held = held and value == wanted
            if held or time.monotonic() > limit:
                if not held:
                    raise Difference(f"never {step['until']}: {answer.body[:300]!r}")
                return answer, actual
            time.sleep(0.02)

    def run_step(self, step):
        if "download" in step:
            source, _, path = step["download"].partition(":")
            url = urllib.parse.urlsplit(self.look_up(source, path))
            answer = self.server.request("GET", url.path + ("?" + url.query if url.query else ""))
            if answer.body != self.zips[step["zip_of"]]:
                raise Difference(f"not the archive: {answer.status} {answer.body[:100]!r}")
            return
        if "until_seen" in step:
            wanted, seen = set(step["until_seen"]["values"]), set()
            for _ in range(step["until_seen"]["calls"] * 3):
                seen.add(self.request(step).headers.get(step["until_seen"]["header"].lower()))
                if wanted <= seen:
                    return
            raise Difference(f"only {seen}")
        if "until" in step:
            answer, actual = self.until(step)
        elif "paged" in step:
            answer, actual = self.paged(step)
        else:
            answer = self.request(step)
            try:
                actual = answer.json if answer.body else None
            except ValueError:
                actual = None
        self.answers[step["name"]] = json.loads(json.dumps(actual))
        for index, choice in enumerate(step.get("either", [])):
            try:
                return self.check(choice, answer, actual)
            except Difference:
                if index + 1 == len(step["either"]):
                    raise
        self.check(step, answer, actual)

    def run(self):
        for step in self.case["steps"]:
            try:
                self.run_step(step)
            except Difference as difference:
                raise Difference(f"{self.case['id']}: {step['name']} ({step.get('call')}): {difference}") from None
            except (KeyError, IndexError, TypeError) as error:
                raise Difference(f"{self.case['id']}: {step['name']} ({step.get('call')}): {error!r}") from error
