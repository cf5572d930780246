"""How far each folder has been fetched, what became of each UID, and consents that are under way."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T01:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "fetched folders and OAuth consents"

FOLDERS = """
CREATE TABLE hd_mail_folder (
    id serial PRIMARY KEY,
    account integer NOT NULL REFERENCES hd_mail_account ON DELETE CASCADE ON UPDATE CASCADE,
    name varchar(255) NOT NULL,
    uid_validity bigint,
    last_uid bigint NOT NULL DEFAULT 0,
    begins_after bigint NOT NULL DEFAULT 0,
    began_at timestamptz,
    wants_earlier boolean NOT NULL DEFAULT false,
    renumbered_to bigint NOT NULL DEFAULT 0,
    holder varchar(32) NOT NULL DEFAULT '',
    held_until timestamptz,
    asked_at timestamptz,
    doing varchar(10) NOT NULL DEFAULT '',
    found integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    looked_at timestamptz,
    failing_since timestamptz,
    compared_at timestamptz,
    gap integer NOT NULL DEFAULT 0,
    gap_at timestamptz,
    CONSTRAINT hd_mail_folder_once UNIQUE (account, name)
)
"""
FETCHED = """
CREATE TABLE hd_fetched_mail (
    id bigserial PRIMARY KEY,
    folder integer NOT NULL REFERENCES hd_mail_folder ON DELETE CASCADE ON UPDATE CASCADE,
    uid_validity bigint NOT NULL,
    uid bigint NOT NULL,
    raw_message bigint REFERENCES hd_raw_message ON DELETE SET NULL ON UPDATE CASCADE,
    reason text NOT NULL DEFAULT '',
    is_settled boolean NOT NULL DEFAULT false,
    CONSTRAINT hd_fetched_mail_once UNIQUE (folder, uid_validity, uid)
)
"""
CONSENTS = """
CREATE TABLE hd_oauth_consent (
    id serial PRIMARY KEY,
    state_hash varchar(64) NOT NULL UNIQUE,
    "grant" integer NOT NULL REFERENCES hd_oauth_grant ON DELETE CASCADE ON UPDATE CASCADE,
    channel integer NOT NULL REFERENCES hd_channel ON DELETE CASCADE ON UPDATE CASCADE,
    session integer NOT NULL REFERENCES hd_session ON DELETE CASCADE ON UPDATE CASCADE,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL
)
"""
INDEXES = [
    "CREATE INDEX hd_mail_folder_account ON hd_mail_folder (account)",
    "CREATE INDEX hd_fetched_mail_raw_message ON hd_fetched_mail (raw_message)",
    "CREATE INDEX hd_fetched_mail_unsettled ON hd_fetched_mail (folder, uid) WHERE NOT is_settled",
    'CREATE INDEX hd_oauth_consent_grant ON hd_oauth_consent ("grant")',
    "CREATE INDEX hd_oauth_consent_session ON hd_oauth_consent (session)",
]


async def _forwards() -> None:
    await run((FOLDERS, FETCHED, CONSENTS, *INDEXES))


async def _backwards() -> None:
    for table in ("hd_oauth_consent", "hd_fetched_mail", "hd_mail_folder"):
        await rows(f"DROP TABLE {table}")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
