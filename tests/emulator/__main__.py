# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.emulator`: serve the embedded AWS on a loopback port until SIGTERM."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from tests.emulator.control import PREFIX, Control
from tests.emulator.gateway import Gateway
from tests.emulator.protocol import Reply
from tests.emulator.server import Request, Server
from tests.emulator.state import CLOCK, World


def main() -> None:
    options = _options()
    world = World()
    gateway = Gateway(world)
    control = Control(gateway)

    def application(request: Request) -> Reply:
        return control(request) if request.target.startswith(PREFIX) else gateway(request)

    server = Server(options.port, application, CLOCK.seconds)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if options.until_stdin_closes:
        threading.Thread(target=_exit_when_stdin_closes, daemon=True).start()
    ready = json.dumps(
        {
            "endpoint": f"http://127.0.0.1:{server.server_address[1]}",
            "account_id": world.operator.account_id,
            "access_key_id": world.operator.access_key_id,
            "secret_access_key": world.operator.secret_access_key,
        }
    )
    if options.ready_file:
        # Renamed into place, so that whoever waits for the file never reads half of it.
        half = options.ready_file.with_name(options.ready_file.name + ".part")
        half.write_text(ready + "\n")
        half.rename(options.ready_file)
    print(ready, flush=True)
    server.serve_forever()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ready-file", type=Path, help="also write the ready line here")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when stdin does, so as to leave no orphan"
    )
    return parser.parse_args()


def _exit_when_stdin_closes() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
