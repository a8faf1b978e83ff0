"""`extrawest-ocpi` as an eMSP: it reads our details, finds where Tokens go, and PUTs one there."""

import asyncio
import functools
import types

import httpx
from py_ocpi.core import push
from py_ocpi.core.adapter import BaseAdapter
from py_ocpi.core.config import settings
from py_ocpi.core.enums import ModuleID
from py_ocpi.core.schemas import Push, Receiver
from py_ocpi.modules.versions.enums import VersionNumber

from lib.checks import Recorder, Spy, third_party

UIDS = {VersionNumber.v_2_2_1: "04EE771122", VersionNumber.v_2_1_1: "04EE771121"}
FIELDS = {
    "type": "RFID",
    "issuer": "Extrawest",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-01-02T03:04:05Z",
}

NO_SLASH = {
    VersionNumber.v_2_2_1: (
        "It joins our endpoint and the party without a slash between them, so it calls a path "
        "that nobody has. The endpoint URL is followed by a slash (2.2.1 mod_tokens, Receiver "
        "Interface), and URLs are published without one at the end (2.2.1 changelog, 2.2.1-d2)."
    ),
    VersionNumber.v_2_1_1: (
        "The same. 2.1.1 does not say how the two are joined: its examples of endpoints end with "
        "a slash (version_information_endpoint), those of pushes have one slash between "
        "(mod_tokens, PUT)."
    ),
}


class Tokens:
    """What the library asks its host for: the Token that it is to push."""

    def __init__(self, party: list) -> None:
        self._party = party

    async def get(self, *_, version: VersionNumber, **__) -> dict:
        """The Token, as that version has it."""
        token = {**FIELDS, "uid": UIDS[version]}
        if version == VersionNumber.v_2_1_1:
            return {**token, "auth_id": "DE-EXW-C1"}
        country, party = self._party
        return {**token, "contract_id": "DE-EXW-C1", "country_code": country, "party_id": party}


async def run() -> None:
    """Pushes in both versions that it knows."""
    recorder, given = third_party()
    spy = Spy()
    client = functools.partial(httpx.AsyncClient, event_hooks=spy.async_hooks())
    push.httpx = types.SimpleNamespace(AsyncClient=client)
    settings.PARTY_ID = given["party"][1]
    for version, details in ((VersionNumber.v_2_2_1, "2.2.1"), (VersionNumber.v_2_1_1, "2.1.1")):
        await pushes(recorder, spy, version, given["details"][details], given)


async def pushes(
    recorder: Recorder, spy: Spy, version: VersionNumber, details: str, given: dict
) -> None:
    """Pushes in one version: as it is, and with the slash that it forgets."""

    async def push_to(token: str):
        order = Push(
            module_id=ModuleID.tokens,
            object_id=UIDS[version],
            receivers=[Receiver(endpoints_url=details, auth_token=token)],
        )
        tokens = Tokens(given["party"])
        return await push.push_object(version, order, tokens, BaseAdapter)

    def check(what: str, passed: bool, note: str = "") -> None:
        recorder.check(f"{version.value}: {what}", passed, spy.called, spy.answered, note)

    country = given["party"][0]
    settings.COUNTRY_CODE = country
    await push_to(given["token"])
    check("discovers us and puts a Token, as it is", spy.was(404, 2000), NO_SLASH[version])
    settings.COUNTRY_CODE = f"/{country}"
    note = "With `COUNTRY_CODE=/DE` in its settings, which puts that slash there."
    for what, http in (("puts a Token", 201), ("puts it again", 200)):
        answer = await push_to(given["token"])
        received = answer.receiver_responses[0]
        check(what, received.status_code == http and received.response["status_code"] == 1000, note)


if __name__ == "__main__":
    asyncio.run(run())
