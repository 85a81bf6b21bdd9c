#!/bin/sh
# Install sealift and the example pack into a fresh virtual environment, and upgrade 270 real country records on SQLite.
#
#   docs/examples/run.sh [DIR]      DIR keeps the environment, the database and the files; without it they are removed.
#
# Needs Python 3.11 or newer with pip and venv ($PYTHON names another one than python3), and a package index.
set -eu

examples=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$examples/../.." && pwd)

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "run.sh: no Python 3.11 or newer found (tried ${PYTHON:-python3, python3.13 to python3.11, python}); set PYTHON" >&2
    exit 2
}

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

python=$(find_python)
if [ $# -gt 0 ]; then
    mkdir -p -- "$1"
    work=$(CDPATH='' cd -- "$1" && pwd)
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/sealift-example.XXXXXX")
    trap 'rm -rf -- "$work"' EXIT
    trap 'exit 130' INT TERM
fi
cd -- "$work"
rm -f -- countries.db countries.db-wal countries.db-shm

# A copy that only you can write to: a clone made under a generous umask would rightly be refused as unsafe.
umask 022
rm -rf -- trusted_keys
cp -R -- "$root/trusted_keys" trusted_keys
chmod -R go-w trusted_keys

run "$python" -m venv venv
PATH="$work/venv/bin:$PATH"
export PATH PIP_DISABLE_PIP_VERSION_CHECK=1
run pip install --quiet "$root" countryinfo==1.0.1
run pip wheel --quiet --no-deps --wheel-dir wheels "$examples/countries"
run sealift verify wheels/example_countries-*.whl
run pip install --quiet --no-deps --force-reinstall wheels/example_countries-*.whl

printf '\n$ export SEALIFT_DATABASE=sqlite:///countries.db\n'
export SEALIFT_DATABASE=sqlite:///countries.db
run python "$examples/countries/documents.py" countries.jsonl
run sealift load countries.jsonl --collection countries
run sealift status
run sealift verify example.countries
run sealift plan
run sealift upgrade --yes
run sealift history
run sealift status
