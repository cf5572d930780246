"""Texts that an older cleaner has made safe, cleaned again: an upgrade mends what is stored."""

import asyncio
from datetime import datetime

from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from knowledge_base.changes import note_change
from knowledge_base.cleaning import CLEANER, clean, safe
from knowledge_base.words import text_of

BATCH = 100
"""Revisions a round: whoever writes meanwhile is not kept waiting."""

_HOLD = """SELECT FROM kb_article WHERE id = (
    SELECT t.article FROM kb_revision r JOIN kb_translation t ON t.id = r.translation WHERE r.id = {}) FOR NO KEY UPDATE"""
"""In the order of locks that `changes` names."""


async def clean_outdated(*, at: datetime) -> int:
    """Some of them, the newest first; how many. What is written meanwhile is left to its writer."""
    found = await rows(
        "SELECT id, html, cleaner FROM kb_revision WHERE cleaner < {} ORDER BY cleaner DESC, id DESC LIMIT {}", CLEANER, BATCH
    )  # fmt: skip
    for row in found:
        html, text = await asyncio.to_thread(_cleaned, row["html"])
        async with transaction():
            await rows(_HOLD, row["id"])
            done = await rows(
                """UPDATE kb_revision SET html = {}, text = {}, cleaner = {} WHERE id = {} AND cleaner < {} AND html = {}
                RETURNING translation, number""",
                html, text, CLEANER, row["id"], CLEANER, row["html"],
            )  # fmt: skip
            if done and html != row["html"]:
                is_read = "SELECT id FROM kb_translation WHERE id = {} AND published = {}"
                read = await rows(is_read, done[0]["translation"], done[0]["number"])
                await note_change([one["id"] for one in read], at=at)
    return len(found)


def _cleaned(html: str) -> tuple[str, str]:
    try:
        made = clean(html)
    except Invalid:  # it was short and flat enough once
        made = safe(html)
    return made, text_of(made)
