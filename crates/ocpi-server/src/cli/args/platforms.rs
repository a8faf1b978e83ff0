//! The commands about platforms, and what is secret between them and us.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ocpi_domain::{OcpiUrl, PlatformId};

/// `platform`
#[derive(Debug, Subcommand)]
pub(crate) enum PlatformCommand {
    /// Show the platforms, by their ids.
    List {
        /// The most to be shown.
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
        /// Those after this id, as an earlier list gave it.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
    /// Show a platform: its parties, its tokens by their hashes, and how it is called.
    Show {
        /// Our name for it.
        id: PlatformId,
    },
    /// Make a token with which a platform can register here, once; the platform is created when
    /// it is not known. A former token of that kind is good for nothing any more.
    BootstrapToken {
        /// Our name for it.
        id: PlatformId,
    },
    /// Register with a platform, which is created when it is not known. Needs the server to run:
    /// the platform calls it back meanwhile.
    Register(RegisterArgs),
    /// Replace the tokens of both directions, without a request that fails. Needs the server to
    /// run: the platform calls it back meanwhile.
    Rotate {
        /// Our name for it.
        id: PlatformId,
        /// Somebody else may know what the platform presents: it is good for nothing as soon as
        /// the new token is there.
        #[arg(long)]
        compromised: bool,
    },
    /// End a registration: tell the platform, and forget the tokens of both directions.
    Unregister {
        /// Our name for it.
        id: PlatformId,
        /// End it here also when the platform cannot be told.
        #[arg(long)]
        forced: bool,
    },
}

/// `platform register`
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// Our name for it.
    pub(crate) id: PlatformId,
    /// Its versions endpoint, as `https://peer.example/ocpi/versions`.
    #[arg(long, value_name = "URL")]
    pub(crate) versions_url: OcpiUrl,
    /// The file that holds the token which the platform gave us; `-` is standard input. Without
    /// it, the token comes from `OCPI_REGISTRATION_TOKEN`.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// What the platform is, where nothing else says it: 2.1.1 does not.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<PeerRole>,
}

/// What a platform is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(crate) enum PeerRole {
    /// It operates charge points.
    Cpo,
    /// It serves drivers.
    Emsp,
}

impl PeerRole {
    /// The role, as the API has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            PeerRole::Cpo => "CPO",
            PeerRole::Emsp => "EMSP",
        }
    }
}

/// `secret-key`
#[derive(Debug, Subcommand)]
pub(crate) enum SecretKeyCommand {
    /// Encrypt what the store keeps secret by another key, while nobody holds the store. The
    /// present key comes from `OCPI_SECRET_KEY` or the configuration file, the new one from
    /// `OCPI_NEW_SECRET_KEY`. A quickstart has its key beside its database: that file is changed,
    /// and the new key made when none is given.
    Change,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: PlatformCommand,
    }

    fn parsed(line: &[&str]) -> Result<PlatformCommand, clap::Error> {
        let line = Line::try_parse_from(std::iter::once(&"platform").chain(line));
        line.map(|line| line.command)
    }

    /// Holds: T-13. A secret on the command line could be read by every user of the machine, so
    /// there is no place for one.
    #[test]
    fn what_a_registration_needs_is_given_and_its_token_never_on_the_line() {
        let url = "https://peer.example/ocpi/versions";
        let line = ["register", "peer", "--versions-url", url];
        let Ok(PlatformCommand::Register(args)) = parsed(&line) else {
            panic!("a registration");
        };
        assert_eq!(
            (args.id.as_str(), args.versions_url.as_str()),
            ("peer", url)
        );
        assert_eq!((args.token_file, args.role), (None, None));
        let more = ["--token-file", "-", "--role", "EMSP"];
        let Ok(PlatformCommand::Register(args)) = parsed(&[&line[..], &more].concat()) else {
            panic!("a registration");
        };
        assert_eq!(args.token_file, Some("-".into()));
        assert_eq!(args.role, Some(PeerRole::Emsp));
        for wrong in [
            &["register", "peer"][..],
            &["register", "--versions-url", url],
            &["register", "peer", "--versions-url", "peer.example"],
            &["register", "peer", "--versions-url", url, "--role", "HUB"],
            &[
                "register",
                "peer",
                "--versions-url",
                url,
                "--token",
                "s3cret",
            ],
            &["register", "peer", "s3cret", "--versions-url", url],
            &["rotate", "a/b"],
            &["bootstrap-token"],
            &["unregister", "peer", "--force"],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }

    /// Holds: C-09, C-14. What is dangerous is said in full.
    #[test]
    fn a_rotation_is_of_a_compromised_token_and_an_end_is_forced_only_when_it_is_said() {
        for (line, expected) in [
            (&["rotate", "peer"][..], false),
            (&["rotate", "peer", "--compromised"], true),
            (&["unregister", "peer"], false),
            (&["unregister", "peer", "--forced"], true),
        ] {
            let said = match parsed(line) {
                Ok(
                    PlatformCommand::Rotate {
                        compromised: said, ..
                    }
                    | PlatformCommand::Unregister { forced: said, .. },
                ) => said,
                other => panic!("{line:?}: {other:?}"),
            };
            assert_eq!(said, expected, "{line:?}");
        }
    }
}
