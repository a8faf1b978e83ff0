"""A platform built of ocpi-kit's library that registers with us."""

from lib.server import ALLOWED, BLOCKED, TOKENS
from lib.world import OURS, World


def run(world: World) -> None:
    """In both versions, as both roles."""
    section = world.section(
        "ocpi-kit 0.4.0 (crate), as a platform that registers with us",
        """The library's client registers by a token A that our operator made, and works with what
        it got; its own server, the library's mock peer, answers when we call back. `serve-mock`
        itself never starts a handshake, so a small program in `tests/interop/kit` says what to
        do.""",
    )
    for version in ("2.3.0", "2.2.1"):
        for role in ("EMSP", "CPO"):
            name = f"kit-registers-{version}-{role.lower()}"
            with world.server(name, [OURS]) as server:
                server.keep_tokens()
                server.operate("PUT", "/platforms/kit", {})
                issued = server.operate("POST", "/platforms/kit/bootstrap-token", {})
                given = {
                    "versions_url": server.versions_url,
                    "token_a": issued["token"],
                    "version": version,
                    "role": role,
                    "tokens": [token.uid for token in TOKENS],
                    "allowed": ALLOWED,
                    "blocked": BLOCKED,
                }
                world.run_checks(section, [world.kit], given)
                left = server.operate("GET", "/platforms/kit")
                section.recorder.check(
                    f"{version}, as {role}: our operator sees that it left",
                    not left["registered"] and not left["tokens"] and left["connection"] is None,
                    "GET /admin/v1/platforms/kit",
                    f"registered: {str(left['registered']).lower()}",
                )
