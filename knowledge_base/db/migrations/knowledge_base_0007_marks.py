"""A mark for each change, by which an index of another history is known."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "marks of changes"

_FORWARDS = ["ALTER TABLE kb_change ADD COLUMN mark uuid NOT NULL DEFAULT gen_random_uuid()"]
_BACKWARDS = ["ALTER TABLE kb_change DROP COLUMN mark"]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
