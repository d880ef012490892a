#!/bin/sh
# Copyright: (c) 2026, keysmith.iam contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# venv.sh DIRECTORY PYTHON PIP-ARGUMENT...: make the virtual environment if its python does not run, then install
# what the arguments say. By uv where uv is there or can be had from the package index, else by pip. Bytecode is made at
# once, as pip does by itself: where PYTHONDONTWRITEBYTECODE is set, each process would compile all that it imports.

set -eu

directory=$1 python=$2
shift 2

own_uv=.cache/uv/bin/uv

find_uv() {
    if uv --version >/dev/null 2>&1; then
        echo uv
    elif "$own_uv" --version >/dev/null 2>&1 || install_uv >/dev/null 2>&1; then
        echo "$own_uv"
    fi
}

install_uv() {
    "$python" -m venv --clear .cache/uv && .cache/uv/bin/python -m pip install --quiet uv && "$own_uv" --version
}

uv=$(find_uv)
if ! "$directory/bin/python" -c "" 2>/dev/null; then
    echo "setup: $directory, by $python"
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --clear --python "$python" "$directory"
    else
        "$python" -m venv --clear "$directory"
    fi
fi
if [ -n "$uv" ]; then
    "$uv" pip install --quiet --compile-bytecode --python "$directory/bin/python" "$@"
else
    "$directory/bin/python" -m ensurepip --upgrade >/dev/null
    "$directory/bin/python" -m pip install --quiet "$@"
fi
