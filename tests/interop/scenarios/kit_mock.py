"""`ocpi serve-mock`, as the other side of our client."""

from lib.process import Process, free_port
from lib.server import Party
from lib.world import World
from scenarios.handshakes import Handshakes

# Whom the mock takes us for, and what is asked of it, by its role.
OUR_PARTY = {"EMSP": Party("NL", "TNM", ["CPO"]), "CPO": Party("DE", "ABC", ["EMSP"])}
TOKEN = {
    "country_code": "DE",
    "party_id": "ABC",
    "uid": "04C0FFEE01",
    "type": "RFID",
    "contract_id": "DE-ABC-C00000001-1",
    "issuer": "Interoperation",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-01-02T03:04:05Z",
}
ANYWHERE = {"call": "authorize", "uid": "012345678", "type": "APP_USER"}
CALLS = {
    "EMSP": [
        ANYWHERE | {"expect": "ALLOWED"},
        ANYWHERE
        | {"location": {"location_id": "LOC1", "evse_uids": ["3256"]}, "expect": "ALLOWED"},
        {"call": "authorize", "uid": "UNKNOWN", "type": "RFID", "expect": None},
    ],
    "CPO": [
        {"call": "get", "token": TOKEN, "expect": "nothing"},
        {"call": "put", "token": TOKEN},
        {"call": "get", "token": TOKEN, "expect": "the same"},
        {"call": "put", "token": TOKEN | {"valid": False, "last_updated": "2026-01-02T04:00:00Z"}},
    ],
}


def run(world: World) -> None:
    """In both versions, as both roles."""
    section = world.section(
        "ocpi serve-mock (ocpi-kit 0.4.0, crate), as the other side of our client",
        """We register with it by its token A, our application pushes, gets and asks by what the
        registration left in the store, we rotate, and unregister. The mock has no state of its
        own: it never calls back, answers every registration with the same token, and goes on
        taking it after DELETE. What comes of it on our side is checked here; a platform that
        calls back follows below.""",
    )
    for version in ("2.3.0", "2.2.1"):
        for role in ("EMSP", "CPO"):
            name = f"kit-mock-{version}-{role.lower()}"
            port = free_port()
            command = [world.ocpi, "serve-mock", "--bind", f"127.0.0.1:{port}"]
            command += ["--role", role.lower(), "--version", version]
            log = world.tools.work / f"{name}-mock.log"
            server = world.server(name, [OUR_PARTY[role]])
            with Process("ocpi serve-mock", command, log) as mock, server:
                mock.wait_for_port(port)
                about = f"{version}, as {role}"
                handshakes = Handshakes(world, section, server, about)
                url = f"http://127.0.0.1:{port}/versions"
                if handshakes.registers(url, "test-token-a", version, role):
                    handshakes.calls(CALLS[role])
                    handshakes.rotates()
                    handshakes.calls(CALLS[role][1:2])
                    handshakes.leaves()
