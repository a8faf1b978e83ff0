#!/usr/bin/env bash
# A card at a charge point, all the way: a simulated OCPP 1.6 charge point, a thin CSMS, a CPO's
# server, an eMSP's server. Each step says what happened; one that is not as expected ends the
# script with exit code 1.
#
# It needs bash, curl, grep, sed and python3 (3.11 or later) with venv, and the first time a package
# registry. The server is $OCPI_SERVER, or what cargo builds of this checkout.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

cpo_listen="${CPO_LISTEN:-127.0.0.1:8010}"
cpo_admin="${CPO_ADMIN_LISTEN:-127.0.0.1:8011}"
emsp_listen="${EMSP_LISTEN:-127.0.0.1:8020}"
emsp_admin="${EMSP_ADMIN_LISTEN:-127.0.0.1:8021}"
csms_listen="${CSMS_LISTEN:-127.0.0.1:9000}"
venv="${OCPI_DEMO_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/ocpi-charge-point-demo}"
files="$(mktemp -d)"
cpo='' emsp='' csms='' station=''

# end PID: ends a program in order; nothing when it has ended, or was never started.
end() {
    if [ -n "$1" ]; then
        kill "$1" 2>/dev/null || true
        wait "$1" 2>/dev/null || true
    fi
}
stop() {
    end "$station"
    end "$csms"
    end "$cpo"
    end "$emsp"
    rm -rf "$files"
}
trap stop EXIT

step() { printf '\n== %s\n' "$*"; }

fail() {
    echo "FAILED: $*" >&2
    for log in "$files"/*.log; do
        sed "s/^/$(basename "$log" .log): /" "$log" >&2
    done
    exit 1
}

# expect TEXT...: each of these texts is in $said.
expect() {
    for text in "$@"; do
        grep -qF -e "$text" <<<"$said" || fail "expected $text in: $said"
    done
}

# until_it COMMAND...: tries for ten seconds.
until_it() {
    for _ in $(seq 100); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

# call PRESENTED METHOD URL [BODY]: the answer is $said, with the HTTP status after it.
call() {
    local options=(-sS --noproxy '*' -X "$2" -H "Authorization: $1" -w '\nHTTP %{http_code}')
    if [ $# -gt 3 ]; then
        options+=(-H 'Content-Type: application/json' -d "$4")
    fi
    said="$(curl "${options[@]}" "$3")" || fail "$2 $3: no answer"
}
as_emsp_operator() { call 'Bearer emsp-operator' "$1" "http://$emsp_admin$2" "${@:3}"; }

# operate NAME ARGUMENT...: a command of the operator of cpo or emsp. Its output is $said.
operate() {
    local name="$1"
    shift
    echo "\$ ocpi-server $* --config $name.toml"
    said="$(cd "$files" && "$server" "$@" --config "$name.toml" 2>&1)" || fail "$name: $said"
    echo "$said"
}

is_ready() { curl -sf --noproxy '*' "http://$1/health/ready" >"$files/ready" 2>&1; }

# serve NAME ADMIN: starts a server and waits until it is ready. Its process id is $started.
serve() {
    is_ready "$2" && fail "another server answers at $2"
    (cd "$files" && exec "$server" serve --config "$1.toml" >>"$1.log" 2>&1) &
    started=$!
    until_it is_ready_or_gone "$2" || fail "$1 is not ready"
    kill -0 "$started" 2>/dev/null || fail "$1 did not start"
}
is_ready_or_gone() { is_ready "$1" || ! kill -0 "$started" 2>/dev/null; }

# token UID WHITELIST VALID [GROUP]: a Token of the eMSP, changed now.
token() {
    local group=
    [ $# -lt 4 ] || group="\"group_id\": \"$4\","
    cat <<TOKEN
{"country_code": "DE", "party_id": "EMS", "uid": "$1", "type": "RFID", "contract_id": "DE-EMS-C$1",
 "issuer": "Example Mobility", "whitelist": "$2", "valid": $3, $group
 "last_updated": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"}
TOKEN
}

# card UID WHITELIST [GROUP]: the eMSP's operator makes a card.
card() {
    as_emsp_operator PUT "/admin/v1/tokens/DE/EMS/$1" "$(token "$1" "$2" true "${@:3}")"
    expect 'HTTP 201'
    echo "card $1: whitelist $2${3:+, group $3}"
}

# at_charge_point COMMAND VALUE: $said is what the CPO's server told the CSMS, and what the charge
# point made of it.
at_charge_point() {
    local before reply
    before="$(wc -l <"$files/csms.log")"
    echo "$*" >&"$to_charge_point"
    read -r -t 30 reply <&"$from_charge_point" || fail "the charge point says nothing to: $*"
    said="$(tail -n "+$((before + 1))" "$files/csms.log" | sed -n 's/^may /  csms: &/p')"
    said="${said:+$said$'\n'}charge point: $reply"
    echo "$said"
}

# csms_says TEXT: waits for it, since the eMSP is told after the charge point.
csms_says() {
    until_it grep -qF -e "$1" "$files/csms.log" || fail "the CSMS does not say: $1"
    said="$(grep -F -e "$1" "$files/csms.log" | tail -n 1)"
    echo "  csms: $said"
}

has_patched_twice() {
    [ "$(grep -cF 'PATCH session S1 to the eMSP: HTTP 200, 1000' "$files/csms.log")" = 2 ]
}

step "What it needs"
if [ -n "${OCPI_SERVER:-}" ]; then
    server="$(realpath "$OCPI_SERVER")"
else
    (cd "$here/../.." && cargo build --locked -p ocpi-server)
    server="$(realpath "${CARGO_TARGET_DIR:-$here/../../target}")/debug/ocpi-server"
fi
# Made anew when the requirements change.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
# Both have a store of their own, in a directory that is gone afterwards.
for name in cpo emsp; do
    sed -e "s/127\.0\.0\.1:8010/$cpo_listen/" -e "s/127\.0\.0\.1:8011/$cpo_admin/" \
        -e "s/127\.0\.0\.1:8020/$emsp_listen/" -e "s/127\.0\.0\.1:8021/$emsp_admin/" \
        "$here/$name.toml" >"$files/$name.toml"
    : >"$files/$name.log"
done
OCPI_SECRET_KEY="$(head -c 32 /dev/urandom | base64)"
export OCPI_SECRET_KEY
echo "server: $server"
echo "python: $venv"

step "Two servers: the CPO's, NL/CPO, and the eMSP's, DE/EMS"
serve cpo "$cpo_admin"
cpo=$started
echo "the CPO is at http://$cpo_listen"
serve emsp "$emsp_admin"
emsp=$started
echo "the eMSP is at http://$emsp_listen"

step "The eMSP makes cards, and each finds its way to the CPO"
card 04AA01 ALLOWED
card 04AA02 ALLOWED
card 04AA03 ALLOWED
card 04BB01 NEVER
card 04BB02 NEVER
card 04CC01 ALLOWED_OFFLINE FAMILY
card 04CC02 ALLOWED_OFFLINE FAMILY
operate emsp sync push --platform cpo
operate emsp sync status
as_emsp_operator GET /admin/v1/sync
expect '"taken":7' '"pending":0'
presented="Token $(printf the-emsp-presents-this | base64)"
for uid in 04AA01 04AA02 04AA03 04BB01 04BB02 04CC01 04CC02; do
    call "$presented" GET "http://$cpo_listen/ocpi/cpo/2.3.0/tokens/DE/EMS/$uid"
    expect 'HTTP 200' "\"uid\":\"$uid\""
done
echo "the CPO has all seven"

step "The CPO fetches them too, and finds nothing that it does not have"
operate cpo sync pull --platform emsp --everything
operate cpo sync status

step "A CSMS, and a charge point that connects to it"
CPO_ADMIN_TOKEN=cpo-operator EMSP_TOKEN=the-cpo-presents-this "$venv/bin/python" "$here/csms.py" \
    --listen "$csms_listen" --cpo-admin "http://$cpo_admin" \
    --emsp-versions "http://$emsp_listen/ocpi/versions" >"$files/csms.log" 2>&1 &
csms=$!
csms_says 'listens at'
coproc charge_point {
    exec "$venv/bin/python" "$here/charge_point.py" --csms "ws://$csms_listen" \
        2>"$files/charge_point.log"
}
station=$!
exec {from_charge_point}<&"${charge_point[0]}" {to_charge_point}>&"${charge_point[1]}"
read -r -t 30 said <&"$from_charge_point" || fail "the charge point does not boot"
echo "charge point: $said"
expect Accepted

# Each card is shown once: the same question within a second is not asked again.
step "Cards are shown: the eMSP is asked, and answers at once"
at_charge_point tap 04AA01
expect 'ALLOWED by real_time' '04AA01: Accepted'
at_charge_point tap 04BB01
expect 'ALLOWED by real_time' '04BB01: Accepted'
at_charge_point tap 04FF01
expect 'by fan_out' '04FF01: Invalid'

step "The eMSP blocks a card, and its next answer says so"
operate emsp token block DE/EMS/04AA02
at_charge_point tap 04AA02
expect 'BLOCKED by real_time' '04AA02: Blocked'

step "The eMSP is gone: whitelist ALLOWED is good without it, NEVER is not"
end "$emsp"
emsp=
at_charge_point tap 04AA03
expect 'ALLOWED by offline' '04AA03: Accepted'
at_charge_point tap 04BB02
expect 'NOT_ALLOWED by offline' 'NEVER' '04BB02: Invalid'
at_charge_point tap 04FF02
expect 'NOT_ALLOWED by offline' '04FF02: Invalid'

step "The eMSP is back, with all that it knew"
serve emsp "$emsp_admin"
emsp=$started
at_charge_point tap 04CC02
expect 'ALLOWED by real_time' '04CC02: Accepted'

step "A card of a family starts to charge, and the eMSP hears of the session"
at_charge_point start 04CC01
expect 'ALLOWED by real_time' '04CC01: Accepted, group FAMILY: charges as transaction 1'
csms_says 'transaction 1: auth_method AUTH_REQUEST'
reference="$(sed -n 's/.*, reference \([^,]*\),.*/\1/p' <<<"$said")"
authorization="$(sed -n 's/.*authorization_reference \(.*\)/\1/p' <<<"$said")"
csms_says 'PUT session S1 to the eMSP: HTTP 201, 1000'
at_charge_point meter 7500
csms_says 'PATCH session S1 to the eMSP: HTTP 200, 1000'

step "The eMSP sees what charges"
operate emsp session list --active
expect S1 04CC01 ACTIVE

step "A stranger's card does not stop it, the other card of the family does"
at_charge_point stop 04AA01
expect 'by stop_rule' 'charges on'
at_charge_point stop 04CC02
expect 'ALLOWED by stop_rule' '04CC02: stopped transaction 1'
until_it has_patched_twice || fail "the CSMS does not tell the end"

step "What the eMSP keeps: its answer, and the session that followed"
operate emsp authorizations get "$authorization" --json
expect '"allowed":"ALLOWED"' '"S1"' '"COMPLETED"' '"kwh":7.5'
step "What the CPO keeps: what it answered its charge point, and why"
operate cpo authorizations get "$reference"
expect "$authorization" real_time

step "A card changes while the CPO is gone, which hears of it when it is back"
end "$cpo"
cpo=
as_emsp_operator PUT /admin/v1/tokens/DE/EMS/04AA03 "$(token 04AA03 ALWAYS false)"
expect 'HTTP 200'
echo "card 04AA03: whitelist ALWAYS, and not valid any more"
serve cpo "$cpo_admin"
cpo=$started
operate emsp sync push --platform cpo
at_charge_point tap 04AA03
expect 'BLOCKED by whitelist' '04AA03: Blocked'

echo
echo "Everything was as expected."
