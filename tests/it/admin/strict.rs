//! What is refused before anything is done: wrong methods, parameters and bodies.

use serde_json::json;

use super::{Ask, started};
use crate::support::token::card;

/// Beyond the protocol: what is no JSON, or says two things, is refused by what is wrong with it.
#[tokio::test]
async fn a_body_that_is_not_plain_json_is_refused_with_its_fault() {
    let (_world, operator) = started().await;
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    for (body, said) in [
        (&b""[..], "is empty"),
        (b"{", "EOF"),
        (b"{} trailing", "trailing characters"),
        (b"[]", "must be a JSON object"),
        (b"{\"blocked\": \"\xff\"}", "is no UTF-8 from byte 14 on"),
        (
            b"{\"blocked\": true, \"blocked\": false}",
            "`blocked`: sent twice",
        ),
        (deep.as_bytes(), "nested deeper than 64 levels"),
    ] {
        for (method, target) in [
            ("PUT", "/admin/v1/tokens/CH/ABC/X"),
            ("PUT", "/admin/v1/accounts/CH/ABC/X"),
            ("PATCH", "/admin/v1/accounts/CH/ABC/X"),
            ("PUT", "/admin/v1/platforms/x"),
            ("POST", "/admin/v1/explain"),
            ("POST", "/admin/v1/charge-point/authorize"),
            ("POST", "/admin/v1/sync"),
            ("POST", "/admin/v1/backup"),
        ] {
            let ask = Ask::new(method, target).body("application/json", body.to_vec());
            let detail = operator.send(ask).await.problem(400);
            assert!(detail.contains(said), "{method} {target}: {detail}");
        }
    }
}

/// Beyond the protocol: a typo must not pass silently, however deep it is.
#[tokio::test]
async fn an_unknown_field_of_ours_is_refused_by_its_name_at_every_depth() {
    let (_world, operator) = started().await;
    let place = json!({"country_code": "NL", "party_id": "ALF", "locationid": "L"});
    let role = json!({"role": "CPO", "country_code": "NL", "party_id": "ALF", "locationid": 1});
    for (method, target, body, name) in [
        (
            "PUT",
            "accounts/CH/ABC/X",
            json!({"blokced": true}),
            "blokced",
        ),
        (
            "PUT",
            "accounts/CH/ABC/X",
            json!({"credit": {"balence": "1"}}),
            "balence",
        ),
        (
            "PUT",
            "accounts/CH/ABC/X",
            json!({"denied_locations": [place]}),
            "locationid",
        ),
        (
            "PATCH",
            "accounts/CH/ABC/X",
            json!({"blokced": null}),
            "blokced",
        ),
        (
            "PATCH",
            "accounts/CH/ABC/X",
            json!({"credit": {"balence": null}}),
            "balence",
        ),
        ("PUT", "platforms/x", json!({"rolls": []}), "rolls"),
        ("PUT", "platforms/x", json!({"roles": [role]}), "locationid"),
        (
            "PUT",
            "platforms/x",
            json!({"profile": {"tutorail": true}}),
            "tutorail",
        ),
        ("POST", "explain", json!({"uid": "X", "evse": "E"}), "evse"),
        (
            "POST",
            "explain",
            json!({"uid": "X", "cpo": {"country_code": "NL", "party_id": "ALF", "role": 1}}),
            "role",
        ),
        (
            "POST",
            "backup",
            json!({"file": "/x", "compress": true}),
            "compress",
        ),
    ] {
        let ask = Ask::new(method, &format!("/admin/v1/{target}")).json(&body);
        let detail = operator.send(ask).await.problem(400);
        let said = format!("unknown field `{name}`");
        assert!(detail.contains(&said), "{method} {target} {body}: {detail}");
    }
    assert!(operator.get("/admin/v1/accounts/CH/ABC/X").await.status == 404);
    assert!(operator.get("/admin/v1/platforms/x").await.status == 404);
}

/// Beyond the protocol: a parameter with a typo would list everything.
#[tokio::test]
async fn a_query_parameter_that_is_unknown_twice_or_wrong_is_refused_by_its_name() {
    let (_world, operator) = started().await;
    for (target, name) in [
        ("tokens?partie=CH/ABC", "partie"),
        ("tokens?party=CHABC", "party"),
        ("tokens?party=", "party"),
        ("tokens?limit=0", "limit"),
        ("tokens?limit=1001", "limit"),
        ("tokens?limit=1&limit=2", "limit"),
        ("tokens?after=next", "after"),
        ("tokens?uid=%C3%A9", "uid"),
        ("tokens/CH/ABC/X?typ=RFID", "typ"),
        ("tokens/export?party=CH/ABC", "party"),
        ("accounts/CH/ABC/X?limit=1", "limit"),
        ("authorizations?from=yesterday", "from"),
        ("authorizations?to=2026-13-01T00:00:00Z", "to"),
        ("authorizations?allowed=YES", "allowed"),
        ("authorizations?platform=a/b", "platform"),
        ("authorizations/R?limit=1", "limit"),
        ("sessions?state=ACTIVE", "state"),
        ("sessions?active=yes", "active"),
        ("sessions?active=", "active"),
        ("sessions?active=TRUE", "active"),
        ("sessions?active=true&active=true", "active"),
        ("sessions?token_uid=%C3%A9", "token_uid"),
        ("sessions?platform=a/b", "platform"),
        ("sessions?limit=0", "limit"),
        ("sessions?after=S1", "after"),
        ("platforms?after=a/b", "after"),
        ("audit/verify?head=abc", "head"),
        ("openapi.json?pretty=true", "pretty"),
    ] {
        let detail = operator
            .get(&format!("/admin/v1/{target}"))
            .await
            .problem(400);
        let said = format!("query parameter `{name}`: ");
        assert!(detail.starts_with(&said), "{target}: {detail}");
    }
    // Who asks for health or metrics may add what it likes.
    assert_eq!(operator.get("/metrics?name=x").await.status, 200);
}

/// Beyond the protocol: what stands in a path is checked as what stands in a body is.
#[tokio::test]
async fn a_segment_of_a_path_that_breaks_a_rule_is_refused_by_its_name() {
    let (_world, operator) = started().await;
    let long = "x".repeat(37);
    for (target, name) in [
        ("tokens/CHE/ABC/X", "country_code"),
        ("tokens/CH/AB/X", "party_id"),
        ("tokens/CH/ABC/%C3%A9", "uid"),
        ("tokens/CH/ABC/%23NA", "uid"),
        (&format!("accounts/CH/ABC/{long}"), "uid"),
        (&format!("authorizations/{long}"), "reference"),
        ("platforms/a%2Fb", "id"),
    ] {
        let detail = operator
            .get(&format!("/admin/v1/{target}"))
            .await
            .problem(400);
        assert!(
            detail.starts_with(&format!("`{name}` of the path: ")),
            "{detail}"
        );
    }
}

/// Beyond the protocol: paths are split before they are decoded, so that any uid has a URL.
#[tokio::test]
async fn a_uid_may_hold_what_separates_segments() {
    let (_world, operator) = started().await;
    let mut token = card("A/B ?%");
    token["uid"] = "A/B ?%".into();
    let target = "/admin/v1/tokens/CH/ABC/A%2FB%20%3F%25";
    assert_eq!(operator.put(target, &token).await.with_status(201), token);
    assert_eq!(operator.get(target).await.found(), token);
    assert_eq!(
        operator.get("/admin/v1/tokens/CH/ABC/A/B").await.status,
        404
    );
}

/// Beyond the protocol: a method that is not offered is told those that are.
#[tokio::test]
async fn another_method_is_405_with_those_that_are_offered() {
    let (_world, operator) = started().await;
    for (target, allow) in [
        ("tokens", "GET, HEAD"),
        ("tokens/import", "POST"),
        ("tokens/export", "GET, HEAD"),
        ("tokens/CH/ABC/X", "GET, HEAD, PUT"),
        ("accounts/CH/ABC/X", "GET, HEAD, PUT, PATCH, DELETE"),
        ("authorizations", "GET, HEAD"),
        ("authorizations/R", "GET, HEAD"),
        ("sessions", "GET, HEAD"),
        ("explain", "POST"),
        ("platforms", "GET, HEAD"),
        ("platforms/x", "GET, HEAD, PUT, DELETE"),
        ("audit/verify", "GET, HEAD"),
        ("backup", "POST"),
        ("openapi.json", "GET, HEAD"),
    ] {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"] {
            if allow.split(", ").any(|offered| offered == method) {
                continue;
            }
            let ask = Ask::new(method, &format!("/admin/v1/{target}"));
            let answer = operator.send(ask).await;
            answer.problem(405);
            assert_eq!(answer.header("Allow"), allow, "{method} {target}");
        }
    }
}

/// Beyond the protocol: what is not offered yet is not there.
#[tokio::test]
async fn what_does_not_exist_is_404() {
    let (_world, operator) = started().await;
    for target in [
        "",
        "/",
        "/sessions/CH/ABC/S1",
        "/sync/push",
        "/charge-point",
        "/platforms/x/handshake",
        "/tokens/",
        "/tokens/CH/ABC",
        "/tokens//ABC/X",
    ] {
        let detail = operator
            .get(&format!("/admin/v1{target}"))
            .await
            .problem(404);
        assert!(detail.contains("openapi.json"), "{detail}");
    }
}

/// Beyond the protocol: HEAD is GET without its body.
#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let (_world, operator) = started().await;
    operator
        .put("/admin/v1/accounts/CH/ABC/X", &json!({"blocked": true}))
        .await
        .with_status(201);
    for target in [
        "/admin/v1/accounts/CH/ABC/X",
        "/admin/v1/accounts/CH/ABC/Y",
        "/admin/v1/openapi.json",
        "/health/live",
    ] {
        let get = operator.get(target).await;
        let head = operator.send(Ask::new("HEAD", target)).await;
        assert_eq!(head.status, get.status, "{target}");
        assert!(head.body.is_empty(), "{target}");
        for name in ["Content-Type", "Content-Length", "ETag"] {
            assert_eq!(head.header(name), get.header(name), "{target}: {name}");
        }
    }
    let head = operator
        .send(Ask::new("HEAD", "/admin/v1/tokens/export"))
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

/// Beyond the protocol: a connection goes on after a body that nobody wanted.
#[tokio::test]
async fn a_refused_body_does_not_break_its_connection() {
    use crate::support::http::{Connection, Request};

    let (_world, operator) = started().await;
    let mut connection = Connection::open(operator.address).await;
    let body = " ".repeat(2 * 1024 * 1024);
    let put = Request::new("PUT", "/admin/v1/platforms/x").body(body);
    let token = format!("Bearer {}", super::ADMIN_TOKEN);
    for (request, status) in [
        (put.clone(), 401),
        (put.clone().header("Authorization", &token), 413),
        (put.header("Authorization", &token), 413),
        (Request::new("GET", "/health/live"), 200),
    ] {
        assert_eq!(connection.send(&request).await.status, status);
    }
}
