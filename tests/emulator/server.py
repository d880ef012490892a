# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small HTTP/1.1 server: a thread a connection, kept alive, loopback only.

Werkzeug's server closes the connection after each answer, which costs more than the call itself.
"""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import struct
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses
from typing import IO

from tests.emulator.protocol import Reply

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Reset(Exception):
    """Raised by the application to end the connection with RST instead of an answer."""


@dataclass(frozen=True)
class Request:
    """What came in. Header names are lower case; `target` is path and query as sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    client_gone: Callable[[], bool]


Application = Callable[[Request], Reply]


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """`now` gives the seconds since 1970 that the Date header tells."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, application: Application, now: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.application = application
        self.now = now


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 65536
    server: Server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            while self._answer_one():
                pass

    def _answer_one(self) -> bool:
        request = self._read()
        if request is None:
            return False
        try:
            reply = self.server.application(request)
        except Reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        self.connection.sendall(_head(request, reply, self.server.now()) + reply.body)
        return request.headers.get("connection", "").lower() != "close"

    def finish(self) -> None:
        super().finish()
        # socketserver's own shutdown(SHUT_WR) would send FIN before the RST that Reset asks for.
        self.connection.close()

    def _read(self) -> Request | None:
        line = self.rfile.readline(65537)
        if not line.strip():
            return None
        method, target, _version = line.decode("latin-1").split(" ", 2)
        headers = _headers(self.rfile)
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(method, target, headers, body, self._client_gone)

    def _client_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except ConnectionError:
            return True


def _headers(stream: IO[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    while (line := stream.readline(65537)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _head(request: Request, reply: Reply, now: float) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}",
        f"Date: {formatdate(now, usegmt=True)}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
