"""Removing what nobody needs any more."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from helpdesk.people.sessions import IN_USE

ORPHAN_AFTER = 3600.0  # seconds: a blob is written before the row that refers to it
BATCH = 500

log = structlog.get_logger(__name__)


async def forget_old_sign_ins(*, at: datetime) -> None:
    """Delete sessions that have run out, and one-time links a month after they have."""
    await rows(f"DELETE FROM hd_session s USING hd_installation i WHERE NOT ({IN_USE})", at, at)
    await rows("DELETE FROM hd_sign_in_step WHERE expires_at < {}", at)
    await rows("DELETE FROM hd_oidc_visit WHERE expires_at < {}", at)
    await rows("DELETE FROM hd_one_time_link WHERE expires_at < {}", at - timedelta(days=30))


async def forget_old_answers(*, at: datetime) -> None:
    """Delete what was kept for a day to answer repeated API calls alike."""
    await rows("DELETE FROM hd_idempotent_answer WHERE created_at < {}", at - timedelta(days=1))


async def remove_orphan_blobs() -> int:
    """Delete files older than an hour that no attachment and no mail on its way refers to; how many went."""
    removed = 0
    batch: list[Path] = []
    for path in [*await asyncio.to_thread(lambda: list(_old_blobs())), None]:
        if path is not None:
            batch.append(path)
        if batch and (path is None or len(batch) == BATCH):
            removed += await _remove_unused(batch)
            batch = []
    if removed:
        log.info("orphan_blobs_removed", files=removed)
    return removed


def _old_blobs() -> Iterator[Path]:
    """Blobs, and drafts that a killed process left, not touched for an hour."""
    before = time.time() - ORPHAN_AFTER
    for path in settings().blob_dir.glob("*/*"):
        if path.is_file() and path.stat().st_mtime < before:
            yield path


async def _remove_unused(paths: list[Path]) -> int:
    attached = await rows("SELECT DISTINCT blob FROM hd_attachment WHERE blob = ANY({})", [path.name for path in paths])
    used = {row["blob"] for row in attached}
    if left := [path.name for path in paths if path.name not in used]:
        enclosed = await rows(
            """SELECT enclosure->>'blob' AS blob FROM hd_delivery, jsonb_array_elements(mail->'enclosures') enclosure
            WHERE enclosure->>'blob' = ANY({})""",
            left,
        )
        used |= {row["blob"] for row in enclosed}
        shown = await rows("SELECT DISTINCT blob FROM kb_file WHERE blob = ANY({})", left)
        used |= {row["blob"] for row in shown}
    return sum([await asyncio.to_thread(_remove, path) for path in paths if path.name not in used])


def _remove(path: Path) -> bool:
    """Delete the file unless `blobs.keep` touched it meanwhile, to refer to it anew.

    It is moved aside first: a `keep` before that is seen by the time of the file, a later one writes it again.
    """
    aside = path.with_name(f".{path.name}.orphan")
    try:
        path.rename(aside)
        if aside.stat().st_mtime >= time.time() - ORPHAN_AFTER:
            aside.rename(path)
            return False
        aside.unlink()
    except FileNotFoundError:
        return False  # another scheduler was faster
    return True
