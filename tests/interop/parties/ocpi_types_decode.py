"""`ocpi-types`: generated types, as a strict decoder of what we answer.

An answer passes when it decodes, and the decoded object writes back every member that we sent: then
there is nothing missing, of another type, or unknown to the specification.
"""

import json
import urllib.request

from ocpi_types import v2_1_1, v2_2_1, v2_3_0

from lib.checks import Recorder, third_party

TYPES = {"2.1.1": v2_1_1, "2.2.1": v2_2_1, "2.3.0": v2_3_0}
NOW = "2026-01-02T03:04:05Z"
PRICE = {
    "2.2.1": {"excl_vat": 4.0, "incl_vat": 4.84},
    "2.3.0": {"before_taxes": 4.0, "taxes": [{"name": "VAT", "amount": 0.84}]},
}


class Us:
    """Our server, called as plainly as can be."""

    def __init__(self, given: dict) -> None:
        self._base = given["base"]
        self._token = given["token"]
        self.called = ""

    def __call__(self, method: str, path: str, body: object = None):
        """The `data` of the answer. A refusal raises."""
        self.called = f"{method} {path}"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            envelope = json.load(response)
        if envelope["status_code"] != 1000:
            raise ValueError(f"{self.called}: {envelope}")
        return envelope.get("data")


def decodes(recorder: Recorder, us: Us, what: str, kind, data: object) -> None:
    """Checks one object."""
    shown = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    try:
        again = kind.from_dict(data).to_dict()
        problem = "" if again == data else f"decoded, and written back as {json.dumps(again)}"
    except Exception as error:  # The generated code asserts, and raises whatever Python does.
        problem = f"cannot be decoded: {error!r}"
    recorder.check(what, not problem, us.called, shown, problem)


def session(version: str, party: list) -> dict:
    """A session, as a CPO pushes it."""
    return {
        "country_code": party[0],
        "party_id": party[1],
        "id": f"TYPES-{version}",
        "start_date_time": NOW,
        "kwh": 12.5,
        "cdr_token": {
            "country_code": "CH",
            "party_id": "ABC",
            "uid": "04AAAA0001",
            "type": "RFID",
            "contract_id": "CH-ABC-C00000001-1",
        },
        "auth_method": "WHITELIST",
        "location_id": "TYPES",
        "evse_uid": "EVSE1",
        "connector_id": "1",
        "currency": "EUR",
        "total_cost": PRICE[version],
        "status": "COMPLETED",
        "last_updated": NOW,
    }


def location(version: str, party: list) -> dict:
    """A Location, as a CPO pushes it."""
    connector = {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 16,
        "last_updated": NOW,
    }
    evse = {"uid": "EVSE1", "status": "AVAILABLE", "connectors": [connector], "last_updated": NOW}
    return {
        "country_code": party[0],
        "party_id": party[1],
        "id": f"TYPES-{version}",
        "publish": True,
        "address": "Street 1",
        "city": "Delft",
        "country": "NLD",
        "coordinates": {"latitude": "52.011", "longitude": "4.357"},
        "time_zone": "Europe/Amsterdam",
        "evses": [evse],
        "last_updated": NOW,
    }


def main() -> None:
    """Decodes one of each kind, in each version."""
    recorder, given = third_party()
    us = Us(given)
    for entry in us("GET", "/ocpi/versions"):
        # The numbers that the types of 2.2.1 know end with 2.2.1.
        decodes(recorder, us, f"the version {entry['version']} of the list", v2_3_0.Version, entry)
    for version in ("2.2.1", "2.3.0"):
        kinds = TYPES[version]
        details = us("GET", f"/ocpi/{version}")
        decodes(recorder, us, f"{version}: the details", kinds.VersionDetails, details)
        for kind, make in (("sessions", session), ("locations", location)):
            party = given["party"]
            pushed = make(version, party)
            path = f"{'/'.join(party)}/{pushed['id']}"
            us("PUT", f"/ocpi/emsp/{version}/{kind}/{path}", pushed)
            for read in ("2.2.1", "2.3.0"):
                data = us("GET", f"/ocpi/emsp/{read}/{kind}/{path}")
                name = {"sessions": "Session", "locations": "Location"}[kind]
                what = f"{read}: a {name} that was pushed in {version}"
                decodes(recorder, us, what, getattr(TYPES[read], name), data)
    for version, kinds in TYPES.items():
        root = "/ocpi/cpo" if version == "2.1.1" else "/ocpi"
        credentials = us("GET", f"{root}/{version}/credentials")
        decodes(recorder, us, f"{version}: our credentials", kinds.Credentials, credentials)
        for token in us("GET", f"/ocpi/emsp/{version}/tokens"):
            decodes(
                recorder, us, f"{version}: the Token {token['uid']} of the list", kinds.Token, token
            )
        if version == "2.1.1":
            continue  # The types of 2.1.1 have no AuthorizationInfo.
        for uid in (given["allowed"], given["blocked"]):
            body = {"location_id": "LOC1", "evse_uids": ["EVSE1"]}
            answer = us("POST", f"/ocpi/emsp/{version}/tokens/{uid}/authorize", body)
            what = f"{version}: the answer for {uid}"
            decodes(recorder, us, what, kinds.AuthorizationInfo, answer)


if __name__ == "__main__":
    main()
