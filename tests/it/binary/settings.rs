//! Flags, environment and file.

use serde_json::{Value, json};

use crate::support::http::{Connection, Request, Response};
use crate::support::program::{Directory, Ended, Program};

/// A file with everything that is known, but for what a test changes.
const FILE: &str = r#"
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
public_url = "https://file.example.com"
store = "memory:"
admin_token = "admin-s3cret"
secret_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
log_format = "human"
log = "info"
list_all_token_types = false
records_keep_days = 365
sessions_keep_days = 0

[limits]
body_bytes_max = 2000
location_body_bytes_max = 3000
header_bytes_max = 16384
url_bytes_max = 8192
read_timeout_ms = 10000
idle_timeout_ms = 75000
connections_max = 100
requests_per_second_per_platform = 0
page_size_default = 1
page_size_max = 2
shutdown_timeout_ms = 1000
pending_slot_seconds = 1
active_session_hours_max = 1
memory_records_max = 1000
memory_records_bytes_max = 1000000
memory_sessions_max = 1000
store_cache_bytes_max = 2000000
store_wal_bytes_max = 3000000

[outbound]
allow_http = false
allow_private_addresses = false
timeout_ms = 10000
authorize_timeout_ms = 1500
response_bytes_max = 1048576

[registration]
bootstrap_token_days = 7
required_of_cpo = []
required_of_emsp = ["tokens SENDER"]

[[parties]]
country_code = "CH"
party_id = "ABC"
roles = ["CPO", "EMSP"]
name = "Example"
website = "https://example.com"

[[parties]]
country_code = "NL"
party_id = "XYZ"
roles = ["EMSP"]
name = "Another"

[[platforms]]
id = "partner"
credentials_token = "partner-s3cret"
roles = [
  { role = "EMSP", country_code = "CH", party_id = "ABC" },
  { role = "CPO", country_code = "DE", party_id = "TNM" },
]

[[platforms]]
id = "tutorial"
credentials_token = "tutorial-s3cret"
roles = [{ role = "EMSP", country_code = "NL", party_id = "XYZ" }]
profile = { tutorial = true, fill_owner = true, strict_from = false, auth_encoding = "raw" }
"#;

async fn send(address: std::net::SocketAddr, request: &Request) -> Response {
    Connection::open(address).await.send(request).await
}

/// Starts the program with this file, which it must refuse; no secret may be printed.
async fn refused(name: &str, text: &str, environment: &[(&str, &str)]) -> Ended {
    let directory = Directory::new(name);
    let path = directory.write("ocpi.toml", text);
    let ended = Program::start(&["--config", &path], environment)
        .end()
        .await;
    assert_eq!(ended.code, Some(1), "{name}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{name}");
    assert!(!ended.stderr.contains("s3cret"), "{name}: {}", ended.stderr);
    assert!(
        ended.stderr.starts_with("ocpi-server: "),
        "{name}: {}",
        ended.stderr
    );
    ended
}

/// Holds: C-20, P-03, T-74. What is configured is what counts.
#[tokio::test]
async fn a_file_sets_parties_platforms_and_limits() {
    let directory = Directory::new("file");
    let path = directory.write("ocpi.toml", FILE);
    let mut program = Program::start(&["--config", &path], &[]);
    let (ocpi, _) = program.addresses().await;
    let get = |target: &str| Request::new("GET", target).token("partner-s3cret");
    let credentials = send(ocpi, &get("/ocpi/2.3.0/credentials")).await.data();
    assert_eq!(credentials["url"], "https://file.example.com/ocpi/versions");
    let role = |role, name: &str, country, party, website: Option<&str>| {
        let mut details = json!({"name": name});
        if let Some(website) = website {
            details["website"] = website.into();
        }
        json!({"role": role, "business_details": details, "country_code": country, "party_id": party})
    };
    let site = Some("https://example.com");
    let expected = json!([
        role("CPO", "Example", "CH", "ABC", site),
        role("EMSP", "Example", "CH", "ABC", site),
        role("EMSP", "Another", "NL", "XYZ", None),
    ]);
    assert_eq!(credentials["roles"], expected);
    let token = |owner: (&str, &str)| {
        json!({
            "country_code": owner.0, "party_id": owner.1, "uid": "T", "type": "RFID",
            "issuer": "Example", "valid": true, "whitelist": "NEVER",
            "last_updated": "2026-01-01T00:00:00Z",
        })
    };
    let put = |owner: (&str, &str), body: &Value, token| {
        let target = format!("/ocpi/cpo/2.3.0/tokens/{}/{}/T", owner.0, owner.1);
        Request::new("PUT", &target).token(token).json(body)
    };
    let (abc, xyz) = (("CH", "ABC"), ("NL", "XYZ"));
    let strict = send(ocpi, &put(abc, &token(abc), "partner-s3cret")).await;
    assert_eq!(strict.codes(), (200, 2001), "the default profile is strict");
    let tutorial = send(ocpi, &put(xyz, &token(xyz), "tutorial-s3cret")).await;
    assert_eq!(tutorial.codes(), (201, 1000), "the profile completes");
    let foreign = send(ocpi, &put(abc, &token(abc), "tutorial-s3cret")).await;
    assert_eq!(
        foreign.codes(),
        (404, 2000),
        "each platform has its own parties"
    );
    let large = put(abc, &json!("x".repeat(2000)), "partner-s3cret");
    assert_eq!(send(ocpi, &large).await.codes(), (413, 2000));
    let location = |padding: usize| {
        let target = "/ocpi/emsp/2.3.0/locations/DE/TNM/L1";
        let body = json!({
            "country_code": "DE", "party_id": "TNM", "id": "L1",
            "last_updated": "2026-01-01T00:00:00Z", "name": "x".repeat(padding),
        });
        Request::new("PUT", target)
            .token("partner-s3cret")
            .json(&body)
    };
    let long = send(ocpi, &location(2000)).await;
    assert_eq!(long.codes(), (201, 1000), "a Location may be longer");
    assert_eq!(send(ocpi, &location(3000)).await.codes(), (413, 2000));
    let list = send(ocpi, &get("/ocpi/emsp/2.3.0/tokens")).await;
    assert_eq!(list.header("X-Limit"), Some("1"));
    let list = send(ocpi, &get("/ocpi/emsp/2.3.0/tokens?limit=100")).await;
    assert_eq!(list.header("X-Limit"), Some("2"));
    let nothing_preset = Request::new("GET", "/ocpi/versions").token("your-token");
    assert_eq!(send(ocpi, &nothing_preset).await.codes(), (401, 2000));
    let ended = program.terminate().await;
    assert_eq!(ended.stdout, "", "with a file there is no greeting");
}

/// Holds: V-11. The flag wins over the environment, the environment over the file.
#[tokio::test]
async fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let directory = Directory::new("precedence");
    let path = directory.write("ocpi.toml", FILE);
    let variable = ("OCPI_PUBLIC_URL", "https://environment.example.com");
    let from_environment = ("OCPI_CONFIG", path.as_str());
    let flags = [
        "--config",
        &path,
        "--public-url",
        "https://flag.example.com",
    ];
    for (arguments, environment, base) in [
        (&flags[..2], &[][..], "https://file.example.com"),
        (
            &flags[..0],
            &[from_environment][..],
            "https://file.example.com",
        ),
        (
            &flags[..2],
            &[variable][..],
            "https://environment.example.com",
        ),
        (&flags[..], &[variable][..], "https://flag.example.com"),
        // An empty variable is one that is not set.
        (
            &flags[..2],
            &[
                ("OCPI_PUBLIC_URL", ""),
                ("OCPI_STORE", ""),
                ("OCPI_LOG", ""),
            ][..],
            "https://file.example.com",
        ),
    ] {
        let mut program = Program::start(arguments, environment);
        let (ocpi, _) = program.addresses().await;
        let versions = Request::new("GET", "/ocpi/versions").token("partner-s3cret");
        let url = format!("{base}/ocpi/2.3.0");
        let data = send(ocpi, &versions).await.data();
        assert_eq!(
            data[0],
            json!({"version": "2.3.0", "url": url}),
            "{arguments:?} {environment:?}"
        );
    }
}

/// Holds: T-13. No secret of the file is printed with the key that is wrong.
#[tokio::test]
async fn a_key_that_is_not_known_is_refused_by_its_name_and_line() {
    for (key, before) in [
        ("listn", "listen ="),
        ("admin_tokn", "admin_token ="),
        ("secretkey", "secret_key ="),
        ("body_byte_max", "body_bytes_max ="),
        ("allow_htpp", "allow_http ="),
        ("bootstrap_days", "bootstrap_token_days ="),
        ("websit", "website ="),
        ("credentials_tokn", "credentials_token = \"partner"),
        ("tutorals", "profile ="),
        ("rol", "  { role = \"CPO\""),
    ] {
        let line = FILE
            .lines()
            .position(|line| line.starts_with(before))
            .expect("it is there");
        let text: Vec<String> = FILE
            .lines()
            .enumerate()
            .map(|(index, text)| match key {
                _ if index != line => text.to_owned(),
                "tutorals" => text.replace("tutorial", "tutorals"),
                "rol" => text.replace("role", "rol"),
                _ => text.replace(text.split(' ').next().expect("a key"), key),
            })
            .collect();
        let ended = refused("unknown-key", &text.join("\n"), &[]).await;
        assert!(
            ended.stderr.contains(&format!("`{key}`")),
            "{key}: {}",
            ended.stderr
        );
        let at = format!("line {}:", line + 1);
        assert!(ended.stderr.contains(&at), "{key}, {at} {}", ended.stderr);
    }
}

/// What stands in [`FILE`], what is put in its place, and what the refusal must name.
const WRONG_VALUES: [(&str, &str, &str); 31] = [
    // What one presents as it is, another would present encoded.
    (
        "\"tutorial-s3cret\"",
        "\"cGFydG5lci1zM2NyZXQ\"",
        "credentials_token",
    ),
    ("listen = \"127.0.0.1:0\"", "listen = \"nowhere\"", "line 2"),
    ("listen = \"127.0.0.1:0\"", "listen = 8000", "line 2"),
    ("https://file.example.com", "file.example.com", "public_url"),
    (
        "https://file.example.com",
        "https://file.example.com?x=1",
        "public_url",
    ),
    ("memory:", "redis://x", "store"),
    ("memory:", "sqlite:", "store"),
    ("memory:", "sqlite://ocpi.db", "store"),
    ("store = \"memory:\"", "", "store: required"),
    ("AAECAwQF", "AAEC", "secret_key"),
    ("\"human\"", "\"xml\"", "line 8"),
    ("log = \"info\"", "log = \"a=b=c\"", "log"),
    (
        "body_bytes_max = 2000",
        "body_bytes_max = 0",
        "limits.body_bytes_max",
    ),
    (
        "page_size_max = 2",
        "page_size_max = 0",
        "limits.page_size_max",
    ),
    ("body_bytes_max = 2000", "body_bytes_max = -1", "line 15"),
    (
        "body_bytes_max = 2000",
        "body_bytes_max = \"2000\"",
        "line 15",
    ),
    (
        "per_platform = 0",
        "per_platform = 2000000",
        "requests_per_second_per_platform",
    ),
    ("party_id = \"XYZ\"", "party_id = \"WXYZ\"", "line 55"),
    ("roles = [\"EMSP\"]", "roles = []", "NL/XYZ"),
    ("roles = [\"EMSP\"]", "roles = [\"MSP\"]", "`MSP`"),
    (
        "\"NL\"\nparty_id = \"XYZ\"",
        "\"CH\"\nparty_id = \"ABC\"",
        "CH/ABC",
    ),
    ("\"tutorial-s3cret\"", "\"partner-s3cret\"", "tutorial"),
    ("\"tutorial-s3cret\"", "\"with s3cret blanks\"", "line 69"),
    ("\"tutorial-s3cret\"", "s3cret", "line 69"),
    ("\"tutorial-s3cret\"", "[\"s3cret\"]", "line 69"),
    ("id = \"tutorial\"", "id = \"partner\"", "partner"),
    ("\"raw\"", "\"rot13\"", "line 71"),
    (
        "country_code = \"DE\", party_id = \"TNM\"",
        "country_code = \"DE\"",
        "party_id",
    ),
    (
        "role = \"CPO\", country_code = \"DE\"",
        "role = \"X\", country_code = \"DE\"",
        "`X`",
    ),
    ("[[platforms]]\nid = \"partner\"", "[[platforms]]", "`id`"),
    ("[limits]", "[limits", "line"),
];

/// Holds: T-13. No secret of the file is printed with the value that is wrong.
#[tokio::test]
async fn a_value_that_is_wrong_is_named() {
    for (good, bad, named) in WRONG_VALUES {
        assert!(FILE.contains(good), "{good}");
        let ended = refused("wrong-value", &FILE.replacen(good, bad, 1), &[]).await;
        assert!(
            ended.stderr.contains(named),
            "{bad}: `{named}` is not in: {}",
            ended.stderr
        );
    }
    let nobody = refused("nobody", "listen = \"127.0.0.1:0\"", &[]).await;
    assert!(nobody.stderr.contains("[[parties]]"), "{}", nobody.stderr);
    let missing = Program::start(&["--config", "/nowhere/ocpi.toml"], &[])
        .end()
        .await;
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.contains("/nowhere/ocpi.toml"),
        "{}",
        missing.stderr
    );
}

/// Holds: T-13. Secrets never print, whatever is wrong with them.
#[tokio::test]
async fn a_secret_of_the_wrong_kind_is_refused_without_printing_it() {
    for (good, bad) in [
        ("\"admin-s3cret\"", "31415926"),
        ("\"partner-s3cret\"", "31415926"),
        (
            "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"",
            "31415926",
        ),
        (
            "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"",
            "\"31415926\"",
        ),
        ("\"partner-s3cret\"", "\"31415926 31415926\""),
        ("\"partner-s3cret\"", "\"31415926"),
        ("\"partner-s3cret\"", "31415926.0"),
        ("\"partner-s3cret\"", "x31415926"),
        ("\"partner-s3cret\"", "{ a = 31415926 }"),
    ] {
        assert!(FILE.contains(good), "{good}");
        let ended = refused("wrong-secret", &FILE.replacen(good, bad, 1), &[]).await;
        assert!(
            !ended.stderr.contains("31415926"),
            "{bad}: {}",
            ended.stderr
        );
    }
}

/// Holds: T-13. The key of the hashes is a secret too.
#[tokio::test]
async fn a_secret_of_the_environment_wins_over_the_file() {
    let bad = ("OCPI_SECRET_KEY", "not-32-bytes-s3cret");
    let ended = refused("secret-key", FILE, &[bad]).await;
    assert!(ended.stderr.contains("secret_key"), "{}", ended.stderr);
    let good = (
        "OCPI_SECRET_KEY",
        "HwAeAR0CHAMbBBoFGQYYBxcIFgkVChQLEwwSDREOEA8=",
    );
    let directory = Directory::new("good-secret-key");
    let path = directory.write("ocpi.toml", &FILE.replace("AAECAwQF", "AAEC"));
    let mut program = Program::start(&["--config", &path], &[good]);
    let (ocpi, _) = program.addresses().await;
    let versions = Request::new("GET", "/ocpi/versions").token("partner-s3cret");
    assert_eq!(send(ocpi, &versions).await.codes(), (200, 1000));
}

/// Beyond the protocol: how long evidence is kept is said by a number that makes sense.
#[tokio::test]
async fn the_time_that_records_and_sessions_are_kept_has_a_range() {
    for (name, set) in [("records_keep_days", 365), ("sessions_keep_days", 0)] {
        let bad = FILE.replace(&format!("{name} = {set}"), &format!("{name} = 36501"));
        let ended = refused("keep-days", &bad, &[]).await;
        let expected = format!("{name}: must be 0 to 36500\n");
        assert!(ended.stderr.ends_with(&expected), "{}", ended.stderr);
    }
}

/// Holds: T-96, V-11.
#[tokio::test]
async fn who_listens_beyond_loopback_must_say_what_is_published() {
    let text = FILE
        .replace("public_url", "# public_url")
        .replacen("127.0.0.1:0", "0.0.0.0:0", 1);
    let ended = refused("public", &text, &[]).await;
    assert!(ended.stderr.contains("public_url"), "{}", ended.stderr);
}

/// Beyond the protocol: a limit beyond what makes sense is refused by its name, and nothing
/// panics later.
#[tokio::test]
async fn a_limit_out_of_its_range_is_refused_with_the_range() {
    let millions = "1 to 10000000";
    let day = "1 to 86400000";
    let mebibyte = "1048576 to 1099511627776";
    for (name, good, range, bad) in [
        ("body_bytes_max", "2000", "1 to 1073741824", "1073741825"),
        ("header_bytes_max", "16384", "1 to 1048576", "1048577"),
        ("url_bytes_max", "8192", "1 to 65534", "65535"),
        ("read_timeout_ms", "10000", day, "86400001"),
        ("idle_timeout_ms", "75000", day, "0"),
        ("shutdown_timeout_ms", "1000", "0 to 86400000", "86400001"),
        ("connections_max", "100", "1 to 1000000", "0"),
        (
            "connections_max",
            "100",
            "1 to 1000000",
            "9000000000000000000",
        ),
        (
            "requests_per_second_per_platform",
            "0",
            "0 to 1000000",
            "1000001",
        ),
        ("page_size_default", "1", "1 to 100000", "100001"),
        ("page_size_max", "2", "1 to 100000", "9000000000000000000"),
        ("memory_records_max", "1000", millions, "0"),
        ("memory_records_max", "1000", millions, "5000000000"),
        (
            "memory_records_bytes_max",
            "1000000",
            "1 to 68719476736",
            "0",
        ),
        ("memory_sessions_max", "1000", millions, "0"),
        (
            "location_body_bytes_max",
            "3000",
            "1 to 1073741824",
            "1073741825",
        ),
        ("pending_slot_seconds", "1", "1 to 3600", "0"),
        ("pending_slot_seconds", "1", "1 to 3600", "3601"),
        ("active_session_hours_max", "1", "1 to 8760", "0"),
        ("active_session_hours_max", "1", "1 to 8760", "8761"),
        ("store_cache_bytes_max", "2000000", mebibyte, "1048575"),
        ("store_wal_bytes_max", "3000000", mebibyte, "1099511627777"),
    ] {
        let (good, bad) = (format!("{name} = {good}\n"), format!("{name} = {bad}\n"));
        assert!(FILE.contains(&good), "{good}");
        let ended = refused("range", &FILE.replacen(&good, &bad, 1), &[]).await;
        let expected = format!("limits.{name}: must be {range}\n");
        assert!(
            ended.stderr.ends_with(&expected),
            "{expected} is not in: {}",
            ended.stderr
        );
    }
}

/// Beyond the protocol: the largest limits do start.
#[tokio::test]
async fn limits_at_the_end_of_their_range_are_taken() {
    let limits = "[limits]
body_bytes_max = 1073741824
location_body_bytes_max = 1073741824
header_bytes_max = 1048576
url_bytes_max = 65534
read_timeout_ms = 86400000
idle_timeout_ms = 86400000
connections_max = 1000000
requests_per_second_per_platform = 1000000
page_size_default = 100000
page_size_max = 100000
shutdown_timeout_ms = 86400000
pending_slot_seconds = 3600
active_session_hours_max = 8760
memory_records_max = 10000000
memory_records_bytes_max = 68719476736
memory_sessions_max = 10000000
store_cache_bytes_max = 1099511627776
store_wal_bytes_max = 1099511627776
";
    let (before, rest) = FILE.split_once("[limits]").expect("it is there");
    let (_, after) = rest.split_once("\n\n").expect("it is there");
    let directory = Directory::new("largest-limits");
    let path = directory.write("ocpi.toml", &format!("{before}{limits}\n{after}"));
    let mut program = Program::start(&["--config", &path], &[]);
    let (ocpi, _) = program.addresses().await;
    let versions = Request::new("GET", "/ocpi/versions").token("partner-s3cret");
    assert_eq!(send(ocpi, &versions).await.codes(), (200, 1000));
    assert_eq!(program.terminate().await.code, Some(0));
}

/// Beyond the protocol: without a token of the operator's own, nobody is the operator.
#[tokio::test]
async fn the_operators_api_asks_for_the_admin_token() {
    let directory = Directory::new("admin-token");
    let with = directory.write("with.toml", FILE);
    let without = FILE.replace("admin_token =", "# admin_token =");
    let without = directory.write("without.toml", &without);
    let variable = [("OCPI_ADMIN_TOKEN", "variable-s3cret")];
    for (path, environment, token, status) in [
        (&with, &[][..], "admin-s3cret", 200),
        (&with, &[][..], "wrong-s3cret", 401),
        (&with, &variable[..], "admin-s3cret", 401),
        (&with, &variable[..], "variable-s3cret", 200),
        (&without, &variable[..], "variable-s3cret", 200),
        (&without, &[][..], "admin-s3cret", 403),
        (&without, &[][..], "admin", 403),
    ] {
        let mut program = Program::start(&["--config", path], environment);
        let (_, admin) = program.addresses().await;
        let ask = Request::new("GET", "/admin/v1/platforms")
            .header("Authorization", &format!("Bearer {token}"));
        assert_eq!(send(admin, &ask).await.status, status, "{token}");
        let stderr = program.terminate().await.stderr;
        assert!(!stderr.contains("s3cret"), "{stderr}");
    }
}

/// Beyond the protocol: an empty secret is a slip, wherever it is set.
#[tokio::test]
async fn an_empty_admin_token_is_refused() {
    let empty = FILE.replace("admin-s3cret", "");
    for (text, environment) in [
        (empty.as_str(), &[][..]),
        (FILE, &[("OCPI_ADMIN_TOKEN", "")][..]),
    ] {
        let ended = refused("empty-admin-token", text, environment).await;
        assert!(
            ended.stderr.contains("admin_token: must not be empty"),
            "{}",
            ended.stderr
        );
    }
    let blank = FILE.replace("admin-s3cret", "admin s3cret");
    let ended = refused("blank-admin-token", &blank, &[]).await;
    assert!(ended.stderr.contains("admin_token:"), "{}", ended.stderr);
}
