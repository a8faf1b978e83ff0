"""Our client's part: the operator registers with a platform, calls it, rotates, and leaves."""

from lib.checks import shown as shown_answer
from lib.server import Server
from lib.world import Section, World

PLATFORM = "other"
AT = f"/platforms/{PLATFORM}"


class Handshakes:
    """The operator of one server of ours, and one platform: by the API, or by the command line."""

    def __init__(
        self, world: World, section: Section, server: Server, about: str, by_command: bool = False
    ) -> None:
        self._world = world
        self._section = section
        self._server = server
        self._about = f"{about}: "
        self._by_command = by_command

    def check(self, what: str, passed: bool, called: str, answered: object, note: str = "") -> bool:
        """Keeps one check."""
        what = self._about + what
        print(("ok      " if passed else "FAILED  ") + what, flush=True)
        return self._section.recorder.check(what, passed, called, answered, note)

    def registers(self, versions_url: str, token: str, version: str, role: str) -> bool:
        """We register; the platform is what it says it is."""
        if self._by_command:
            flags = ["--versions-url", versions_url, "--role", role]
            called, succeeded, platform = self._commanded("register", *flags, secret=token)
        else:
            self._server.operate("PUT", AT, {})
            body = {"versions_url": versions_url, "token": token, "role": role}
            called, succeeded, platform = self._asked("register", body)
        connection = (platform.get("connection") if succeeded else None) or {}
        modules = {(one["identifier"], one["role"]) for one in connection.get("endpoints", [])}
        needed = ("tokens", "SENDER" if role == "EMSP" else "RECEIVER")
        passed = (
            succeeded
            and platform["registered"]
            and connection["version"] == version
            and needed in modules
            and [one["role"] for one in platform["roles"]] == [role]
        )
        return self.check("we register", passed, called, shown(platform))

    def calls(self, calls: list[dict]) -> None:
        """Our application calls the platform, by what the registration left in the store."""
        self._server.stop()
        given = self._server.for_caller(PLATFORM) | {"calls": calls}
        self._world.run_checks(self._section, [self._world.caller], given, self._about)
        self._server.start()

    def rotates(self) -> None:
        """We replace both tokens."""
        former = self._live()
        if self._by_command:
            called, succeeded, platform = self._commanded("rotate")
        else:
            called, succeeded, platform = self._asked("rotate", {})
        live = self._live()
        passed = succeeded and len(live) == 1 and live != former
        self.check("we rotate", passed, called, shown(platform))

    def leaves(self) -> None:
        """We unregister: what the platform had is good for nothing."""
        if self._by_command:
            called, succeeded, platform = self._commanded("unregister")
        else:
            called, succeeded, platform = self._asked("unregister", {})
        passed = (
            succeeded
            and not platform["registered"]
            and not platform["tokens"]
            and platform["connection"] is None
        )
        self.check("we unregister", passed, called, shown(platform))

    def opens(self, what: str, token: str, expected: int) -> None:
        """What a token of ours, which the platform has, opens."""
        status, envelope, _ = self._server.ocpi("GET", "/ocpi/versions", token)
        answered = shown_answer(status, envelope)
        self.check(what, status == expected, "GET /ocpi/versions", answered)

    def _asked(self, action: str, body: dict) -> tuple[str, bool, object]:
        status, platform = self._server.admin("POST", f"{AT}/{action}", body)
        return f"POST {AT}/{action}", status == 200, platform

    def _commanded(self, action: str, *flags: str, secret: str = "") -> tuple[str, bool, object]:
        arguments = ["platform", action, *flags, PLATFORM]
        code, platform, said = self._server.command(*arguments, secret=secret)
        succeeded = code == 0 and isinstance(platform, dict)
        return f"ocpi-server platform {action}", succeeded, platform if succeeded else said

    def _live(self) -> list[str]:
        platform = self._server.operate("GET", AT)
        return [token["hash"] for token in platform["tokens"] if token["use"] == "live"]


def shown(platform: object) -> str:
    """A platform in a few words; anything else as it is."""
    if not isinstance(platform, dict) or "registered" not in platform:
        return str(platform)
    connection = platform["connection"]
    roles = ", ".join(
        f"{one['role']} {one['country_code']}/{one['party_id']}" for one in platform["roles"]
    )
    return ", ".join(
        [
            f"registered: {str(platform['registered']).lower()}",
            f"roles: {roles}",
            f"version: {connection['version'] if connection else 'none'}",
            f"auth_encoding: {platform['profile']['auth_encoding']}",
        ]
    )
