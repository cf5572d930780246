"""The page that asks whether an article answers is shown once; a ticket leads to what was offered before it."""

from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "offers that were asked about, offers by ticket"


async def _forwards() -> None:
    await run([
        "ALTER TABLE kb_offer ADD COLUMN is_asked boolean NOT NULL DEFAULT false",
        "CREATE INDEX kb_offer_ticket ON kb_offer (ticket) WHERE ticket IS NOT NULL",
    ])  # fmt: skip


async def _backwards() -> None:
    await run(["DROP INDEX kb_offer_ticket", "ALTER TABLE kb_offer DROP COLUMN is_asked"])


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
