-- The third schema: platforms with all that they present and how they are called, what a change of
-- the secret key carries over, and Tokens by their contract.

-- The revision of the list of platforms.
ALTER TABLE counters ADD COLUMN platforms_revision INTEGER NOT NULL DEFAULT 0;

-- The credentials tokens that platforms may present, as keyed hashes only.
CREATE TABLE presented_tokens (
    platform TEXT NOT NULL,
    -- Their order is kept.
    place INTEGER NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    -- registration, offered, replacing, live or former.
    good_for TEXT NOT NULL,
    -- NULL when it has no end.
    until_ms INTEGER,
    PRIMARY KEY (platform, place)
) STRICT, WITHOUT ROWID;

INSERT INTO presented_tokens (platform, place, hash, good_for)
    SELECT id, 0, token_hash, 'live' FROM platforms WHERE token_hash IS NOT NULL;

ALTER TABLE platforms RENAME TO former_platforms;

-- The platforms that we know. What we present to them is stored encrypted only.
CREATE TABLE platforms (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON.
    roles TEXT NOT NULL,
    profile TEXT NOT NULL,
    hub TEXT,
    allowed_parties TEXT,
    our_party TEXT,
    connection TEXT,
    -- NULL when there is no connection.
    sealed_token BLOB
) STRICT, WITHOUT ROWID;

INSERT INTO platforms (id, roles, profile) SELECT id, roles, profile FROM former_platforms;

DROP TABLE former_platforms;

-- The keys that a change of the secret key cannot change, sealed under the present one. No row
-- while it was never changed.
CREATE TABLE carried_keys (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

-- By blocks of 2048 positions, as `tokens_listed`.
CREATE INDEX tokens_contract ON tokens (position >> 11, contract_id);
