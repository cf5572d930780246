"""Articles for somebody who is writing to us: named when one probably answers, before anything is sent.

Nothing here stands in the way of sending: without an index, when it fails or takes too long, nothing is named.
"""

import asyncio
import re
from datetime import datetime

import structlog

from helpdesk.articles.finding import SearchAway, suggest_articles
from helpdesk.articles.seeing import visible_to
from helpdesk.customers.finding import find_by_email
from helpdesk.customers.visiting import Visitor
from helpdesk.people.agents import is_address
from knowledge_base import offering
from knowledge_base.reading import Line, list_named
from knowledge_base.suggesting import LIKELY, LONGEST, POSSIBLE

log = structlog.get_logger(__name__)

PATIENCE = 1.0
"""Seconds that somebody waits for articles at most."""
SHORTEST = 12
"""Letters; fewer tell nothing of what somebody wants."""
_PRIVATE = re.compile(r"(?<![\w.%+-])[\w.%+-]+@[\w.-]+|\+?\d[\d ()/.-]{5,}\d")
"""Addresses, and numbers of phones, orders and cards: nobody is found by them, and nothing is learnt from them."""


async def articles_for(
    subject: str, text: str, *, page: str, channel: int, language: str, is_asked: bool = False, asked_by: Visitor | None, at: datetime
) -> list[Line]:  # fmt: skip
    """Those that probably answer, in the form's language, noted as offered in this `page` of the form; mostly none."""
    if len(subject) + len(text) < SHORTEST:
        return []
    looking = suggest_articles(
        subject[:LONGEST], text[:LONGEST], asked_by=asked_by, language=language, least=LIKELY if is_asked else POSSIBLE
    )
    try:
        found = await asyncio.wait_for(looking, PATIENCE)
    except (SearchAway, TimeoutError):
        return []
    except Exception:
        log.exception("no_articles_offered", channel=channel)
        return []
    named = [one.translation for one in found]
    if named:
        await offering.note_offered(page, named, channel=channel, language=language, is_asked=is_asked, at=at)
    return await _readable(named, asked_by)


async def note_answered(
    page: str, translation: int, *, subject: str, text: str, email: str, is_learnt: bool, said_by: Visitor | None, at: datetime
) -> None:  # fmt: skip
    """The visitor says that it answers. With `is_learnt` what they typed is learnt from, without addresses and numbers, and
    goes with the customer whose address it names."""
    customer = said_by.id if said_by else None
    if customer is None and is_address(email):
        known = await find_by_email(email)
        customer = known.id if known else None
    words = _PRIVATE.sub(" ", f"{subject[:LONGEST]}\n{text[:LONGEST]}") if is_learnt else ""
    await offering.note_answered(page, translation, text=words, customer=customer, at=at)


async def find_offered(translation: int, *, read_by: Visitor | None) -> Line | None:
    """The article, as far as the visitor may read it."""
    found = await _readable([translation] if 0 < translation < 2**31 else [], read_by)
    return found[0] if found else None


async def offered_in(page: str, *, read_by: Visitor | None) -> list[Line]:
    """What was offered in this page of a form so far."""
    return await _readable(await offering.offered_in(page), read_by)


async def _readable(translations: list[int], read_by: Visitor | None) -> list[Line]:
    return await list_named(translations, audiences=visible_to(read_by)) if translations else []
