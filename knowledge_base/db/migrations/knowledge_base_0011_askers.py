"""What one page of a form taught is found by the page when it is taken back."""

from helpdesk.kernel.database import rows
from knowledge_base.db.raw import migration

ID = "2026-11-22T16:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "evidence by who asked"


async def _forwards() -> None:
    await rows("CREATE INDEX kb_evidence_asked_by ON kb_evidence (asked_by)")


async def _backwards() -> None:
    await rows("DROP INDEX kb_evidence_asked_by")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
