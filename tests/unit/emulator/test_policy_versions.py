# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of managed policies. https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator


def document(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_new_version_dates_the_policy(aws: Emulator) -> None:
    iam: Any = aws.client("iam")
    arn = iam.create_policy(PolicyName="Own", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    before = iam.get_policy(PolicyArn=arn)["Policy"]
    aws.set_clock(3600)
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("*"), SetAsDefault=True)["PolicyVersion"]
    after = iam.get_policy(PolicyArn=arn)["Policy"]
    assert after["UpdateDate"] - before["UpdateDate"] >= timedelta(hours=1)
    assert (after["CreateDate"], after["UpdateDate"]) == (before["CreateDate"], made["CreateDate"])
    assert (after["DefaultVersionId"], made["VersionId"], made["IsDefaultVersion"]) == ("v2", "v2", True)
    held = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert held == json.loads(document("*"))


def test_six_versions_and_aws_own_policies_are_refused(aws: Emulator) -> None:
    iam: Any = aws.client("iam")
    arn = iam.create_policy(PolicyName="Own", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    for _number in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("*"))
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    for policy, code in ((arn, "LimitExceeded"), ("arn:aws:iam::aws:policy/ReadOnlyAccess", "AccessDenied")):
        with pytest.raises(ClientError) as refused:
            iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("*"))
        assert refused.value.response["Error"]["Code"] == code
