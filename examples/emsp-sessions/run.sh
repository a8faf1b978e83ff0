#!/usr/bin/env bash
# An eMSP with Tokens and sessions: one card, one car. Each call is shown with its answer; an
# answer that is not the expected one ends the script with exit code 1.
#
# It needs curl, grep and sed. The server is $OCPI_SERVER, or what cargo builds of this checkout.
set -euo pipefail
cd "$(dirname "$0")"

# The server reads these two itself; they win over the file.
export OCPI_LISTEN="${OCPI_LISTEN:-127.0.0.1:8000}"
export OCPI_ADMIN_LISTEN="${OCPI_ADMIN_LISTEN:-127.0.0.1:8001}"
ocpi="http://$OCPI_LISTEN/ocpi/emsp/2.3.0"
admin="http://$OCPI_ADMIN_LISTEN"
files="$(mktemp -d)"
server=

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$files"
}
trap stop EXIT

fail() {
    echo "FAILED: $*" >&2
    sed 's/^/server: /' "$files/log" >&2
    exit 1
}

# call WHAT METHOD URL AUTHORIZATION [BODY]: its answer is $answer, with the HTTP status after it.
call() {
    local what="$1" method="$2" url="$3" authorization="$4"
    local options=(-sS -X "$method" -H "Authorization: $authorization" -w '\n%{http_code}')
    echo
    echo "# $what"
    echo "$method $url"
    if [ $# -gt 4 ]; then
        echo "$5"
        options+=(-H 'Content-Type: application/json' -d "$5")
    fi
    answer="$(curl "${options[@]}" "$url")" || fail "no answer"
    echo "--> $answer" | sed '$!b;s/^/--> HTTP /'
}

as_cpo() { call "$1" "$2" "$ocpi$3" 'Token my-emsp-token-456' "${@:4}"; }
as_operator() { call "$1" "$2" "$admin$3" 'Bearer admin' "${@:4}"; }

# expect STATUS [TEXT]...: the answer has this HTTP status, and each of these texts in it.
expect() {
    [ "${answer##*$'\n'}" = "$1" ] || fail "expected HTTP $1"
    shift
    for text in "$@"; do
        grep -qF -e "$text" <<<"$answer" || fail "expected $text in the answer"
    done
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# Start the server, and wait until it is ready.
: >"$files/log"
curl -s "$admin/health/live" >/dev/null && fail "another server answers at $OCPI_ADMIN_LISTEN"
if [ -n "${OCPI_SERVER:-}" ]; then
    "$OCPI_SERVER" --config ocpi.toml >"$files/log" 2>&1 &
    server=$!
else
    echo "building the server ..."
    (cd ../.. && cargo build -q -p ocpi-server)
    cargo run -q -p ocpi-server -- --config ocpi.toml >"$files/log" 2>&1 &
    server=$!
fi
for _ in $(seq 100); do
    curl -sf "$admin/health/ready" >"$files/ready" 2>/dev/null && break
    kill -0 "$server" 2>/dev/null || fail "the server did not start"
    sleep 0.1
done
curl -sf "$admin/health/ready" >"$files/ready" || fail "the server is not ready"

tokens=/admin/v1/tokens/ES/ABC/TOKEN123
accounts=/admin/v1/accounts/ES/ABC/TOKEN123
authorize=/tokens/ES/ABC/TOKEN123/authorize
session=/sessions/ES/ABC/SESS001
here='{"location_id":"LOC001","evse_uids":["EVSE001"]}'
elsewhere='{"location_id":"LOC001","evse_uids":["EVSE002"]}'

as_operator "The operator makes a card" PUT "$tokens" "$(cat token.json)"
expect 201 '"TOKEN123"'
as_operator "and says that it may charge one car at a time" PUT "$accounts" \
    '{"concurrent_sessions_max":1}'
expect 201 '"concurrent_sessions_max":1'

as_cpo "The card is shown at EVSE001" POST "$authorize" "$here"
expect 200 '"allowed":"ALLOWED"' '"status":"ACCEPTED"'
reference="$(sed -n 's/.*"authorization_reference":"\([^"]*\)".*/\1/p' <<<"$answer")"
[ -n "$reference" ] || fail "no authorization_reference"

# session.json does not say which card it is of: it has no cdr_token, which OCPI requires and the
# tutorial's profile does not. So it must name the authorization that it began with; without that
# it would be stored, but count for no card. And a session counts for 48 hours after it was
# updated last: one of 2024 would not.
body="$(sed -e "s/\"last_updated\": \"[^\"]*\"/\"last_updated\": \"$(now)\"/" \
    -e "s/\"status\"/\"authorization_reference\": \"$reference\",\n    &/" session.json)"
as_cpo "The car charges" PUT "$session" "$body"
expect 201 '"status_code":1000'

as_cpo "The sessions that we know of" GET /sessions/
expect 200 '"SESS001"' '"ACTIVE"' "$reference"

as_cpo "The card is shown at EVSE002, while the car is at EVSE001" POST "$authorize" "$elsewhere"
expect 200 '"allowed":"NOT_ALLOWED"' '"status":"CONCURRENT_TX"'

as_cpo "and at EVSE001 once more, to stop" POST "$authorize" "$here"
expect 200 '"allowed":"ALLOWED"' '"status":"ACCEPTED"'

as_operator "The operator looks at what is charging" GET '/admin/v1/sessions?active=true'
expect 200 '"SESS001"' '"TOKEN123"'

as_cpo "The car has charged" PATCH "$session" \
    "{\"status\":\"COMPLETED\",\"end_date_time\":\"$(now)\",\"kwh\":12.5,\"last_updated\":\"$(now)\"}"
expect 200 '"status_code":1000'

as_cpo "so the card may charge at EVSE002" POST "$authorize" "$elsewhere"
expect 200 '"allowed":"ALLOWED"' '"status":"ACCEPTED"'

echo
echo "All answers were as expected."
