"""Words that mean the same, as an administrator lists them."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "lists of synonyms"

_FORWARDS = [
    """
CREATE TABLE kb_synonyms (
    id serial PRIMARY KEY,
    language varchar(8) NOT NULL,
    groups text NOT NULL,
    off text[] NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT kb_synonyms_once UNIQUE (language)
)""",
]
_BACKWARDS = ["DROP TABLE kb_synonyms"]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
