"""A platform of extrawest-ocpi, as the other side of our client: it calls back."""

import json
import ssl

from lib.process import Process, free_port
from lib.server import Party, call
from lib.world import OURS, World
from scenarios.clients import party
from scenarios.handshakes import Handshakes

THEIRS = Party("DE", "EXW", [])
CARD = {
    "uid": "04DD000001",
    "type": "RFID",
    "issuer": "Extrawest",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-01-02T03:04:05Z",
}
OUR_TOKEN = CARD | {
    "country_code": "CH",
    "party_id": "ABC",
    "uid": "04AAAA0001",
    "contract_id": "CH-ABC-C00000001-1",
    "issuer": "Interoperation",
}


def theirs(version: str) -> list[dict]:
    """The cards that it keeps as an eMSP."""
    names = (
        {"auth_id": "DE-EXW-C1"}
        if version == "2.1.1"
        else {"contract_id": "DE-EXW-C1", "country_code": "DE", "party_id": "EXW"}
    )
    return [CARD | names, CARD | names | {"uid": "04DD000002", "valid": False}]


def asked() -> list[dict]:
    """What we ask an eMSP."""
    ask = {"call": "authorize", "type": "RFID"}
    here = {"location_id": "LOC1", "evse_uids": ["EVSE1"]}
    return [
        ask | {"uid": "04DD000001", "location": here, "expect": "ALLOWED"},
        ask | {"uid": "04DD000002", "location": here, "expect": "BLOCKED"},
        ask | {"uid": "UNKNOWN", "location": here, "expect": None},
    ]


def pushed() -> list[dict]:
    """What we push to a CPO."""
    return [
        {"call": "get", "token": OUR_TOKEN, "expect": "nothing"},
        {"call": "put", "token": OUR_TOKEN},
        {"call": "get", "token": OUR_TOKEN, "expect": "the same"},
    ]


def run(world: World) -> None:
    """In both versions, as both roles."""
    release = world.version_of("extrawest-ocpi", "extrawest-ocpi")
    section = world.section(
        f"extrawest-ocpi {release} (PyPI), as the other side of our client",
        """Here a third party calls us back inside the registration and the rotation, with the
        token that we offered. Its answers are what the field is like: objects wrapped in lists,
        identifiers in lower case, explicit nulls, and refusals without an envelope. It serves
        https with a certificate of the run's own authority. The operator works by the command
        line here. One of its faults shapes this test: its list of versions decodes every token as
        Base64 first, which 2.1.1 does not know (2.1.1 transport_and_format, Authorization
        header), and answers 3000 to a token whose length is none of Base64; so its host, which is
        ours, issues UUIDs, which it takes as they are.""",
    )
    for version in ("2.2.1", "2.1.1"):
        for role in ("EMSP", "CPO"):
            name = f"extrawest-{version}-{role.lower()}"
            port = free_port()
            given = {
                "port": port,
                "role": role,
                "version": version,
                "party": THEIRS.names,
                "token_a": "extrawest-token-a",
                "certificate": str(world.tools.certificate),
                "key": str(world.tools.key),
                "tokens": theirs(version) if role == "EMSP" else [],
            }
            command = [world.python("extrawest-ocpi"), party("extrawest_app.py"), json.dumps(given)]
            log = world.tools.work / f"{name}-app.log"
            server = world.server(name, [OURS])
            app = Process("extrawest-ocpi", command, log, world.environment())
            with app, server:
                app.wait_for_port(port)
                about = f"{version}, as {role}"
                handshakes = Handshakes(world, section, server, about, by_command=True)
                url = f"https://localhost:{port}/ocpi/versions"
                if handshakes.registers(url, "extrawest-token-a", version, role):
                    calls = asked() if role == "EMSP" else pushed()
                    handshakes.calls(calls)
                    former = token_of_ours(world, port)
                    handshakes.opens("it uses the token that we gave it", former, 200)
                    handshakes.rotates()
                    handshakes.calls(calls[:1] if role == "EMSP" else calls[-1:])
                    new = token_of_ours(world, port)
                    handshakes.opens("it uses its new token", new, 200)
                    handshakes.opens("it uses the former token after it", former, 401)
                    handshakes.leaves()
                    handshakes.opens("it uses its token after that", new, 401)


def token_of_ours(world: World, port: int) -> str:
    """The token that the platform got from us last."""
    context = ssl.create_default_context(cafile=world.tools.authority)
    _, state, _ = call("GET", f"https://localhost:{port}/state", {}, context=context)
    return state["peer"]["credentials"]["token"]
