# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules evidence and evidence_info on real files and on the embedded S3: nothing is lost or overwritten."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ansible_run import Ansible, run_module
from tests.integration.leaks import files_below, leaks

if TYPE_CHECKING:
    from tests.emulator.client import Emulator

BUCKET = "example-evidence"
UNKNOWN = "(known after apply)"
WHO = {"user": "emergency-1", "requester": "jane", "approver": "john"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "break-glass" / "evidence.jsonl"


@pytest.fixture
def s3(aws: Emulator) -> Any:
    """S3 with a bucket that locks, without a rule of its own."""
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    aws.clear_log()
    return client


def append(aws: Emulator, path: Path | None, event: str = "opened", check: bool = False, **more: Any) -> dict[str, Any]:
    place = {} if path is None else {"path": str(path)}
    return run_module(aws, "evidence", {"event": event, **place, **more}, check=check)


def verify(aws: Emulator, path: Path | None, **more: Any) -> dict[str, Any]:
    return run_module(aws, "evidence_info", {**({} if path is None else {"path": str(path)}), **more})


def kept(s3: Any, prefix: str = "break-glass/") -> dict[str, bytes]:
    names = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    return {name: s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}


def texts(result: dict[str, Any]) -> list[str]:
    return [problem["text"] for problem in result["problems"]]


@pytest.fixture(autouse=True)
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings of this test's runs: Ansible's own list grows as long as the process lives."""
    told: list[str] = []
    monkeypatch.setattr("ansible_collections.keysmith.iam.plugins.module_utils._shell.evidence.warn", told.append)
    return told


# A file alone


def test_a_dry_run_writes_nothing_and_foretells_the_record(aws: Emulator, path: Path) -> None:
    dry = append(aws, path, check=True, fields=WHO)
    assert not path.parent.exists()
    run = append(aws, path, fields=WHO)
    assert aws.log() == []
    assert {**run["record"], "time": UNKNOWN, "hash": UNKNOWN} == dry["record"]
    assert (dry["changed"], dry["plan"], dry["actions"]) == (run["changed"], run["plan"], run["actions"])
    assert run["plan"] == [f"append record 1, opened, to {path}"]
    assert (run["last_hash"], dry["last_hash"]) == (run["record"]["hash"], UNKNOWN)
    assert run["diff"] == {"before": {}, "after": run["record"]}
    assert json.loads(path.read_text()) == run["record"]
    assert run["record"]["fields"] == WHO
    assert abs(datetime.fromisoformat(run["record"]["time"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    dry = append(aws, path, check=True)
    assert (dry["record"]["n"], len(path.read_text().splitlines())) == (2, 1)


def test_records_follow_and_anybody_can_compute_the_hashes(aws: Emulator, path: Path) -> None:
    hashes = [append(aws, path, event)["last_hash"] for event in ("provisioned", "opened", "closed")]
    before = "0" * 64
    for line, told in zip(path.read_text().splitlines(), hashes, strict=True):
        record = json.loads(line)
        assert (record.pop("hash"), record["prev"]) == (told, before)
        text = json.dumps(record, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert before == told
    seen = verify(aws, path, expected_last_hash=hashes)
    assert (seen["intact"], seen["problems"], seen["remarks"]) == (True, [], [])
    assert (seen["last_hash"], seen["pending_uploads"], seen["changed"]) == (hashes[-1], None, False)
    assert [record["event"] for record in seen["records"]] == ["provisioned", "opened", "closed"]


def test_a_resumed_run_tells_nothing_twice(aws: Emulator, path: Path) -> None:
    first = append(aws, path, once_key="INC-1", fields=WHO)
    for check in (True, False):
        again = append(aws, path, once_key="INC-1", fields={}, check=check)
        assert (again["changed"], again["appended"], again["plan"], again["diff"]["after"]) == (False, False, [], {})
        assert (again["record"], again["last_hash"]) == (first["record"], first["record"]["hash"])
    assert append(aws, path, "closed", once_key="INC-1")["appended"]
    assert append(aws, path, once_key="INC-2")["appended"]
    assert append(aws, path)["appended"]
    assert len(verify(aws, path)["records"]) == 4


def test_altered_cut_and_reordered_files_are_found(aws: Emulator, path: Path) -> None:
    for event in ("provisioned", "opened", "closed"):
        last = append(aws, path, event)["last_hash"]
    whole = path.read_bytes()
    one, two, three = whole.splitlines(keepends=True)
    damaged = {
        "altered": [whole.replace(b"opened", b"erased"), whole + b"\n", whole.replace(b"T", b" ")],
        "cut": [two + three, one + three],
        "reordered": [one + two + two],
        "torn": [whole[:-1], whole[:-30]],
    }
    for kind, versions in damaged.items():
        for data in versions:
            path.write_bytes(data)
            seen = verify(aws, path)
            assert (seen["intact"], seen["problems"][0]["kind"]) == (False, kind)
            assert not seen.get("failed")
            failed = verify(aws, path, require_intact=True)
            assert failed["failed"]
            assert failed["msg"] == "\n".join([f"Cannot trust the evidence in {path}:", *texts(seen)])
            assert failed["records"] == seen["records"]
    path.write_bytes(one + two)
    assert verify(aws, path)["intact"]
    assert texts(verify(aws, path, expected_last_hash=last)) == [
        f"no record has the hash {last}; the end was cut off, or all was written anew."
    ]


def test_no_file_is_no_evidence(aws: Emulator, path: Path) -> None:
    seen = verify(aws, path)
    assert (seen["intact"], seen["records"], seen["last_hash"]) == (False, [], None)
    assert texts(seen) == [f"there is no evidence in {path}."]
    assert verify(aws, path, require_intact=True)["failed"]


def test_a_chain_that_is_not_whole_goes_on_with_a_warning(aws: Emulator, path: Path, warnings: list[str]) -> None:
    append(aws, path)
    append(aws, path)
    path.write_bytes(path.read_bytes().replace(b"opened", b"erased", 1))
    run = append(aws, path, "closed")
    assert (run["changed"], run["record"]["n"]) == (True, 3)
    assert warnings == [f"The evidence in {path} is not whole: line 1: record 1 is not as it was written."]
    assert texts(run) == texts(verify(aws, path)) == ["line 1: record 1 is not as it was written."]


def test_what_a_killed_run_left_is_found_and_the_next_record_goes_on(
    aws: Emulator, path: Path, warnings: list[str]
) -> None:
    first = append(aws, path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    assert not verify(aws, path)["intact"]
    run = append(aws, path, "closed")
    assert (warnings, run["problems"]) == ([], [])
    assert path.read_bytes().startswith(whole + whole[:50] + b"\n")
    assert run["record"]["torn"] == hashlib.sha256(whole[:50]).hexdigest()
    seen = verify(aws, path, expected_last_hash=[first["last_hash"], run["last_hash"]], require_intact=True)
    assert (seen["intact"], len(seen["records"]), len(seen["remarks"])) == (True, 2, 1)


AGE_KEY = "AGE-SECRET-KEY-" + "1QZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQ"
SECRETS = [
    ({"fields": {"a": {"console_password": "hunter2-hunter2"}}}, "fields.a.console_password has a secret's name"),
    ({"fields": {"note": f"see {AGE_KEY}"}}, "fields.note looks like an age private key"),
    ({"event": AGE_KEY}, "event looks like an age private key"),
    ({"once_key": AGE_KEY}, "once_key looks like an age private key"),
    ({"fields": {AGE_KEY: 1}}, "a name in fields looks like an age private key"),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("arguments", "found"), SECRETS)
def test_a_secret_is_refused_and_not_told(
    arguments: dict[str, Any], found: str, check: bool, aws: Emulator, path: Path
) -> None:
    result = append(aws, path, check=check, **{"event": "opened", **arguments})
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == (
        f"Cannot write evidence: {found}. Evidence is kept for long and read by many; leave the secret out, and replace"
        " it if it is one, since it is in the playbook's run."
    )
    assert leaks({"result": json.dumps(result)}, [AGE_KEY, "hunter2-hunter2"]) == []
    assert not path.parent.exists()


# A bucket too


def test_each_record_is_an_object_that_is_locked_and_never_overwritten(aws: Emulator, s3: Any, path: Path) -> None:
    dry = append(aws, path, bucket=BUCKET, check=True)
    assert aws.log(writes_only=True) == []
    run = append(aws, path, bucket=BUCKET, fields=WHO)
    assert dry["actions"] == run["actions"] == {"s3:PutObject": 1}
    assert (
        dry["plan"]
        == run["plan"]
        == [
            f"append record 1, opened, to {path}",
            f"write 1 object(s) to the bucket {BUCKET}",
        ]
    )
    assert (dry["pending_uploads"], run["pending_uploads"]) == (0, 0)
    key = f"break-glass/00000001-{run['last_hash']}.json"
    assert kept(s3) == {key: path.read_bytes()}
    (entry,) = aws.log(writes_only=True)
    assert entry["parameters"]["IfNoneMatch"] == "*"
    head = s3.head_object(Bucket=BUCKET, Key=key)
    days = (head["ObjectLockRetainUntilDate"] - datetime.now(UTC)) / timedelta(days=1)
    assert (head["ObjectLockMode"], round(days)) == ("GOVERNANCE", 365)
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=head["VersionId"])
    append(aws, path, bucket=BUCKET)
    assert b"".join(kept(s3).values()) == path.read_bytes()
    assert verify(aws, path, bucket=BUCKET)["intact"]


LOCKS: dict[str, tuple[dict[str, Any] | None, dict[str, Any], tuple[str, int] | None]] = {
    "as asked": (None, {"retention_mode": "compliance", "retention_days": 30}, ("COMPLIANCE", 30)),
    "just the days": (None, {"retention_days": 30}, ("GOVERNANCE", 30)),
    "the bucket's rule": ({"Mode": "COMPLIANCE", "Days": 7}, {}, ("COMPLIANCE", 7)),
    "rather than the bucket's rule": (
        {"Mode": "GOVERNANCE", "Days": 7},
        {"retention_mode": "compliance"},
        ("COMPLIANCE", 365),
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_how_an_object_is_locked(name: str, aws: Emulator, s3: Any, path: Path) -> None:
    rule, options, (mode, days) = LOCKS[name]
    if rule is not None:
        lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}}
        s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=lock)
    append(aws, path, bucket=BUCKET, **options)
    (key,) = kept(s3)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    left = (head["ObjectLockRetainUntilDate"] - datetime.now(UTC)) / timedelta(days=1)
    assert (head["ObjectLockMode"], round(left)) == (mode, days)


def test_a_bucket_without_lock_and_without_prefix(aws: Emulator, path: Path, warnings: list[str]) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="00000001-not-ours.json", Body=b"x")
    run = append(aws, path, bucket=BUCKET, prefix="", retention_days=30)
    key = f"00000001-{run['last_hash']}.json"
    assert (run["actions"], warnings) == ({"s3:PutObject": 1}, [])
    assert "ObjectLockMode" not in s3.head_object(Bucket=BUCKET, Key=key)
    assert verify(aws, path, bucket=BUCKET, prefix="/")["intact"]


def test_what_the_bucket_lacks_goes_along_with_the_next_record(
    aws: Emulator, s3: Any, path: Path, warnings: list[str]
) -> None:
    offline = append(aws, path, bucket=BUCKET, offline=True)
    assert (offline["pending_uploads"], offline["actions"], offline["plan"][1:]) == (None, {}, [])
    assert aws.log() == []
    aws.fault(action="s3:PutObject", kind="denied")
    denied = append(aws, path, bucket=BUCKET)
    assert not denied.get("failed")
    assert (denied["pending_uploads"], denied["actions"], kept(s3)) == (2, {}, {})
    (told,) = warnings
    assert told.startswith(f"The bucket {BUCKET} is not up to date: cannot put object: ")
    assert told.endswith("Allow the caller s3:PutObject.")
    seen = verify(aws, path, bucket=BUCKET)
    assert (seen["intact"], seen["pending_uploads"]) == (True, 2)
    dry = append(aws, path, bucket=BUCKET, check=True)
    run = append(aws, path, bucket=BUCKET)
    assert dry["actions"] == run["actions"] == {"s3:PutObject": 3}
    assert b"".join(kept(s3).values()) == path.read_bytes()


def test_a_file_in_a_jobs_container_is_warned_of_unless_the_bucket_has_all_of_it(
    aws: Emulator, s3: Any, warnings: list[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    shell = "ansible_collections.keysmith.iam.plugins.module_utils._shell.evidence"
    monkeypatch.setattr(f"{shell}.goes_with_job", lambda where: where == str(path))
    lost = (
        f"What only {path} has is gone with this job's container. Give bucket, or a path on a volume that is mounted"
        " into the container."
    )
    append(aws, path, check=True)
    append(aws, path, bucket=BUCKET, offline=True)
    assert warnings == [lost, lost]
    append(aws, path, bucket=BUCKET)
    append(aws, None, bucket=BUCKET)
    assert warnings == [lost, lost]
    aws.fault(action="s3:PutObject", kind="denied")
    append(aws, path, bucket=BUCKET)
    assert warnings[3:] == [lost]


def test_a_resumed_run_uploads_what_it_had_not(aws: Emulator, s3: Any, path: Path) -> None:
    aws.fault(action="s3:PutObject", kind="denied")
    append(aws, path, bucket=BUCKET, once_key="INC-1")
    run = append(aws, path, bucket=BUCKET, once_key="INC-1")
    assert (run["changed"], run["appended"], run["actions"]) == (True, False, {"s3:PutObject": 1})
    again = append(aws, path, bucket=BUCKET, once_key="INC-1")
    assert (again["changed"], again["actions"]) == (False, {})
    assert b"".join(kept(s3).values()) == path.read_bytes()


@pytest.mark.parametrize("action", ["s3:ListObjectsV2", "s3:GetObjectLockConfiguration"])
def test_a_bucket_that_cannot_be_looked_at_gets_nothing_and_is_no_obstacle(
    action: str, aws: Emulator, s3: Any, path: Path, warnings: list[str]
) -> None:
    for check in (True, False):
        aws.fault(action=action, kind="denied")
        run = append(aws, path, bucket=BUCKET, check=check)
        assert (run["appended"], run["pending_uploads"], run["actions"]) == (True, None, {})
        permission = "ListBucket" if action == "s3:ListObjectsV2" else "GetBucketObjectLockConfiguration"
        assert warnings.pop().endswith(f"Allow the caller s3:{permission}.")
    assert kept(s3) == {}
    assert len(path.read_bytes().splitlines()) == 1


def test_without_a_file_the_bucket_has_to_take_it(aws: Emulator, s3: Any) -> None:
    hashes = [append(aws, None, bucket=BUCKET, once_key=str(number))["last_hash"] for number in range(3)]
    assert append(aws, None, bucket=BUCKET, once_key="1")["changed"] is False
    seen = verify(aws, None, bucket=BUCKET, expected_last_hash=hashes, require_intact=True)
    assert ([record["n"] for record in seen["records"]], seen["pending_uploads"]) == ([1, 2, 3], 0)
    aws.fault(action="s3:PutObject", kind="denied")
    failed = append(aws, None, bucket=BUCKET)
    assert failed["failed"]
    assert failed["msg"].startswith("Cannot put object: ")
    assert len(kept(s3)) == 3


def test_another_machine_takes_over_what_only_the_bucket_has(aws: Emulator, s3: Any, tmp_path: Path) -> None:
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    append(aws, here, bucket=BUCKET)
    append(aws, here, bucket=BUCKET)
    dry = append(aws, there, "closed", bucket=BUCKET, check=True)
    run = append(aws, there, "closed", bucket=BUCKET)
    assert (
        dry["plan"]
        == run["plan"]
        == [
            f"take over 2 record(s) from the bucket {BUCKET} into {there}",
            f"append record 3, closed, to {there}",
            f"write 1 object(s) to the bucket {BUCKET}",
        ]
    )
    assert (run["restored"], run["record"]["n"]) == (2, 3)
    assert there.read_bytes() == b"".join(kept(s3).values())
    seen = verify(aws, here, bucket=BUCKET)
    assert texts(seen) == ["the file lacks record 3; the bucket has what is missing."]
    aws.clear_log()
    append(aws, here, bucket=BUCKET)
    read = [entry for entry in aws.log() if entry["action"] == "s3:GetObject"]
    assert len(read) == 1  # the others are in the file
    assert here.read_bytes().startswith(there.read_bytes())


def test_two_that_wrote_apart_keep_both_and_are_told(
    aws: Emulator, s3: Any, tmp_path: Path, warnings: list[str]
) -> None:
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    append(aws, here, bucket=BUCKET, fields={"where": "here"})
    append(aws, there, offline=True, fields={"where": "there"})
    run = append(aws, there, bucket=BUCKET)
    assert "the bucket has another record 1 than the file." in texts(run)
    assert len(warnings) == 1
    assert len(kept(s3)) == 3
    assert "the bucket has another record 1 than the file." in texts(verify(aws, there, bucket=BUCKET))


def test_what_was_done_to_the_bucket_is_found(aws: Emulator, s3: Any, path: Path) -> None:
    for _number in range(3):
        append(aws, path, bucket=BUCKET)
    keys = list(kept(s3))
    whole = kept(s3)[keys[1]]
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=whole.replace(b"opened", b"erased"), ChecksumAlgorithm="SHA256")
    assert texts(verify(aws, path, bucket=BUCKET)) == ["in the bucket, line 2: record 2 is not as it was written."]
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=b"", ChecksumAlgorithm="SHA256")
    assert texts(verify(aws, None, bucket=BUCKET)) == ["line 2: record 2 is missing before record 3."]
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=whole, ChecksumAlgorithm="SHA256")
    assert verify(aws, path, bucket=BUCKET)["intact"]
    s3.delete_object(Bucket=BUCKET, Key=keys[2])
    seen = verify(aws, path, bucket=BUCKET)
    assert (seen["intact"], seen["pending_uploads"]) == (True, 1)
    assert verify(aws, None, bucket=BUCKET, expected_last_hash=seen["last_hash"])["intact"] is False


@pytest.mark.parametrize("kind", ["lost_reply", "unavailable", "unavailable_after", "throttle", "reset"])
def test_a_hurt_write_is_repeated_and_makes_one_object(
    kind: str, aws: Emulator, s3: Any, path: Path, warnings: list[str]
) -> None:
    aws.fault(action="s3:PutObject", kind=kind)
    run = append(aws, path, bucket=BUCKET)
    assert (run["pending_uploads"], warnings) == (0, [])
    assert list(kept(s3).values()) == [path.read_bytes()]
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1


def test_more_objects_than_a_page_has(aws: Emulator, s3: Any, path: Path) -> None:
    """S3 gives 1000 names a page: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""
    for number in range(1001):
        s3.put_object(Bucket=BUCKET, Key=f"break-glass/{number:08d}-{'0' * 64}.jsonx", Body=b"", ContentType="x")
    run = append(aws, path, bucket=BUCKET)
    assert (run["record"]["n"], run["pending_uploads"]) == (1, 0)
    aws.clear_log()
    assert append(aws, path, bucket=BUCKET)["actions"] == {"s3:PutObject": 1}
    assert [entry["action"] for entry in aws.log()].count("s3:ListObjectsV2") == 2


REFUSED = [
    (
        {"offline": True, "bucket": BUCKET},
        "Cannot reach the evidence: offline is set, and without path there is no file. Give path.",
    ),
    ({"bucket": BUCKET, "retention_days": 0}, "Cannot lock records: retention_days is 0; give 1 to 36500."),
    (
        {"bucket": "no-such-bucket"},
        "Cannot list objects v2: The specified bucket does not exist (NoSuchBucket). See that it is there and run"
        " again.",
    ),
    (
        {"path": "/proc/version/evidence"},
        "Cannot store at '/proc/version/evidence': a part of the path is not a directory. Mend that or give another"
        " path.",
    ),
    ({"path": "/proc"}, "Cannot store at '/proc': a directory is there. Remove it or give another path."),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("arguments", "text"), REFUSED)
def test_refused_in_one_sentence(arguments: dict[str, Any], text: str, check: bool, aws: Emulator, s3: Any) -> None:
    result = run_module(aws, "evidence", {"event": "opened", **arguments}, check=check)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == text
    assert aws.log(writes_only=True) == []


# As a playbook runs it


def test_a_playbook_appends_and_verifies_and_shows_no_secret(
    installed_collection: Path, aws: Emulator, s3: Any, tmp_path: Path
) -> None:
    place = {"path": "break-glass/evidence.jsonl", "bucket": BUCKET}
    tasks = [
        {"name": "open", "keysmith.iam.evidence": {**place, "event": "opened", "once_key": "INC-1", "fields": WHO}},
        {
            "name": "secret",
            "keysmith.iam.evidence": {**place, "event": "opened", "fields": {"note": "{{ secret }}"}},
            "ignore_errors": True,
        },
        {"name": "verify", "keysmith.iam.evidence_info": {**place, "require_intact": True}},
    ]
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"secret": AGE_KEY}))
    ansible = Ansible(installed_collection, tmp_path, aws)
    options = ("-vvv", "--diff", "-e", f"@{secret}")
    dry = ansible.play(tasks[:2], "--check", *options)
    assert (dry.rc, dry.result("open")["record"]["n"], aws.log(writes_only=True)) == (0, 1, [])
    assert not (tmp_path / "break-glass").exists()
    run = ansible.play(tasks, *options)
    assert run.rc == 0, run.stdout[-3000:]
    assert run.failed("secret")
    assert [record["fields"] for record in run.result("verify")["records"]] == [WHO]
    again = ansible.play(tasks, *options)
    assert (again.result("open")["changed"], len(again.result("verify")["records"])) == (False, 1)
    shown = {"dry": dry.stdout, "run": run.stdout, "again": again.stdout, "errors": run.stderr}
    assert leaks({**shown, **files_below(tmp_path, [secret])}, [AGE_KEY]) == []


def test_it_needs_no_aws_at_all_offline(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    place = {"path": "evidence.jsonl", "bucket": BUCKET, "offline": True}
    tasks = [
        {"name": "open", "keysmith.iam.evidence": {**place, "event": "opened"}},
        {"name": "verify", "keysmith.iam.evidence_info": {**place, "require_intact": True}},
    ]
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment=nowhere)
    assert run.rc == 0, run.stdout[-3000:]
    assert run.result("verify")["pending_uploads"] is None
    without_path = [{"name": "open", "keysmith.iam.evidence": {"event": "opened"}}]
    failed = Ansible(installed_collection, tmp_path, aws).play(without_path)
    assert "one of the following is required: path, bucket" in failed.result("open")["msg"]


def test_an_endpoint_that_is_down_costs_a_warning(installed_collection: Path, aws: Emulator, tmp_path: Path) -> None:
    tasks = [{"name": "open", "keysmith.iam.evidence": {"path": "e.jsonl", "bucket": BUCKET, "event": "opened"}}]
    down = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    run = Ansible(installed_collection, tmp_path, aws).play(tasks, environment=down)
    assert run.rc == 0, run.stdout[-3000:]
    (warning,) = run.result("open")["warnings"]
    assert "is not up to date: cannot list objects v2: AWS cannot be reached" in str(warning)
    assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 1
