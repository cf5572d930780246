"""HTML that an older sanitiser cleaned, cleaned again from the mail as it came: an upgrade mends what is stored (rulings 17)."""

import asyncio

import structlog

from helpdesk import actors
from helpdesk.channels.email.parsing_child import ParserDied
from helpdesk.channels.email.sanitising import SANITISER_VERSION, sanitise
from helpdesk.intake.parser import parser
from helpdesk.kernel.database import rows

BATCH = 200
"""Messages a round: new mail is not kept waiting by old mail."""

log = structlog.get_logger(__name__)


async def clean_outdated() -> int:
    """Nudge the workers about some messages of an older sanitiser, the newest first; how many."""
    found = await rows(
        "SELECT id FROM hd_message WHERE body_html IS NOT NULL AND sanitiser_version < {} ORDER BY id DESC LIMIT {}",
        SANITISER_VERSION, BATCH,
    )  # fmt: skip
    await asyncio.to_thread(_nudge, [row["id"] for row in found])
    return len(found)


async def clean_again(message_id: int) -> None:
    """Clean the message's HTML with the sanitiser of today, unless that was done; safe to call any number of times."""
    found = await rows(
        """SELECT body_html, sanitiser_version,
            (SELECT content FROM hd_raw_message WHERE message = hd_message.id ORDER BY id LIMIT 1) AS raw
        FROM hd_message WHERE id = {} AND body_html IS NOT NULL AND sanitiser_version < {}""",
        message_id, SANITISER_VERSION,
    )  # fmt: skip
    for message in found:
        html = await _from_raw(message["raw"]) if message["raw"] else None
        await rows(
            "UPDATE hd_message SET body_html = {}, sanitiser_version = {} WHERE id = {} AND sanitiser_version = {}",
            html or sanitise(message["body_html"]).html, SANITISER_VERSION, message_id, message["sanitiser_version"],
        )  # fmt: skip


async def _from_raw(raw: bytes) -> str | None:
    try:
        return (await parser().read(raw)).safe_html
    except ParserDied as death:
        log.warning("parser_died", death=str(death))
        return None


def _nudge(ids: list[int]) -> None:
    for id in ids:
        actors.clean_again.send(id)
    if ids:
        log.info("cleaning_html_again", messages=len(ids))
