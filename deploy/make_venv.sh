#!/bin/sh
# Make .venv with the newest-enough Python here, install what the lock file names (hashes checked) and Leeway itself.
# PYTHON=/path/to/python chooses another.
set -eu
cd "$(dirname "$0")/.."

fits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

stop() {
    echo "make setup: $1" >&2
    exit 2
}

python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if fits "$candidate"; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || stop "needs Python 3.11 or newer, found $(python3 --version 2>&1 || echo none); install one, or say PYTHON=/path/to/python3.11 make setup"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "$python comes without venv; on Debian and Ubuntu install it with: apt-get install python3-venv"

echo "make setup: .venv with $("$python" --version), about a minute the first time"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements/dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
echo "make setup: done, .venv/bin/leeway is ready"
