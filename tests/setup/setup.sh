#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# setup.sh: .venv and .venv-ministack by the newest supported interpreter here, and the link through which Ansible finds
# this checkout.

set -eu

here=$(dirname "$0")
found=$("$here/interpreters.sh" 3.13 3.12 3.11 3.14 | head -n 1)
if [ -z "$found" ]; then
    echo "setup: no Python 3.11 or later runs here; install one (Debian: apt-get install python3 python3-venv)" >&2
    exit 1
fi
"$here/venv.sh" .venv "${found#* }" -r tests/requirements.txt
"$here/venv.sh" .venv-ministack "${found#* }" -r tests/requirements-ministack.txt

mkdir -p .collections/ansible_collections/keysmith
ln -sfn ../../.. .collections/ansible_collections/keysmith/iam
echo "setup: ready, $(.venv/bin/python -c "import ansible.release as a, platform as p; print(f'Python {p.python_version()}, ansible-core {a.__version__}')")"
