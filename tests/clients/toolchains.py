"""Programs and packages of other languages' toolchains, for the tests only, made once and kept in build/clients.

What a folder of build/clients holds is named after the sources and lock files it was made of, so that it is made again
when they change. Where a toolchain or its registry isn't there, Missing says so: such a test is skipped by name. A
program that doesn't compile is a failure.
"""

import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("INVOKED_ROOT", os.path.dirname(os.path.dirname(FOLDER)))
CACHE = os.path.join(ROOT, "build", "clients")
FETCH_TIMEOUT_S, BUILD_TIMEOUT_S = 300, 900


class Missing(Exception):
    """What can't be had on this machine."""


def environment(**more):
    """The user's, as registries are set up there, without what would change a build."""
    changing = ("CC", "CXX", "CFLAGS", "LDFLAGS", "MAKEFLAGS", "GOFLAGS", "RUSTFLAGS", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if name not in changing}, **more}


def run(*words, folder, timeout_s, **variables):
    done = subprocess.run(words, cwd=folder, env=environment(**variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout_s)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-4000:]}")


def fetch(*words, folder, **variables):
    """Gets what must come from a registry."""
    try:
        run(*words, folder=folder, timeout_s=FETCH_TIMEOUT_S, **variables)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{words[0]} can't get the packages: {str(error).strip().splitlines()[-1]}") from error


def package_version(file, pattern):
    """The version that a file of this folder pins."""
    with open(os.path.join(FOLDER, file)) as text:
        return re.search(pattern, text.read())[1]


def tool(*names):
    """The path of the first that is there."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise Missing(f"no {names[0]} on this machine")


def digest_of(*paths):
    """Of files, and of all files below folders."""
    digest = hashlib.sha256()
    for path in paths:
        files = [path] if os.path.isfile(path) else sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
        for file in files:
            digest.update(os.path.relpath(file, FOLDER).encode() + b"\0")
            with open(file, "rb") as stream:
                digest.update(stream.read())
    return digest.hexdigest()[:16]


def made(name, make, *sources, text=""):
    """The folder build/clients/NAME-DIGEST, made by `make(folder)` once."""
    name += "-" + hashlib.sha256((digest_of(*sources) + text).encode()).hexdigest()[:16]
    os.makedirs(CACHE, exist_ok=True)
    folder = os.path.join(CACHE, name)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            shutil.rmtree(folder + ".new", ignore_errors=True)
            os.makedirs(folder + ".new")
            make(folder + ".new")
            os.rename(folder + ".new", folder)
    return folder


# ---- the toolchains --------------------------------------------------------------------------------------------------


def go_program(source, package):
    """The program of a package in a module of this folder."""
    go, source = tool("go"), os.path.join(FOLDER, source)

    def make(folder):
        fetch(go, "mod", "download", folder=source)
        run(go, "build", "-mod=readonly", "-trimpath", "-o", os.path.join(folder, "program"), "./" + package, folder=source,
            timeout_s=BUILD_TIMEOUT_S, CGO_ENABLED="0")

    return os.path.join(made(f"go-{package}", make, source), "program")


def rust_program(source, name):
    """The program of a crate in this folder."""
    cargo, source = tool("cargo"), os.path.join(FOLDER, source)

    def make(folder):
        fetch(cargo, "fetch", "--locked", folder=source)
        run(cargo, "build", "--quiet", "--locked", "--offline", "--target-dir", os.path.join(folder, "target"), folder=source,
            timeout_s=BUILD_TIMEOUT_S)
        shutil.move(os.path.join(folder, "target", "debug", name), os.path.join(folder, "program"))
        shutil.rmtree(os.path.join(folder, "target"))

    return os.path.join(made(f"rust-{name}", make, source), "program")


def fetch_jars(source, folder, name="lib"):
    """The jars that the pom.xml of `source` asks for, into a folder of that name."""
    pom = shutil.copy(os.path.join(source, "pom.xml"), folder)
    fetch(tool("mvn"), "--batch-mode", "--quiet", "-Dstyle.color=never", "-f", pom, "dependency:copy-dependencies",
          "-DincludeScope=runtime", "-DoutputDirectory=" + os.path.join(folder, name), folder=folder)


def java_folder(source, name):
    """A folder with the classes of a folder in this one, and in `lib` the jars that its pom.xml asks for."""
    javac, source = tool("javac"), os.path.join(FOLDER, source)

    def make(folder):
        fetch_jars(source, folder)
        run(javac, "-nowarn", "-cp", os.path.join(folder, "lib", "*"), "-d", os.path.join(folder, "classes"),
            *glob.glob(os.path.join(source, "*.java")), folder=folder, timeout_s=BUILD_TIMEOUT_S)

    return made(f"java-{name}", make, source)


def kotlin_folder(source, name):
    """The same of Kotlin. Its compiler is a jar too, the one that compiler/pom.xml asks for."""
    java, source = tool("java"), os.path.join(FOLDER, source)

    def make(folder):
        fetch_jars(source, folder)
        fetch_jars(os.path.join(source, "compiler"), folder, "compiler")
        run(java, "-cp", os.path.join(folder, "compiler", "*"), "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib",
            "-no-reflect", "-nowarn", "-cp", ":".join(glob.glob(os.path.join(folder, "lib", "*.jar"))), "-d",
            os.path.join(folder, "classes"), *glob.glob(os.path.join(source, "*.kt")), folder=folder, timeout_s=BUILD_TIMEOUT_S)
        shutil.rmtree(os.path.join(folder, "compiler"))

    return made(f"kotlin-{name}", make, source)


def cpp_runtime_program(source, archive):
    """A function of C++ with aws-lambda-cpp, whose sources are an archive (of AWS's package for Node.js)."""
    compiler, source = tool("g++"), os.path.join(FOLDER, source)
    flags = ["-std=c++11", "-O1", "-w"]

    def make(folder):
        if subprocess.run([compiler, "-xc++", "-fsyntax-only", "-"], input=b"#include <curl/curl.h>\n#include <cjson/cJSON.h>\n",
                          stderr=subprocess.DEVNULL).returncode != 0:
            raise Missing("no headers of curl and cJSON on this machine")
        run("tar", "-xzf", archive, "--strip-components=1", folder=folder, timeout_s=FETCH_TIMEOUT_S)
        with open(os.path.join(folder, "src", "version.cpp.in")) as file:
            version = re.sub(r"@\w+@", "0", file.read())
        with open(os.path.join(folder, "src", "version.cpp"), "w") as file:
            file.write(version)
        run(compiler, *flags, "-Iinclude", *(f"src/{name}.cpp" for name in ("runtime", "logging", "backward", "version")),
            os.path.join(source, "main.cpp"), "-o", "program", "-lcurl", "-lcjson", folder=folder, timeout_s=BUILD_TIMEOUT_S)

    return os.path.join(made("cpp-function", make, source, archive), "program")


def python_packages(name, *requirements):
    """The Python of a virtual environment with these packages, each `name==version`."""
    python = tool("/usr/bin/python3", "python3")

    def make(folder):
        try:
            run(python, "-m", "venv", folder, folder=CACHE, timeout_s=FETCH_TIMEOUT_S)
        except RuntimeError as error:
            raise Missing("Python's venv module has no pip on this machine") from error
        fetch(os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
              *requirements, folder=folder)

    return os.path.join(made(f"python-{name}", make, text=" ".join(requirements)), "bin", "python")
