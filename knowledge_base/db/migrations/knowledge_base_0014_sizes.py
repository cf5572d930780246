"""How large images are, so that a page keeps their places free; of those that are there already it stays unknown."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T18:22:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "width and height of images"


async def _forwards() -> None:
    await run(["ALTER TABLE kb_file ADD COLUMN width smallint, ADD COLUMN height smallint"])


async def _backwards() -> None:
    await run(["ALTER TABLE kb_file DROP COLUMN width, DROP COLUMN height"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
