"""The container image, as an OCI layout in a tar: what `docker load`, `podman load`, skopeo and umoci read.

No daemon makes it: a layer is a tar, and the rest is JSON. The image holds the static binary and what a program expects
of a root: users, a folder for temporary files, one for data. A second image has Debian's Python and Node.js below that,
where packages/interpreters/prepare has laid them (`make dist INTERPRETERS=yes`).
"""

import hashlib
import io
import json
import os
import tarfile
import time

import archives

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
USER = 65532  # "nonroot", as other images without a distribution have it
FOLDERS = (("data", 0o755, USER), ("etc", 0o755, 0), ("functions", 0o755, 0), ("tmp", 0o1777, 0), ("usr", 0o755, 0),
           ("usr/bin", 0o755, 0), ("usr/share", 0o755, 0), ("usr/share/doc", 0o755, 0), ("usr/share/doc/invoked", 0o755, 0))


def layer(release, binary):
    files = [archives.File("usr/bin/invoked", binary, True),
             archives.text("etc/passwd", f"root:x:0:0:root:/:/sbin/nologin\ninvoked:x:{USER}:{USER}:invoked:/data:/sbin/nologin\n"),
             archives.text("etc/group", f"root:x:0:\ninvoked:x:{USER}:\n"),
             archives.text("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
             archives.read(release.path("LICENSE"), "usr/share/doc/invoked/LICENSE"),
             archives.read(release.path("packages", "static", "LICENSES.md"), "usr/share/doc/invoked/LICENSES.md")]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, mode, owner in FOLDERS:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.mtime, entry.uid, entry.gid = tarfile.DIRTYPE, mode, release.epoch, owner, owner
            archive.addfile(entry)
        for file in files:
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mode, entry.mtime = len(file.content), file.mode, release.epoch
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def folder_layer(folder, epoch):
    """A layer of everything in a folder, all of root."""
    paths = sorted(os.path.join(parent, name) for parent, folders, names in os.walk(folder) for name in (*folders, *names))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in paths:
            entry = archive.gettarinfo(path, os.path.relpath(path, folder))
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = epoch, 0, 0, "", ""
            if entry.islnk():  # to a file that has come before under another name
                entry.type, entry.size = tarfile.LNKTYPE, 0
            if entry.isreg():
                with open(path, "rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)
    return buffer.getvalue()


class Layout:
    """An OCI layout that is being made: blobs by digest."""

    def __init__(self):
        self.blobs = {}

    def add(self, content, media_type, **more):
        if not isinstance(content, bytes):
            content = json.dumps(content, sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content), **more}

    def tar(self, index, epoch):
        files = [archives.File(f"blobs/sha256/{digest}", content) for digest, content in self.blobs.items()]
        files += [archives.text("oci-layout", '{"imageLayoutVersion":"1.0.0"}'),
                  archives.text("index.json", json.dumps(index, sort_keys=True))]
        return archives.tar(files, epoch, with_folders=True)


def configuration(release, architecture, layers):
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.epoch))
    return {
        "created": created, "architecture": ARCHITECTURES[architecture], "os": "linux",
        "config": {
            "User": f"{USER}:{USER}", "ExposedPorts": {"3001/tcp": {}}, "WorkingDir": "/functions",
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/data", "INVOKED_HOST=0.0.0.0", "INVOKED_DATA_DIR=/data"],
            "Entrypoint": ["/usr/bin/invoked"], "Cmd": ["serve", "/functions"], "Volumes": {"/data": {}},
            "Labels": {"org.opencontainers.image.title": "invoked", "org.opencontainers.image.version": release.version,
                       "org.opencontainers.image.revision": release.commit, "org.opencontainers.image.licenses": "MIT",
                       "org.opencontainers.image.created": created}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in layers]},
        "history": [{"created": created, "created_by": "packages/oci.py"} for _ in layers],
    }


def image(release, name, lower):
    """The layout of one image; `lower` is {architecture: the layers below the program's}."""
    layout = Layout()
    manifests = []
    for architecture in lower:
        layers = [*lower[architecture], layer(release, release.binaries[architecture])]
        config = layout.add(configuration(release, architecture, layers), "application/vnd.oci.image.config.v1+json")
        packed = [layout.add(archives.gz(content), "application/vnd.oci.image.layer.v1.tar+gzip") for content in layers]
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
                    "layers": packed}
        manifests.append(layout.add(manifest, manifest["mediaType"],
                                    platform={"architecture": ARCHITECTURES[architecture], "os": "linux"}))
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}
    names = {"org.opencontainers.image.ref.name": release.version, "io.containerd.image.name": f"{name}:{release.version}"}
    if len(manifests) == 1:
        top = {**manifests[0], "annotations": names}
    else:
        top = layout.add(index, index["mediaType"], annotations=names)
    return (f"{name}-{release.version}-oci.tar", layout.tar({"schemaVersion": 2, "manifests": [top]}, release.epoch))


def interpreters(release):
    """{architecture: the folder with Python and Node.js}, where it has been made."""
    folders = {architecture: release.path("build", "interpreters", architecture) for architecture in release.binaries}
    return {architecture: folder for architecture, folder in folders.items() if os.path.exists(f"{folder}.versions")}


def build(release):
    images = [image(release, "invoked", {architecture: [] for architecture in release.binaries})]
    found = interpreters(release)
    if found:
        lower = {architecture: [folder_layer(folder, release.epoch)] for architecture, folder in found.items()}
        images.append(image(release, "invoked-interpreters", lower))
    return images
