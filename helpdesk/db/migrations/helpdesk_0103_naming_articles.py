"""Acknowledgements name an article that very probably answers, where a channel wants it; the delivery says which."""

from helpdesk.db.raw import migration, run

ID = "2026-11-22T16:22:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "articles in acknowledgements"

_FORWARDS = [
    "ALTER TABLE hd_channel ADD COLUMN names_articles boolean NOT NULL DEFAULT true",
    "ALTER TABLE hd_delivery ADD COLUMN article integer",
]
_BACKWARDS = [
    "ALTER TABLE hd_delivery DROP COLUMN article",
    "ALTER TABLE hd_channel DROP COLUMN names_articles",
]


async def _forwards() -> None:
    await run(_FORWARDS)


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
