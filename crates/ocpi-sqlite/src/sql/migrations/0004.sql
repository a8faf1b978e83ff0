-- The fourth schema: Tokens in the order of their last change, how far their exchange with each
-- platform is, and what a CPO keeps of an answer to its own charge point.

-- Whether its owner lists the Token no more.
ALTER TABLE tokens ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;

-- With the owner, so that Tokens of others are passed over without a look at them.
CREATE INDEX tokens_revision ON tokens (revision, country_code, party_id);

-- JSON; NULL in an answer to a platform. A link seals it as the last of the columns.
ALTER TABLE authorizations ADD COLUMN charge_point TEXT;

-- How far our Tokens are known to a CPO.
CREATE TABLE push_progress (
    platform TEXT NOT NULL PRIMARY KEY,
    connected_at_ms INTEGER NOT NULL,
    -- In words of the application.
    scope TEXT NOT NULL,
    through INTEGER NOT NULL,
    taken_at_ms INTEGER,
    -- JSON: the Tokens that it refused.
    behind TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far we know the Tokens of an eMSP.
CREATE TABLE pull_progress (
    platform TEXT NOT NULL PRIMARY KEY,
    connected_at_ms INTEGER NOT NULL,
    -- In words of the application.
    scope TEXT NOT NULL,
    pulled_to_ms INTEGER,
    all_pulled_at_ms INTEGER,
    -- JSON; NULL when none is under way.
    crawl TEXT
) STRICT, WITHOUT ROWID;

-- What the crawl under way has seen, in the order of the rows.
CREATE TABLE seen_tokens (
    number INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    -- Of each Token eight bytes.
    hashes BLOB NOT NULL
) STRICT;

CREATE INDEX seen_tokens_platform ON seen_tokens (platform);

-- What may be found by one uid without end, in the order of creation: an EMAID has many spellings,
-- and a peer may invent types. Of the others each party has one.
CREATE INDEX tokens_emaid ON tokens (uid_key) WHERE type = 'EMAID';

CREATE INDEX tokens_unlisted ON tokens (uid)
    WHERE type <> 'AD_HOC_USER' AND type <> 'APP_USER' AND type <> 'EMAID' AND type <> 'OTHER' AND type <> 'RFID';
