# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way to AWS: reads with retries and pages, writes that are never repeated blindly. Nothing else calls boto3."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

try:
    import boto3
    import botocore
    import botocore.session
    from botocore import xform_name
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from botocore.utils import parse_timestamp

    CONNECT_ERRORS: tuple[type[Exception], ...] = (ValueError, BotoCoreError)
except ImportError:
    CONNECT_ERRORS = ()  # AnsibleAWSModule says what is missing, in the words that Ansible uses for it

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind, translate

# An endpoint that does not answer fails within 15 seconds: three attempts of three seconds and the pauses between.
# That holds for one that takes the connection and then says nothing too, since every run begins with STS.
CONNECT_SECONDS = 3
READ_SECONDS = {"sts": 3, "secretsmanager": 4, "ssm": 4, "s3": 10}
LONG_READ_SECONDS = 30
READ_ATTEMPTS = 3
CALL_SECONDS = 0.001
THROTTLED_TRIES = 8

_IAM_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SIGNER = re.compile(r"Credential=(\w+)/")

Connect = Callable[[str, Any, bool], Any]


def moment(value: str | float) -> datetime:
    """A time as AWS writes it. botocore lets dateutil guess each one's form, which takes long for all the dates of an
    account; IAM's own form, ``2026-11-22T09:30:00Z``, needs no guess. Any other stays botocore's matter."""
    if isinstance(value, str) and _IAM_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:  # before Python 3.11 every one with a Z
            pass
    return parse_timestamp(value)


class Session:
    """boto3's session of one profile, and clients of it that have the same endpoint, credentials and user agent.
    ``options`` are keyword arguments of boto3's ``client()``."""

    def __init__(self, profile: str | None, endpoint: str | None, options: Mapping[str, Any], agent: str) -> None:
        core = botocore.session.Session()
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
        self._session = boto3.session.Session(profile_name=profile, botocore_session=core)
        self._options = {**options, "endpoint_url": endpoint}
        self._config = Config(user_agent=agent)

    def client(self, service: str, region: str, config: Any, more: Mapping[str, Any]) -> Any:
        """A client by ``config``, and by ``more`` arguments of botocore's Config, which count before it."""
        merged = self._config.merge(config).merge(Config(**more))
        return self._session.client(service, region_name=region, config=merged, **self._options)


class Gateway:
    """Calls AWS through clients made by ``connect(service, config, write)``. Safe for many threads.

    ``sleep`` is given in seconds; tests pass one of their own.
    """

    def __init__(self, connect: Connect, connections: int = 10, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connect = connect
        self._connections = connections
        self._clients: dict[tuple[str, bool], Any] = {}
        self._lock = threading.Lock()
        self._fastest = float("inf")
        self.sleep = sleep
        self.signed_by: str | None = None  # the access key id by which STS was asked who the caller is

    def _client(self, service: str, write: bool) -> Any:
        # Secrets Manager's writes carry a ClientRequestToken, so AWS itself makes their repetition harmless. A repeated
        # PutParameter is another version of the same text.
        write = write and service == "iam"
        with self._lock:
            if (service, write) not in self._clients:
                attempts = 1 if write else READ_ATTEMPTS
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS.get(service, LONG_READ_SECONDS),
                    max_pool_connections=self._connections,
                    retries={"mode": "standard", "total_max_attempts": attempts},
                )
                made = self._clients[service, write] = self._connect(service, config, write)
                if service == "sts":
                    made.meta.events.register("before-send.sts", self._note_signer)
            return self._clients[service, write]

    def _note_signer(self, request: Any, **_more: Any) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html."""
        header = request.headers.get("Authorization", "")
        found = _SIGNER.search(header.decode("ascii", "replace") if isinstance(header, bytes) else header)
        self.signed_by = found[1] if found else None

    def _call(self, action: str, parameters: Mapping[str, Any], write: bool, secret: bool) -> dict[str, Any]:
        service, _colon, operation = action.partition(":")
        call = getattr(self._client(service, write), xform_name(operation))
        begin = time.monotonic()
        try:
            answer: dict[str, Any] = call(**parameters)
            self._fastest = min(self._fastest, time.monotonic() - begin)
            return answer
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            failure = translate(action, error, secret, write)
        # Raised outside the except block: the SDK's exception may hold the parameters and must not be chained.
        raise failure

    def useful_threads(self, most: int) -> int:
        """How many threads are of use: a call takes about a millisecond of this process and waits for AWS the rest of
        its time. Where AWS is near, more threads than fill that wait only contend for the interpreter."""
        return max(1, int(min(most, 2 + self._fastest / CALL_SECONDS)))

    def read(self, action: str, **parameters: Any) -> dict[str, Any]:
        """One reading call, ``read("iam:GetUser", UserName="jane")``. Raises AwsError; throttling is waited out."""
        return self._patiently(action, parameters, write=False, secret=False)

    def find(self, action: str, **parameters: Any) -> dict[str, Any] | None:
        """Like read(); None when AWS says that it does not exist. Any other error stays one, never an empty answer."""
        try:
            return self.read(action, **parameters)
        except AwsError as error:
            if error.kind is Kind.MISSING:
                return None
            raise

    def pages(self, action: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every page of an IAM list, by Marker and IsTruncated
        (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html)."""
        marker: dict[str, Any] = {}
        while True:
            page = self.read(action, **parameters, **marker)
            yield page
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}

    def listing(self, action: str, key: str, **parameters: Any) -> list[Any]:
        """All items under ``key`` of all pages."""
        return [item for page in self.pages(action, **parameters) for item in page[key]]

    def write(self, action: str, parameters: Mapping[str, Any], secret: bool = False) -> dict[str, Any]:
        """One writing call. ``secret`` True keeps AWS's texts out of the error.

        IAM's is made once. A store's may be repeated, so throttling is waited out here: nobody above can do it without
        a key at hand whose secret is not stored.
        """
        once = action.startswith("iam:")
        return (self._call if once else self._patiently)(action, parameters, write=True, secret=secret)

    def _patiently(self, action: str, parameters: Mapping[str, Any], write: bool, secret: bool) -> dict[str, Any]:
        for attempt in range(THROTTLED_TRIES):
            try:
                return self._call(action, parameters, write, secret)
            except AwsError as error:
                if error.kind not in (Kind.THROTTLED, Kind.BUSY) or attempt == THROTTLED_TRIES - 1:
                    raise
            self.sleep(backoff(attempt))
        raise AssertionError("unreachable")


def backoff(attempt: int, base: float = 0.5, most: float = 20.0) -> float:
    """Seconds to wait before the next try: exponential with full jitter
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)."""
    return float(min(most, base * 2**attempt) * random.uniform(0.5, 1.0))


def sdk_versions() -> dict[str, str]:
    """What amazon.aws adds to a failure, so that a report says which SDK it was."""
    return {"boto3_version": boto3.__version__, "botocore_version": botocore.__version__}
