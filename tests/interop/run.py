"""Runs every third party against us, and writes the report. `run.sh` prepares what it needs."""

import argparse
import sys
import tempfile
from pathlib import Path

from lib import report
from lib.server import Tools
from lib.world import OURS, World
from scenarios import clients, extrawest_platform, kit_conformance, kit_mock, kit_registers

# Those that call one server of ours, with tokens that its configuration file names.
CALL_US = {
    "conformance": kit_conformance.run,
    "sdk-211": clients.sdk_211,
    "latam-evra": clients.latam_evra,
    "extrawest-push": clients.extrawest_push,
    "types": clients.ocpi_types,
}
# Those with handshakes, each with servers of its own.
SHAKE_HANDS = {
    "kit-registers": kit_registers.run,
    "kit-mock": kit_mock.run,
    "extrawest-platform": extrawest_platform.run,
}


def arguments() -> argparse.Namespace:
    """What `run.sh` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("server", "caller", "ocpi", "kit", "cache", "certificates", "report"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--keep", action="store_true", help="keep logs and stores")
    parser.add_argument("only", nargs="*", help=f"some of {', '.join([*CALL_US, *SHAKE_HANDS])}")
    return parser.parse_args()


def run(given: argparse.Namespace, work: Path) -> list:
    """Every third party, or those that were named."""
    tools = Tools(
        server=given.server,
        work=work,
        certificate=given.certificates / "server.pem",
        key=given.certificates / "server.key",
        authority=given.certificates / "client.pem",
    )
    world = World(tools, given.cache, given.ocpi, given.kit, given.caller)
    chosen = set(given.only) or {*CALL_US, *SHAKE_HANDS}
    unknown = chosen - {*CALL_US, *SHAKE_HANDS}
    if unknown:
        sys.exit(f"no such third party: {', '.join(sorted(unknown))}")
    with world.server("static", [OURS], clients.ALL) as server:
        server.keep_tokens()
        for name, scenario in CALL_US.items():
            if name in chosen:
                scenario(world, server)
    for name, scenario in SHAKE_HANDS.items():
        if name in chosen:
            scenario(world)
    return world.sections


def main() -> int:
    """The exit code: 1 when a check failed."""
    given = arguments()
    if given.keep:
        work = Path(tempfile.mkdtemp(prefix="ocpi-interop-"))
        print(f"logs and stores are in {work}")
        sections = run(given, work)
    else:
        with tempfile.TemporaryDirectory(prefix="ocpi-interop-") as directory:
            sections = run(given, Path(directory))
    report.write(given.report, sections)
    for section in sections:
        for check in section.checks:
            if not check.passed:
                print(
                    f"\nFAILED  {section.title}: {check.what}\n  {check.called}\n  {check.answered}"
                )
    passed, failed = report.counted(sections)
    print(f"\nreport: {given.report}\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
