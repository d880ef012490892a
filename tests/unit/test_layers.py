# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may import whom: modules -> _shell -> {_aws, _handover, _core}, _handover -> {_aws, _core}, _aws -> _core."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = "ansible_collections.keysmith.iam.plugins."

# What each layer may import of ours; every layer may import itself.
MAY_IMPORT = {
    "_core": {"_core"},
    "_aws": {"_aws", "_core"},
    "_handover": {"_handover", "_aws", "_core"},
    "_shell": {"_shell", "_handover", "_aws", "_core"},
    "modules": {"_shell"},
    "action": {"_shell"},
    "inventory": {"_shell"},
    "doc_fragments": set(),
}
# What a layer may not import of others, by the start of the dotted name. _core has a list of what it may instead.
MAY_NOT_IMPORT = {
    "_aws": ("ansible",),
    "_handover": ("ansible", "ansible_collections.amazon", "boto3"),
    "modules": ("boto3", "botocore", "ansible_collections.amazon"),
}
# Of these, nothing reads a clock, the environment, a file or a source of randomness, but for datetime's three methods.
PURE = {
    *("__future__", "abc", "base64", "bisect", "binascii", "collections", "csv", "dataclasses", "datetime", "decimal"),
    *("difflib", "enum", "fnmatch", "functools", "hashlib", "hmac", "ipaddress", "itertools", "json", "math"),
    *("operator", "re", "string", "textwrap", "types", "typing", "unicodedata", "urllib.parse"),
}
CLOCK = {"now", "utcnow", "today"}
DOORS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
ANSIBLE_MODULES = {"AnsibleModule", "AnsibleAWSModule"}
VAGUE = {"utils", "common", "helpers", "helper", "util", "misc"}


def _starts(name: str, start: str) -> bool:
    return name == start or name.startswith(start + ".")


def _layer(path: PurePosixPath) -> str:
    """Give the layer of a file below plugins/: the folder in module_utils, else the kind of plugin."""
    return path.parts[2] if path.parts[1] == "module_utils" else path.parts[1]


def _imports(tree: ast.AST) -> Iterator[str]:
    """Yield each imported dotted name, also from inside functions; a relative import starts with its dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _refused_import(layer: str, name: str) -> str | None:
    if name.startswith("."):
        return f"{name}: imports inside the collection are absolute"
    if name.startswith(OURS):
        target = _layer(PurePosixPath("plugins", *name.removeprefix(OURS).split(".")))
        return None if target in MAY_IMPORT[layer] else f"{layer} may not import {target} ({name})"
    if layer == "_core" and not any(_starts(name, pure) for pure in PURE):
        return f"_core may not import {name}"
    if any(_starts(name, refused) for refused in MAY_NOT_IMPORT.get(layer, ())):
        return f"{layer} may not import {name}"
    return None


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield each name that is read, called or imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def _clocks(tree: ast.AST) -> Iterator[str]:
    """Yield reads of the clock through datetime, under whatever name it was imported."""
    aliases = {"datetime", "date"}
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and node.name in ("datetime", "date") and node.asname:
            aliases.add(node.asname)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCK:
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
            if owner in aliases:
                yield f"{owner}.{node.attr}"


def _impurities(tree: ast.AST) -> Iterator[str]:
    for clock in _clocks(tree):
        yield f"_core may not read the clock ({clock}): take now as an argument"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in DOORS:
            yield f"_core may not use {node.id}()"


def violations(path: str, source: str) -> list[str]:
    """Judge one source text as if it stood at ``path`` (plugins/...): a sentence for each rule it breaks."""
    place = PurePosixPath(path)
    tree = ast.parse(source)
    layer = _layer(place)
    if layer not in MAY_IMPORT:
        return [f"{path}: no layer is called {layer}"]
    found = [f"a name that says nothing: {part}" for part in (*place.parts[1:-1], place.stem) if part in VAGUE]
    found += filter(None, (_refused_import(layer, name) for name in _imports(tree)))
    if layer != "_shell":
        found += [f"only _shell knows {name}" for name in _names(tree) if name in ANSIBLE_MODULES]
    if layer == "_core":
        found += _impurities(tree)
    return [f"{path}: {sentence}" for sentence in found]


SOURCES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "plugins").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES)
def test_layers(path: str) -> None:
    assert violations(path, (ROOT / path).read_text(encoding="utf-8")) == []


CORE = "plugins/module_utils/_core/user.py"
AWS = "plugins/module_utils/_aws/apply.py"
HANDOVER = "plugins/module_utils/_handover/seal.py"
SHELL = "plugins/module_utils/_shell/run.py"
MODULE = "plugins/modules/user.py"
ACTION = "plugins/action/user.py"
LAYERS = OURS + "module_utils."

REFUSED = [
    *((CORE, f"import {name}", name) for name in ("os", "sys", "time", "random", "secrets", "socket", "subprocess")),
    *((CORE, f"import {name}", name) for name in ("io", "pathlib", "uuid", "logging", "boto3", "botocore.session")),
    (CORE, "import os.path as p", "os.path"),
    (CORE, "import urllib.request", "urllib.request"),
    (CORE, "from ansible.module_utils.basic import missing_required_lib", "ansible.module_utils.basic"),
    (CORE, "from ansible_collections.amazon.aws.plugins.module_utils.tagging import x", "amazon"),
    (CORE, "def f():\n    import random", "random"),
    (CORE, "try:\n    import boto3\nexcept ImportError:\n    pass", "boto3"),
    (CORE, f"from {LAYERS}_aws.apply import x", "_aws"),
    (CORE, f"from {LAYERS}_handover import seal", "_handover"),
    (CORE, f"import {LAYERS}_shell.run", "_shell"),
    (CORE, f"from {LAYERS[:-1]} import _shell", "_shell"),
    (CORE, "from .model import User", "absolute"),
    (CORE, "from .. import _aws", "absolute"),
    (CORE, "from datetime import datetime\nx = datetime.now()", "datetime.now"),
    (CORE, "import datetime\nx = datetime.datetime.utcnow()", "datetime.utcnow"),
    (CORE, "import datetime as dt\nx = dt.date.today()", "date.today"),
    (CORE, "from datetime import datetime as moment\nx = moment.now", "moment.now"),
    (CORE, "x = open('/etc/passwd')", "open"),
    (CORE, "x = __import__('os')", "__import__"),
    (AWS, f"from {LAYERS}_handover.seal import seal", "_handover"),
    (AWS, f"from {LAYERS}_shell.run import run", "_shell"),
    (AWS, "from ansible.module_utils.basic import env_fallback", "ansible"),
    (AWS, "def f(module: AnsibleAWSModule) -> None: ...", "AnsibleAWSModule"),
    (HANDOVER, f"from {LAYERS}_shell.run import run", "_shell"),
    (HANDOVER, "def f():\n    import boto3", "boto3"),
    (HANDOVER, "from ansible.errors import AnsibleError", "ansible"),
    (SHELL, f"from {OURS}modules.user import main", "modules"),
    (MODULE, f"from {LAYERS}_core.model import User", "_core"),
    (MODULE, f"from {LAYERS}_aws.apply import x", "_aws"),
    (MODULE, "from ansible.module_utils.basic import AnsibleModule", "AnsibleModule"),
    (MODULE, "import ansible.module_utils.basic as b\nb.AnsibleModule()", "AnsibleModule"),
    (MODULE, "import boto3", "boto3"),
    (ACTION, f"from {LAYERS}_handover.seal import seal", "_handover"),
    ("plugins/doc_fragments/user.py", f"from {LAYERS}_core import spec", "_core"),
    ("plugins/module_utils/_core/utils.py", "", "utils"),
    ("plugins/module_utils/_aws/helpers/retry.py", "", "helpers"),
    ("plugins/module_utils/common/retry.py", "", "common"),
]


@pytest.mark.parametrize(("path", "source", "named"), REFUSED)
def test_the_checker_catches(path: str, source: str, named: str) -> None:
    assert any(named in sentence.removeprefix(path) for sentence in violations(path, source))


ACCEPTED = [
    (CORE, "from datetime import datetime, timezone\nx = datetime.fromisoformat('2026-01-01')"),
    (CORE, f"from {LAYERS}_core.model import User\nfrom collections.abc import Mapping\nimport re"),
    (CORE, "def plan(context):\n    return context.now"),
    (AWS, f"import time\nimport botocore.exceptions\nfrom {LAYERS}_core import model"),
    (AWS, "from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code"),
    (HANDOVER, f"import os\nimport pyrage\nfrom {LAYERS}_aws import apply"),
    (SHELL, f"from {LAYERS}_handover import seal\nfrom ansible.module_utils.basic import AnsibleModule"),
    (MODULE, f"from {LAYERS}_shell.run import run\nfrom __future__ import annotations"),
    (ACTION, f"from ansible.plugins.action import ActionBase\nfrom {LAYERS}_shell.masking import mask"),
]


@pytest.mark.parametrize(("path", "source"), ACCEPTED)
def test_the_checker_lets_pass(path: str, source: str) -> None:
    assert violations(path, source) == []
