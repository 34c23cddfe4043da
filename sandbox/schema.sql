CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- Meta -------------------------------------------------------------------------------------------
CREATE TABLE IF NOT EXISTS numbers (
    phone_number_id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    waba_id TEXT NOT NULL,
    display TEXT NOT NULL,
    verified_name TEXT NOT NULL,
    access_token TEXT NOT NULL UNIQUE,
    app_callback TEXT,           -- NULL: <webhook base>/webhooks/whatsapp/<slug>/
    waba_callback TEXT,
    phone_callback TEXT,
    is_subscribed INTEGER NOT NULL DEFAULT 1
);
-- What Meta holds about a number or an account, where it differs from a healthy one's (JSON).
CREATE TABLE IF NOT EXISTS nodes (id TEXT PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS patients (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,    -- 13-digit form of the phone, or a business-scoped id
    wa_id TEXT,                  -- NULL: the phone is hidden
    name TEXT NOT NULL,
    username TEXT
);
-- Who took a user name: webhooks leave their phone out. And who is reached under exactly their wa_id, not its other form.
CREATE TABLE IF NOT EXISTS hidden_phones (patient TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS one_form (patient TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS user_ids (
    slug TEXT NOT NULL,
    patient TEXT NOT NULL,
    user_id TEXT NOT NULL UNIQUE,
    PRIMARY KEY (slug, patient)
);
CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL,
    patient TEXT NOT NULL,
    direction TEXT NOT NULL,     -- in: from the patient, out: from the clinic
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    parts TEXT NOT NULL,         -- JSON: buttons, sections, footer …
    state TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_of_chat ON messages (number, patient, position);
CREATE TABLE IF NOT EXISTS chats (
    number TEXT NOT NULL,
    patient TEXT NOT NULL,
    written_at REAL NOT NULL DEFAULT 0,
    typing_until REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (number, patient)
);

CREATE TABLE IF NOT EXISTS chat_flags (
    number TEXT NOT NULL,
    patient TEXT NOT NULL,
    flag TEXT NOT NULL,          -- standby, no_marketing
    PRIMARY KEY (number, patient, flag)
);

CREATE TABLE IF NOT EXISTS templates (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    waba_id TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    category TEXT NOT NULL,
    previous_category TEXT,
    parameter_format TEXT NOT NULL,
    components TEXT NOT NULL,    -- JSON, as submitted
    status TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT 'NONE',
    quality TEXT NOT NULL DEFAULT 'UNKNOWN',
    pauses INTEGER NOT NULL DEFAULT 0,
    paused_until REAL,           -- simulated time
    created_at REAL NOT NULL,    -- simulated time
    UNIQUE (waba_id, name, language)
);
-- Outlives its template: Meta counts creations, not what is left of them.
CREATE TABLE IF NOT EXISTS template_creations (waba_id TEXT NOT NULL, at REAL NOT NULL);

-- Calls the simulator owes to the product (webhooks and pushes) --------------------------------------
CREATE TABLE IF NOT EXISTS posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,           -- '': nothing to send, only a message to mark
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    is_webhook INTEGER NOT NULL, -- a webhook is repeated until 200, a push only after 5xx
    marks_message TEXT,
    marks_state TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,        -- real time: the network does not know the simulated clock
    created_at REAL NOT NULL
);
-- What was asked of us, and which webhooks of ours were answered 200: for those who count.
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,            -- real time
    target TEXT NOT NULL,
    operation TEXT NOT NULL,
    slug TEXT,
    key TEXT NOT NULL,
    fault TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS taken_webhooks (id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL
);

-- Google -----------------------------------------------------------------------------------------
CREATE TABLE IF NOT EXISTS accounts (
    email TEXT PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    clinic TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS calendars (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    summary TEXT NOT NULL,
    time_zone TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS made_calendars (
    calendar TEXT PRIMARY KEY,   -- made by a program, not by the person
    client_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    calendar TEXT NOT NULL,
    id TEXT NOT NULL,
    resource TEXT NOT NULL,
    status TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    changed INTEGER NOT NULL,    -- number of its last change: etag and sync tokens come from it
    UNIQUE (calendar, id)
);
CREATE INDEX IF NOT EXISTS events_changed ON events (calendar, changed);
-- What a series was before each change of it: its former instances are told as cancelled.
CREATE TABLE IF NOT EXISTS series_past (
    calendar TEXT NOT NULL,
    id TEXT NOT NULL,
    changed INTEGER NOT NULL,
    resource TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS series_past_changed ON series_past (calendar, id, changed);
CREATE TABLE IF NOT EXISTS channels (
    id TEXT PRIMARY KEY,
    calendar TEXT NOT NULL,
    account TEXT NOT NULL,
    client_id TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    address TEXT NOT NULL,
    token TEXT,
    expires_at REAL NOT NULL,
    message_number INTEGER NOT NULL DEFAULT 0,
    is_stopped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY,
    grant_data TEXT NOT NULL,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    account TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    PRIMARY KEY (account, client_id)
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    token TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS access_tokens (
    token TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at REAL NOT NULL
);

-- Files that patients sent or clinics uploaded; the bytes lie in files beside this database --------------
CREATE TABLE IF NOT EXISTS media (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL,        -- the phone_number_id it belongs to
    is_upload INTEGER NOT NULL,  -- uploaded by the clinic: good for 30 days, else 7
    mime_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,        -- hex
    size INTEGER NOT NULL,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS media_urls (
    token TEXT PRIMARY KEY,
    media TEXT NOT NULL,
    expires_at REAL NOT NULL
);
