"""A thin CSMS: the back office of a CPO, as far as roaming needs it.

Charge points speak OCPP 1.6 to it. It asks the CPO's server about each card, and tells the eMSP of
each session, as a CPO does: PUT when it begins, PATCH as it goes on and ends.

Each line on standard output says what happened. CPO_ADMIN_TOKEN and EMSP_TOKEN are what it
presents to the CPO's server and to the eMSP.
"""

import argparse
import asyncio
import base64
import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

CPO = {"country_code": "NL", "party_id": "CPO"}
# Where each charge point stands. Each has one connector.
PLACES = {"CP001": {"location_id": "LOC001", "evse_uid": "EVSE001", "connector_id": "1"}}
# The server answers within its budget, 2 seconds; what takes longer is no answer.
ANSWER_SECONDS_MAX = 5
REFUSED = {"authorize": "Invalid", "start_transaction": "Invalid", "parent_id_tag": None}


def now() -> str:
    """The time, as OCPI writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(text: str) -> None:
    """One line of what happened."""
    print(text, flush=True)


@dataclass
class Transaction:
    """What charges, and what the CPO's server said when it began."""

    id: int
    answer: dict
    place: dict
    meter_start: int
    began_at: str = field(default_factory=now)
    # What the eMSP is told about one session must arrive in its order.
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)

    def kwh(self, meter_wh: int) -> float:
        """What was charged, when the meter stands there."""
        return (meter_wh - self.meter_start) / 1000


class CpoServer:
    """The CPO's server, which decides."""

    def __init__(self, admin_url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.url = f"{admin_url}/admin/v1/charge-point/authorize"
        self.client = httpx.AsyncClient(
            headers=headers, timeout=ANSWER_SECONDS_MAX, trust_env=False
        )

    async def ask(self, uid: str, place: dict, transaction: Transaction | None = None) -> dict:
        """May the card start here, or stop the transaction? What is no answer refuses."""
        question = {
            "cpo": CPO,
            "uid": uid,
            "type": "RFID",
            "location_id": place["location_id"],
            "evse_uid": place["evse_uid"],
            "purpose": "start",
        }
        if transaction is not None:
            question["purpose"] = "stop"
            question["session"] = {"reference": transaction.answer["reference"]}
        try:
            response = await self.client.post(self.url, json=question)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            say(f"may {uid} {question['purpose']}? the CPO's server did not answer: {error!r}")
            return {"ocpp_1_6": REFUSED}
        say(
            f"may {uid} {question['purpose']}? {answer['allowed']} by {answer['source']} "
            f"in {answer['elapsed_ms']} ms: {answer['reason']}"
        )
        return answer


class Emsp:
    """The eMSP's Sessions Receiver."""

    def __init__(self, versions_url: str, token: str) -> None:
        encoded = base64.b64encode(token.encode()).decode()
        headers = {
            "Authorization": f"Token {encoded}",
            "OCPI-from-country-code": CPO["country_code"],
            "OCPI-from-party-id": CPO["party_id"],
        }
        self.versions_url = versions_url
        self.client = httpx.AsyncClient(
            headers=headers, timeout=ANSWER_SECONDS_MAX, trust_env=False
        )
        self.sessions_url: str | None = None

    async def tell(self, method: str, transaction: Transaction, body: dict) -> None:
        """PUT or PATCH of the session. One that fails is not sent again: OCPI forbids it, and the
        eMSP fetches what it missed by GET."""
        session_id = f"S{transaction.id}"
        token = transaction.answer["token"]
        if token is None:
            say(f"session {session_id} has no Token to name: the eMSP sent none with its answer")
            return
        headers = {
            "OCPI-to-country-code": token["country_code"],
            "OCPI-to-party-id": token["party_id"],
        }
        body["last_updated"] = now()
        async with transaction.telling:
            try:
                url = await self.find_sessions()
                url = f"{url}/{CPO['country_code']}/{CPO['party_id']}/{session_id}"
                response = await self.client.request(method, url, json=body, headers=headers)
                code = response.json().get("status_code")
                said = f"HTTP {response.status_code}, {code}"
            except (httpx.HTTPError, ValueError, LookupError) as error:
                said = repr(error)
        say(f"{method} session {session_id} to the eMSP: {said}")

    async def find_sessions(self) -> str:
        """Where the eMSP takes sessions: looked up once, by its versions."""
        if self.sessions_url is None:
            versions = await self.fetch(self.versions_url)
            details = await self.fetch(pick(versions, version="2.3.0"))
            sessions = pick(details["endpoints"], identifier="sessions", role="RECEIVER")
            self.sessions_url = sessions.rstrip("/")
        return self.sessions_url

    async def fetch(self, url: str) -> list | dict:
        """The data of an OCPI answer."""
        return (await self.client.get(url)).json()["data"]


def pick(objects: list, **members: str) -> str:
    """The URL of the object with these members."""
    for candidate in objects:
        if all(candidate.get(name) == value for name, value in members.items()):
            return candidate["url"]
    raise LookupError(f"the eMSP serves nothing with {members}")


def session_of(transaction: Transaction) -> dict:
    """The session as it begins, in OCPI 2.3.0. Who authorized it, and how, is the answer's."""
    answer = transaction.answer
    names = ["country_code", "party_id", "uid", "type", "contract_id"]
    session = {
        **CPO,
        **transaction.place,
        "id": f"S{transaction.id}",
        "start_date_time": transaction.began_at,
        "kwh": 0,
        "cdr_token": {name: answer["token"][name] for name in names},
        "auth_method": answer["auth_method"],
        "currency": "EUR",
        "status": "ACTIVE",
    }
    if answer.get("authorization_reference"):
        session["authorization_reference"] = answer["authorization_reference"]
    return session


class Station(ChargePoint):
    """A charge point, as the CSMS sees it."""

    transactions_so_far = 0

    def __init__(self, id: str, connection: ServerConnection, cpo: CpoServer, emsp: Emsp) -> None:
        super().__init__(id, connection)
        self.cpo, self.emsp = cpo, emsp
        self.place = PLACES[id]
        self.transaction: Transaction | None = None
        self.stopped: Transaction | None = None

    @on(Action.boot_notification)
    def on_boot(self, **_: object) -> call_result.BootNotification:
        """It was switched on."""
        return call_result.BootNotification(now(), 300, RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        """It is there."""
        return call_result.Heartbeat(now())

    @on(Action.status_notification)
    def on_status(self, **_: object) -> call_result.StatusNotification:
        """What a connector does."""
        return call_result.StatusNotification()

    @on(Action.authorize)
    async def on_authorize(self, id_tag: str) -> call_result.Authorize:
        """A card is shown. OCPP 1.6 does not say what for: while the only connector is taken, it
        can only be to stop."""
        answer = await self.cpo.ask(id_tag, self.place, self.transaction)
        return call_result.Authorize(id_tag_info(answer, "authorize"))

    @on(Action.start_transaction)
    async def on_start(
        self, id_tag: str, meter_start: int, **_: object
    ) -> call_result.StartTransaction:
        """It charges, or wants to. The card may have been accepted by the charge point itself, so
        it is asked about here, too; of the same question within a second the eMSP hears once."""
        Station.transactions_so_far += 1
        transaction_id = Station.transactions_so_far
        answer = await self.cpo.ask(id_tag, self.place)
        if answer["ocpp_1_6"]["start_transaction"] == "Accepted":
            self.transaction = Transaction(transaction_id, answer, self.place, meter_start)
        info = id_tag_info(answer, "start_transaction")
        return call_result.StartTransaction(transaction_id, info)

    @after(Action.start_transaction)
    async def after_start(self, **_: object) -> None:
        """The eMSP hears of it when the charge point has its answer: no driver waits for that."""
        if self.transaction is None:
            return
        answer = self.transaction.answer
        say(
            f"transaction {self.transaction.id}: auth_method {answer['auth_method']}, "
            f"reference {answer['reference']}, "
            f"authorization_reference {answer.get('authorization_reference')}"
        )
        await self.emsp.tell("PUT", self.transaction, session_of(self.transaction))

    @on(Action.meter_values)
    def on_meter(self, **_: object) -> call_result.MeterValues:
        """The meter stands somewhere."""
        return call_result.MeterValues()

    @after(Action.meter_values)
    async def after_meter(self, meter_value: list, **_: object) -> None:
        """The eMSP hears how much was charged."""
        if self.transaction is None:
            return
        meter_wh = int(meter_value[-1]["sampled_value"][-1]["value"])
        await self.emsp.tell("PATCH", self.transaction, {"kwh": self.transaction.kwh(meter_wh)})

    @on(Action.stop_transaction)
    async def on_stop(self, id_tag: str | None = None, **_: object) -> call_result.StopTransaction:
        """It has stopped: a CSMS cannot prevent that, only say what it thinks of the card."""
        self.stopped, self.transaction = self.transaction, None
        if id_tag is None or self.stopped is None:
            return call_result.StopTransaction()
        answer = await self.cpo.ask(id_tag, self.place, self.stopped)
        return call_result.StopTransaction(id_tag_info(answer, "authorize"))

    @after(Action.stop_transaction)
    async def after_stop(self, meter_stop: int, **_: object) -> None:
        """The eMSP hears that it is over."""
        stopped = self.stopped
        if stopped is None:
            return
        end = {"status": "COMPLETED", "end_date_time": now(), "kwh": stopped.kwh(meter_stop)}
        await self.emsp.tell("PATCH", stopped, end)


def id_tag_info(answer: dict, request: str) -> dict:
    """`idTagInfo` of OCPP 1.6, which the CPO's server has ready."""
    words = answer["ocpp_1_6"]
    info = {"status": words[request]}
    if words.get("parent_id_tag"):
        info["parent_id_tag"] = words["parent_id_tag"]
    return info


async def main() -> None:
    """Serves charge points until it is ended."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--listen", default="127.0.0.1:9000")
    arguments.add_argument("--cpo-admin", required=True, help="as http://127.0.0.1:8011")
    arguments.add_argument("--emsp-versions", required=True, help="the eMSP's versions URL")
    settings = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    cpo = CpoServer(settings.cpo_admin, os.environ["CPO_ADMIN_TOKEN"])
    emsp = Emsp(settings.emsp_versions, os.environ["EMSP_TOKEN"])

    async def welcome(connection: ServerConnection) -> None:
        name = connection.request.path.rpartition("/")[2]
        if name not in PLACES or connection.subprotocol is None:
            await connection.close(1008, "no charge point of ours, or no OCPP 1.6")
            return
        try:
            await Station(name, connection, cpo, emsp).start()
        except ConnectionClosed:
            say(f"{name} has gone")

    host, _, port = settings.listen.rpartition(":")
    async with serve(welcome, host, int(port), subprotocols=["ocpp1.6"]) as server:
        say(f"listens at ws://{settings.listen}")
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
