"""The Python wheels: the package packages/python/invoked, the binary, and the pytest plugin's entry point."""

import base64
import hashlib

import archives

# A static binary runs with any libc.
PLATFORM = "manylinux_2_17_{0}.manylinux2014_{0}.musllinux_1_1_{0}"


def record_of(files, path):
    lines = []
    for file in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.content).digest()).rstrip(b"=").decode()
        lines.append(f"{file.name},sha256={digest},{len(file.content)}\n")
    return archives.text(path, "".join(lines) + f"{path},,\n")


def build(release):
    with open(release.path("packages", "python", "README.md")) as file:
        readme = file.read()
    results = []
    for architecture, binary in release.binaries.items():
        platform = PLATFORM.format(architecture)
        tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.split("."))
        info = f"invoked-{release.version}.dist-info"
        metadata = (f"Metadata-Version: 2.1\nName: invoked\nVersion: {release.version}\n"
                    "Summary: AWS Lambda's Invoke API on your own machine, for tests and development\n"
                    "License: MIT\nRequires-Python: >=3.8\nProvides-Extra: boto3\nRequires-Dist: boto3; extra == 'boto3'\n"
                    "Classifier: Framework :: Pytest\nClassifier: Operating System :: POSIX :: Linux\n"
                    f"Classifier: Typing :: Typed\nDescription-Content-Type: text/markdown\n\n{readme}")
        files = archives.read_folder(release.path("packages", "python", "invoked"), "invoked/",
                                     {'__version__ = "VERSION"': f'__version__ = "{release.version}"'})
        # Where the command `invoked` belongs; server.py looks for it there.
        files += [archives.File(f"invoked-{release.version}.data/scripts/invoked", binary, True),
                  archives.text(f"{info}/METADATA", metadata),
                  archives.text(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: invoked\nRoot-Is-Purelib: false\n{tags}"),
                  archives.text(f"{info}/entry_points.txt", "[pytest11]\ninvoked = invoked.pytest_plugin\n"),
                  archives.read(release.path("LICENSE"), f"{info}/LICENSE"),
                  archives.read(release.path("packages", "static", "LICENSES.md"), f"{info}/LICENSES.md")]
        files.append(record_of(files, f"{info}/RECORD"))
        results.append((f"invoked-{release.version}-py3-none-{platform}.whl", archives.zip_file(files, release.epoch)))
    return results
