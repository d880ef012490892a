# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests' own entrance, `/_emulator/...`: JSON in, JSON out, no authentication."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from moto.iam.models import AccessKeyLastUsed

from tests.emulator.faults import Fault
from tests.emulator.gateway import Gateway
from tests.emulator.iam_mfa import codes_shown, plant_fido_device
from tests.emulator.iam_passwords import sign_in
from tests.emulator.protocol import Reply
from tests.emulator.server import Request
from tests.emulator.sns import confirm
from tests.emulator.state import CLOCK, Account
from tests.emulator.trail import note_sign_in
from tests.emulator.trail_settings import set_up

PREFIX = "/_emulator/"
_SOMEBODY_ELSE = "999999999999"


class Control:
    """Routes of the control API; what they answer is described at each."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.world = gateway.world
        self._routes: dict[str, Callable[[dict[str, Any]], Any]] = {
            "GET log": lambda query: gateway.journal.since(int(query.get("since", 0))),
            "DELETE log": lambda _: gateway.journal.clear(),
            "GET faults": lambda _: gateway.faults.left(),
            "POST faults": lambda rule: gateway.faults.add(Fault(**rule)),
            "DELETE faults": lambda _: gateway.faults.clear(),
            "GET held": lambda _: gateway.holding.listed(),
            "POST release": lambda body: {"released": gateway.holding.release(body.get("n"))},
            "GET secrets": lambda _: gateway.secrets.listed(),
            "POST dates": self._set_dates,
            "POST clock": self._set_clock,
            "POST quotas": self._set_quotas,
            "POST page-size": self._set_page_size,
            "POST sign-in": self._sign_in,
            "GET mfa-codes": self._mfa_codes,
            "POST fido": self._plant_fido,
            "POST taken-alias": self._take_alias,
            "POST trail-delay": self._set_trail_delay,
            "POST organization-trail": self._set_up_organization_trail,
            "POST confirm": lambda given: confirm(self._account(), given["endpoint"]),
            "POST reset": lambda _: gateway.reset(),
            "GET ready": lambda _: {"ready": True},
        }

    def __call__(self, request: Request) -> Reply:
        path, _, query = request.target.partition("?")
        route = self._routes.get(f"{request.method} {path[len(PREFIX) :]}")
        if route is None:
            return _json(404, {"error": f"no such route; there are: {', '.join(self._routes)}"})
        try:
            given = json.loads(request.body) if request.body else {key: v[0] for key, v in parse_qs(query).items()}
            return _json(200, route(given))
        except (ValueError, TypeError, KeyError, AttributeError) as wrong:
            return _json(400, {"error": f"{type(wrong).__name__}: {wrong}"})

    def _account(self) -> Account:
        return self.world.account(self.world.operator.account_id, "aws")

    def _set_dates(self, given: dict[str, Any]) -> None:
        """Set any of a user's dates; each is ISO 8601, or null for "never" where that is possible."""
        with self.gateway.lock:
            user = self._account().backend.users[given["user"]]
            if "created" in given:
                user.create_date = _moment(given["created"])
            if "password_created" in given:
                user.login.created = user.login.changed = _moment(given["password_created"])
            if "password_last_used" in given:
                user.password_last_used = _moment(given["password_last_used"])
            if "mfa_enabled" in given:
                user.mfa_devices[given["mfa_device"]].enable_date = _moment(given["mfa_enabled"])
            if "access_key" in given:
                self._set_key_dates(given)
            self._set_upload_dates(user, given)

    def _set_upload_dates(self, user: Any, given: dict[str, Any]) -> None:
        if "service_credential" in given:
            credential = user.service_credentials[given["service_credential"]]
            credential["CreateDate"] = _moment(given["service_credential_created"])
        if "ssh_key" in given:
            (key,) = (one for one in user.ssh_public_keys if one.ssh_public_key_id == given["ssh_key"])
            key.upload_date = _moment(given["ssh_key_created"])
        if "certificate" in given:
            user.signing_certificates[given["certificate"]].upload_date = _moment(given["certificate_created"])

    def _set_key_dates(self, given: dict[str, Any]) -> None:
        key = self._account().backend.access_keys[given["access_key"]]
        if "access_key_created" in given:
            key.create_date = _moment(given["access_key_created"])
        if "access_key_last_used" in given:
            used = _moment(given["access_key_last_used"])
            service, region = given.get("service", "iam"), given.get("region", "us-east-1")
            key.last_used = AccessKeyLastUsed(used, service, region) if used else None

    def _set_clock(self, given: dict[str, Any]) -> dict[str, str]:
        CLOCK.offset = timedelta(seconds=given["offset_seconds"])
        return {"now": CLOCK.now().isoformat()}

    def _set_quotas(self, given: dict[str, int]) -> dict[str, int]:
        unknown = given.keys() - self.world.quotas.keys()
        if unknown:
            raise ValueError(f"no such quota: {', '.join(sorted(unknown))}")
        self.world.quotas.update(given)
        return self.world.quotas

    def _set_page_size(self, given: dict[str, Any]) -> None:
        """Cap the pages of all lists at `n` items; null lifts the cap."""
        self.world.page_size = given["n"]

    def _sign_in(self, given: dict[str, Any]) -> dict[str, bool]:
        with self.gateway.lock:
            account = self._account()
            outcome = sign_in(account, given["user"], given["password"])
            note_sign_in(self.world, account, given.get("region", "us-east-1"), given["user"], outcome)
            return outcome

    def _set_trail_delay(self, given: dict[str, Any]) -> None:
        self.world.trail_delay = timedelta(seconds=given["seconds"])

    def _set_up_organization_trail(self, given: dict[str, Any]) -> dict[str, str]:
        with self.gateway.lock:
            trail = set_up(_SOMEBODY_ELSE, "aws", "organization-events", organization=True)
            trail.event_selectors = given["selectors"]
            return {"arn": trail.arn}

    def _mfa_codes(self, query: dict[str, Any]) -> dict[str, list[str]]:
        return {"codes": codes_shown(self._account(), query["serial"], int(query.get("offset", 0)))}

    def _plant_fido(self, given: dict[str, Any]) -> dict[str, str]:
        with self.gateway.lock:
            account = self._account()
            return {"serial": plant_fido_device(account, account.backend.users[given["user"]], given["name"])}

    def _take_alias(self, given: dict[str, Any]) -> None:
        """Somebody else's account has this alias."""
        with self.gateway.lock:
            self.world.account(_SOMEBODY_ELSE, "aws").backend.account_aliases.append(given["alias"])


def _moment(text: str | None) -> datetime | None:
    """An ISO moment as moto keeps it: UTC without a time zone."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), "application/json")
