"""Our server: its configuration file, its start and stop, and the operator's calls."""

import base64
import datetime
import json
import os
import secrets
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from lib.process import Failed, Process, free_port

ADMIN_TOKEN = "operator"


@dataclass
class Party:
    """A party, in its roles."""

    country: str
    party: str
    roles: list[str]

    @property
    def names(self) -> list[str]:
        """Country and party."""
        return [self.country, self.party]


@dataclass
class Platform:
    """A platform that the configuration file names."""

    id: str
    token: str
    party: Party


@dataclass
class Token:
    """A Token of ours, as an eMSP."""

    uid: str
    token_type: str = "RFID"
    is_blocked: bool = False


TOKENS = [Token(f"04AAAA000{number}") for number in range(1, 7)] + [
    Token("04BBBB0001", is_blocked=True)
]
ALLOWED = TOKENS[0].uid
BLOCKED = TOKENS[-1].uid


@dataclass
class Tools:
    """What was built and made for the run."""

    server: Path
    work: Path
    certificate: Path
    key: Path
    authority: Path
    log: str = "info"
    started: list[str] = field(default_factory=list)


def toml(value: object) -> str:
    """A value as TOML has it; JSON is near enough for all that is written here."""
    return json.dumps(str(value) if isinstance(value, Path) else value)


class Server:
    """One of our servers, at https on loopback, with a store of its own."""

    def __init__(
        self, tools: Tools, name: str, hosted: list[Party], platforms: list[Platform] = ()
    ) -> None:
        self.name = name
        self.port, self.admin_port = free_port(), free_port()
        self.base = f"https://localhost:{self.port}"
        self.versions_url = f"{self.base}/ocpi/versions"
        self.store = tools.work / f"{name}.db"
        self.secret_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self._tools = tools
        self._hosted = hosted
        self.config = tools.work / f"{name}.toml"
        self.config.write_text(self._configuration(hosted, platforms))
        self._process: Process | None = None

    def _configuration(self, hosted: list[Party], platforms: list[Platform]) -> str:
        lines = [
            f"listen = {toml(f'127.0.0.1:{self.port}')}",
            f"admin_listen = {toml(f'127.0.0.1:{self.admin_port}')}",
            f"public_url = {toml(self.base)}",
            f"store = {toml(f'sqlite:{self.store}')}",
            f"secret_key = {toml(self.secret_key)}",
            f"admin_token = {toml(ADMIN_TOKEN)}",
            f"log = {toml(self._tools.log)}",
            "[tls]",
            f"certificate = {toml(self._tools.certificate)}",
            f"key = {toml(self._tools.key)}",
            "[outbound]",
            "allow_http = true",
            "allow_private_addresses = true",
            f"extra_ca = {toml(self._tools.authority)}",
        ]
        for party in hosted:
            lines += [
                "[[parties]]",
                f"country_code = {toml(party.country)}",
                f"party_id = {toml(party.party)}",
                f"roles = {toml(party.roles)}",
                f"name = {toml('Interoperation')}",
            ]
        for platform in platforms:
            country, party = platform.party.names
            roles = ", ".join(
                f'{{ role = "{role}", country_code = "{country}", party_id = "{party}" }}'
                for role in platform.party.roles
            )
            lines += [
                "[[platforms]]",
                f"id = {toml(platform.id)}",
                f"credentials_token = {toml(platform.token)}",
                f"roles = [{roles}]",
            ]
        return "\n".join(lines) + "\n"

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        command = [self._tools.server, "--config", self.config]
        log = self._tools.work / f"{self.name}.log"
        self._process = Process(f"our server {self.name}", command, log)
        self._process.wait_until(self._is_ready)

    def stop(self) -> None:
        """Stops it; the store stays."""
        if self._process:
            self._process.stop()
        self._process = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        url = f"http://127.0.0.1:{self.admin_port}/health/ready"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def admin(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Calls the operator's API: the HTTP status and the JSON of the answer."""
        url = f"http://127.0.0.1:{self.admin_port}/admin/v1{path}"
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"}
        status, answer, _ = call(method, url, headers, body)
        return status, answer

    def operate(self, method: str, path: str, body: object = None) -> object:
        """The same, for what must succeed."""
        status, answer = self.admin(method, path, body)
        if status >= 300:
            raise Failed(f"{method} {path}: HTTP {status}: {answer}")
        return answer

    def command(self, *arguments: str, secret: str = "") -> tuple[int, object, str]:
        """An operator's command line: the exit code, the JSON of the answer, and what it said."""
        done = subprocess.run(
            [self._tools.server, *arguments, "--config", self.config, "--json"],
            env={**os.environ, "OCPI_REGISTRATION_TOKEN": secret},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, read(done.stdout.encode()), done.stderr.strip()

    def ocpi(
        self, method: str, path: str, token: str, body: object = None
    ) -> tuple[int, object, dict]:
        """Calls it as a platform does, with the token as it is."""
        context = ssl.create_default_context(cafile=self._tools.authority)
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        return call(method, self.base + path, headers, body, context)

    def for_caller(self, platform: str) -> dict:
        """What the program needs that opens this server's store, to call a platform by it."""
        hosted = [
            {"country_code": party.country, "party_id": party.party, "roles": party.roles}
            for party in self._hosted
        ]
        return {
            "store": str(self.store),
            "secret_key": self.secret_key,
            "base": self.base,
            "authority": str(self._tools.authority),
            "hosted": hosted,
            "platform": platform,
            "now": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def keep_tokens(self) -> None:
        """Makes `TOKENS`, of its first party."""
        party = self._hosted[0]
        for token in TOKENS:
            key = f"{party.country}/{party.party}/{token.uid}"
            self.operate(
                "PUT",
                f"/tokens/{key}",
                {
                    "country_code": party.country,
                    "party_id": party.party,
                    "uid": token.uid,
                    "type": token.token_type,
                    "contract_id": f"{party.country}-{party.party}-C00000001-1",
                    "issuer": "Interoperation",
                    "valid": True,
                    "whitelist": "ALLOWED",
                    "language": "en",
                    "last_updated": "2026-01-01T00:00:00Z",
                },
            )
            if token.is_blocked:
                self.operate("PUT", f"/accounts/{key}", {"blocked": True})


def call(
    method: str, url: str, headers: dict, body: object = None, context=None
) -> tuple[int, object, dict]:
    """One request: status, JSON (or text), headers."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120, context=context) as answer:
            return answer.status, read(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as refusal:
        return refusal.code, read(refusal.read()), dict(refusal.headers)


def read(content: bytes) -> object:
    """JSON, or the text that it is instead."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
