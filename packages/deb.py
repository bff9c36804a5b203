"""The Debian package: the binary, man page, completions, systemd user unit. Its archives are written here, so that it is
made the same on any machine."""

import hashlib
import re
import time

import archives
import completions

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def copyright_text(release):
    with open(release.path("LICENSE")) as file:
        licence = file.read()
    with open(release.path("packages", "static", "LICENSES.md")) as file:
        linked = file.read()
    paragraph = "".join(f" {line}".rstrip() + "\n" if line.strip() else " .\n" for line in licence.splitlines())
    comment = "".join(f" {line}".rstrip() + "\n" if line.strip() else " .\n" for line in linked.splitlines())
    holder = re.search(r"^Copyright (?:\([cC]\) )?(.*)$", licence, re.M)[1]
    return ("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: invoked\n"
            f"Comment:\n{comment}\nFiles: *\nCopyright: {holder}\nLicense: Expat\n{paragraph}")


def changelog(release):
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(release.epoch))
    return (f"invoked ({release.version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n"
            f" -- {release.maintainer}  {date}\n")


def build(release):
    share = "./usr/share"
    native = release.binaries["x86_64"]
    common = [archives.text(f"{share}/{path}", text) for path, text in completions.build_files(native).items()]
    common += [archives.text(f"{share}/doc/invoked/copyright", copyright_text(release)),
               archives.File(f"{share}/doc/invoked/changelog.gz", archives.gz(changelog(release).encode())),
               archives.read(release.path("CHANGELOG.md"), f"{share}/doc/invoked/CHANGELOG.md"),
               archives.read(release.path("packages", "deb", "overrides"), f"{share}/lintian/overrides/invoked"),
               archives.read(release.path("packages", "deb", "invoked.service"), "./usr/lib/systemd/user/invoked.service")]
    with open(release.path("docs", "invoked.1"), "rb") as file:
        common.append(archives.File(f"{share}/man/man1/invoked.1.gz", archives.gz(file.read())))
    results = []
    for architecture, binary in release.binaries.items():
        files = [*common, archives.File("./usr/bin/invoked", binary, True)]
        size = sum(len(file.content) // 1024 + 1 for file in files)
        debian = ARCHITECTURES[architecture]
        control = (f"Package: invoked\nVersion: {release.version}\nArchitecture: {debian}\nMaintainer: {release.maintainer}\n"
                   f"Installed-Size: {size}\nSection: devel\nPriority: optional\nSuggests: nodejs, python3\n"
                   "Description: AWS Lambda's Invoke API on your own machine\n"
                   " A small server that runs functions as local processes and answers Invoke,\n"
                   " InvokeAsync and InvokeWithResponseStream as AWS does, for development and\n"
                   " tests without a network. Asynchronous events are kept, retried and given\n"
                   " up as AWS does, under a clock that tests can move.\n")
        sums = "".join(f"{hashlib.md5(file.content).hexdigest()}  {file.name[2:]}\n" for file in sorted(files))
        members = [("debian-binary", b"2.0\n"),
                   ("control.tar.gz", archives.gz(archives.tar([archives.text("./control", control),
                                                                archives.text("./md5sums", sums)], release.epoch))),
                   ("data.tar.gz", archives.gz(archives.tar(files, release.epoch, with_folders=True)))]
        results.append((f"invoked_{release.version}_{debian}.deb", archives.ar(members, release.epoch)))
    return results
