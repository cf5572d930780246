"""Forgetting by age: mails as they came, and the record of those that were turned away. The rows of the log stay."""

from datetime import datetime, timedelta

from helpdesk.kernel.database import rows

TURNED_AWAY_KEPT = timedelta(days=30)
BATCH = 500

_FORGET = """
UPDATE hd_raw_message SET content = '', forgotten_at = {} WHERE id IN (
    SELECT id FROM hd_raw_message WHERE forgotten_at IS NULL AND received_at < {} AND taken_in_at IS NOT NULL
        AND fate <> 'quarantined' ORDER BY received_at LIMIT {})
RETURNING id
"""


async def forget_old_mails(*, at: datetime) -> int:
    """Remove the content of mails older than the installation keeps them; how many. What nobody could read is kept."""
    [installation] = await rows("SELECT raw_kept_days AS days FROM hd_installation")
    forgotten = 0
    while installation["days"]:
        batch = await rows(_FORGET, at, at - timedelta(days=installation["days"]), BATCH)
        forgotten += len(batch)
        if len(batch) < BATCH:
            break
    return forgotten


async def forget_turned_away(*, at: datetime) -> None:
    """Delete the record of mails that were turned away a month ago."""
    await rows("DELETE FROM hd_turned_away WHERE last_at < {}", at - TURNED_AWAY_KEPT)
