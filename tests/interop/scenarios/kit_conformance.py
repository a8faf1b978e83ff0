"""`ocpi`, the command line of ocpi-kit: its conformance run, its crawl, its decoder."""

import json
import re

from lib.one_version import only
from lib.server import ALLOWED, TOKENS, Server
from lib.world import Section, World
from scenarios.clients import KIT

VERSIONS = ("2.3.0", "2.2.1")


def run(world: World, server: Server) -> None:
    """Runs it in each version that it can check."""
    section = world.section(
        f"{world.run([world.ocpi, '--version']).stdout.strip()} (ocpi-kit, crate), as a tester",
        """`ocpi conformance` checks a live platform without changing it, in the highest version
        that both have. For 2.2.1 it gets our list of versions with the others taken out; every
        other request comes to us directly. It cannot check 2.1.1: it decodes version details of
        2.2.1 and later only, whose endpoints have a `role`. `--insecure` lets it call loopback;
        the certificate is verified. Skipped are the modules that are not served.""",
    )
    for version in VERSIONS:
        with only(version, server.versions_url, world.tools.authority) as url:
            conformance(world, section, version, server.versions_url if version == "2.3.0" else url)
            pulls(world, section, version, server.versions_url if version == "2.3.0" else url)
    for version in ("2.3.0", "2.2.1", "2.1.1"):
        validates(world, section, server, version)


def ocpi(world: World, *arguments):
    """Runs the command line."""
    return world.run([world.ocpi, "--insecure", *arguments])


def conformance(world: World, section: Section, version: str, url: str) -> None:
    """0 failed, and no warning."""
    done = ocpi(world, "conformance", "--limit", "3", "--token", KIT.token, url)
    section.output.append((f"ocpi conformance, {version}", done.stdout + done.stderr))
    counted = re.search(r"^(\d+) passed, (\d+) failed, (\d+) warnings?, .*$", done.stdout, re.M)
    passed = (
        done.returncode == 0
        and counted is not None
        and int(counted[1]) > 0
        and (counted[2], counted[3]) == ("0", "0")
        and f"checked against OCPI {version}" in done.stdout
    )
    answered = counted[0] if counted else done.stderr.strip()
    section.recorder.check(f"{version}: conformance", passed, "ocpi conformance", answered)
    print(f"{version}: {answered}", flush=True)


def pulls(world: World, section: Section, version: str, url: str) -> None:
    """Every Token, page by page."""
    done = ocpi(
        world, "pull", "tokens", "--token", KIT.token, "--from", "NL/KIT", "--limit", "2", url
    )
    uids = [json.loads(line)["uid"] for line in done.stdout.splitlines()]
    passed = done.returncode == 0 and uids == [token.uid for token in TOKENS]
    what = f"{version}: crawls the Tokens, two on a page"
    answered = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    section.recorder.check(what, passed, "ocpi pull tokens --limit 2", answered)


def validates(world: World, section: Section, server: Server, version: str) -> None:
    """Its decoder, which also knows 2.1.1."""
    root = "/ocpi/emsp" if version == "2.1.1" else "/ocpi"
    objects = [
        ("token", f"/ocpi/emsp/{version}/tokens"),
        ("credentials", f"{root}/{version}/credentials"),
    ]
    if version != "2.1.1":
        objects.append(("version-details", f"{root}/{version}"))
    for kind, path in objects:
        status, envelope, _ = server.ocpi("GET", path, KIT.token)
        found = envelope["data"] if status == 200 else None
        if kind == "token" and found:
            found = next(token for token in found if token["uid"] == ALLOWED)
        file = world.tools.work / f"{kind}-{version}.json"
        file.write_text(json.dumps(found))
        done = world.run([world.ocpi, "validate", "--as", kind, "--version", version, file])
        answered = (done.stdout + done.stderr).strip()
        what = f"{version}: validates our {kind}"
        section.recorder.check(what, done.returncode == 0, f"GET {path}", answered)
