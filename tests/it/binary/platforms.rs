//! Two programs that register with each other over https, by the commands of their operators.

use serde_json::json;

use crate::support::configured::Configured;
use crate::support::program::Program;

/// Two servers that run, with a row for nobody: CH/ABC and CH/XYZ.
async fn two(name: &str) -> ([Configured; 2], [Program; 2]) {
    let sides = [
        Configured::over_tls(&format!("{name}-one"), "ABC", ""),
        Configured::over_tls(&format!("{name}-two"), "XYZ", ""),
    ];
    let programs = [sides[0].serve().await, sides[1].serve().await];
    (sides, programs)
}

/// The first registers with the second; gives the token A.
async fn register([one, two]: &[Configured; 2]) -> String {
    let issued = two.done(&["platform", "bootstrap-token", "one"]).await;
    let token = issued
        .lines()
        .find_map(|line| line.strip_prefix("token"))
        .expect("it is shown")
        .trim()
        .to_owned();
    one.directory.write("token-a", &token);
    let versions_url = format!("{}/ocpi/versions", two.url());
    let arguments = [
        "platform",
        "register",
        "two",
        "--versions-url",
        &versions_url,
        "--token-file",
        "token-a",
    ];
    let said = one.done(&arguments).await;
    assert!(said.contains("registered"), "{said}");
    token
}

/// Holds: C-02, C-10, C-14, C-15, T-13, T-96.
#[tokio::test]
async fn operators_register_look_rotate_and_part_by_commands() {
    let (sides, programs) = two("commands").await;
    let [one, two] = &sides;
    let token = register(&sides).await;
    assert!(!two.admits("/ocpi/versions", &token).await, "it is spent");
    for (side, other, party) in [(one, "two", "XYZ"), (two, "one", "ABC")] {
        let shown = side.asked(&["platform", "show", other]).await;
        assert_eq!(shown["registered"], true, "{shown}");
        assert_eq!(shown["roles"][0]["party_id"], party, "{shown}");
        assert_eq!(shown["connection"]["version"], "2.3.0", "{shown}");
        let list = side.done(&["platform", "list"]).await;
        assert!(list.contains(other) && list.contains("2.3.0"), "{list}");
    }
    let hash = async |side: &Configured, other: &str| {
        let shown = side.asked(&["platform", "show", other]).await;
        shown["tokens"][0]["hash"].clone()
    };
    let before = [hash(one, "two").await, hash(two, "one").await];
    one.done(&["platform", "rotate", "two"]).await;
    let after = [hash(one, "two").await, hash(two, "one").await];
    assert!(before[0] != after[0] && before[1] != after[1]);
    two.done(&["platform", "rotate", "one", "--compromised"])
        .await;
    two.done(&["platform", "unregister", "one"]).await;
    for (side, other) in [(one, "two"), (two, "one")] {
        let shown = side.asked(&["platform", "show", other]).await;
        assert_eq!(shown["registered"], false, "{shown}");
        assert_eq!(shown["connection"], json!(null), "{shown}");
    }
    // And again.
    register(&sides).await;
    for program in programs {
        let ended = program.terminate().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&token), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}

/// Holds: C-02, C-09.
#[tokio::test]
async fn a_registration_outlives_a_restart_of_either_side() {
    let (sides, programs) = two("restart").await;
    let [one, two] = &sides;
    register(&sides).await;
    for program in programs {
        assert_eq!(program.terminate().await.code, Some(0));
    }
    let _programs = [one.serve().await, two.serve().await];
    one.done(&["platform", "rotate", "two"]).await;
    two.done(&["platform", "rotate", "one"]).await;
    two.done(&["platform", "unregister", "one"]).await;
}

/// Holds: C-15.
#[tokio::test]
async fn commands_that_cannot_do_what_they_are_told_say_why() {
    let server = Configured::plain("platform-exits", "ABC", "");
    server.directory.write("token-a", "their.token");
    let url = ["--versions-url", "https://peer.invalid/ocpi/versions"];
    let register = [&["platform", "register", "peer"][..], &url].concat();
    let with_token = [&*register, &["--token-file", "token-a"]].concat();
    // The other side would call back, and nobody would listen.
    let ended = server.run(&["platform", "bootstrap-token", "peer"]).await;
    assert_eq!(ended.code, Some(6), "no store yet: {}", ended.stderr);
    let program = server.serve().await;
    for (arguments, code, says) in [
        (&["platform", "show", "nobody"][..], 3, "no such platform"),
        (&["platform", "rotate", "nobody"], 3, "no such platform"),
        (&["platform", "unregister", "nobody"], 3, "no such platform"),
        (&*register, 2, "OCPI_REGISTRATION_TOKEN"),
        (&*with_token, 1, "peer.invalid"),
        (&["platform", "register", "peer"], 2, "--versions-url"),
        (&["platform", "rotate", "peer"], 1, "not registered"),
        (&["platform", "unregister", "peer"], 1, "not registered"),
        (&["platform", "show", "a/b"], 2, "a/b"),
        (&["platform", "list"], 0, ""),
    ] {
        let ended = server.run(arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(says),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("their.token"), "{}", ended.stderr);
    }
    assert_eq!(program.terminate().await.code, Some(0));
    for arguments in [&with_token, &vec!["platform", "rotate", "peer"]] {
        let ended = server.run(arguments).await;
        assert_eq!(ended.code, Some(6), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("server must run"), "{}", ended.stderr);
    }
    // What calls nobody needs no server.
    let list = server.asked(&["platform", "list"]).await;
    assert_eq!(list["items"][0]["id"], "peer", "{list}");
}
