"""What is said when an article is handed over to be looked at, or sent back; and who was told that its day has come."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "remarks on articles, and reminders of their reviews"

_FORWARDS = [
    """
ALTER TABLE kb_translation
    ADD COLUMN published_by integer,
    ADD COLUMN remark varchar(1000) NOT NULL DEFAULT '',
    ADD COLUMN remark_by integer,
    ADD COLUMN remarked_at timestamptz""",
    """
CREATE TABLE kb_reminder (
    id serial PRIMARY KEY,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    agent integer NOT NULL,
    review_on date NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT kb_reminder_once UNIQUE (article, agent, review_on)
)""",
]
_BACKWARDS = [
    "DROP TABLE kb_reminder",
    "ALTER TABLE kb_translation DROP COLUMN remarked_at, DROP COLUMN remark_by, DROP COLUMN remark, DROP COLUMN published_by",
]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
