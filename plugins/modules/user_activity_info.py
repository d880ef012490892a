#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: user_activity_info
version_added: 0.1.0
short_description: Tell what IAM users did, by CloudTrail's event history
description:
  - Looks up the management events of some users between two moments, in several regions, one after the other.
  - CloudTrail keeps them for 90 days, and has an event some minutes after it happened.
  - Of an event it tells what, when, where from and whether it failed. What was asked and answered stays with
    CloudTrail.
  - Makes no write call.
author: keysmith.iam contributors (@keysmith)
options:
  user_names:
    description: The users' names.
    type: list
    elements: str
    required: true
  since:
    description: The first moment, in ISO 8601, as V(2026-11-22T10:00:00Z). One without an offset is UTC.
    type: str
    required: true
  until:
    description: The last moment, written as O(since). When omitted, it is now, by AWS's clock.
    type: str
  regions:
    description:
      - Where to look. The default are the regions in which the console signs IAM users in who come by its global
        address; IAM's own events are in V(us-east-1). Add those in which the account is used.
    type: list
    elements: str
    default: [us-east-1, us-east-2, eu-north-1, ap-southeast-2]
attributes:
  diff_mode:
    description: It changes nothing, so there is nothing to show.
    support: N/A
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
notes:
  - The caller needs the permission C(cloudtrail:LookupEvents).
"""

EXAMPLES = r"""
- name: What an emergency user did in the last four hours
  keysmith.iam.user_activity_info:
    user_names: [emergency-1]
    since: "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime((now().timestamp() - 14400) | int, utc=true) }}"
  register: activity
"""

RETURN = r"""
events:
  description: The events, oldest first.
  returned: always
  type: list
  elements: dict
  contains:
    event_id: {description: Its id., type: str, returned: always}
    time: {description: When it happened., type: str, returned: always, sample: "2026-11-22T10:00:07+00:00"}
    region: {description: Where it is kept., type: str, returned: always, sample: us-east-1}
    user_name: {description: Who did it., type: str, returned: always, sample: emergency-1}
    event_source: {description: The service., type: str, returned: always, sample: signin.amazonaws.com}
    event_name: {description: What was done., type: str, returned: always, sample: ConsoleLogin}
    source_ip_address: {description: Where from., type: str, returned: when known, sample: 192.0.2.1}
    error_code: {description: Why it failed., type: str, returned: when it did, sample: AccessDenied}
    mfa_used: {description: V(Yes) or V(No)., type: str, returned: for a sign-in}
    outcome: {description: V(Success) or V(Failure)., type: str, returned: for a sign-in}
counts:
  description: How many of each event.
  returned: always
  type: dict
  sample: {"ConsoleLogin": 1}
denied:
  description: Regions whose events the caller may not read, each with a warning. Nothing is known of them.
  returned: always
  type: list
  elements: str
since:
  description: The first moment.
  returned: always
  type: str
until:
  description: The last moment.
  returned: always
  type: str
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.activity import REGIONS, user_activity_info
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    user_activity_info(
        open_module(
            {
                "user_names": {"type": "list", "elements": "str", "required": True},
                "since": {"type": "str", "required": True},
                "until": {"type": "str"},
                "regions": REGIONS,
            }
        )
    )


if __name__ == "__main__":
    main()
