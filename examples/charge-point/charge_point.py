"""A charge point of OCPP 1.6 with one connector and a card reader, simulated.

It does what it is told on standard input, one command a line, and answers each with one line:

    tap UID      a card is shown, and nothing is plugged in: Authorize
    start UID    a card is shown and a car is plugged in: Authorize, StartTransaction
    meter WH     the meter stands there: MeterValues
    stop UID     a card is shown while the car charges: StopTransaction, if it may
"""

import argparse
import asyncio
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from ocpp.v16 import ChargePoint, call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Measurand
from websockets.asyncio.client import connect

CONNECTOR = 1


def now() -> str:
    """The time, as OCPP writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Transaction:
    """What charges."""

    id: int
    card: str
    # The group of the card, as the CSMS said it: `parentIdTag`.
    group: str | None


class Station(ChargePoint):
    """The charge point."""

    transaction: Transaction | None = None
    meter_wh = 0

    async def boot(self) -> str:
        """What a charge point says when it is switched on."""
        answer = await self.call(call.BootNotification("Example", "Simulated"), suppress=False)
        await self.tell_status(ChargePointStatus.available)
        return f"booted: {answer.status}"

    async def obey(self, command: str, value: str) -> str:
        """Does what the line says, and tells what came of it."""
        match command:
            case "tap":
                info = await self.authorize(value)
                return f"{value}: {info['status']}"
            case "start":
                return await self.start_transaction(value)
            case "meter":
                return await self.send_meter(int(value))
            case "stop":
                return await self.stop_transaction(value)
        return f"{command}: no such command"

    async def start_transaction(self, card: str) -> str:
        """A card is shown, and a car is plugged in."""
        info = await self.authorize(card)
        if info["status"] != "Accepted":
            return f"{card}: {info['status']}, does not charge"
        answer = await self.call(
            call.StartTransaction(CONNECTOR, card, self.meter_wh, now()), suppress=False
        )
        info = answer.id_tag_info
        if info["status"] != "Accepted":
            return f"{card}: {info['status']} at the start, does not charge"
        group = info.get("parent_id_tag")
        self.transaction = Transaction(answer.transaction_id, card, group)
        await self.tell_status(ChargePointStatus.charging)
        return f"{card}: Accepted, group {group}: charges as transaction {answer.transaction_id}"

    async def send_meter(self, meter_wh: int) -> str:
        """Tells where the meter stands."""
        self.meter_wh = meter_wh
        value = {"value": str(meter_wh), "measurand": Measurand.energy_active_import_register}
        sampled = [{"timestamp": now(), "sampled_value": [value]}]
        transaction = self.transaction and self.transaction.id
        await self.call(call.MeterValues(CONNECTOR, sampled, transaction), suppress=False)
        return f"{meter_wh} Wh"

    async def stop_transaction(self, card: str) -> str:
        """A card is shown while a car charges.

        The card that started stops without a question. Another one must be accepted, and be of
        the same group; so OCPP 1.6 has it.
        """
        started = self.transaction
        if started is None:
            return f"{card}: nothing charges"
        if card != started.card:
            info = await self.authorize(card)
            if info["status"] != "Accepted":
                return f"{card}: {info['status']}, charges on"
            group = info.get("parent_id_tag")
            if group is None or group != started.group:
                return f"{card}: Accepted, but of group {group}: charges on"
        stop = call.StopTransaction(self.meter_wh, now(), started.id, id_tag=card)
        await self.call(stop, suppress=False)
        self.transaction = None
        await self.tell_status(ChargePointStatus.available)
        return f"{card}: stopped transaction {started.id}"

    async def authorize(self, card: str) -> dict:
        """Asks about the card: `idTagInfo`."""
        answer = await self.call(call.Authorize(card), suppress=False)
        return answer.id_tag_info

    async def tell_status(self, status: ChargePointStatus) -> None:
        """Tells what the connector does."""
        error = ChargePointErrorCode.no_error
        await self.call(call.StatusNotification(CONNECTOR, error, status), suppress=False)


async def read_lines() -> asyncio.StreamReader:
    """Standard input, without waiting for it."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def main() -> None:
    """Boots, then obeys until standard input ends."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--csms", required=True, help="as ws://127.0.0.1:9000")
    arguments.add_argument("--id", default="CP001")
    settings = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    url = f"{settings.csms}/{settings.id}"
    async with connect(url, subprotocols=["ocpp1.6"], proxy=None) as connection:
        station = Station(settings.id, connection)
        listening = asyncio.create_task(station.start())
        print(await station.boot(), flush=True)
        lines = await read_lines()
        while line := await lines.readline():
            command, _, value = line.decode().strip().partition(" ")
            print(await station.obey(command, value), flush=True)
        listening.cancel()


if __name__ == "__main__":
    asyncio.run(main())
