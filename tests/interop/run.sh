#!/usr/bin/env bash
# Runs every third party against us and writes docs/interop/report.md; exits with 1 when something
# failed. Needs the Rust toolchain and python3 with venv; installs all else in a directory of its
# own, $OCPI_INTEROP_CACHE. Arguments go to run.py: names of third parties, --keep.
#
# It uses $OCPI_SERVER when that is set, else what cargo builds of this checkout.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
cache="${OCPI_INTEROP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ocpi-interop}"
mkdir -p "$cache"
step() { printf '\n== %s\n' "$*"; }

step "our server, and the program that calls others by its store"
target="${CARGO_TARGET_DIR:-$root/target}"
cd "$root"
if [ -z "${OCPI_SERVER:-}" ]; then
    cargo build --locked -p ocpi-server
    OCPI_SERVER="$target/debug/ocpi-server"
fi
cargo build --locked -p ocpi-tests --example call_platform

# Its manifest asks for a newer compiler than it needs.
step "ocpi-kit: the command line, and a platform built of its library"
if [ "$("$cache/bin/ocpi" --version 2>/dev/null || true)" != "ocpi 0.4.0" ]; then
    CARGO_TARGET_DIR="$cache/target" cargo install ocpi-kit --version 0.4.0 --features cli --locked --debug \
        --force --ignore-rust-version --root "$cache"
fi
CARGO_TARGET_DIR="$cache/target" cargo build --locked --ignore-rust-version \
    --manifest-path "$here/kit/Cargo.toml"

for file in "$here"/requirements/*.txt; do
    name="$(basename "$file" .txt)"
    step "$name"
    # Made anew when its requirements change.
    if ! cmp -s "$file" "$cache/venv/$name/requirements.txt"; then
        rm -rf "$cache/venv/$name"
        python3 -m venv "$cache/venv/$name"
        "$cache/venv/$name/bin/python" -m pip install --quiet --requirement "$file"
        cp "$file" "$cache/venv/$name/requirements.txt"
    fi
done

step "a certificate authority for this run"
certificates="$(mktemp -d)"
trap 'rm -rf "$certificates"' EXIT
"$cache/venv/certificates/bin/python" -m trustme --quiet --dir "$certificates" \
    --identities localhost 127.0.0.1

export PYTHONDONTWRITEBYTECODE=1
python3 "$here/run.py" --server "$OCPI_SERVER" --caller "$target/debug/examples/call_platform" \
    --ocpi "$cache/bin/ocpi" --kit "$cache/target/debug/interop-kit" --cache "$cache" \
    --certificates "$certificates" --report "$root/docs/interop/report.md" "$@"
