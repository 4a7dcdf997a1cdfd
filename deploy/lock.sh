#!/bin/sh
# Write deploy/requirements/*.txt anew from pyproject.toml: every version and hash, for every platform, and neither a
# registry's host nor a path of the machine that made them. Needs uv.
set -eu
cd "$(dirname "$0")/.."
unset PIP_FIND_LINKS UV_FIND_LINKS PIP_INDEX_URL UV_INDEX_URL UV_DEFAULT_INDEX || true

lock() {
    output=$1
    shift
    uv pip compile --quiet pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file "$output"
}

lock deploy/requirements/runtime.txt
lock deploy/requirements/dev.txt --extra dev
