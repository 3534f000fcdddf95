"""The layout of the file, step by step; ``PRAGMA user_version`` counts the steps taken."""

from __future__ import annotations

APPLICATION_ID = 0x544D5831
"""``TMX1``, in the file's header: a database of another program is refused, not migrated."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE runs (
            run_id      TEXT PRIMARY KEY,
            request_id  TEXT UNIQUE,
            active      INTEGER NOT NULL,
            instruction TEXT NOT NULL,
            episode     TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX runs_active ON runs (run_id) WHERE active",
        """
        CREATE TABLE calls (
            call_id TEXT PRIMARY KEY,
            run_id  TEXT NOT NULL REFERENCES runs (run_id),
            call    TEXT NOT NULL,
            outcome TEXT
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX calls_of_run ON calls (run_id, call_id)",
        "CREATE TABLE latch (only INTEGER PRIMARY KEY CHECK (only = 1), reason TEXT NOT NULL) STRICT",
    ),
    ("ALTER TABLE calls ADD COLUMN sent INTEGER NOT NULL DEFAULT 1",),
    (
        """
        CREATE TABLE audit_head (
            only  INTEGER PRIMARY KEY CHECK (only = 1),
            count INTEGER NOT NULL,
            mac   TEXT NOT NULL,
            seal  TEXT NOT NULL
        ) STRICT
        """,
    ),
    (
        "DROP INDEX calls_of_run",
    ),  # ids tell by their time where a run's calls begin; an index cost a page for each call
    (
        """
        CREATE TABLE outlines (
            outline_id TEXT PRIMARY KEY,
            name       TEXT UNIQUE,
            outline    TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE rules (
            rule_id       TEXT PRIMARY KEY,
            rule          TEXT NOT NULL,
            fired         INTEGER NOT NULL DEFAULT 0,
            blocked       INTEGER NOT NULL DEFAULT 0,
            dropped       INTEGER NOT NULL DEFAULT 0,
            missed        INTEGER NOT NULL DEFAULT 0,
            traces        INTEGER NOT NULL DEFAULT 0,
            last_fired_us INTEGER
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE rule_deadlines (
            rule_id TEXT NOT NULL REFERENCES rules (rule_id) ON DELETE CASCADE,
            trigger INTEGER NOT NULL,
            due_us  INTEGER,
            data    TEXT NOT NULL,
            PRIMARY KEY (rule_id, trigger)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE rule_firings (
            firing_id TEXT PRIMARY KEY,
            rule_id   TEXT NOT NULL,
            sequence  INTEGER NOT NULL,
            firing    TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE rule_traces (
            rule_id TEXT NOT NULL REFERENCES rules (rule_id) ON DELETE CASCADE,
            place   INTEGER NOT NULL,
            trace   TEXT NOT NULL,
            PRIMARY KEY (rule_id, place)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE rule_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ),
    ("CREATE TABLE redo (number INTEGER PRIMARY KEY, statements TEXT NOT NULL) STRICT",),
    (
        """
        CREATE TABLE api_packages (
            package  TEXT PRIMARY KEY,
            route    TEXT NOT NULL,
            source   TEXT NOT NULL,
            body     TEXT NOT NULL,
            approved TEXT NOT NULL DEFAULT ''
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE apis (
            number      INTEGER PRIMARY KEY,
            name        TEXT NOT NULL UNIQUE,
            package     TEXT NOT NULL,
            version     INTEGER NOT NULL,
            base        INTEGER NOT NULL DEFAULT 0,
            enabled     INTEGER NOT NULL DEFAULT 1,
            deleted     INTEGER NOT NULL DEFAULT 0,
            active      INTEGER NOT NULL DEFAULT 0,
            danger      TEXT NOT NULL,
            approved    TEXT NOT NULL DEFAULT '',
            approved_by TEXT NOT NULL DEFAULT '',
            kind        TEXT NOT NULL,
            revision    INTEGER NOT NULL,
            quality     REAL,
            uses        INTEGER NOT NULL DEFAULT 0,
            confirmed   INTEGER NOT NULL DEFAULT 0,
            failed      INTEGER NOT NULL DEFAULT 0,
            used_us     INTEGER
        ) STRICT
        """,
        "CREATE INDEX apis_active ON apis (name) WHERE active",
        "CREATE INDEX apis_of_package ON apis (package, name)",
        "CREATE INDEX apis_by_revision ON apis (revision)",
        """
        CREATE TABLE api_versions (
            name     TEXT NOT NULL,
            version  INTEGER NOT NULL,
            change   TEXT NOT NULL,
            author   TEXT NOT NULL,
            at_us    INTEGER NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (name, version)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE api_examples (
            name   TEXT NOT NULL,
            text   TEXT NOT NULL,
            run_id TEXT NOT NULL,
            at_us  INTEGER NOT NULL,
            PRIMARY KEY (name, text)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE feedback (
            feedback_id TEXT PRIMARY KEY,
            run_id      TEXT NOT NULL,
            verdict     TEXT NOT NULL,
            story       TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX feedback_of_run ON feedback (run_id)",
    ),
    (
        """
        CREATE TABLE told_facts (
            key   TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            at_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE rule_makings (
            rule_id      TEXT PRIMARY KEY,
            conversation TEXT NOT NULL,
            place        INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE preferences (
            place   INTEGER PRIMARY KEY AUTOINCREMENT,
            speaker TEXT NOT NULL,
            text    TEXT NOT NULL,
            UNIQUE (speaker, text)
        ) STRICT
        """,
    ),
    (
        "ALTER TABLE apis ADD COLUMN speaks INTEGER NOT NULL DEFAULT 1",
        "CREATE INDEX apis_that_speak ON apis (name) WHERE active AND speaks",
    ),
    (
        """
        CREATE TABLE state_history (
            number INTEGER PRIMARY KEY,
            at_us  INTEGER NOT NULL,
            key    TEXT NOT NULL,
            value  TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX state_history_at ON state_history (at_us)",
        "CREATE TABLE redo_statements (number INTEGER PRIMARY KEY, statement TEXT NOT NULL UNIQUE) STRICT",
        "DROP TABLE redo",
        "CREATE TABLE redo (slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, statements TEXT NOT NULL) STRICT",
        "CREATE TABLE redo_applied (number INTEGER NOT NULL) STRICT",
        "INSERT INTO redo_applied (number) VALUES (0)",
    ),
    (
        """
        CREATE TABLE missing_apis (
            wanted   TEXT PRIMARY KEY,
            times    INTEGER NOT NULL,
            first_us INTEGER NOT NULL,
            last_us  INTEGER NOT NULL,
            run_id   TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE vectors (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            key    TEXT NOT NULL UNIQUE,
            vector BLOB NOT NULL
        ) STRICT
        """,
    ),
    (
        "DROP TABLE redo",
        "DROP TABLE redo_statements",
        "DROP TABLE redo_applied",
        "CREATE TABLE redo_life (life TEXT NOT NULL, applied INTEGER NOT NULL) STRICT",
        "INSERT INTO redo_life (life, applied) VALUES ('', 0)",
    ),
)
"""Appended to, never edited: files out there have taken the earlier steps."""
