"""The npm packages: `invoked` (packages/npm/invoked), and one with the binary for each platform, as esbuild has them."""

import json

import archives

PLATFORMS = {"x86_64": "x64", "aarch64": "arm64"}


def packed(name, version, files, epoch):
    return (f"{name}-{version}.tgz", archives.gz(archives.tar(files, epoch)))


def build(release):
    results = []
    for architecture, binary in release.binaries.items():
        cpu = PLATFORMS[architecture]
        manifest = {"name": f"@invoked/linux-{cpu}", "version": release.version, "license": "MIT",
                    "description": f"The program of the package invoked, for Linux on {cpu}", "os": ["linux"], "cpu": [cpu],
                    "preferUnplugged": True}
        files = [archives.text("package/package.json", json.dumps(manifest, indent=2) + "\n"),
                 archives.read(release.path("packages", "static", "LICENSES.md"), "package/LICENSES.md"),
                 archives.read(release.path("LICENSE"), "package/LICENSE"),
                 archives.File("package/bin/invoked", binary, True)]
        results.append(packed(f"invoked-linux-{cpu}", release.version, files, release.epoch))
    files = archives.read_folder(release.path("packages", "npm", "invoked"), "package/")
    files = [file._replace(content=file.content.replace(b'"VERSION"', f'"{release.version}"'.encode()))
             if file.name == "package/package.json" else file for file in files]
    files.append(archives.read(release.path("LICENSE"), "package/LICENSE"))
    results.append(packed("invoked", release.version, files, release.epoch))
    return results
