# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts and rosters for the properties: every mix of tags, groups, keys, receipts, dependents and names' cases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ansible_collections.keysmith.iam.plugins.module_utils._core import receipts
from ansible_collections.keysmith.iam.plugins.module_utils._core.mfa import MFA_TAG, SECOND
from ansible_collections.keysmith.iam.plugins.module_utils._core.model import (
    ACCESS_KEY_TAG,
    AccessKey,
    Account,
    LoginProfile,
    MFADevice,
    PasswordPolicy,
    Place,
    PlaceState,
    ServiceCredential,
    User,
    fold,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.policies import (
    REQUIRE_MFA_POLICY,
    require_mfa_document,
    sessions_revoked_document,
)
from ansible_collections.keysmith.iam.plugins.module_utils._core.spec import (
    AccessKeySpec,
    CertificateSpec,
    ConsoleSpec,
    CopySpec,
    GroupSpec,
    HandoverSpec,
    Hidden,
    MFASpec,
    RosterSpec,
    ServiceCredentialSpec,
    SSHKeySpec,
    UserSpec,
)
from tests.unit.plugins.module_utils._core.builders import (
    DESCRIPTION,
    EARLIER,
    ID,
    KEY1,
    KEY2,
    KEY3,
    LONG_AGO,
    NOW,
    OURS,
    POWER,
    READ_ONLY,
    SEALED_FILE,
    VAULT,
    account,
    certificate,
    certificate_body,
    group,
    pending,
    receipted,
    ssh_body,
    ssh_key,
    user,
)

# The first name of each is how the account spells it; a roster may spell it as the second.
USERS = [("jane.doe", "Jane.Doe"), ("Joe_B", "joe_b"), ("erp-export", "ERP-export"), ("ann+x@home", "ann+X@home")]
GROUPS = [("Developers", "developers"), ("Auditors", "AUDITORS"), ("Ops", "ops")]
ARNS = [READ_ONLY, POWER, OURS]
POLICY_NAMES = ["ReadOnlyAccess", "PowerUserAccess", "Ours", READ_ONLY]
READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITES = {**READS, "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:Get*"], "Resource": "*"}]}
REVOKED = {"keysmith-sessions-revoked": sessions_revoked_document("2026-08-24T10:00:00Z")}
INLINE = [{}, REVOKED, {"extra": {"Version": "2012-10-17", "Statement": []}}, {"extra": READS}, {"old": WRITES}]
SECRET = "Xy7-DISTINCTIVE-secret"

paths = st.sampled_from(["/", "/staff/", "/a/b/"])
tag_sets = st.dictionaries(
    st.sampled_from(["team", "Team", "cost", "COST", "floor", "site", "aws:created-by"]),
    st.sampled_from(["", "red", "blue"]),
).filter(lambda tags: len({fold(name) for name in tags}) == len(tags))
crowds = st.sampled_from([0, 0, 0, 44, 47]).map(lambda count: {f"t{number}": "x" for number in range(count)})
receipt_tags = st.sampled_from(
    [
        {},
        {},
        receipted(KEY1),
        receipted(KEY2),
        pending(EARLIER),
        {**pending(EARLIER, KEY1), KEY1: DESCRIPTION},
        {**pending(EARLIER), KEY1: DESCRIPTION, KEY3: DESCRIPTION},
        {ACCESS_KEY_TAG: "somebody wrote this"},
        {"Keysmith:Access-Key": f"{KEY1} file x y", KEY2: "in my own words"},
    ]
)
keys = st.lists(
    st.builds(
        AccessKey,
        st.sampled_from([KEY1, KEY2]),
        active=st.booleans(),
        created=st.sampled_from([LONG_AGO, EARLIER, NOW]),
        last_used=st.sampled_from([None, NOW]),
    ),
    max_size=2,
    unique_by=lambda key: key.id,
).map(tuple)
GIT, BEDROCK = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
credential_tags = st.sampled_from(
    [
        {},
        {},
        {"keysmith:codecommit-credential": "ACCA1 file sha256:0123456789abcdef 2026-11-22T09:00:00Z"},
        {"keysmith:bedrock-credential": receipts.intent(EARLIER, ["ACCA3"])},
        {"Keysmith:Bedrock-Credential": receipts.intent(LONG_AGO)},
    ]
)
credentials = st.lists(
    st.builds(
        ServiceCredential,
        st.sampled_from(["ACCA1", "ACCA2", "ACCA3", "ACCA4"]),
        st.sampled_from([GIT, BEDROCK]),
        active=st.booleans(),
        created=st.sampled_from([LONG_AGO, EARLIER, NOW]),
        expires=st.sampled_from([None, EARLIER, NOW + timedelta(days=1)]),
    ),
    max_size=3,
    unique_by=lambda one: one.id,
).filter(lambda found: all([one.service for one in found].count(service) <= 2 for service in (GIT, BEDROCK)))


def some(*items: object) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.sampled_from(items), unique=True).map(tuple)


arn_lists = st.lists(st.sampled_from(ARNS), unique=True).map(tuple)


def own_device(name: str) -> str:
    """The serial number of the virtual MFA device that is named after the user."""
    return f"arn:aws:iam::{ID}:mfa/{name}"


def mfa_tags(name: str) -> st.SearchStrategy[dict[str, str]]:
    own, begun = f"mfa/{name}", receipts.intent(EARLIER)
    told = ["", "", f"{own} file x y", f"{begun} {own}", f"{begun} {own}{SECOND} {own}", f"{begun} {own} {own}{SECOND}"]
    return st.sampled_from(told).map(lambda text: {MFA_TAG: text} if text else {})


state_tags = st.sampled_from(
    [{}, {}, {"keysmith:break-glass": "sealed 2026-08-24T10:00:00Z"}, {"Keysmith:Break-Glass": "closing soon"}]
)


@st.composite
def users(draw: st.DrawFn, name: str) -> User:
    own = {"keysmith:owner": f"{name}@example.com"} if draw(st.booleans()) else {}
    path = draw(paths)
    place = 10 * [one for one, _other in USERS].index(name)
    return user(
        name,
        path=path,
        boundary=draw(st.sampled_from([None, None, *ARNS])),
        tags={
            **draw(tag_sets),
            **draw(crowds),
            **own,
            **draw(receipt_tags),
            **draw(credential_tags),
            **draw(mfa_tags(name)),
            **draw(state_tags),
        },
        groups=tuple(draw(st.lists(st.sampled_from([name for name, _other in GROUPS]), unique=True))),
        managed_policies=draw(arn_lists),
        login_profile=draw(st.sampled_from([None, LoginProfile(LONG_AGO, False)])),
        access_keys=draw(keys),
        ssh_keys=draw(some(*(ssh_key(number, active=number % 2 == 0) for number in range(1, 6)))),
        # A certificate belongs to one user only.
        certificates=draw(some(certificate(place), certificate(place + 1, active=False))),
        service_credentials=tuple(draw(credentials)),
        # A virtual MFA device belongs to one user only.
        mfa_devices=draw(some(MFADevice(own_device(name)), MFADevice(own_device(name) + SECOND), MFADevice("GAHT1"))),
        inline_policies=draw(st.sampled_from(INLINE)),
    )


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """An account that was read whole; its groups and the users in them agree."""
    people = [draw(users(name)) for name, _other in USERS if draw(st.booleans())]
    document = draw(st.sampled_from([{"Version": "2012-10-17"}, require_mfa_document("aws", ID)]))
    inline = draw(st.sampled_from([{}, {REQUIRE_MFA_POLICY: document}, {"extra": {"a": 1}}]))
    teams = [
        group(
            name,
            managed_policies=draw(arn_lists),
            inline_policies=inline,
            members=tuple(person.name for person in people if name in person.groups),
        )
        for name, _other in GROUPS
        if any(name in person.groups for person in people) or draw(st.booleans())
    ]
    quotas = {
        "Users": 100,
        "UsersQuota": draw(st.sampled_from([101, 102, 5000])),
        "GroupsPerUserQuota": draw(st.sampled_from([3, 3, 10])),
        "AttachedPoliciesPerUserQuota": 3,
        "AttachedPoliciesPerGroupQuota": 3,
        "UserPolicySizeQuota": draw(st.sampled_from([200, 300, 2048])),
        "GroupPolicySizeQuota": 5120,
        "AccessKeysPerUserQuota": 2,
    }
    places = {Place("secretsmanager", f"iam/{USERS[0][0]}/access-key"): PlaceState(exists=draw(st.booleans()))}
    policy = draw(st.sampled_from([PasswordPolicy(), PasswordPolicy(40, is_default=False)]))
    left = [own_device(name) for name, _other in USERS if draw(st.booleans())]
    devices: dict[str, str | None] = dict.fromkeys(left)
    devices |= {one.serial: person.name for person in people for one in person.mfa_devices if one.kind == "virtual"}
    more = {"password_policy": policy, "virtual_devices": devices}
    return account(*people, *teams, quotas=quotas, places=places, **more)


def names(pairs: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    """Mostly as the account spells them."""
    return st.sampled_from([name for pair in pairs for name in (pair[0], pair[0], pair[0], pair[1])])


def sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


consoles = st.builds(
    ConsoleSpec,
    present=st.sampled_from([True, True, False]),
    password=st.sampled_from([None, None, Hidden(SECRET)]),
    reset_required=st.booleans(),
    always=st.booleans(),
    reissue=st.booleans(),
)
key_wishes = st.sampled_from([AccessKeySpec(), AccessKeySpec(reissue=True), AccessKeySpec(rotate=True)]) | st.builds(
    AccessKeySpec, st.sampled_from(["present", "active", "inactive", "absent"]), st.sampled_from([KEY1, KEY2])
)
credential_wishes = st.sampled_from([(GIT, None), (BEDROCK, None), (BEDROCK, 90)]).flatmap(
    lambda wish: st.builds(ServiceCredentialSpec, st.just(wish[0]), age_days=st.just(wish[1]), reissue=st.booleans())
) | st.builds(
    ServiceCredentialSpec,
    st.just(""),
    st.sampled_from(["present", "active", "inactive", "absent"]),
    st.sampled_from(["ACCA1", "ACCA2"]),
)
states = st.sampled_from(["present", "active", "inactive", "absent"])
valid_until = st.sampled_from([None, EARLIER, *[NOW + timedelta(hours=1)] * 4])


def ssh_wish(number: int, state: str) -> SSHKeySpec:
    """By itself, or by the id of a key that the account may have."""
    if number > 100:
        return SSHKeySpec(id=f"APKA{number - 100}", state=state)
    return SSHKeySpec(ssh_body(number), ssh_key(number).fingerprint, state=state)


# One key is not to be in two states.
ssh_wishes = st.dictionaries(st.sampled_from([1, 2, 103, 6, 7]), states, max_size=3).map(
    lambda wishes: tuple(ssh_wish(*wish) for wish in wishes.items())
)
certificate_wishes = st.dictionaries(
    st.sampled_from([0, 1, 2, 10, 20, 30]), st.tuples(states, valid_until), max_size=2
).map(
    lambda wishes: tuple(
        CertificateSpec(certificate_body(number), certificate(number).fingerprint, state=state, not_after=until)
        for number, (state, until) in wishes.items()
    )
)
handovers: st.SearchStrategy[HandoverSpec] = st.sampled_from(
    [SEALED_FILE, VAULT, replace(SEALED_FILE, store="result", address="")]
)
mfa_wishes = st.builds(
    MFASpec, st.sampled_from(["present", "present", "absent"]), reissue=st.booleans(), any_serves=st.booleans()
) | st.builds(
    MFASpec,
    st.sampled_from(["present", "absent"]),
    serial=st.sampled_from(["GAHT1", "GAHT2"]),
    codes=st.just((Hidden("908172"), Hidden("654321"))),
    resync=st.booleans(),
)
group_names = st.lists(names(GROUPS)).map(tuple)
policy_names = st.lists(st.sampled_from(POLICY_NAMES)).map(tuple)
inline_wishes = st.dictionaries(st.sampled_from(["extra", "own"]), st.sampled_from([READS, WRITES, json.dumps(READS)]))
copies = st.builds(
    CopySpec,
    names(USERS),
    exclude=st.lists(st.sampled_from(["Ops", "Ours", READ_ONLY, "extra"]), max_size=2).map(tuple),
    enforce=st.booleans(),
)


def renamed(pair: tuple[UserSpec, bool]) -> UserSpec:
    """Every new name is one that nobody else has or is to get."""
    spec, rename = pair
    return replace(spec, new_name=f"{fold(spec.name)}.new") if rename and spec.state == "present" else spec


plain_user_specs = st.builds(
    UserSpec,
    names(USERS),
    state=st.sampled_from(["present"] * 5 + ["absent"]),
    path=sometimes(paths),
    boundary=sometimes(st.sampled_from(["", "Ours", "ReadOnlyAccess"])),
    tags=sometimes(tag_sets.map(lambda tags: {k: v for k, v in tags.items() if not k.startswith("aws:")})),
    purge_tags=st.booleans(),
    groups=sometimes(group_names),
    purge_groups=st.booleans(),
    managed_policies=sometimes(policy_names),
    purge_policies=st.booleans(),
    use_case=st.sampled_from([None, "human", "workload", "emergency"]),
    owner=st.sampled_from([None, "me@example.com"]),
    justification=st.sampled_from([None, "it is old"]),
    console=sometimes(consoles),
    access_key=sometimes(key_wishes),
    mfa=sometimes(mfa_wishes),
    service_credentials=sometimes(
        st.lists(credential_wishes, max_size=2, unique_by=lambda one: (one.service, one.id)).map(tuple)
    ),
    ssh_keys=sometimes(ssh_wishes),
    purge_ssh_keys=st.booleans(),
    certificates=sometimes(certificate_wishes),
    purge_certificates=st.booleans(),
    inline_policies=sometimes(inline_wishes),
    purge_inline_policies=st.booleans(),
    copy_from=st.none() | st.none() | copies,
    handover=handovers,
    mfa_handover=sometimes(st.just(replace(SEALED_FILE, address="seeds/"))),
    purge_credentials=st.sampled_from([False, False, True]),
    revoke_sessions=st.sampled_from([False, False, True]),
    break_glass_state=st.sampled_from([None, None, "sealed", "closing", "opened"]),
)
user_specs = st.tuples(plain_user_specs, st.sampled_from([False, False, False, True])).map(renamed)
group_specs = st.builds(
    GroupSpec,
    names(GROUPS),
    state=st.sampled_from(["present"] * 5 + ["absent"]),
    path=sometimes(paths),
    managed_policies=sometimes(policy_names),
    purge_policies=st.booleans(),
    require_mfa=sometimes(st.booleans()),
    demand_mfa=sometimes(st.booleans()),
    inline_policies=sometimes(inline_wishes),
    purge_inline_policies=st.booleans(),
)
rosters = st.builds(
    RosterSpec,
    st.lists(group_specs, max_size=2, unique_by=lambda spec: fold(spec.name)).map(tuple),
    st.lists(user_specs, min_size=1, max_size=3, unique_by=lambda spec: fold(spec.name)).map(tuple),
)


def settled(roster: RosterSpec) -> RosterSpec:
    """The same roster without what is done anew in every run."""

    def calm(spec: UserSpec) -> UserSpec:
        console = spec.console and replace(spec.console, always=False, reissue=False)
        credentials = spec.service_credentials and tuple(
            replace(one, reissue=False) for one in spec.service_credentials
        )
        calm_key = spec.access_key and replace(spec.access_key, reissue=False, rotate=False)
        mfa = spec.mfa and replace(spec.mfa, reissue=False, resync=False)
        calm = replace(spec, console=console, access_key=calm_key, service_credentials=credentials, mfa=mfa)
        return replace(calm, revoke_sessions=calm.revoke_sessions and calm.break_glass_state == "sealed")

    return replace(roster, users=tuple(map(calm, roster.users)))


def without_purge(roster: RosterSpec) -> RosterSpec:
    """The same roster without anything that is to go."""

    def additive(spec: UserSpec) -> UserSpec:
        console = spec.console and replace(spec.console, present=True)
        key = None if spec.access_key is None or spec.access_key.state == "absent" else spec.access_key
        credentials = tuple(one for one in spec.service_credentials or () if one.state != "absent")
        calm = replace(spec, state="present", boundary=spec.boundary or None, console=console, access_key=key)
        mfa = None if spec.mfa is None or spec.mfa.state == "absent" else spec.mfa
        calm = replace(calm, service_credentials=credentials, mfa=mfa)
        calm = replace(
            calm,
            ssh_keys=tuple(one for one in spec.ssh_keys or () if one.state != "absent"),
            certificates=tuple(one for one in spec.certificates or () if one.state != "absent"),
        )
        calm = replace(calm, purge_ssh_keys=False, purge_certificates=False)
        calm = replace(calm, new_name=None, copy_from=spec.copy_from and replace(spec.copy_from, enforce=False))
        calm = replace(calm, purge_inline_policies=False, purge_credentials=False)
        return replace(calm, purge_tags=False, purge_groups=False, purge_policies=False)

    groups = (
        replace(
            g,
            state="present",
            purge_policies=False,
            purge_inline_policies=False,
            require_mfa=g.require_mfa or None,
            demand_mfa=g.demand_mfa or None,
        )
        for g in roster.groups
    )
    return settled(replace(roster, groups=tuple(groups), users=tuple(map(additive, roster.users))))
