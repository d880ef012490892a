# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No way to AWS, the wrong credentials, or none: one sentence each, within 15 seconds, and nothing changed."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.integration.bad_input.counter import Counter
from tests.integration.bad_input.table import SECRET, erp, given, jane
from tests.integration.crash import process

CHECK = "Check the region, endpoint_url, the network and the proxy."
CREDENTIALS = (
    "Check access_key and secret_key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), the session token or the profile."
)
BARE = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
SECONDS = 15.0


def told_with(counter: Counter, **environment: str) -> str:
    params = counter.params(given(jane()))
    return counter.refused(params, env={**counter.aws.environment, **environment})


def test_a_wrong_secret(counter: Counter) -> None:
    told = told_with(counter, AWS_SECRET_ACCESS_KEY="wrong")
    assert told.startswith("Cannot get caller identity: The request signature we calculated does not match")
    assert told.endswith(f"(SignatureDoesNotMatch). {CREDENTIALS}")


def test_an_unknown_key(counter: Counter) -> None:
    assert told_with(counter, AWS_ACCESS_KEY_ID="AKIAAAAAAAAAAAAAAAAA") == (
        "Cannot get caller identity: The security token included in the request is invalid (InvalidClientTokenId)."
        f" {CREDENTIALS}"
    )


def test_an_expired_token(counter: Counter) -> None:
    text = "The security token included in the request is expired"
    counter.aws.fault(action="*", kind="error", code="ExpiredToken", message=text, http=403, times=0)
    assert told_with(counter) == f"Cannot get caller identity: {text} (ExpiredToken). {CREDENTIALS}"


def test_no_credentials(counter: Counter) -> None:
    assert told_with(counter, **BARE) == (
        f"Cannot get caller identity: no usable AWS credentials were found. {CREDENTIALS}"
    )


def test_an_unknown_profile(counter: Counter) -> None:
    told = told_with(counter, **BARE, AWS_PROFILE="nobody")
    assert told == "Couldn't connect to AWS: The config profile (nobody) could not be found"


def test_a_refused_port(counter: Counter) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        told = told_with(counter, AWS_ENDPOINT_URL=address)
    assert told == f"Cannot get caller identity: AWS cannot be reached at {address}/. {CHECK}"


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_an_address_that_never_answers(counter: Counter, silent: str) -> None:
    began = time.monotonic()
    environment = {**counter.aws.environment, "AWS_ENDPOINT_URL": silent}
    ran = process.run("roster", counter.params(given(jane())), environment, counter.folder, patience=True)
    assert time.monotonic() - began < SECONDS
    assert ran.rc == 1
    assert ran.msg == f"Cannot get caller identity: AWS did not answer at {silent}/. {CHECK}"


def test_a_store_that_never_answers(counter: Counter, silent: str) -> None:
    environment = {**counter.aws.environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER": silent}
    params = counter.params(given(erp(handover=SECRET)))
    ran = process.run("roster", params, environment, counter.folder)
    assert ran.msg == f"Cannot describe secret: AWS did not answer at {silent}/. {CHECK}"
    assert counter.aws.log(writes_only=True)[-1]["parameters"]["UserName"] == "two.keys", "a write of the run's own"


def test_an_address_where_something_else_answers(counter: Counter) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html><p>Sign in to the proxy")

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = told_with(counter, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert told == f"Cannot get caller identity: what answers is not AWS. {CHECK}"


def test_a_service_that_is_down(counter: Counter) -> None:
    counter.aws.fault(action="iam:GetAccountAuthorizationDetails", kind="unavailable", times=0)
    told = told_with(counter)
    assert told == (
        "Cannot get account authorization details: The request has failed due to a temporary failure of the server"
        " (ServiceUnavailable). Run again; it goes on from where it stopped."
    )
