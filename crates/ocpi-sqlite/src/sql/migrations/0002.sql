-- The second schema: sessions, the slots that they take, and Locations.

-- Sessions. A position is for life, and is the order of creation: the revision of the first write,
-- so that none is given twice, not even when the newest session is forgotten.
CREATE TABLE sessions (
    position INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    country_code TEXT NOT NULL COLLATE NOCASE,
    party_id TEXT NOT NULL COLLATE NOCASE,
    id TEXT NOT NULL COLLATE NOCASE,
    platform TEXT NOT NULL,
    -- For whom it counts; NULL when that is not known.
    token_country_code TEXT COLLATE NOCASE,
    token_party_id TEXT COLLATE NOCASE,
    token_uid TEXT COLLATE NOCASE,
    token_type TEXT,
    group_id TEXT COLLATE NOCASE,
    token_known INTEGER NOT NULL,
    -- waiting, active or ended; until when, of active ones only.
    phase TEXT NOT NULL,
    active_until_ms INTEGER,
    -- The slot that it holds; NULL when it holds none.
    slot_id INTEGER,
    location_id TEXT NOT NULL COLLATE NOCASE,
    evse_uid TEXT COLLATE NOCASE,
    -- The authorization that it followed.
    authorization TEXT COLLATE NOCASE,
    last_updated_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- JSON, as OCPI sends it. It comes last: it is long, and many who look need not read it.
    session TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX sessions_key ON sessions (country_code, party_id, id);

-- A CPO's list, without a look at another's, and its total: a CPO has some hundred thousand
-- sessions at most, which are counted in this alone.
CREATE INDEX sessions_listed ON sessions (country_code, party_id, position, last_updated_ms);

-- Those that hold a slot are read at the start. One that fell silent stays in here until it is
-- heard of again, or forgotten.
CREATE INDEX sessions_active ON sessions (position, active_until_ms)
    WHERE active_until_ms IS NOT NULL;

CREATE INDEX sessions_token ON sessions (token_uid) WHERE token_uid IS NOT NULL;

CREATE INDEX sessions_platform ON sessions (platform);

CREATE INDEX sessions_authorization ON sessions (authorization) WHERE authorization IS NOT NULL;

-- By what is forgotten first.
CREATE INDEX sessions_received ON sessions (received_at_ms);

-- Slots that are held for a session which was not heard of yet. What sessions hold is in their
-- rows.
CREATE TABLE pending_slots (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL COLLATE NOCASE,
    token_country_code TEXT NOT NULL COLLATE NOCASE,
    token_party_id TEXT NOT NULL COLLATE NOCASE,
    token_uid TEXT NOT NULL COLLATE NOCASE,
    token_type TEXT NOT NULL,
    group_id TEXT COLLATE NOCASE,
    platform TEXT NOT NULL,
    -- JSON: the place as the question named it; NULL when it named none.
    asked TEXT,
    -- JSON: the place that was meant; NULL when it is the one that was named.
    meant TEXT,
    until_ms INTEGER NOT NULL
) STRICT;

-- The accounts that limit what a group of Tokens holds: mostly none.
CREATE INDEX accounts_group_limits ON accounts (uid)
    WHERE account ->> 'concurrency_scope' = 'group'
        AND account ->> 'concurrent_sessions_max' IS NOT NULL;

-- Locations. They are long, so the key stands beside them once more.
CREATE TABLE locations (
    country_code TEXT NOT NULL COLLATE NOCASE,
    party_id TEXT NOT NULL COLLATE NOCASE,
    id TEXT NOT NULL COLLATE NOCASE,
    revision INTEGER NOT NULL,
    last_updated_ms INTEGER NOT NULL,
    -- JSON, as OCPI sends it.
    location TEXT NOT NULL,
    PRIMARY KEY (country_code, party_id, id)
) STRICT;
