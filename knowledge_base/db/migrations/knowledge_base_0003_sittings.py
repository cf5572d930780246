"""In which sitting a revision is being written; under which title, and at which place by it, readers see a translation."""

from helpdesk.kernel.database import rows
from helpdesk.kernel.text import sort_key
from knowledge_base.db.raw import migration, run

ID = "2026-11-22T16:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sittings over revisions, and titles that readers see"

_FORWARDS = [
    "ALTER TABLE kb_revision ADD COLUMN sitting varchar(32) NOT NULL DEFAULT ''",
    """
ALTER TABLE kb_translation
    ADD COLUMN published_title varchar(200) NOT NULL DEFAULT '',
    ADD COLUMN published_key varchar(300) NOT NULL DEFAULT ''""",
]
_BACKWARDS = [
    "ALTER TABLE kb_translation DROP COLUMN published_key, DROP COLUMN published_title",
    "ALTER TABLE kb_revision DROP COLUMN sitting",
]


async def _forwards() -> None:
    await run(_FORWARDS)
    found = await rows(
        "SELECT t.id, r.title FROM kb_translation t JOIN kb_revision r ON r.translation = t.id AND r.number = t.published"
    )
    await rows(
        """UPDATE kb_translation t SET published_title = read.title, published_key = read.key
        FROM unnest({}::int[], {}::text[], {}::text[]) AS read (id, title, key) WHERE t.id = read.id""",
        [row["id"] for row in found], [row["title"] for row in found], [sort_key(row["title"]) for row in found],
    )  # fmt: skip


async def _backwards() -> None:
    await run(_BACKWARDS)


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
