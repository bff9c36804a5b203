"""The software bill of materials: CycloneDX 1.5 JSON, with every library that is linked into the binaries."""

import json
import re
import time
import uuid

# Sources that lie in this repository: (name, where its version stands, pattern, licence).
THIRD_PARTY = (("llhttp", "third_party/llhttp/llhttp.h",
                r"VERSION_MAJOR (\d+)[\s\S]*VERSION_MINOR (\d+)[\s\S]*VERSION_PATCH (\d+)", "MIT"),)


def component(name, version, licence, purl=None, architectures=()):
    result = {"type": "library", "name": name, "version": version, "licenses": [{"license": {"id": licence}}]}
    if purl:
        result |= {"purl": purl, "bom-ref": purl}
    if architectures:
        result["properties"] = [{"name": "architecture", "value": value} for value in architectures]
    return result


def build(release):
    found = {}
    for architecture, libraries in release.libraries.items():
        for name, version, licence, package, _ in libraries:
            found.setdefault((name, version, licence, package), []).append(architecture)
    components = [component(name, version, licence, f"pkg:deb/debian/{package}@{version.replace('+', '%2B')}", architectures)
                  for (name, version, licence, package), architectures in found.items()]
    for name, path, pattern, licence in THIRD_PARTY:
        with open(release.path(*path.split("/"))) as file:
            components.append(component(name, ".".join(re.search(pattern, file.read()).groups()), licence,
                                        f"pkg:generic/{name}"))
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'invoked {release.version} {release.commit}')}",
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.epoch)),
            "component": {"type": "application", "name": "invoked", "version": release.version, "bom-ref": "invoked",
                          "licenses": [{"license": {"id": "MIT"}}],
                          "properties": [{"name": "commit", "value": release.commit}]},
        },
        "components": components,
        "dependencies": [{"ref": "invoked", "dependsOn": [entry["bom-ref"] for entry in components if "bom-ref" in entry]}],
    }
    return [(f"invoked-{release.version}.cdx.json", (json.dumps(document, indent=2) + "\n").encode())]
