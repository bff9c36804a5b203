"""Archives with the same bytes for the same content: fixed order, times, owners and compression.

A file of an archive is a `File`: its name there, its bytes, whether it is executable.
"""

import gzip
import io
import os
import tarfile
import time
import zipfile
from typing import NamedTuple


class File(NamedTuple):
    name: str
    content: bytes
    is_executable: bool = False

    @property
    def mode(self):
        return 0o755 if self.is_executable else 0o644


def text(name, content, is_executable=False):
    return File(name, content.encode(), is_executable)


def read(path, name):
    """A file of the source tree."""
    with open(path, "rb") as file:
        return File(name, file.read(), os.access(path, os.X_OK))


def read_folder(folder, prefix, substitute=None):
    """Every file below `folder`, whose names get `prefix`; `substitute` is {text: text} for all of them."""
    files = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in ("node_modules", "__pycache__"))
        for name in sorted(names):
            path = os.path.join(parent, name)
            file = read(path, prefix + os.path.relpath(path, folder))
            for old, new in (substitute or {}).items():
                file = file._replace(content=file.content.replace(old.encode(), new.encode()))
            files.append(file)
    return files


def folders_of(files):
    """The folders that the files lie in, parents first."""
    found = set()
    for file in files:
        parts = file.name.split("/")[:-1]
        found.update("/".join(parts[: count + 1]) for count in range(len(parts)))
    return sorted(folder for folder in found if folder not in ("", "."))


def tar(files, epoch, with_folders=False, links=()):
    """`links` are (name, target) pairs, for symbolic links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in folders_of([*files, *(File(name, b"") for name, _ in links)]) if with_folders else ():
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, epoch
            entry.uname = entry.gname = "root"
            archive.addfile(entry)
        for file in sorted(files):
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mode, entry.mtime = len(file.content), file.mode, epoch
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(file.content))
        for name, target in sorted(links):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mode, entry.mtime = tarfile.SYMTYPE, target, 0o777, epoch
            entry.uname = entry.gname = "root"
            archive.addfile(entry)
    return buffer.getvalue()


def gz(content):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(content)
    return buffer.getvalue()


def zip_file(files, epoch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:  # in the order given: a wheel's RECORD comes last
            entry = zipfile.ZipInfo(file.name, time.gmtime(max(epoch, 315532800))[:6])
            entry.external_attr = (0o100000 | file.mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            archive.writestr(entry, file.content)
    return buffer.getvalue()


def ar(members, epoch):
    """`members` are (name, bytes) pairs."""
    result = b"!<arch>\n"
    for name, content in members:
        result += f"{name:<16}{epoch:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
        result += b"\n" * (len(content) % 2)
    return result
