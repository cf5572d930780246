"""Old mails of notices are found without looking at all mails."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T07:28:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "old mails of notices"


async def _forwards() -> None:
    await rows("CREATE INDEX hd_delivery_of_notices ON hd_delivery (queued_at) WHERE kind = 'notice'")


async def _backwards() -> None:
    await rows("DROP INDEX hd_delivery_of_notices")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
