#!/usr/bin/env bash
# The arrows of the architecture: who may depend on whom. Reads the normal dependencies only.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0

# never CRATE FORBIDDEN...: no forbidden package is anywhere below CRATE.
never() {
    local crate=$1 tree
    shift
    tree=$(cargo tree --locked --edges normal --prefix none --package "$crate" | awk '{print $1}' | sort -u)
    for forbidden in "$@"; do
        if grep -qx -- "$forbidden" <<<"$tree"; then
            echo "$crate must not depend on $forbidden"
            failed=1
        fi
    done
}

http_stack=(tokio reqwest hyper axum)
connectors=(casewire-salesforce casewire-zendesk casewire-kustomer casewire-freshdesk)
above=(casewire-runner casewire-sandbox casewire-server)

# Floor 0: no HTTP, no runtime, no crate of ours.
never casewire-core "${http_stack[@]}" "${connectors[@]}" "${above[@]}" casewire-http casewire-intake \
    casewire-engine casewire-simulate
# Floor 1: below every connector.
never casewire-http "${connectors[@]}" "${above[@]}" casewire-intake casewire-engine casewire-simulate
# Floor 2: engine, connectors and formats do not see each other; a simulation can reach no CRM. The engine sees the HTTP
# client only to list the calls that a session took.
never casewire-intake "${http_stack[@]}" "${connectors[@]}" "${above[@]}" casewire-http casewire-engine
never casewire-simulate "${http_stack[@]}" "${connectors[@]}" "${above[@]}" casewire-http casewire-engine
never casewire-engine axum "${connectors[@]}" "${above[@]}" casewire-intake casewire-simulate
for connector in "${connectors[@]}"; do
    others=()
    for other in "${connectors[@]}"; do
        [ "$other" = "$connector" ] || others+=("$other")
    done
    never "$connector" "${others[@]}" "${above[@]}" casewire-intake casewire-engine casewire-simulate
done
# Floor 3: serves the engine, whatever the connector.
never casewire-server "${connectors[@]}" casewire-runner casewire-sandbox casewire-simulate
# Beside the floors: a fake that knew our code would share its mistakes.
never casewire-sandbox casewire-core casewire-http casewire-intake casewire-engine casewire-simulate \
    "${connectors[@]}" casewire-runner

# Core names no vendor.
if grep -rniE 'zendesk|salesforce|kustomer|freshdesk' crates/core/src; then
    echo "casewire-core must not name a vendor"
    failed=1
fi

[ "$failed" = 0 ] && echo "all arrows point down"
exit "$failed"
