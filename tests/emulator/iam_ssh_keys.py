# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSH public keys of users."""

from __future__ import annotations

from tests.emulator.iam_lookup import user_named
from tests.emulator.operations import Call, operation, paged
from tests.emulator.protocol import Parameters


@operation("iam:ListSSHPublicKeys")
def list_ssh_keys(call: Call) -> Parameters:
    user = user_named(call)
    page, more = paged(call, user.ssh_public_keys, lambda key: str(key.ssh_public_key_id))
    shown = [
        {
            "UserName": user.name,
            "SSHPublicKeyId": key.ssh_public_key_id,
            "Status": key.status,
            "UploadDate": key.upload_date,
        }
        for key in page
    ]
    return {"SSHPublicKeys": shown, **more}
