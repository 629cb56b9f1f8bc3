#!/usr/bin/env bash
# Passes all tests: unit, rules, contract, wire, end to end, and the examples of the documentation.
# Needs a Rust toolchain and nothing else.
#
# CASEWIRE_RECORDINGS=FOLDER   also reads recorded payloads of the real systems; without it those tests say
#                              that they are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# Recordings beside the checkout are used when they are there.
if [ -z "${CASEWIRE_RECORDINGS:-}" ] && [ -d ../shared/fixtures ]; then
    CASEWIRE_RECORDINGS="$(cd ../shared/fixtures && pwd)"
    export CASEWIRE_RECORDINGS
fi

# A linker and the like for the few crates that build C; every other need is a crate.
if ! command -v cc >/dev/null && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq build-essential
fi

cargo test --workspace --locked "$@"
