"""How the fetching of each mailbox goes, and what an administrator may ask of it."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand

State = Literal["unconnected", "waiting", "failing", "unattended", "fetching", "listening", "polling"]

_STATES = """
SELECT a.channel AS channel_id, c.address, a.folder, a.last_error AS error, f.looked_at, f.found, f.done, f.failing_since, f.gap, f.gap_at,
    coalesce(f.begins_after > 0 AND NOT f.wants_earlier, false) AS has_earlier, coalesce(f.doing, '') AS doing,
    a.oauth_grant IS NOT NULL AND coalesce(g.refresh_token, '') = '' AS is_unconnected, coalesce(g.last_error, '') AS oauth_error,
    coalesce(f.held_until > now(), false) AS is_held, f.failing_since < now() - interval '1 hour' AS fails_long,
    f.looked_at < now() - interval '1 hour' AS is_long_ago
FROM hd_mail_account a JOIN hd_channel c ON c.id = a.channel LEFT JOIN hd_oauth_grant g ON g.id = a.oauth_grant
LEFT JOIN hd_mail_folder f ON f.account = a.id AND f.name = a.folder
WHERE a.direction = 'in' AND c.deactivated_at IS NULL AND ({}::int IS NULL OR a.channel = {}) ORDER BY a.channel
"""


class Fetching(msgspec.Struct, frozen=True, kw_only=True):
    """`found` and `done` are of the current look while `state` is fetching. `gap` mails were missing at `gap_at`, and
    fetched; `has_earlier` tells that mails from before us were left alone. `unattended`: no scheduler holds it."""

    channel_id: int
    address: str
    folder: str
    state: State
    error: str
    looked_at: datetime | None
    found: int
    done: int
    failing_since: datetime | None
    gap: int
    gap_at: datetime | None
    has_earlier: bool
    warning: str
    """What must not go on like this, for the doctor; empty when all is well."""


async def fetching_of(channel_id: int) -> Fetching | None:
    """How the mailbox is fetched; None when its mail is pushed to us."""
    found = await fetchings(channel_id)
    return found[0] if found else None


async def fetchings(channel_id: int | None = None) -> list[Fetching]:
    """All mailboxes in use that are fetched."""
    return [_read(row) for row in await rows(_STATES, channel_id, channel_id)]


async def fetch_now(channel_id: int, *, by: SignedIn) -> None:
    """Have the mailbox looked at within seconds, whatever it waits for."""
    await _ask(channel_id, "asked_at = now()", by=by)


async def fetch_earlier(channel_id: int, *, by: SignedIn) -> None:
    """Take in what was in the folder before the helpdesk, too."""
    await _ask(channel_id, "asked_at = now(), wants_earlier = true", by=by)


async def acknowledge_gap(channel_id: int, *, by: SignedIn) -> None:
    """Somebody knows of the mails that were missing: no warning any more."""
    await _ask(channel_id, "gap = 0, gap_at = NULL", by=by)


async def _ask(channel_id: int, change: str, *, by: SignedIn) -> None:
    demand(by, "manage_channels")
    changed = await rows(
        f"""INSERT INTO hd_mail_folder (account, name) SELECT id, folder FROM hd_mail_account WHERE channel = {{}} AND direction = 'in'
        ON CONFLICT (account, name) DO UPDATE SET {change} RETURNING id""",
        channel_id,
    )  # fmt: skip
    if not changed:
        raise NotFound(_("This mailbox is not fetched."))


def _read(row: dict[str, Any]) -> Fetching:
    state = _state(row)
    error = row["oauth_error"] or row["error"] if state in ("unconnected", "failing") else ""
    shown = {
        name: row[name]
        for name in ("channel_id", "address", "folder", "looked_at", "failing_since", "gap_at", "has_earlier")
    }
    return Fetching(
        **shown, state=state, error=error, found=row["found"] or 0, done=row["done"] or 0, gap=row["gap"] or 0,
        warning=_warning(row, state, error),
    )  # fmt: skip


def _state(row: dict[str, Any]) -> State:
    if row["is_unconnected"]:
        return "unconnected"
    if row["failing_since"]:
        return "failing"
    if row["is_held"]:
        return row["doing"] or "waiting"
    return "unattended" if row["looked_at"] else "waiting"


def _warning(row: dict[str, Any], state: State, error: str) -> str:
    if state == "unconnected" and error:
        return f"cannot be signed in to: {error}"
    if row["fails_long"]:
        return f"not fetched since {row['failing_since']:%Y-%m-%d %H:%M} UTC: {error}"
    if state == "unattended" and row["is_long_ago"]:
        return f"not looked at since {row['looked_at']:%Y-%m-%d %H:%M} UTC: is a scheduler running?"
    if row["gap"]:
        return (
            f"{row['gap']} mails had been missed, and were fetched on {row['gap_at']:%Y-%m-%d %H:%M} UTC: look at them"
        )
    return ""
