#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sns_publish
version_added: 0.1.0
short_description: Publish a notice to an Amazon SNS topic
description:
  - Publishes one message, as the role P(keysmith.iam.break_glass#role) does to tell the operators.
  - Put no secret into it.
author: keysmith.iam contributors (@keysmith)
options:
  topic_arn:
    description: The topic's ARN. Its region is where the message is published.
    type: str
    required: true
  text:
    description: The message.
    type: str
    required: true
  subject:
    description: The subject line of e-mails. When omitted, AWS chooses one.
    type: str
attributes:
  idempotent:
    description: Each run publishes another message.
    support: none
  diff_mode:
    description: There is no state to compare.
    support: none
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
"""

EXAMPLES = r"""
- name: Tell the operators
  keysmith.iam.sns_publish:
    topic_arn: arn:aws:sns:us-east-1:123456789012:security
    subject: Break-glass user opened
    text: emergency-1 was opened for INC-4711 by jane.doe, approved by john.roe.
"""

RETURN = r"""
actions:
  description: The write call, or in check mode the one that a run would make.
  returned: always
  type: dict
  sample: {"sns:Publish": 1}
message_id:
  description: The message's id.
  returned: in a run
  type: str
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.activity import sns_publish
from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module


def main() -> None:
    sns_publish(
        open_module(
            {
                "topic_arn": {"type": "str", "required": True},
                "text": {"type": "str", "required": True},
                "subject": {"type": "str"},
            }
        )
    )


if __name__ == "__main__":
    main()
