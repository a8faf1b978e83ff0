"""A platform of `extrawest-ocpi`, in memory: the other side of our client in 2.2.1 and 2.1.1.

The library does the protocol; this is the store that it asks its host for. Its first argument is a
JSON object with `port`, `role`, `version`, `party`, `token_a`, `certificate` and `key`.
"""

import json
import os
import sys
import uuid

import uvicorn

GIVEN = json.loads(sys.argv[1])
HOST = f"localhost:{GIVEN['port']}"
# The library reads its settings when it is imported.
os.environ.update(
    OCPI_HOST=HOST, PROTOCOL="https", COUNTRY_CODE=GIVEN["party"][0], PARTY_ID=GIVEN["party"][1]
)

from py_ocpi import get_application  # noqa: E402
from py_ocpi.core.authentication.authenticator import Authenticator  # noqa: E402
from py_ocpi.core.crud import Crud  # noqa: E402
from py_ocpi.core.enums import ModuleID, RoleEnum  # noqa: E402
from py_ocpi.modules.versions.enums import VersionNumber  # noqa: E402

VERSION = VersionNumber(GIVEN["version"])
STATE = {"token_a": GIVEN["token_a"], "token_c": None, "peer": None, "tokens": {}}


def ours(token: str) -> dict:
    """The credentials of this platform, in the shape of its version."""
    country, party = GIVEN["party"]
    details = {"name": "Extrawest"}
    url = f"https://{HOST}/ocpi/versions"
    if VersionNumber.v_2_1_1 == VERSION:
        return {
            "token": token,
            "url": url,
            "business_details": details,
            "country_code": country,
            "party_id": party,
        }
    role = {
        "role": GIVEN["role"],
        "business_details": details,
        "country_code": country,
        "party_id": party,
    }
    return {"token": token, "url": url, "roles": [role]}


def issue() -> str:
    """A new token C; the former one is good for nothing any more."""
    STATE["token_c"] = str(uuid.uuid4())
    return STATE["token_c"]


class Memory(Crud):
    """What the library keeps nowhere itself."""

    @classmethod
    async def get(cls, module, role, id, *args, **kwargs):
        """A Token, or the credentials of this platform."""
        if module == ModuleID.credentials_and_registration:
            return ours(STATE["token_c"]) if STATE["peer"] else None
        return STATE["tokens"].get(str(id).lower())

    @classmethod
    async def list(cls, module, role, filters, *args, **kwargs):
        """Every Token, on one page."""
        tokens = list(STATE["tokens"].values())
        return tokens, len(tokens), True

    @classmethod
    async def create(cls, module, role, data, *args, **kwargs):
        """Somebody registers, or pushes a new Token."""
        if module == ModuleID.credentials_and_registration:
            STATE["peer"], STATE["token_a"] = data, None
            return ours(issue())
        STATE["tokens"][str(data["uid"]).lower()] = data
        return data

    @classmethod
    async def update(cls, module, role, data, id, *args, **kwargs):
        """Somebody replaces its credentials, or a Token."""
        if module == ModuleID.credentials_and_registration:
            STATE["peer"] = data
            return ours(issue())
        STATE["tokens"][str(data["uid"]).lower()] = data
        return data

    @classmethod
    async def delete(cls, module, role, id, *args, **kwargs):
        """Somebody leaves."""
        STATE["peer"] = STATE["token_c"] = None

    @classmethod
    async def do(cls, module, role, action, *args, data=None, **kwargs):
        """Somebody asks whether a Token may charge."""
        token = STATE["tokens"][str(data["token_uid"]).lower()]
        info = {"allowed": "ALLOWED" if token["valid"] else "BLOCKED"}
        if data["location_reference"]:
            info["location"] = data["location_reference"]
        if VersionNumber.v_2_1_1 != VERSION:
            info["token"] = token
        return info


class Tokens(Authenticator):
    """Which credentials tokens are good."""

    @classmethod
    async def get_valid_token_c(cls):
        """Those of who has registered."""
        return [token for token in (STATE["token_c"],) if token]

    @classmethod
    async def get_valid_token_a(cls):
        """Those with which somebody may register."""
        return [token for token in (STATE["token_a"],) if token]


def main() -> None:
    """Serves until it is stopped."""
    role = RoleEnum(GIVEN["role"])
    modules = [ModuleID.credentials_and_registration, ModuleID.tokens]
    STATE["tokens"] = {token["uid"].lower(): token for token in GIVEN["tokens"]}
    application = get_application([VERSION], [role], Memory, modules, Tokens)

    @application.get("/state")
    def state() -> dict:
        """What this platform knows, for the test."""
        return STATE

    uvicorn.run(
        application,
        host="127.0.0.1",
        port=GIVEN["port"],
        log_level="info",
        ssl_certfile=GIVEN["certificate"],
        ssl_keyfile=GIVEN["key"],
    )


if __name__ == "__main__":
    main()
