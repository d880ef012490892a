#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# importer.sh: galaxy-importer on the tarball in build/. It exits 0 on warnings, such as a failed ansible-lint
# or ansible-doc, so its log is read: a warning fails too.

set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
root=$PWD
# It gives ansible-lint a path that ends in ansible_collections, under which ansible-lint finds no playbook that is
# imported by its full name, as examples/awx-project does; it finds them where a user has installed them.
export ANSIBLE_HOME="$work/home"
ansible-galaxy collection install --force --no-deps --pre -p "$ANSIBLE_HOME/collections" "$root"/build/keysmith-iam-*.tar.gz >/dev/null
cd "$work"
GALAXY_IMPORTER_CHECK_REQUIRED_TAGS=true "$root/.venv/bin/python" -m galaxy_importer.main "$root"/build/keysmith-iam-*.tar.gz 2>&1 </dev/null | tee "$log"
if ! grep -q "Importer processing completed successfully" "$log" || grep -qE "^(WARNING|ERROR)" "$log"; then
    echo "galaxy-importer: see the warnings above" >&2
    exit 1
fi
