"""What led to an article and what became of it, from which the search learns; and what of it the index has not read yet."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what led to articles"

_FORWARDS = [
    """
CREATE TABLE kb_evidence (
    id bigserial PRIMARY KEY,
    article integer NOT NULL REFERENCES kb_article ON DELETE CASCADE ON UPDATE CASCADE,
    language varchar(8) NOT NULL,
    kind varchar(10) NOT NULL,
    asked_by varchar(40) NOT NULL,
    ticket bigint,
    customer bigint,
    text text NOT NULL,
    at timestamptz NOT NULL,
    struck_at timestamptz,
    CONSTRAINT kb_evidence_once UNIQUE (article, language, asked_by, kind)
)""",
    "CREATE INDEX kb_evidence_ticket ON kb_evidence (ticket) WHERE ticket IS NOT NULL",
    "CREATE INDEX kb_evidence_customer ON kb_evidence (customer) WHERE customer IS NOT NULL",
    "CREATE INDEX kb_evidence_at ON kb_evidence (at)",
    """
CREATE TABLE kb_learning (
    id bigserial PRIMARY KEY,
    article integer NOT NULL,
    language varchar(8) NOT NULL
)""",
]
_BACKWARDS = ["DROP TABLE kb_learning", "DROP TABLE kb_evidence"]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
