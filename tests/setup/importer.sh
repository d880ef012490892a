#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# importer.sh: galaxy-importer on the tarball in build/. It exits 0 on warnings, such as a failed ansible-lint
# or ansible-doc, so its log is read: a warning fails too.

set -eu

log=$(mktemp)
trap 'rm -rf "$log"' EXIT
root=$PWD
cd "$(dirname "$log")"
GALAXY_IMPORTER_CHECK_REQUIRED_TAGS=true "$root/.venv/bin/python" -m galaxy_importer.main "$root"/build/keysmith-iam-*.tar.gz 2>&1 </dev/null | tee "$log"
if ! grep -q "Importer processing completed successfully" "$log" || grep -qE "^(WARNING|ERROR)" "$log"; then
    echo "galaxy-importer: see the warnings above" >&2
    exit 1
fi
