"""Clients that call us with a token that the operator gave them: three of PyPI, and the types."""

from lib.server import ALLOWED, BLOCKED, TOKENS, Party, Platform, Server
from lib.world import HERE, OURS, World

SDK = Platform("sdk", "sdk-2.1.1_token", Party("NL", "SDK", ["EMSP", "CPO"]))
LATAM = Platform("latam", "latam.evra", Party("CL", "LEA", ["EMSP", "CPO"]))
EXTRAWEST = Platform("extrawest", "extrawest.push", Party("DE", "EXW", ["EMSP"]))
TYPES = Platform("types", "ocpi.types", Party("NL", "TYP", ["EMSP", "CPO"]))
KIT = Platform("kit", "conformance.of.ocpi-kit", Party("NL", "KIT", ["EMSP", "CPO"]))
ALL = [SDK, LATAM, EXTRAWEST, TYPES, KIT]


def party(name: str):
    """The program of a third party's environment."""
    return HERE / "parties" / name


def common(server: Server, platform: Platform) -> dict:
    """What every client is told."""
    return {
        "base": server.base,
        "token": platform.token,
        "party": platform.party.names,
        "ours": OURS.names,
        "tokens": [token.uid for token in TOKENS],
        "allowed": ALLOWED,
        "blocked": BLOCKED,
    }


def sdk_211(world: World, server: Server) -> None:
    """A generated SDK for 2.1.1."""
    section = world.section(
        f"ocpi-211-sdk {world.version_of('ocpi-211-sdk', 'ocpi-211-sdk')} (PyPI), OCPI 2.1.1",
        """A generated client. It sends its token as it is, as 2.1.1 says, asks with `{}` where it
        names no location, and knows both roots of 2.1.1.""",
    )
    given = common(server, SDK) | {
        "cpo_root": f"{server.base}/ocpi/cpo",
        "cpo": f"{server.base}/ocpi/cpo/2.1.1",
        "emsp": f"{server.base}/ocpi/emsp/2.1.1",
        "contract": "CH-ABC-C00000001-1",
    }
    command = [world.python("ocpi-211-sdk"), party("sdk_211.py")]
    world.run_checks(section, command, given)


def latam_evra(world: World, server: Server) -> None:
    """A client of a hub, 2.3.0."""
    version = world.version_of("latam-evra-ocpi", "latam-evra-ocpi")
    section = world.section(
        f"latam-evra-ocpi {version} (PyPI), OCPI 2.3.0",
        """The client of a hub. It sends its token as it is (2.3.0 wants Base64; T-04), discovers
        nothing, takes no redirect, and asks on the long path, with the party in it (E-11).""",
    )
    given = common(server, LATAM) | {
        "cpo": f"{server.base}/ocpi/cpo/2.3.0",
        "emsp": f"{server.base}/ocpi/emsp/2.3.0",
        "root": f"{server.base}/ocpi/2.3.0",
    }
    command = [world.python("latam-evra-ocpi"), party("latam_evra.py")]
    world.run_checks(section, command, given)


def extrawest_push(world: World, server: Server) -> None:
    """An eMSP that pushes, 2.2.1 and 2.1.1."""
    version = world.version_of("extrawest-ocpi", "extrawest-ocpi")
    section = world.section(
        f"extrawest-ocpi {version} (PyPI), as an eMSP that pushes",
        """It reads our version details, finds where Tokens go, and puts one there: in lower case
        and with an explicit null for every field that it does not have.""",
    )
    details = {
        "2.2.1": f"{server.base}/ocpi/2.2.1",
        "2.1.1": f"{server.base}/ocpi/cpo/2.1.1",
    }
    given = common(server, EXTRAWEST) | {"details": details}
    command = [world.python("extrawest-ocpi"), party("extrawest_push.py")]
    world.run_checks(section, command, given)


def ocpi_types(world: World, server: Server) -> None:
    """A strict decoder, all versions."""
    version = world.version_of("ocpi-types", "ocpi-types")
    section = world.section(
        f"ocpi-types {version} (PyPI), as a strict decoder",
        """Its generated types decode what we answer, and write it back: an answer passes when
        nothing is missing, of another type, or unknown to them.""",
    )
    command = [world.python("ocpi-types"), party("ocpi_types_decode.py")]
    world.run_checks(section, command, common(server, TYPES))
