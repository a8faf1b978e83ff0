"""`latam-evra-ocpi`: a client of OCPI 2.3.0 that sends its token as it is, discovers nothing, takes
no redirect, and asks on the long path."""

import asyncio

import httpx
from latam_evra_ocpi import OcpiClient, OcpiError
from latam_evra_ocpi.models.tokens import Token, TokenInput

from lib.checks import Spy, third_party

NO_DATA = (
    "The client then fails, since it wants the object back. The specification names no content "
    "for the answer to {}, advises the sender to leave `data` out then, and the reader to take it"
    " so (2.3.0 transport_and_format, Response format, note); so this is judged by what was "
    "answered."
)


async def raised(call):
    """What awaiting `call` raises; `None` when it returns."""
    try:
        await call
    except (OcpiError, KeyError) as error:
        return error
    return None


async def run() -> None:
    """Runs every call."""
    recorder, given = third_party()
    spy = Spy()
    token_b, party = given["token"], given["party"]

    def check(what: str, passed: bool, note: str = "") -> None:
        recorder.check(what, passed, spy.called, spy.answered, note)

    http = httpx.AsyncClient(event_hooks=spy.async_hooks(), follow_redirects=False)
    async with http:
        cpo, emsp, root = (
            OcpiClient(given[base], http_client=http) for base in ("cpo", "emsp", "root")
        )
        await discovers(root, check, spy, given)
        await pushes(cpo, check, spy, token_b, party)
        await asks(emsp, check, spy, token_b, given)


async def discovers(root: OcpiClient, check, spy: Spy, given: dict) -> None:
    """What it calls without its token."""
    error = await raised(root.get_details())
    check(
        "reads the details without a token",
        isinstance(error, OcpiError) and spy.was(401, 2000),
        "The client never sends a token here. Every request needs one, or is answered 401 (2.3.0 "
        "transport_and_format, Authorization header).",
    )
    error = await raised(
        root.register_credentials(
            given["token"],
            "https://example.com/ocpi/versions",
            [{"role": "EMSP", "party_id": "LEA", "country_code": "CL"}],
        )
    )
    check(
        "registers, with the token that it has",
        isinstance(error, OcpiError) and spy.was(405, 2000),
        "The client registers with the token that it was given as its own new one, and without "
        "`business_details` (2.3.0 credentials, CredentialsRole class). Here it is refused "
        "earlier: its platform is registered already (POST Method).",
    )


async def pushes(cpo: OcpiClient, check, spy: Spy, token_b: str, party: list) -> None:
    """Tokens Receiver."""
    fields = {
        "uid": "04A1B2C3",
        "type": "RFID",
        "contract_id": "CL-LEA-C0000001-7",
        "issuer": "LEA",
        "valid": True,
        "whitelist": "ALLOWED_OFFLINE",
    }
    await raised(cpo.put_token(token_b, *party, "04A1B2C3", TokenInput(**fields)))
    check(
        "puts a Token of its own input model",
        spy.was(200, 2001),
        "The model lacks `country_code`, `party_id` and `last_updated`, which are required (2.3.0 "
        "mod_tokens, Token object).",
    )
    whole = Token(
        **fields, country_code=party[0], party_id=party[1], last_updated="2026-01-02T03:04:05Z"
    )
    error = await raised(cpo.put_token(token_b, *party, "04A1B2C3", whole))
    check("puts a whole Token", spy.was(201, 1000), NO_DATA.format("PUT") if error else "")
    token = await cpo.get_token(token_b, *party, "04A1B2C3")
    check("gets it back", token == whole)
    patch = {"valid": False, "last_updated": "2026-01-02T04:04:05Z"}
    error = await raised(cpo.patch_token(token_b, *party, "04A1B2C3", patch))
    check("patches `valid`", spy.was(200, 1000), NO_DATA.format("PATCH") if error else "")
    token = await cpo.get_token(token_b, *party, "04A1B2C3")
    check("sees it patched", token.valid is False and token.last_updated == patch["last_updated"])
    await raised(cpo.patch_token(token_b, *party, "04A1B2C3", {"valid": True}))
    check(
        "patches without `last_updated`", spy.was(200, 2001), "Required (2.3.0 mod_tokens, PATCH)."
    )
    error = await raised(cpo.delete_token(token_b, *party, "04A1B2C3"))
    check(
        "deletes a Token",
        spy.was(405, 2000),
        "Tokens cannot be deleted, only made invalid (2.3.0 mod_tokens, Receiver interface).",
    )


async def asks(emsp: OcpiClient, check, spy: Spy, token_b: str, given: dict) -> None:
    """Tokens Sender."""
    page = await emsp.get_tokens(token_b, limit=2)
    check("lists the first two Tokens", page.total == 2)
    page = await emsp.get_tokens(token_b, offset=2, limit=50)
    check("lists the others", page.total == len(given["tokens"]) - 2)
    where = {"location_id": "LOC1", "evse_uids": ["EVSE1"]}
    answer = await emsp.authorize_token(token_b, *given["ours"], given["allowed"], where)
    check("asks for one EVSE, on the long path", answer.allowed == "ALLOWED")
    answer = await emsp.authorize_token(token_b, *given["ours"], given["allowed"])
    check("asks with `{}`, on the long path", answer.allowed == "ALLOWED")
    answer = await emsp.authorize_token(token_b, *given["ours"], given["blocked"])
    check("asks for a blocked Token", answer.allowed == "BLOCKED")
    error = await raised(emsp.authorize_token(token_b, *given["ours"], "UNKNOWN"))
    check("asks for an unknown Token", isinstance(error, OcpiError) and spy.was(404, 2004))
    error = await raised(emsp.authorize_token("nobody's", *given["ours"], given["allowed"]))
    check("asks with a token that nobody was given", error is not None and spy.was(401, 2000))


if __name__ == "__main__":
    asyncio.run(run())
