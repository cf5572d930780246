"""The views of the console are counted from their indexes alone."""

from helpdesk.db.raw import migration
from helpdesk.kernel.database import rows

ID = "2026-11-21T23:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes that count views"

UNSOLVED = (
    "status IN ('new', 'open', 'pending', 'on_hold') AND spam_at IS NULL AND trashed_at IS NULL AND merged_into IS NULL"
)
OLD = {
    "hd_ticket_unsolved": "(last_message_at DESC, id DESC)",
    "hd_ticket_unsolved_of_agent": "(assignee, last_message_at DESC, id DESC)",
    "hd_ticket_unsolved_of_team": "(team, last_message_at DESC, id DESC)",
}
NEW = {
    "hd_ticket_unsolved": "(last_message_at DESC, id DESC) INCLUDE (is_automatic, team, assignee)",
    "hd_ticket_unsolved_of_agent": "(assignee, last_message_at DESC, id DESC) INCLUDE (is_automatic, team)",
    "hd_ticket_unsolved_of_team": "(team, last_message_at DESC, id DESC) INCLUDE (is_automatic, assignee)",
}


async def _forwards() -> None:
    await _make_anew(NEW)
    await rows(
        f"CREATE INDEX hd_ticket_automatic ON hd_ticket (last_message_at DESC, id DESC) WHERE is_automatic AND {UNSOLVED}"
    )


async def _backwards() -> None:
    await rows("DROP INDEX hd_ticket_automatic")
    await _make_anew(OLD)


async def _make_anew(indexes: dict[str, str]) -> None:
    for name, columns in indexes.items():
        await rows(f"DROP INDEX {name}")
        await rows(f"CREATE INDEX {name} ON hd_ticket {columns} WHERE {UNSOLVED}")


forwards = migration(ID, DESCRIPTION, _forwards, _backwards)
