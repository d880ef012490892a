#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# sanity.sh [ARGUMENT...]: ansible-test sanity, all tests, on a copy of what git tracks or would track, less our own
# tests (ruff reads those; ansible-test's rules are for what a user installs). A copy, outside of this tree, because ansible-test wants a path .../ansible_collections/keysmith/iam, refuses one that is a
# link, and asks the nearest git repository which files count.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
bin=$PWD/.venv/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
roots=$work/ansible_collections
copy=$roots/keysmith/iam

# The name that ansible-test looks for follows the pip version that it was built with.
bootstrap=$("$bin/python" - <<'EOF'
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

print("get_pip_%s.py" % get_venv_packages(SimpleNamespace(version=""))["pip"].replace(".", "_"))
EOF
)
cache=$HOME/.ansible/test/cache
mkdir -p "$cache"
[ -e "$cache/$bootstrap" ] || cp "$here/pip_bootstrap.py" "$cache/$bootstrap"

# ansible-test runs every pythonX.Y that it sees on PATH: let it see only those that run, not pyenv's shims.
mkdir "$work/bin"
"$here/interpreters.sh" 3.14 3.13 3.12 3.11 3.10 3.9 | while read -r version python; do
    ln -s "$python" "$work/bin/python$version"
done
path=$bin:$work/bin:$(echo "$PATH" | tr ':' '\n' | grep -v '/shims$' | paste -s -d : -)

mkdir -p "$copy" "$roots/amazon"
git ls-files --cached --others --exclude-standard | awk '!/^tests\// || /^tests\/(sanity\/|config\.yml)/' | while IFS= read -r file; do
    [ ! -f "$file" ] || echo "$file"
done | tar -c -T - | tar -x -C "$copy"
amazon=$(echo "$PWD"/.venv/lib/python3*/site-packages/ansible_collections/amazon/aws)
ln -s "$amazon" "$roots/amazon/aws"

cd "$copy"
PATH=$path ansible-test sanity --local --color no --requirements "$@" </dev/null
