#!/usr/bin/env bash
# Passes all tests: unit, rules, contract, wire, end to end, and the examples of the documentation.
# Needs a Rust toolchain, and a C compiler, which it installs where it may.
#
# CASEWIRE_RECORDINGS=FOLDER   also reads recorded payloads of the real systems; without it those tests say
#                              that they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cc >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq build-essential
    else
        echo "a C compiler is needed: install gcc or clang (Debian: apt-get install build-essential)" >&2
        exit 1
    fi
fi

cargo test --workspace --locked "$@"
