#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# matrix.sh [PYTEST-ARGUMENT...]: run the tests marked core_matrix on each supported ansible-core that has an
# interpreter here, but for the one that .venv has and all the other tests run on.

set -eu

here=$(dirname "$0")
in_venv=$(.venv/bin/python -c "import ansible.release as r; print('.'.join(r.__version__.split('.')[:2]))")

environment() {
    stamp=".venv-$1/.complete-$(cksum <tests/requirements-matrix.txt | cut -d' ' -f1)"
    if [ -e "$stamp" ] && ".venv-$1/bin/python" -c ""; then return; fi
    "$here/venv.sh" ".venv-$1" "$2" "ansible-core~=$1.0" -r tests/requirements-matrix.txt
    touch "$stamp"
}

# These have no test of the matrix, and import what only .venv has.
others="--ignore tests/unit/test_rulebook.py --ignore tests/integration/test_emergency_kit.py"
others="$others --ignore tests/unit/test_awx_config.py --ignore tests/unit/test_awx_guide.py"
others="$others --ignore tests/integration/test_awx_project.py"

failed=
for entry in 2.19:3.11 2.20:3.12 2.21:3.13; do
    core=${entry%:*} version=${entry#*:}
    if [ "$core" = "$in_venv" ]; then
        echo "matrix: ansible-core $core is that of .venv: covered by 'make unit integration'"
        continue
    fi
    found=$("$here/interpreters.sh" "$version")
    if [ -z "$found" ]; then
        echo "matrix: ansible-core $core left out: no Python $version runs here"
        continue
    fi
    echo "matrix: ansible-core $core on Python $version"
    environment "$core" "${found#* }"
    # shellcheck disable=SC2086  # several words on purpose
    ".venv-$core/bin/python" -m pytest -q -n 2 -m core_matrix $others "$@" || failed="$failed $core"
done

[ -z "$failed" ] || { echo "matrix: failed on ansible-core$failed" >&2 && exit 1; }
