-- Times are milliseconds since 1970 in UTC; texts that end in _json are JSON. AUTOINCREMENT: work under way must not meet
-- another row under the number of one that was deleted meanwhile.

CREATE TABLE sources (
    no   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- The inbox's memory: a second delivery of (source, id) is known by its digest and changes nothing. One tree and no index:
-- every event is an insert here.
CREATE TABLE events (
    digest       BLOB PRIMARY KEY,
    received_day INTEGER NOT NULL    -- days since 1970
) WITHOUT ROWID;

CREATE TABLE counters (
    turn              INTEGER NOT NULL,
    person            INTEGER NOT NULL,
    events_kept_since INTEGER NOT NULL -- the day before which no event is remembered any more
);
INSERT INTO counters VALUES (0, 0, 0);

-- Which person a customer key (a digest of phone, e-mail address or external id) is of.
CREATE TABLE people (
    key    BLOB PRIMARY KEY,
    person INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX people_by_person ON people (person);

CREATE TABLE sessions (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    source       INTEGER NOT NULL REFERENCES sources (no),
    subject      TEXT NOT NULL,      -- call/987
    connector    TEXT NOT NULL,
    phase        TEXT NOT NULL,      -- waiting, never, due, done, parked, dropped
    person       INTEGER,
    session_json TEXT NOT NULL,      -- folded from all events
    due_json     TEXT,               -- the session as it was when it became due, by which rule, and when
    lane         INTEGER,
    turn         INTEGER,            -- the order within the lane
    ready_at     INTEGER,            -- when its work may be done; null while there is none
    live         INTEGER NOT NULL DEFAULT 0, -- due, not written yet, and not ended: an agent waits for its record
    record       TEXT,               -- the id of the record that it is on
    trace        TEXT,               -- its own tokens on that record
    intended     TEXT,               -- what a write under way is to come to, JSON
    receipt_json TEXT,
    calls_json   TEXT,               -- the latest CRM calls made for it
    attempts     INTEGER NOT NULL DEFAULT 0,
    odd_tries    INTEGER NOT NULL DEFAULT 0, -- of them, those that were about this session alone
    error        TEXT,               -- why it waits or is parked
    changed_at   INTEGER NOT NULL,
    changed_day  INTEGER NOT NULL,   -- the same in days: its index changes once a day
    UNIQUE (source, subject)
);
CREATE INDEX sessions_ready ON sessions (lane, turn, ready_at, live) WHERE ready_at IS NOT NULL;
CREATE INDEX sessions_by_lane ON sessions (lane) WHERE lane IS NOT NULL;
CREATE INDEX sessions_by_person ON sessions (person) WHERE person IS NOT NULL;
CREATE INDEX sessions_by_age ON sessions (changed_day);
CREATE INDEX sessions_parked ON sessions (no) WHERE phase = 'parked';

-- One connector's customer and leaf queue: served one session after another.
CREATE TABLE lanes (
    no        INTEGER PRIMARY KEY AUTOINCREMENT,
    connector TEXT NOT NULL,
    person    INTEGER NOT NULL,
    queue     TEXT NOT NULL,
    ready_at  INTEGER,               -- when it is to be served; null while it has no work
    live      INTEGER,               -- the latest turn of a live session in it
    retry_at  INTEGER NOT NULL DEFAULT 0,
    failures  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connector, person, queue)
);
CREATE INDEX lanes_ready ON lanes (connector, ready_at) WHERE ready_at IS NOT NULL AND live IS NULL;
CREATE INDEX lanes_live ON lanes (connector, live, ready_at) WHERE ready_at IS NOT NULL AND live IS NOT NULL;

-- The journal: what was about to be written, before it was sent, and what came of it.
CREATE TABLE steps (
    no          INTEGER PRIMARY KEY,
    session     INTEGER NOT NULL REFERENCES sessions (no) ON DELETE CASCADE,
    intended    TEXT NOT NULL,
    intended_at INTEGER NOT NULL,
    result      TEXT,                -- null while it is not known
    finished_at INTEGER
);
CREATE INDEX steps_by_session ON steps (session);

-- Records as last written: candidates whatever the CRM's search shows.
CREATE TABLE records (
    connector   TEXT NOT NULL,
    id          TEXT NOT NULL,
    lane        INTEGER NOT NULL,
    customer    TEXT,
    queue       TEXT,
    record_json TEXT NOT NULL,
    in_doubt    INTEGER NOT NULL DEFAULT 0, -- a write to it was begun, and it is not known what it left there
    changed_at  INTEGER NOT NULL,
    changed_day INTEGER NOT NULL,
    PRIMARY KEY (connector, id)
) WITHOUT ROWID;
CREATE INDEX records_by_lane ON records (lane);
CREATE INDEX records_by_customer ON records (connector, customer, queue) WHERE customer IS NOT NULL;
CREATE INDEX records_by_age ON records (changed_day);

-- Messages on their way out.
CREATE TABLE deliveries (
    no         INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint   TEXT NOT NULL,
    session    INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    next_at    INTEGER,              -- null when it was given up
    attempts   INTEGER NOT NULL DEFAULT 0,
    error      TEXT
);
CREATE INDEX deliveries_next ON deliveries (endpoint, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_session ON deliveries (session);
