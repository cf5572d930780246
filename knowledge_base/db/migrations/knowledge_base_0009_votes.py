"""Which votes count; what readers write, in rows of its own."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:09:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "votes that count, comments of their own"

_FORWARDS = [
    """
ALTER TABLE kb_vote
    ADD COLUMN network varchar(64) NOT NULL DEFAULT '',
    ADD COLUMN is_counted boolean NOT NULL DEFAULT true""",
    """
CREATE TABLE kb_comment (
    id bigserial PRIMARY KEY,
    translation integer NOT NULL REFERENCES kb_translation ON DELETE CASCADE ON UPDATE CASCADE,
    revision integer NOT NULL,
    is_helpful boolean NOT NULL,
    comment text NOT NULL,
    customer bigint,
    at timestamptz NOT NULL
)""",
    """
INSERT INTO kb_comment (translation, revision, is_helpful, comment, customer, at)
SELECT translation, revision, is_helpful, comment, customer, at FROM kb_vote WHERE comment <> '' ORDER BY at, id""",
    "DROP INDEX kb_vote_commented",
    "ALTER TABLE kb_vote DROP COLUMN comment",
    "CREATE INDEX kb_comment_newest ON kb_comment (translation, at DESC, id DESC)",
    "CREATE INDEX kb_comment_customer ON kb_comment (customer) WHERE customer IS NOT NULL",
    "CREATE INDEX kb_vote_customer ON kb_vote (customer) WHERE customer IS NOT NULL",
]
_BACKWARDS = [
    "DROP INDEX kb_vote_customer",
    "ALTER TABLE kb_vote ADD COLUMN comment text NOT NULL DEFAULT ''",
    """
UPDATE kb_vote v SET comment = c.comment FROM (SELECT DISTINCT ON (translation, customer) * FROM kb_comment
    WHERE customer IS NOT NULL ORDER BY translation, customer, at DESC) c WHERE c.translation = v.translation AND c.customer = v.customer""",
    "CREATE INDEX kb_vote_commented ON kb_vote (translation, at DESC) WHERE comment <> ''",
    "DROP TABLE kb_comment",
    "ALTER TABLE kb_vote DROP COLUMN is_counted, DROP COLUMN network",
]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
