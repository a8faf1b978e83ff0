//! What a peer may take of us.

/// The limits of the OCPI listener. Each is refused with the answer of `protocol.md` T-48.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body; beyond 413.
    pub body_bytes_max: usize,
    /// Bytes of the body of a Location, which holds all its EVSEs; beyond 413.
    pub location_body_bytes_max: usize,
    /// Bytes of all header names and values; beyond 431.
    pub header_bytes_max: usize,
    /// Bytes of path and query; beyond 414.
    pub url_bytes_max: usize,
    /// Milliseconds to receive a body, beyond 408; and a head, beyond the connection is closed.
    pub read_timeout_ms: u64,
    /// Milliseconds that a connection may stay open without a request.
    pub idle_timeout_ms: u64,
    /// Connections open at once; further ones wait.
    pub connections_max: usize,
    /// Requests a second of one platform, beyond 429; 0 is no limit.
    pub requests_per_second_per_platform: u32,
    /// Objects of a page when the client names no limit.
    pub page_size_default: usize,
    /// The most objects of a page, whatever the client says.
    pub page_size_max: usize,
    /// Milliseconds that requests in flight have to finish when the server stops.
    pub shutdown_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 1024 * 1024,
            location_body_bytes_max: 8 * 1024 * 1024,
            header_bytes_max: 16 * 1024,
            url_bytes_max: 8 * 1024,
            read_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            connections_max: 10_000,
            requests_per_second_per_platform: 0,
            page_size_default: 50,
            page_size_max: 1000,
            shutdown_timeout_ms: 30_000,
        }
    }
}
