# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at every place that a plan hands something over to, before the first IAM call is made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.keysmith.iam.plugins.module_utils._aws.errors import AwsError, Kind
from ansible_collections.keysmith.iam.plugins.module_utils._aws.gateway import Gateway
from ansible_collections.keysmith.iam.plugins.module_utils._aws.observe import in_parallel
from ansible_collections.keysmith.iam.plugins.module_utils._core.errors import KeysmithError
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import Place, PlaceState
from ansible_collections.keysmith.iam.plugins.module_utils._core.plan import Plan
from ansible_collections.keysmith.iam.plugins.module_utils._handover.stores import (
    file_exists,
    goes_with_job,
    probe_file,
    try_folders,
)

NAMES_PER_CALL = 50


def look(gateway: Gateway, plan: Plan, threads: int) -> dict[Place, PlaceState]:
    """The state of each place, without leaving a trace."""
    places = list(dict.fromkeys(plan.places))
    remote = [place for place in places if place.store == "secretsmanager"]
    found = in_parallel(threads, [lambda place=place: _probe_secret(gateway, place.address) for place in remote])
    asked = dict(zip(remote, found, strict=True))
    asked |= _probe_parameters(gateway, [place for place in places if place.store == "ssm_parameter"])
    return _told_apart({place: asked.get(place) or _look_at(place) for place in places})


def _told_apart(found: Mapping[Place, PlaceState]) -> dict[Place, PlaceState]:
    """The same, with a problem at each file that is another place's under a second name (``a//b``, a linked folder):
    the second text would overwrite the first, and a key's secret is told once."""
    first: dict[str, str] = {}
    told = dict(found)
    for place, state in found.items():
        if place.store != "file" or state.problem:
            continue
        address = first.setdefault(os.path.realpath(place.address), place.address)
        if address != place.address:
            text = f"Cannot store at {place.address!r}: it is the same file as {address!r}. Give each text its own."
            told[place] = replace(state, problem=text)
    return told


def try_to_write(places: Mapping[Place, PlaceState]) -> dict[Place, PlaceState]:
    """The same places once folders are made and a file is tried in each; only for a run that is about to write."""
    found = try_folders(place.address for place in places if place.store == "file")
    return {place: replace(state, problem=state.problem or found.get(place.address)) for place, state in places.items()}


def _look_at(place: Place) -> PlaceState:
    if place.store == "file":
        address = place.address
        return PlaceState(file_exists(address), probe_file(address, write=False), fleeting=goes_with_job(address))
    return PlaceState()


def _probe_secret(gateway: Gateway, name: str) -> PlaceState:
    """By DescribeSecret, which never gives a value; DeletedDate stands only on a secret scheduled for deletion
    (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html)."""
    try:
        found = gateway.find("secretsmanager:DescribeSecret", SecretId=name)
    except AwsError as error:
        if error.kind in (Kind.CREDENTIALS, Kind.UNREACHABLE):
            raise
        return PlaceState(
            problem=f"Cannot look at the secret {name} in Secrets Manager: {error.message}. {error.advice()}"
        )
    except KeysmithError as error:  # no region: one finding among the others
        return PlaceState(problem=error.message)
    if found is not None and "DeletedDate" in found:
        return PlaceState(
            exists=True,
            problem=f"Cannot store in the secret {name}: it is to be deleted. Restore it or choose another name.",
        )
    key = None if found is None else found.get("KmsKeyId", "alias/aws/secretsmanager")
    return PlaceState(exists=found is not None, kms_key=key)


def _probe_parameters(gateway: Gateway, places: Sequence[Place]) -> dict[Place, PlaceState]:
    """By DescribeParameters, which never gives a value, fifty names a call
    (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html)."""
    told: dict[Place, PlaceState] = {}
    for start in range(0, len(places), NAMES_PER_CALL):
        asked = places[start : start + NAMES_PER_CALL]
        try:
            found = _describe_parameters(gateway, [place.address for place in asked])
        except AwsError as error:
            if error.kind in (Kind.CREDENTIALS, Kind.UNREACHABLE):
                raise
            problem = f"Cannot look at the parameters in Parameter Store: {error.message}. {error.advice()}"
            told |= dict.fromkeys(asked, PlaceState(problem=problem))
        except KeysmithError as error:  # no region: one finding among the others
            told |= dict.fromkeys(asked, PlaceState(problem=error.message))
        else:
            told |= {place: _parameter_state(place.address, found.get(place.address)) for place in asked}
    return told


def _describe_parameters(gateway: Gateway, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    named = {"Key": "Name", "Option": "Equals", "Values": list(names)}
    wanted = {"ParameterFilters": [named], "MaxResults": NAMES_PER_CALL}
    found: dict[str, Mapping[str, Any]] = {}
    more: dict[str, str] = {}
    while True:
        page = gateway.read("ssm:DescribeParameters", **wanted, **more)
        found |= {parameter["Name"]: parameter for parameter in page["Parameters"]}
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _parameter_state(name: str, found: Mapping[str, Any] | None) -> PlaceState:
    if found is None:
        return PlaceState()
    problem = None
    if found["Type"] != "SecureString":
        problem = (
            f"Cannot store in the parameter {name}: its type is {found['Type']}, which is not encrypted and cannot be"
            " changed. Delete it or choose another name."
        )
    return PlaceState(exists=True, problem=problem, kms_key=found.get("KeyId"))
