"""Web forms, automatic texts and opening hours of channels."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T01:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "web forms, automatic texts, opening hours"

FORMS = """
CREATE TABLE hd_web_form (
    id serial PRIMARY KEY,
    channel integer NOT NULL UNIQUE REFERENCES hd_channel ON DELETE CASCADE ON UPDATE CASCADE,
    slug varchar(60) NOT NULL UNIQUE,
    accent varchar(7) NOT NULL DEFAULT '',
    priority varchar(12) NOT NULL DEFAULT 'normal',
    tags varchar(50)[] NOT NULL DEFAULT ARRAY[]::varchar[],
    asks_name varchar(8) NOT NULL DEFAULT 'required',
    asks_subject varchar(8) NOT NULL DEFAULT 'required',
    asks_phone varchar(8) NOT NULL DEFAULT 'no',
    takes_files boolean NOT NULL DEFAULT true,
    origins varchar(300)[] NOT NULL DEFAULT ARRAY[]::varchar[],
    texts jsonb NOT NULL,
    fields jsonb NOT NULL
)
"""
TEXTS = """
CREATE TABLE hd_automatic_text (
    id serial PRIMARY KEY,
    channel integer NOT NULL REFERENCES hd_channel ON DELETE CASCADE ON UPDATE CASCADE,
    kind varchar(20) NOT NULL,
    language varchar(8) NOT NULL,
    subject varchar(200) NOT NULL,
    body text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT hd_automatic_text_once UNIQUE (channel, kind, language)
)
"""


async def _forwards() -> None:
    await rows("ALTER TABLE hd_channel ALTER COLUMN address DROP NOT NULL")
    await rows(
        """ALTER TABLE hd_channel
            ADD COLUMN answers_by integer REFERENCES hd_channel ON DELETE SET NULL ON UPDATE CASCADE,
            ADD COLUMN opening_hours jsonb"""
    )
    await rows("CREATE INDEX hd_channel_answers_by ON hd_channel (answers_by)")
    await rows(FORMS)
    await rows(TEXTS)


async def _backwards() -> None:
    await rows("DROP TABLE hd_automatic_text")
    await rows("DROP TABLE hd_web_form")
    await rows("ALTER TABLE hd_channel DROP COLUMN answers_by, DROP COLUMN opening_hours")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
