# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As much of AWX's API as a job asks who launched and who approved it.

Source: `UnifiedJobSerializer`, `WorkflowJobNodeSerializer` and `WorkflowApprovalSerializer` of AWX 24.6.1, in
awx/api/serializers.py.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Built into AWX as "Red Hat Ansible Automation Platform" (awx_plugins/credentials/plugins.py), with a token alone.
CONTROLLER: dict[str, Any] = {
    "inputs": {
        "fields": [{"id": "host"}, {"id": "oauth_token", "secret": True}, {"id": "verify_ssl", "type": "boolean"}],
    },
    "injectors": {
        "env": {
            "CONTROLLER_HOST": "{{ host }}",
            "CONTROLLER_VERIFY_SSL": "{{ verify_ssl }}",
            "CONTROLLER_OAUTH_TOKEN": "{{ oauth_token }}",
        }
    },
}


@dataclass
class Api:
    """Answers whoever has the token with what `answers` has by path; `url` is there while it runs."""

    token: str = field(repr=False)
    answers: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def __enter__(self) -> Api:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def workflow(self, job: int, by: str | None, approved: dict[str, Any] | None, link: str = "success_nodes") -> None:
        """A workflow job that `by` launched, in which the job stands behind an approval node.

        `approved` is the node's job: its `status`, its `type`, and `by` whom it was approved or denied.
        """
        number, approval = job + 1000, job + 2000
        created = {} if by is None else {"created_by": {"id": 7, "username": by, "first_name": "", "last_name": ""}}
        self.answers[f"jobs/{job}/"] = {
            "id": job,
            "launch_type": "workflow",
            "summary_fields": {**created, "source_workflow_job": {"id": number, "type": "workflow_job"}},
        }
        nodes = [_node(2, job, {"type": "job", "status": "running"})]
        if approved is not None:
            shown = {"type": approved.get("type", "workflow_approval"), "status": approved.get("status", "successful")}
            nodes.insert(0, _node(1, approval, shown, **{link: [2]}))
            who = {"approved_or_denied_by": {"id": 8, "username": approved["by"]}} if approved.get("by") else {}
            self.answers[f"workflow_approvals/{approval}/"] = {"id": approval, **shown, "summary_fields": who}
        self.answers[f"workflow_jobs/{number}/workflow_nodes/?page_size=200"] = {"count": len(nodes), "results": nodes}

    def alone(self, job: int, by: str) -> None:
        """A job whose template was launched by itself."""
        self.answers[f"jobs/{job}/"] = {"id": job, "summary_fields": {"created_by": {"id": 7, "username": by}}}


def _node(number: int, job: int, shown: dict[str, str], **links: list[int]) -> dict[str, Any]:
    ends: dict[str, list[int]] = {"success_nodes": [], "failure_nodes": [], "always_nodes": []}
    return {"id": number, "job": job, **ends, **links, "summary_fields": {"job": {"id": job, **shown}}}


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == f"Bearer {api.token}"
            answer = api.answers.get(self.path.removeprefix("/api/v2/"))
            status = 401 if not known else 404 if answer is None else 200
            body = json.dumps(answer if status == 200 else {"detail": "refused"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A test's output is no place for an access log."""

    return Handler
