-- The first schema.
--
-- Texts are stored as they were sent. NOCASE compares without the case of ASCII letters, as OCPI
-- does for its ids. Moments are milliseconds since 1970-01-01T00:00:00Z.

-- What only grows, the end of the chain of records, and the proof of the key that seals it.
-- Always one row.
CREATE TABLE counters (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_revision INTEGER NOT NULL,
    chain_number INTEGER NOT NULL,
    chain_link BLOB NOT NULL,
    chain_seal BLOB NOT NULL,
    key_check BLOB NOT NULL
) STRICT;

-- Tokens. A position is for life, and is the order of creation. `uid_key` is the uid in upper
-- case without - and *: by it every spelling of an EMAID is found.
CREATE TABLE tokens (
    position INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    country_code TEXT NOT NULL COLLATE NOCASE,
    party_id TEXT NOT NULL COLLATE NOCASE,
    uid TEXT NOT NULL COLLATE NOCASE,
    uid_key TEXT NOT NULL,
    type TEXT NOT NULL,
    contract_id TEXT NOT NULL COLLATE NOCASE,
    visual_number TEXT,
    issuer TEXT NOT NULL,
    group_id TEXT COLLATE NOCASE,
    valid INTEGER NOT NULL,
    whitelist TEXT NOT NULL,
    language TEXT COLLATE NOCASE,
    last_updated_ms INTEGER NOT NULL,
    synthetic_contract_id INTEGER NOT NULL,
    inferred_last_updated INTEGER NOT NULL,
    -- JSON: default_profile_type, energy_contract, and what OCPI does not name.
    rest TEXT
) STRICT;

-- A uid that is its own key, as nearly all are, is not kept twice.
CREATE UNIQUE INDEX tokens_key ON tokens (
    uid_key, country_code, party_id, type,
    (CASE WHEN uid = uid_key THEN '' ELSE uid END) COLLATE NOCASE
);

-- By blocks of 2048 positions, so that what is written grows at its end and lies together.
CREATE INDEX tokens_listed
    ON tokens (position >> 11, country_code, party_id, last_updated_ms, type);

-- How many Tokens a block has.
CREATE TABLE token_blocks (
    country_code TEXT NOT NULL COLLATE NOCASE,
    party_id TEXT NOT NULL COLLATE NOCASE,
    block INTEGER NOT NULL,
    type TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (country_code, party_id, block, type)
) STRICT, WITHOUT ROWID;

-- The limits of Tokens. The JSON is all there is; the columns that follow it are read out of it.
CREATE TABLE accounts (
    uid TEXT NOT NULL COLLATE NOCASE,
    type TEXT NOT NULL,
    country_code TEXT NOT NULL COLLATE NOCASE,
    party_id TEXT NOT NULL COLLATE NOCASE,
    revision INTEGER NOT NULL,
    account TEXT NOT NULL,
    blocked INTEGER AS (account ->> 'blocked'),
    expires_at TEXT AS (account ->> 'expires_at'),
    credit_balance TEXT AS (account ->> '$.credit.balance'),
    credit_currency TEXT AS (account ->> '$.credit.currency'),
    PRIMARY KEY (uid, type, country_code, party_id)
) STRICT, WITHOUT ROWID;

-- One record for each answer. Each link seals its record and the link before it; a column that is
-- added later is NULL in what was there before.
CREATE TABLE authorizations (
    number INTEGER PRIMARY KEY,
    reference TEXT NOT NULL COLLATE NOCASE,
    at_ms INTEGER NOT NULL,
    platform TEXT NOT NULL,
    token_country_code TEXT COLLATE NOCASE,
    token_party_id TEXT COLLATE NOCASE,
    token_uid TEXT NOT NULL COLLATE NOCASE,
    token_type TEXT NOT NULL,
    allowed TEXT,
    status TEXT,
    rule TEXT NOT NULL,
    latency_us INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    -- JSON: a location_id and its evse_uids.
    asked TEXT,
    allowed_location TEXT,
    link BLOB NOT NULL
) STRICT;

-- References begin with their time: a new one comes at the end.
CREATE UNIQUE INDEX authorizations_reference ON authorizations (reference);

-- By blocks of 512 numbers: a new one comes near the end, whatever its uid.
CREATE INDEX authorizations_uid ON authorizations (number >> 9, token_uid);

-- Between which moments a block has records of a platform. The newest block is not in here.
CREATE TABLE authorization_blocks (
    block INTEGER NOT NULL,
    platform TEXT NOT NULL,
    first_at_ms INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL,
    PRIMARY KEY (block, platform)
) STRICT, WITHOUT ROWID;

-- Up to which record the oldest were forgotten, and what moment those forgotten last were before.
-- No row while all are kept.
CREATE TABLE authorization_anchor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,
    link BLOB NOT NULL,
    forgotten_before_ms INTEGER NOT NULL,
    seal BLOB NOT NULL
) STRICT;

-- The platforms that we know. A credentials token is stored as its keyed hash only.
CREATE TABLE platforms (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB UNIQUE,
    -- JSON.
    roles TEXT NOT NULL,
    profile TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The ids that were seeded by the configuration, or deleted: the configuration seeds none of them.
CREATE TABLE seeded_platforms (
    id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
