"""Messages whose HTML an older sanitiser cleaned are found by an index."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-22T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of sanitiser versions"


async def _forwards() -> None:
    await rows("CREATE INDEX hd_message_sanitiser ON hd_message (sanitiser_version, id) WHERE body_html IS NOT NULL")


async def _backwards() -> None:
    await rows("DROP INDEX hd_message_sanitiser")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
