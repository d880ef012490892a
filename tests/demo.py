# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`make demo`: onboard the example roster on the embedded AWS, and hold each step to what the project promises."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyrage
import yaml

from tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache/demo"
ROSTER = ROOT / "examples/roster-30.yml"
# Whom the demo follows: an SSH key, a warning, a program.
SHOWN = ("group Developers", "user ben.thorne", "user dmitri.novak", "user tove.bergman", "user erp-export")
OWNER = "ben.thorne"
SEALED = FOLDER / f"handover/{OWNER}-console-password.age"
SHEET = FOLDER / f"handover/sheets/{OWNER}.md"


class BrokenPromise(Exception):
    """A step of the demo did not do what the project promises."""


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, mode=0o700)
    try:
        with Emulator() as aws:
            tell(aws)
    except BrokenPromise as broken:
        print(f"\nNot as promised: {broken}", file=sys.stderr)
        return 1
    return 0


def tell(aws: Emulator) -> None:
    ssh_key = FOLDER / "ben_id_ed25519"
    step(1, "A roster, and keys of the owners' own", "ssh-keygen -t ed25519; an age key")
    write_roster(make_ssh_key(ssh_key), make_age_key(FOLDER / "age-key.txt"))
    say(f"{shown(FOLDER / 'people.yml')}: people, programs, and two ways in for emergencies")
    say(f"AWS is an emulator of this project's own, at {aws.endpoint}")
    dry_run(aws)
    real_run(aws)
    second_run(aws)
    password = open_hand_over(ssh_key)
    sign_in(aws, password)
    step(7, "What whoever onboards gets, one a user; it holds no secret", f"cat {shown(SHEET)}")
    quote(SHEET.read_text(encoding="utf-8").replace(f"{FOLDER}/", "").splitlines())
    promise(password not in SHEET.read_text(encoding="utf-8"), "the sheet does not hold the password")
    what_to_look_at()


def dry_run(aws: Emulator) -> None:
    step(2, "The dry run: what a manager approves", f"{COMMAND} --check --diff")
    output = play(aws, "--check", "--diff")
    (FOLDER / "plan.txt").write_text(output, encoding="utf-8")
    blocks = list(plan_blocks(output))
    for block in blocks:
        if block[0] in SHOWN:
            quote(block)
    say(f"... and {len(blocks) - len(SHOWN)} groups and users more, all in {shown(FOLDER / 'plan.txt')}")
    quote(re.findall(r"^Plan: .*", output, re.MULTILINE))
    wanted = len(roster_names("onboard_groups")) + len(roster_names("onboard_users"))
    promise(len(blocks) == wanted, f"the plan has a block for each of {wanted} groups and users")
    promise(aws.log(writes_only=True) == [], "AWS saw no write call")


def real_run(aws: Emulator) -> None:
    step(3, "The run, in batches of 20", f"{COMMAND} -e onboard_batch_size=20")
    output = play(aws, "-e", "onboard_batch_size=20")
    quote(line for line in output.splitlines() if line.startswith("changed: "))
    quote(told(output))
    pages = aws.client("iam").get_paginator("list_users").paginate()
    users = {user["UserName"] for page in pages for user in page["Users"]}
    promise(users >= roster_names("onboard_users"), "AWS has every user of the roster")
    leaked = [secret["kind"] for secret in aws.secrets() if secret["value"] in output]
    promise(not leaked, "no secret that AWS issued or received stands in the output")


def second_run(aws: Emulator) -> None:
    step(4, "The run again: nothing to change", COMMAND)
    aws.clear_log()
    output = play(aws)
    quote(told(output))
    quote(line for line in output.splitlines() if line.startswith("localhost "))
    promise(re.search(r" changed=0 .* failed=0 ", output) is not None, "changed=0")
    promise(
        aws.log(writes_only=True) == [], f"AWS saw no write call, and {len(aws.log())} reads for 42 groups and users"
    )


def open_hand_over(ssh_key: Path) -> str:
    """The password that lies in the sealed file, by its owner's SSH key."""
    step(5, "Its owner opens a sealed hand-over", f"age -d -i {shown(ssh_key)} {shown(SEALED)}")
    text = unseal(SEALED.read_bytes(), ssh_key)
    quote(text.splitlines())
    say("(Shown because this account is thrown away in a minute.)")
    try:
        stranger = pyrage.x25519.Identity.generate()
        pyrage.decrypt(SEALED.read_bytes(), [stranger])
    except pyrage.DecryptError:
        promise(True, "another key does not open it")
    else:
        promise(False, "another key opens it")
    return next(csv.DictReader(text.splitlines()))["Password"]


def unseal(sealed: bytes, ssh_key: Path) -> str:
    """By the program `age`, as an owner would; by the library that it shares its format with where it is missing."""
    if shutil.which("age"):
        return subprocess.run(
            ["age", "-d", "-i", ssh_key], input=sealed, capture_output=True, check=True
        ).stdout.decode()
    return pyrage.decrypt(sealed, [pyrage.ssh.Identity.from_buffer(ssh_key.read_bytes())]).decode()


def sign_in(aws: Emulator, password: str) -> None:
    step(6, "With it they sign in, and choose a password of their own", "")
    answer = aws.sign_in(OWNER, password)
    promise(answer["ok"], f"{OWNER} signs in")
    promise(answer["password_reset_required"], "AWS demands a new password at once")


def what_to_look_at() -> None:
    step(8, "To look at", "")
    for path, why in (
        (FOLDER / "people.yml", "the roster; examples/people.yml is a short one to copy"),
        (FOLDER / "plan.txt", "the whole dry run"),
        (FOLDER / "handover", "what was handed over, sealed, and a sheet per user"),
        (ROOT / "roles/onboard/meta/argument_specs.yml", "every option of the role"),
        (ROOT / "examples/policies/onboard.json", "the permissions that all this needs"),
    ):
        say(f"{shown(path):<38} {why}")


COMMAND = "ansible-playbook keysmith.iam.onboard -e @people.yml"


def play(aws: Emulator, *options: str) -> str:
    """What ansible-playbook prints, run in the demo's folder as an operator would run it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_", "BOTO"))}
    environment = {
        **own,
        **aws.environment,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
        "PWD": str(FOLDER),
    }
    command = [sys.executable, "-m", "ansible", "playbook", *COMMAND.split()[1:], *options]
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BrokenPromise(f"ansible-playbook ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def plan_blocks(output: str) -> Iterator[list[str]]:
    """The blocks of the plan: a subject's line and what is indented below it."""
    block: list[str] = []
    for line in output.splitlines():
        if block and not line.startswith(" "):
            yield block
            block = []
        if re.match(r"(user|group) \S+$", line) or block:
            block.append(line)


def told(output: str) -> list[str]:
    """The lines of the role's closing message."""
    return [line.strip().strip('",') for line in output.splitlines() if line.startswith('        "')]


def make_ssh_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ben@laptop", "-f", path], check=True)
    return path.with_suffix(".pub").read_text(encoding="utf-8").strip()


def make_age_key(path: Path) -> str:
    identity = pyrage.x25519.Identity.generate()
    path.touch(mode=0o600)
    path.write_text(f"{identity}\n", encoding="utf-8")
    return str(identity.to_public())


def write_roster(ssh: str, age: str) -> None:
    text = ROSTER.read_text(encoding="utf-8")
    text = re.sub(r"ssh-ed25519 [^\]\n]+", ssh, text)
    (FOLDER / "people.yml").write_text(re.sub(r"\bage1[0-9a-z]{58}\b", age, text), encoding="utf-8")


def roster_names(variable: str) -> set[str]:
    return {entry["name"] for entry in yaml.safe_load((FOLDER / "people.yml").read_text(encoding="utf-8"))[variable]}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def step(number: int, title: str, command: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{number}. {title}{plain}", flush=True)
    if command:
        print(f"   $ {command}", flush=True)


def say(text: str) -> None:
    print(f"   {text}", flush=True)


def quote(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        print(f"   | {line.replace(f'{FOLDER}/', '')}", flush=True)


def promise(kept: bool, text: str) -> None:
    if not kept:
        raise BrokenPromise(text)
    print(f"   [ok] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
