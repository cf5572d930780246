"""Articles that were suggested beside tickets, and those that did not help there."""

from helpdesk.db.raw import migration, run
from helpdesk.kernel.database import rows

ID = "2026-11-22T16:24:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "articles beside tickets"

STATEMENTS = [
    """
CREATE TABLE hd_offered_article (
    id bigserial PRIMARY KEY,
    ticket bigint NOT NULL REFERENCES hd_ticket ON DELETE CASCADE ON UPDATE CASCADE,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE,
    language varchar(8) NOT NULL,
    suggested_at timestamptz,
    dismissed_at timestamptz,
    dismissed_by integer REFERENCES hd_agent ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT hd_offered_article_once UNIQUE (ticket, article)
)""",
    "CREATE INDEX hd_offered_article_article ON hd_offered_article (article)",
]


async def _forwards() -> None:
    await run(STATEMENTS)


async def _backwards() -> None:
    await rows("DROP TABLE hd_offered_article")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
