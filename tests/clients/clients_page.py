"""The tables of docs/clients.md, made from the adapters and the list of cases: what each client can express passes, or its
test fails.

    clients_page.py        writes them into docs/clients.md
"""

import glob
import importlib
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(FOLDER, "..", "..")
sys.path[:0] = [FOLDER, os.path.join(FOLDER, "..", "runtimes", "clients")]
from client_cases import CASES  # noqa: E402

PAGE = os.path.join(ROOT, "docs", "clients.md")
BEGIN, END = "<!-- {}: written by tests/clients/clients_page.py -->\n", "<!-- end of {} -->\n"


def adapters():
    modules = [importlib.import_module(os.path.basename(path)[:-3]) for path in glob.glob(os.path.join(FOLDER, "test_cases_*.py"))]
    return sorted((module.Cases.adapter_class for module in modules), key=lambda adapter: adapter.title)


def differences(adapter):
    reasons = sorted({why for case in CASES if (why := adapter.why_not(case))})
    if adapter.untold:
        reasons.append("does not tell " + ", ".join(sorted(adapter.untold)))
    if not adapter.keeps_connections:
        reasons.append("a connection for each call")
    return "; ".join(reasons) or "none"


def sdk_table():
    lines = ["| client | version | cases | what it leaves out |\n", "| --- | --- | --- | --- |\n"]
    for adapter in adapters():
        count = sum(adapter.why_not(case) is None for case in CASES)
        lines.append(f"| {adapter.title} | {adapter.version} | {count} of {len(CASES)} | {differences(adapter)} |\n")
    return "".join(lines)


def points():
    return "\n".join(f"{adapter.title}:\n\n```\n{adapter.point}\n```\n" for adapter in adapters())


def runtime_table():
    from runtime_clients import CLIENTS
    lines = ["| runtime interface client | version | streams | type of an error it is given |\n", "| --- | --- | --- | --- |\n"]
    for client in CLIENTS:
        lines.append(f"| {client.name} | {client.version} | {'yes' if client.stream else 'no'} | `{client.failed_text()}` |\n")
    return "".join(lines)


def page(text):
    for name, table in (("clients", sdk_table()), ("code", points()), ("runtimes", runtime_table())):
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = text.split(begin)
        text = before + begin + "\n" + table + "\n" + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    with open(PAGE) as page_file:
        new = page(page_file.read())
    with open(PAGE, "w") as page_file:
        page_file.write(new)
