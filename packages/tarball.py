"""The static binary alone, and a tarball of it with the man page, completions, licences and change log."""

import archives
import completions

EXTRA = (("LICENSE", "LICENSE"), ("CHANGELOG.md", "CHANGELOG.md"), ("docs/invoked.1", "share/man/man1/invoked.1"),
         ("packages/static/LICENSES.md", "LICENSES.md"))


def build(release):
    results = []
    completion = completions.build_files(release.binaries["x86_64"])
    for architecture, binary in release.binaries.items():
        name = f"invoked-{release.version}-linux-{architecture}"
        files = [archives.File(f"{name}/bin/invoked", binary, True)]
        files += [archives.read(release.path(path), f"{name}/{there}")._replace(is_executable=False) for path, there in EXTRA]
        files += [archives.text(f"{name}/share/{path}", text) for path, text in completion.items()]
        results.append((f"{name}.tar.gz", archives.gz(archives.tar(files, release.epoch, with_folders=True))))
    return results
