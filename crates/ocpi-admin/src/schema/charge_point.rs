//! The question of a charge point, and the answer.

use ocpi_domain::AuthMethod;
use ocpi_domain::authorization::ocpp::{Ocpp16Status, Ocpp201Status, OcppIdTokenType};
use serde_json::{Value, json};

use super::{
    authorization, ci_string, country_code, date_time, named, one_of, or_null, party_id, place_id,
    platform, strict, text, token as tokens,
};

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

pub(super) fn question() -> Value {
    let mut purpose = authorization::purpose();
    purpose["default"] = "start".into();
    let mut question = strict(
        json!({
            "cpo": described(
                or_null(named("Party")),
                "The CPO; may be left out where only one is hosted.",
            ),
            "uid": described(tokens::uid(), "As the reader saw it."),
            "type": described(
                or_null(tokens::token_type()),
                "Left out, it is whatever is known of the uid, else an RFID card.",
            ),
            "location_id": place_id(),
            "evse_uid": or_null(place_id()),
            "purpose": purpose,
            "commanded_at": described(
                or_null(date_time()),
                "When the eMSP sent a StartSession or ReserveNow for this Token and this EVSE.",
            ),
            "session": described(
                or_null(named("ChargePointSession")),
                "The session that is to be stopped.",
            ),
        }),
        &["uid", "location_id"],
    );
    question["if"] = json!({
        "properties": {"purpose": {"const": "stop"}},
        "required": ["purpose"],
    });
    question["then"] = json!({
        "properties": {"session": {"type": "object"}, "commanded_at": {"type": "null"}},
        "required": ["session"],
    });
    question["else"] = json!({"properties": {"session": {"type": "null"}}});
    question
}

pub(super) fn session() -> Value {
    let mut session = strict(
        json!({
            "reference": described(
                authorization::reference(),
                "The `reference` of the answer that it began with.",
            ),
            "token": described(named("ChargePointSessionToken"), "The Token that it began with."),
        }),
        &[],
    );
    session["minProperties"] = 1.into();
    session["maxProperties"] = 1.into();
    described(
        session,
        "What a session began with: an answer of ours, or a Token.",
    )
}

pub(super) fn session_token() -> Value {
    let kind = described(or_null(tokens::token_type()), "RFID when it is not said.");
    let group = described(
        or_null(ci_string(36)),
        "Left out, it is that of our copy, if there is one.",
    );
    strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "uid": tokens::uid(),
            "type": kind,
            "group_id": group,
        }),
        &["country_code", "party_id", "uid"],
    )
}

pub(super) fn answer() -> Value {
    let members = json!({
        "allowed": authorization::allowed(),
        "source": authorization::source(),
        "reason": described(text(), "Why, in words that an operator can act on."),
        "ocpp_1_6": named("ChargePointOcpp16"),
        "ocpp_2_0_1": named("ChargePointOcpp201"),
        "info": described(or_null(named("DisplayText")), "The eMSP's word to the driver."),
        "token": described(
            or_null(named("ChargePointToken")),
            "The Token as Sessions and CDRs name it; `null` when it is not known.",
        ),
        "reference": described(
            authorization::reference(),
            "The name of this answer: its record, and what a stop names the start by.",
        ),
        "authorization_reference": described(
            or_null(authorization::reference()),
            "The eMSP's name of its answer, for the Session and the CDR.",
        ),
        "auth_method": described(
            or_null(one_of(AuthMethod::ALL.iter().map(AuthMethod::as_str))),
            "How the Session is authorized; `null` when it is not.",
        ),
        "decided_by": described(
            or_null(platform::id()),
            "The platform whose answer or copy decided.",
        ),
        "elapsed_ms": {"type": "number", "minimum": 0},
    });
    let required = [
        "allowed",
        "source",
        "reason",
        "ocpp_1_6",
        "ocpp_2_0_1",
        "info",
        "token",
        "reference",
        "authorization_reference",
        "auth_method",
        "decided_by",
        "elapsed_ms",
    ];
    strict(members, &required)
}

pub(super) fn ocpp_1_6() -> Value {
    let status = || one_of(Ocpp16Status::ALL.iter().map(Ocpp16Status::as_str));
    let parent = described(
        json!({"type": ["string", "null"], "maxLength": 20}),
        "The group, when it has 20 characters at most.",
    );
    strict(
        json!({
            "authorize": described(status(), "In `Authorize.conf` and `StopTransaction.conf`."),
            "start_transaction": described(status(), "In `StartTransaction.conf`."),
            "parent_id_tag": parent,
        }),
        &["authorize", "start_transaction", "parent_id_tag"],
    )
}

pub(super) fn ocpp_2_0_1() -> Value {
    let kinds = OcppIdTokenType::ALL.iter().map(OcppIdTokenType::as_str);
    strict(
        json!({
            "status": one_of(Ocpp201Status::ALL.iter().map(Ocpp201Status::as_str)),
            "id_token_type": or_null(one_of(kinds)),
            "group_id_token": or_null(ci_string(36)),
        }),
        &["status", "id_token_type", "group_id_token"],
    )
}

pub(super) fn token() -> Value {
    strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "uid": tokens::uid(),
            "type": tokens::token_type(),
            "contract_id": ci_string(36),
            "group_id": or_null(ci_string(36)),
        }),
        &[
            "country_code",
            "party_id",
            "uid",
            "type",
            "contract_id",
            "group_id",
        ],
    )
}
