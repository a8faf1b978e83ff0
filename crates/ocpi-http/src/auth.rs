//! The `Authorization` header.
//!
//! Spec: 2.3.0 `transport_and_format`, Authorization header.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use ocpi_domain::{CredentialsToken, OcpiVersion};
use ocpi_ports::TokenEncoding;

const SCHEME: &str = "token";

const TOLERANT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The credentials tokens that the header may mean, the likelier first: what its value decodes
/// to, and the value as it is. Peers of every version send either; 2.1.1 knows the latter only.
pub(crate) fn candidates(
    headers: &HeaderMap,
    version: Option<OcpiVersion>,
) -> Vec<CredentialsToken> {
    let Some(value) = presented(headers) else {
        return Vec::new();
    };
    let raw = CredentialsToken::new(value).ok();
    let candidates = match version {
        Some(OcpiVersion::V2_1_1) => [raw, decoded(value)],
        _ => [decoded(value), raw],
    };
    candidates.into_iter().flatten().collect()
}

/// The form in which the header has the token that it turned out to mean.
pub(crate) fn encoding(headers: &HeaderMap, token: &CredentialsToken) -> TokenEncoding {
    if presented(headers) == Some(token.expose()) {
        TokenEncoding::Raw
    } else {
        TokenEncoding::Base64
    }
}

/// The value after the scheme. Of two headers nobody can say which is meant.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let header = header.to_str().ok()?;
    let (scheme, value) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case(SCHEME)
        .then(|| value.trim_matches(' '))
}

/// The token that `value` encodes, if it encodes one. A line feed at its end comes from clients
/// that encode the output of `echo`, as the specification's own samples do.
fn decoded(value: &str) -> Option<CredentialsToken> {
    let bytes = TOLERANT_BASE64.decode(value).ok()?;
    let line = bytes
        .strip_suffix(b"\r\n")
        .or_else(|| bytes.strip_suffix(b"\n"));
    let bytes = line.unwrap_or(&bytes);
    CredentialsToken::new(std::str::from_utf8(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates_of(header: &str) -> Vec<String> {
        candidates_in(header, Some(OcpiVersion::V2_3_0))
    }

    fn candidates_in(header: &str, version: Option<OcpiVersion>) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        candidates(&headers, version)
            .iter()
            .map(|token| token.expose().to_owned())
            .collect()
    }

    /// Holds: T-04, T-06, Q-01.
    #[test]
    fn a_value_is_read_decoded_first_and_as_it_is() {
        assert_eq!(
            candidates_of("Token ZXhhbXBsZS10b2tlbg=="),
            ["example-token", "ZXhhbXBsZS10b2tlbg=="],
        );
        assert_eq!(
            candidates_of("Token ZXhhbXBsZS10b2tlbg")[0],
            "example-token"
        );
        assert_eq!(candidates_of("Token your-token"), ["your-token"]);
        // Valid Base64 of binary bytes: only the value itself can be meant.
        assert_eq!(
            candidates_of("Token IpbJOXxkxOAuKR92z0nEcmVF3Qw09VG7"),
            ["IpbJOXxkxOAuKR92z0nEcmVF3Qw09VG7"]
        );
        // Decoded once only: this is Base64 of Base64.
        assert_eq!(candidates_of("Token WVdKag=="), ["YWJj", "WVdKag=="]);
    }

    /// Holds: T-03, T-04.
    #[test]
    fn below_2_1_1_the_value_itself_is_looked_up_first() {
        let header = "Token ZXhhbXBsZS10b2tlbg==";
        let (decoded, raw) = ("example-token", "ZXhhbXBsZS10b2tlbg==");
        for (version, expected) in [
            (Some(OcpiVersion::V2_1_1), [raw, decoded]),
            (Some(OcpiVersion::V2_2_1), [decoded, raw]),
            (Some(OcpiVersion::V2_3_0), [decoded, raw]),
            (None, [decoded, raw]),
        ] {
            assert_eq!(candidates_in(header, version), expected, "{version:?}");
        }
    }

    /// Holds: T-08.
    #[test]
    fn the_form_of_the_token_that_was_found_is_known() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "token  YWJjCg==  ".parse().unwrap());
        let token = |text| CredentialsToken::new(text).unwrap();
        assert_eq!(encoding(&headers, &token("abc")), TokenEncoding::Base64);
        assert_eq!(encoding(&headers, &token("YWJjCg==")), TokenEncoding::Raw);
    }

    /// Holds: T-05, Q-02.
    #[test]
    fn one_line_end_is_dropped_from_a_decoded_value() {
        for encoded in ["YWJjCg==", "YWJjDQo="] {
            assert_eq!(candidates_of(&format!("Token {encoded}"))[0], "abc");
        }
        assert_eq!(
            candidates_of("Token YWJjCgo="),
            ["YWJjCgo="],
            "two line feeds are data"
        );
    }

    /// Holds: T-01, T-09.
    #[test]
    fn the_scheme_is_read_tolerantly_and_no_other_is_taken() {
        for header in ["Token abc.1", "token abc.1", "TOKEN    abc.1  "] {
            assert_eq!(candidates_of(header), ["abc.1"], "{header}");
        }
        for header in [
            "Bearer abc.1",
            "Token",
            "abc.1",
            "Token abc 1",
            "Basic YTpi",
        ] {
            assert!(candidates_of(header).is_empty(), "{header}");
        }
        assert!(candidates(&HeaderMap::new(), None).is_empty());
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, "Token abc.1".parse().unwrap());
        twice.append(AUTHORIZATION, "Token abc.2".parse().unwrap());
        assert!(candidates(&twice, None).is_empty());
    }
}
