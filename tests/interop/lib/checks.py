"""What was found: one check is one thing that a third party did, and what came back."""

import json
import sys
from dataclasses import asdict, dataclass


@dataclass
class Check:
    """One thing that was done, and whether it went as it must."""

    what: str
    passed: bool
    called: str = ""
    answered: str = ""
    note: str = ""


class Recorder:
    """Collects checks. In a third party's process it prints each as one line of JSON."""

    def __init__(self, prints: bool = False) -> None:
        self.checks: list[Check] = []
        self._prints = prints

    def check(
        self, what: str, passed: bool, called: str = "", answered: object = "", note: str = ""
    ) -> bool:
        """Keeps one check. `answered` is shown as it prints."""
        check = Check(what, bool(passed), called, str(answered), note)
        self.checks.append(check)
        if self._prints:
            print(json.dumps(asdict(check)), flush=True)
        return check.passed


def read_line(line: str) -> Check | None:
    """The check that a third party's process printed; `None` for any other line."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return Check(**found) if isinstance(found, dict) and "what" in found else None


class Spy:
    """Remembers what an httpx client sent last, and what came back. It changes nothing."""

    def __init__(self) -> None:
        self.called = ""
        self.answered = ""
        self.http = 0
        self.envelope: dict = {}

    def hooks(self) -> dict:
        """Event hooks for a synchronous client."""
        return {"response": [self._note]}

    def async_hooks(self) -> dict:
        """Event hooks for an asynchronous client."""
        return {"response": [self._note_later]}

    def _note(self, response) -> None:
        response.read()
        self._keep(response)

    async def _note_later(self, response) -> None:
        await response.aread()
        self._keep(response)

    def _keep(self, response) -> None:
        request = response.request
        body = request.content.decode() if request.content else ""
        target = request.url.raw_path.decode()
        self.called = " ".join(part for part in (request.method, target, body) if part)
        self.http = response.status_code
        try:
            self.envelope = response.json()
        except ValueError:
            self.envelope = {}
        self.answered = shown(self.http, self.envelope)

    def was(self, http: int, code: int) -> bool:
        """Whether the last answer had this HTTP status and this `status_code`."""
        return self.http == http and self.envelope.get("status_code") == code


def shown(http: int, envelope: object) -> str:
    """An answer in a few words."""
    if not isinstance(envelope, dict) or "status_code" not in envelope:
        return f"HTTP {http}"
    parts = [f"HTTP {http}", f"status_code {envelope['status_code']}"]
    if envelope["status_code"] != 1000 and envelope.get("status_message"):
        parts.append(f'"{envelope["status_message"]}"')
    data = envelope.get("data")
    if isinstance(data, list):
        parts.append(f"{len(data)} object(s)")
    elif data is not None:
        parts.append("data " + json.dumps(data, separators=(",", ":"), ensure_ascii=False))
    return ", ".join(parts)


def fails_with(error: type[BaseException], call, *arguments, **named):
    """What `call` raises of that kind; `None` when it returns."""
    try:
        call(*arguments, **named)
    except error as raised:
        return raised
    return None


def third_party() -> tuple[Recorder, dict]:
    """For a third party's process: where checks go, and what it was told to use."""
    return Recorder(prints=True), json.loads(sys.argv[1])
