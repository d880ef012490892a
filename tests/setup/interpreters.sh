#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# interpreters.sh VERSION...: print "VERSION PATH" for each version (3.13, 3.12, ...) that an interpreter here really
# runs. A pyenv shim can be on PATH and not run, so every candidate is tried, not only looked up.

set -eu

# A virtual environment's python (perhaps the one that is being made) stands for the interpreter behind it.
base_of='import sys; print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", None) or sys.executable)'

candidates() {
    old_ifs=$IFS
    IFS=:
    for directory in $PATH; do
        for name in "python$1" python3 python; do
            [ ! -x "$directory/$name" ] || echo "$directory/$name"
        done
    done
    IFS=$old_ifs
    for root in "${PYENV_ROOT:-}" "$HOME/.pyenv" "$(pyenv root 2>/dev/null || true)"; do
        [ -z "$root" ] || find "$root/versions" -maxdepth 3 -path "*/$1*/bin/python$1" 2>/dev/null | sort -r
    done
    find "$HOME/.local/share/uv/python" -maxdepth 3 -path "*/bin/python$1" 2>/dev/null || true
}

for version in "$@"; do
    candidates "$version" | while read -r candidate; do
        found=$("$candidate" -c "$base_of" 2>/dev/null </dev/null) || continue
        if [ "${found%% *}" = "$version" ]; then
            echo "$found"
            break
        fi
    done
done
