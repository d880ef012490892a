# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The execution environment of examples/awx-project, as far as one comes without a container engine: its build context,
what ansible-builder finds that it needs, and a job that has these libraries and no other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.emulator.client import Emulator
from tests.integration import gpg, owners
from tests.integration.public_material import certificate

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx-project"
CORES = ("2.19.0", "2.20.0", "2.21.0")
TO_MANAGER = {"store": "secretsmanager", "name": "iam/{user}/{kind}"}


def run(*command: str | Path, **more: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **more)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


def builder(*arguments: str | Path) -> str:
    return run(Path(sys.executable).with_name("ansible-builder"), *arguments)


@dataclass(frozen=True)
class Image:
    """What an image would be made of: the build context, the collections, and the files of what they need."""

    context: Path
    collections: Path
    python: Path
    system: Path
    told: str = field(repr=False)

    def argument(self, name: str) -> str:
        """The default of an ARG of the Containerfile."""
        found = re.search(rf'^ARG {name}="(.*)"$', (self.context / "Containerfile").read_text(), re.MULTILINE)
        assert found is not None, name
        return found[1]


@pytest.fixture(scope="module")
def image(installed_collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """`ansible-builder create`, then the introspection that the Containerfile asks for, on the same collections."""
    folder = tmp_path_factory.mktemp("image")
    context, collections = folder / "context", folder / "collections"
    definition = PROJECT / "execution-environment.yml"
    builder("create", "--file", definition, "--context", context, "--output-filename", "Containerfile")
    amazon = next(Path(root) / "ansible_collections/amazon" for root in _beside() if _has_amazon(root))
    (collections / "ansible_collections").mkdir(parents=True)
    (collections / "ansible_collections/amazon").symlink_to(amazon)
    (collections / "ansible_collections/keysmith").symlink_to(installed_collection / "ansible_collections/keysmith")
    build = context / "_build"
    excluded = ("--exclude-pip-reqs", build / "exclude-requirements.txt", "--user-bindep", build / "bindep.txt")
    python, system = folder / "requirements.txt", folder / "bindep.txt"
    written = ("--write-pip", python, "--write-bindep", system)
    told = builder("introspect", "--sanitize", *excluded, *written, collections)
    return Image(context, collections, python, system, told)


def _beside() -> list[str]:
    return os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[1:]


def _has_amazon(root: str) -> bool:
    return (Path(root) / "ansible_collections/amazon/aws").is_dir()


def _needs(file: Path, collection: str) -> set[str]:
    """What a file of ansible-builder's lists for this collection, without the comment that says so."""
    lines = [line.partition("#") for line in file.read_text(encoding="utf-8").splitlines()]
    return {need.strip() for need, _hash, comment in lines if f"from collection {collection}" in comment}


def _listed(name: str) -> set[str]:
    lines = (ROOT / "meta" / name).read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_the_build_context(image: Image) -> None:
    core, runner = (Requirement(text) for text in image.argument("ANSIBLE_INSTALL_REFS").split())
    assert (core.name, runner.name) == ("ansible-core", "ansible-runner")
    assert [core.specifier.contains(version) for version in ("2.18.99", *CORES)] == [False, True, True, True]
    galaxy = (image.context / "_build/requirements.yml").read_text(encoding="utf-8")
    assert galaxy == (PROJECT / "collections/requirements.yml").read_text(encoding="utf-8")
    assert "keysmith.iam" in [one["name"] for one in yaml.safe_load(galaxy)["collections"]]


def test_ansible_builder_finds_what_the_collection_needs(image: Image) -> None:
    """Red Hat's rules for certified collections: lower bounds only, and no Ansible among them
    (https://docs.ansible.com/projects/partner-certification-requirements/)."""
    found = {need.partition(" ")[0] for need in _needs(image.python, "keysmith.iam")}
    assert found == _listed("ee-requirements.txt")
    parsed = [Requirement(text) for text in found]
    assert [one.name for one in parsed if one.name.startswith("ansible")] == []
    assert {clause.operator for one in parsed for clause in one.specifier} == {">="}
    assert _needs(image.system, "keysmith.iam") == _listed("ee-bindep.txt")
    assert "openssh-clients [platform:rpm]" in image.system.read_text(encoding="utf-8")
    assert "aiobotocore" not in image.python.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def job_python(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with what the image would have, and nothing else."""
    folder = tmp_path_factory.mktemp("python") / "venv"
    refs = image.argument("ANSIBLE_INSTALL_REFS").split()
    run(ROOT / "tests/setup/venv.sh", folder, sys.executable, *refs, "-r", image.python, cwd=ROOT)
    run("sh", image.context / "_build/scripts/check_ansible", folder / "bin/python")
    return folder / "bin/python"


def _roster() -> dict[str, Any]:
    """Somebody for each library: age and SSH, OpenPGP, certificates, shares, codes and pictures of MFA seeds."""
    jane, joe, ops = (owners.age(name).public for name in ("jane", "joe", "ops"))
    human = {"use_case": "human", "console": True}
    users = [
        {**human, "name": "jane.doe", "handover": {"store": "file", "path": "handover/", "seal_to": [jane]}},
        {**human, "name": "joe.bloggs", "handover": {**TO_MANAGER, "seal_to": [gpg.owner("ed25519").public]}},
        {"name": "erp-export", "use_case": "workload", "access_key": True, "signing_certificates": [certificate(1)]},
        {
            **human,
            "name": "emergency-1",
            "use_case": "emergency",
            "mfa_device": True,
            "handover": {**TO_MANAGER, "seal_to": [jane, joe], "threshold": 2},
            "mfa_handover": {**TO_MANAGER, "seal_to": [ops], "format": "svg"},
        },
    ]
    return {
        "onboard_groups": [],
        "onboard_users": users,
        "onboard_handover": TO_MANAGER,
        "onboard_sheets_path": "sheets/",
    }


@pytest.fixture
def job(image: Image, job_python: Path, aws: Emulator, tmp_path: Path) -> Mapping[str, Any]:
    """What a job of AWX needs to start `onboard.yml` of the project: its private data folder and its environment."""
    folder = tmp_path / "awx_42"
    shutil.copytree(PROJECT, folder / "project")
    for name in ("env", "inventory", "home"):
        (folder / name).mkdir()
    (folder / "inventory/hosts").write_text("localhost ansible_connection=local\n", encoding="utf-8")
    (folder / "env/extravars").write_text(yaml.safe_dump(_roster()), encoding="utf-8")
    of_aws = {**aws.environment, "AWS_REGION": "us-east-1", "AWX_PRIVATE_DATA_DIR": str(folder)}
    environment = {**of_aws, "ANSIBLE_COLLECTIONS_PATH": str(image.collections), "LC_ALL": "C.UTF-8"}
    environment |= {"HOME": str(folder / "home"), "PATH": f"{job_python.parent}:/usr/bin:/bin"}
    return {"folder": folder, "runner": job_python.with_name("ansible-runner"), "environment": environment}


def _started(job: Mapping[str, Any], *options: str) -> str:
    """The job's output as AWX shows it: that of its events. What ansible-runner prints itself can lack a line."""
    command = [job["runner"], "run", job["folder"], "--playbook", "onboard.yml", "--ident", "42"]
    (job["folder"] / "env/cmdline").write_text(" ".join(("--diff", *options)), encoding="utf-8")
    shutil.rmtree(job["folder"] / "artifacts", ignore_errors=True)
    run(*command, env=job["environment"], cwd=job["folder"])
    events = [json.loads(file.read_bytes()) for file in job["folder"].glob("artifacts/42/job_events/*.json")]
    return "\n".join(event["stdout"] for event in sorted(events, key=lambda event: event["counter"]))


def test_a_job_with_these_libraries_and_no_others(job: Mapping[str, Any], aws: Emulator) -> None:
    told = _started(job, "--check")
    assert aws.log(writes_only=True) == []
    assert re.findall(r"! warning \[handover_outlives_job\]", told) == ["! warning [handover_outlives_job]"]
    assert "[WARNING]: user jane.doe: what is handed over goes into a file that is gone with this job's" in told
    assert f"[WARNING]: The sheets in {job['folder']}/project/sheets/ are gone with this job's container." in told

    assert "failed=0" in _started(job)
    kept = aws.client("secretsmanager", region_name="us-east-1")
    secrets = {one["Name"]: kept.get_secret_value(SecretId=one["Name"]) for one in kept.list_secrets()["SecretList"]}
    assert set(secrets) == {
        *("iam/joe.bloggs/console-password", "iam/erp-export/access-key"),
        *("iam/emergency-1/console-password", "iam/emergency-1/mfa-seed"),
    }
    texts = {name: secret["SecretString"] for name, secret in secrets.items()}
    assert '"joe.bloggs"' in gpg.owner("ed25519").open(texts["iam/joe.bloggs/console-password"])
    assert "<svg" in owners.age("ops").open(texts["iam/emergency-1/mfa-seed"])
    assert '"threshold": 2' in texts["iam/emergency-1/console-password"]
    sealed = (job["folder"] / "project/handover/jane.doe.console-password.csv.age").read_text(encoding="utf-8")
    assert "jane.doe," in owners.age("jane").open(sealed)
    assert len(aws.client("iam").list_signing_certificates(UserName="erp-export")["Certificates"]) == 1
