# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules evidence and evidence_info: a chain of records in a file, in a bucket, or in both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.keysmith.iam.plugins.module_utils._aws import evidence_bucket
from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, words
from ansible_collections.keysmith.iam.plugins.module_utils._aws.evidence_bucket import Bucket
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._core import evidence, looks_secret
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.evidence import Chain, Continuation, Record
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import UNKNOWN
from ansible_collections.keysmith.iam.plugins.module_utils._handover import evidence_file
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import goes_with_job
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import gateway_of, guarded

PLACE: dict[str, Any] = {
    "path": {"type": "path"},
    "bucket": {"type": "str"},
    "prefix": {"type": "str", "default": "break-glass"},
    "offline": {"type": "bool", "default": False},
}
THREADS = 10
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
LONGEST_DAYS = 36500


@dataclass(frozen=True)
class Copy:
    """What the bucket has: its objects by name, and what to write beside a new one. ``bucket`` None: not looked at."""

    bucket: Bucket | None = None
    objects: Mapping[str, bytes] = field(default_factory=dict)
    lock: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chain(self) -> Chain:
        # An object is written whole or not at all, so that nothing in a bucket is left of an interrupted write.
        return replace(evidence.verify(b"".join(self.objects.values())), torn=None, ended=True)


@dataclass
class Work:
    """One append: what is asked, what the bucket has, and what came of it."""

    params: Mapping[str, Any]
    gateway: Gateway
    now: datetime
    dry: bool
    copy: Copy = field(default_factory=Copy)
    warnings: list[str] = field(default_factory=list)
    pending: list[Record] = field(default_factory=list)
    uploads: int = 0


def append_evidence(module: AnsibleAWSModule) -> NoReturn:
    """Write one record behind the others and end the module with it."""
    work = Work(dict(module.params), gateway_of(module, THREADS), datetime.now(UTC), module.check_mode)
    # A result echoes its arguments, and one that is refused may hold a secret.
    module.params.update(fields=None, event=None, once_key=None)
    result = guarded(module, lambda: _append(work))
    for text in work.warnings:
        warn(text)
    if not module._diff:
        del result["diff"]
    module.exit_json(**result)


def evidence_info(module: AnsibleAWSModule) -> NoReturn:
    """Verify the chain and end the module with all that it holds."""
    result = guarded(module, lambda: _verify(module.params, gateway_of(module, THREADS)))
    if module.params["require_intact"] and not result["intact"]:
        told = "\n".join(problem["text"] for problem in result["problems"])
        module.fail_json(msg=f"Cannot trust the evidence in {_place(module.params)}:\n{told}", **result)
    module.exit_json(**result)


def _append(work: Work) -> dict[str, Any]:
    if work.params["mask"]:
        work.params = {**work.params, "fields": looks_secret.masked(work.params["fields"])}
    _refuse_secrets(work.params)
    path = work.params["path"]
    if path is not None:
        evidence_file.refuse_unwritable(path)
    known = _objects(evidence.verify(_read(path)).records)
    work.copy = _tolerated(work, Copy(), lambda: _look(work, known))
    with _opened(work) as (data, write):
        going = _going_on(work, data)
        if going.text:
            write(going.text)
    after = evidence.verify(data + going.text) if path is not None else _with(work.copy, going).chain
    bucket = work.copy.bucket
    if bucket is not None:
        work.pending = evidence.unsaved(after, work.copy.objects.keys())
        _tolerated(work, None, lambda: _upload(work, bucket))
    _warn_of_loss(work)
    problems = _problems(after, work.copy, work.params)
    if problems:
        told = " ".join(problem.text for problem in problems)
        work.warnings.append(f"The evidence in {_place(work.params)} is not whole: {told}")
    return {**_told(work, going, after), "problems": [asdict(problem) for problem in problems]}


def _refuse_secrets(params: Mapping[str, Any]) -> None:
    given = {"event": params["event"], "once_key": params["once_key"], "fields": params["fields"]}
    found = looks_secret.findings(given)
    if found:
        raise KeysmithError(
            f"Cannot write evidence: {'; '.join(found)}. Evidence is kept for long and read by many; leave the secret"
            " out, and replace it if it is one, since it is in the playbook's run."
        )


def _tolerated(work: Work, instead: Any, call: Callable[[], Any]) -> Any:
    """What the call gives; ``instead``, with a warning, where the bucket fails and there is a file: nobody may be kept
    from opening an emergency user because S3 is away."""
    try:
        return call()
    except AwsError as error:
        if work.params["path"] is None:
            raise
        work.warnings.append(
            f"The bucket {work.params['bucket']} is not up to date: cannot {words(error.action)}: {error.message}. The"
            f" file has the record, and the next one takes along what the bucket lacks. {error.advice()}"
        )
        return instead


def _warn_of_loss(work: Work) -> None:
    path, is_saved = work.params["path"], work.copy.bucket is not None and not work.pending
    if path is not None and not is_saved and goes_with_job(path):
        work.warnings.append(
            f"What only {path} has is gone with this job's container. Give bucket, or a path on a volume that is"
            " mounted into the container."
        )


def _look(work: Work, known: Mapping[str, bytes]) -> Copy:
    bucket = _bucket(work.params)
    if bucket is None:
        return Copy()
    objects = evidence_bucket.read(work.gateway, bucket, known, THREADS)
    return Copy(bucket, objects, evidence_bucket.retention(work.gateway, bucket, work.now))


def _bucket(params: Mapping[str, Any]) -> Bucket | None:
    if params["bucket"] is None or params["offline"]:
        if params["path"] is None:
            raise KeysmithError(
                "Cannot reach the evidence: offline is set, and without path there is no file. Give path."
            )
        return None
    days = params.get("retention_days")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise KeysmithError(f"Cannot lock records: retention_days is {days}; give 1 to {LONGEST_DAYS}.")
    return Bucket(params["bucket"], params["prefix"].strip("/"), params.get("retention_mode"), days)


def _objects(records: Sequence[Record]) -> dict[str, bytes]:
    return {evidence.object_name(record): record.line + b"\n" for record in records}


def _read(path: str | None) -> bytes:
    return b"" if path is None else evidence_file.read(path) or b""


def _with(copy: Copy, going: Continuation) -> Copy:
    return replace(copy, objects={**copy.objects, **(_objects([going.record]) if going.is_new else {})})


@contextmanager
def _opened(work: Work) -> Iterator[tuple[bytes, Callable[[bytes], None]]]:
    """The file's text and how to write behind it; without a file, none."""
    path = work.params["path"]
    if path is not None and not work.dry:
        with evidence_file.locked(path) as (data, write):
            yield data, write
        return
    yield _read(path), lambda text: None


def _going_on(work: Work, data: bytes) -> Continuation:
    params = work.params
    in_bucket = work.copy.chain
    here, there = (in_bucket, Chain()) if params["path"] is None else (evidence.verify(data), in_bucket)
    return evidence.go_on(here, there, params["event"], params["fields"], work.now, params["once_key"])


def _upload(work: Work, bucket: Bucket) -> None:
    """What the bucket lacks, oldest first; in check mode only how many."""
    while work.pending:
        if not work.dry:
            evidence_bucket.put(work.gateway, bucket, work.pending[0], work.copy.lock)
        work.pending.pop(0)
        work.uploads += 1


def _problems(chain: Chain, copy: Copy, params: Mapping[str, Any]) -> list[evidence.Problem]:
    """What is wrong in the file, in the bucket, and between the two."""
    if params["path"] is None or copy.bucket is None:
        return list(chain.problems)
    there = copy.chain
    inside = [replace(problem, text=f"in the bucket, {problem.text}") for problem in there.problems]
    return [*chain.problems, *inside, *evidence.compare(chain, there)]


def _told(work: Work, going: Continuation, after: Chain) -> dict[str, Any]:
    record = evidence.as_told(going.record)
    last = going.record.hash if going.is_new else after.last_hash
    if going.is_new and work.dry:
        record, last = {**record, "time": UNKNOWN, "hash": UNKNOWN}, UNKNOWN
    return {
        "changed": bool(going.is_new or going.restored or work.uploads),
        "appended": going.is_new,
        "record": record,
        "last_hash": last,
        "restored": len(going.restored),
        "pending_uploads": None if work.copy.bucket is None else len(work.pending),
        "actions": {"s3:PutObject": work.uploads} if work.uploads else {},
        "plan": _plan(work, going),
        "diff": {"before": {}, "after": record if going.is_new else {}},
    }


def _plan(work: Work, going: Continuation) -> list[str]:
    path, bucket = work.params["path"], work.params["bucket"]
    lines = []
    if going.restored and path is not None:
        lines.append(f"take over {len(going.restored)} record(s) from the bucket {bucket} into {path}")
    if going.is_new:
        lines.append(f"append record {going.record.n}, {going.record.event}, to {path or f'the bucket {bucket}'}")
    if work.uploads:
        lines.append(f"write {work.uploads} object(s) to the bucket {bucket}")
    return lines


def _verify(params: Mapping[str, Any], gateway: Gateway) -> dict[str, Any]:
    bucket, path = _bucket(params), params["path"]
    objects = {} if bucket is None else evidence_bucket.read(gateway, bucket, {}, THREADS)
    copy = Copy(bucket, objects)
    data = evidence_file.read(path) if path is not None else b"".join(objects.values())
    chain = evidence.verify(data or b"", params["expected_last_hash"])
    problems = _problems(chain, copy, params)
    if not chain.records and not problems:
        problems = [evidence.Problem(evidence.CUT, 0, f"there is no evidence in {_place(params)}.")]
    return {
        "changed": False,
        "intact": not problems,
        "problems": [asdict(problem) for problem in problems],
        "remarks": list(chain.remarks),
        "records": [evidence.as_told(record) for record in chain.records],
        "last_hash": chain.last_hash if chain.records else None,
        "pending_uploads": None if bucket is None else len(evidence.unsaved(chain, copy.objects.keys())),
    }


def _place(params: Mapping[str, Any]) -> str:
    bucket = params["bucket"] and not params["offline"] and f"the bucket {params['bucket']}"
    return " and ".join(filter(None, (params["path"], bucket)))
