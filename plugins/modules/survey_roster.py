#!/usr/bin/python
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: survey_roster
version_added: 0.1.0
short_description: Turn a form's answers into a roster of AWS IAM users
description:
  - Takes what somebody answered in a form, such as an AWX survey, and gives the users for
    O(keysmith.iam.roster#module:users). The form asks for one user, or has many pasted as CSV or YAML.
  - A bad answer is refused in one sentence that names the question and the line, all of them at once, and quotes
    nothing. What looks like a secret is refused and not shown. A password that is just a word cannot be told from any
    other word.
  - It calls no AWS. Whether the account takes the names and has the groups is left to M(keysmith.iam.roster).
author: keysmith.iam contributors (@keysmith)
options:
  name:
    description: The user's name. When omitted, O(people) is required.
    type: raw
  use_case:
    description:
      - V(human) or V(workload). Emergency users are made by the role P(keysmith.iam.break_glass#role).
      - When omitted, each line of O(people) has to say it.
    type: raw
  owner:
    description: Who answers for the user, as a mail address. When omitted, nobody does.
    type: raw
  justification:
    description: Why this cannot be a role. When omitted, a guard warns of a workload.
    type: raw
  path:
    description: The user's path. When omitted, a new user gets V(/) and an existing one keeps its own.
    type: raw
  groups:
    description:
      - Groups that the user is to be a member of, as a list, or as a text with commas, semicolons or blanks between.
        Other memberships stay. When omitted, none is added.
    type: raw
  credentials:
    description:
      - What the user is to get where there is none, as a list, or as a text with commas, semicolons or line breaks
        between. The words are V(console password), V(access key), V(MFA device), V(CodeCommit), V(Keyspaces),
        V(Bedrock) and V(CloudWatch Logs).
      - When omitted, it gets none.
    type: raw
  public_keys:
    description:
      - The owner's public keys (age, SSH or OpenPGP) to which the secrets are sealed, as a list, or as a text with one
        a line. When omitted, O(handover) says whether they are sealed.
    type: raw
  store:
    description: Where the secrets go, one of O(places) or the store of O(handover). When omitted, O(handover) counts.
    type: raw
  tags:
    description:
      - Tags of the user, as a dict, or as a text with one C(key=value) a line. Other tags stay. When omitted, none is
        added.
    type: raw
  people:
    description:
      - Many users as one text, in CSV (comma, semicolon or tab; its first line names the columns) or as a YAML list.
      - Columns and fields are the options above, and C(console), C(access_key) and C(mfa_device) with yes or no. In a
        cell, groups have semicolons, bars or blanks between; public keys have bars or line breaks.
      - The options above are then what counts for each line that does not say otherwise, and O(name) is refused.
        When omitted, O(name) is required.
    type: raw
  handover:
    description:
      - The hand-over that counts where the form says nothing of it, as O(keysmith.iam.roster#module:handover). A user
        of whom the form says neither O(public_keys) nor O(store) gets no hand-over of its own. When omitted, there is
        none.
    type: dict
  places:
    description:
      - The stores that the form may name, each with the name or path in it. The store of O(handover) may be named too.
        When omitted, no other may.
    type: dict
  allowed_groups:
    description: The groups that the form may name. When omitted or empty, it may name any.
    type: list
    elements: str
  allowed_fields:
    description:
      - The columns or fields that O(people) may have beside C(name), so that nobody says there what the form does not
        ask. When omitted or empty, they may have any.
    type: list
    elements: str
  fixed:
    description:
      - Fields of O(keysmith.iam.roster#module:users) that every user gets and no answer can change; C(groups) and
        C(tags) are added to those of the form. When omitted, there are none.
    type: dict
attributes:
  check_mode:
    description: Gives the same in check mode, since it writes nothing.
    support: full
  diff_mode:
    description: There is no state to compare.
    support: none
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - keysmith.iam.attributes
requirements:
  - PyYAML, for people in YAML
notes:
  - The options of the connection to AWS are there for C(module_defaults) alone.
seealso:
  - module: keysmith.iam.roster
"""

EXAMPLES = r"""
- name: Read a form with one person
  keysmith.iam.survey_roster:
    name: jane.doe
    use_case: human
    owner: jane.doe@example.com
    groups: [Developers]
    credentials: [console password]
    public_keys: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM5aUfqyS6CeBHcwaBvJmW8nAFg5qlrCc9aGMZCmmROp jane@laptop
    store: secretsmanager
    places: {secretsmanager: "iam/{user}/{kind}"}
  register: form

- name: Read a form into which a spreadsheet was pasted
  keysmith.iam.survey_roster:
    use_case: human
    credentials: [console password]
    people: |
      name,owner,groups
      jane.doe,jane.doe@example.com,Developers
      john.roe,john.roe@example.com,Developers;Billing
    allowed_groups: [Developers, Billing]
    fixed: {path: /people/}
  register: form

- name: Show what it would do
  keysmith.iam.roster:
    users: "{{ form.users }}"
    handover: {store: secretsmanager, name: "iam/{user}/{kind}"}
    region: eu-central-1
  check_mode: true
"""

RETURN = r"""
users:
  description: The users, as O(keysmith.iam.roster#module:users) takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: jane.doe, use_case: human, owner: jane.doe@example.com, groups: [Developers], console: true}
"""

from ansible_collections.keysmith.iam.plugins.module_utils._shell.run import open_module
from ansible_collections.keysmith.iam.plugins.module_utils._shell.survey import ANSWERS, survey_roster


def main() -> None:
    spec = {
        **{name: {"type": "raw"} for name in ANSWERS},
        "handover": {"type": "dict"},
        "places": {"type": "dict"},
        "allowed_groups": {"type": "list", "elements": "str"},
        "allowed_fields": {"type": "list", "elements": "str"},
        "fixed": {"type": "dict"},
    }
    survey_roster(open_module(spec, check_boto3=False))


if __name__ == "__main__":
    main()
