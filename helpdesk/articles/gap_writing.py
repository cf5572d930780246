"""Beginning an article from what the knowledge base lacks: a draft, which its writer goes over before anybody reads it."""

import asyncio
import re
from datetime import datetime
from typing import Any

from helpdesk.articles.changing import PUBLISH, begin_article
from helpdesk.articles.gaps import Requests, find_group, set_words_aside, settle
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.language import _, known
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from knowledge_base.masking import fit_for_everybody, mask
from knowledge_base.writing import Words

_LEAST_ANSWER = 60
"""Letters; "It is done." answers nobody else."""
_PREFIXES = re.compile(r"^(?:(?:re|fwd?|aw|wg|پاسخ)\s*[:：]\s*)+", re.IGNORECASE)
_ANSWERS = """
SELECT t.number, t.subject, m.body_text, m.body_html,
    ARRAY(SELECT name FROM hd_customer WHERE id = t.customer UNION SELECT name FROM hd_organisation WHERE id = t.organisation
        UNION SELECT a.name FROM hd_agent a JOIN hd_message w ON w.agent = a.id WHERE w.ticket = t.id) AS names
FROM unnest({}::bigint[]) WITH ORDINALITY AS one (number, place) JOIN hd_ticket t ON t.number = one.number
LEFT JOIN LATERAL (SELECT body_text, body_html FROM hd_message WHERE ticket = t.id AND author_kind = 'agent' AND audience = 'public'
    AND thread IS NULL AND undone_at IS NULL AND redacted_at IS NULL AND length(body_text) >= {} ORDER BY id DESC LIMIT 1) AS m ON true
ORDER BY m.body_text IS NULL, one.place LIMIT 1
"""


async def begin_from_requests(group_id: int, *, by: SignedIn, at: datetime) -> tuple[int, str]:
    """A draft of the answer that is most like all that were given, without names and numbers: its article and language.

    The requests are settled with it. Raises NotFound.
    """
    demand(by, PUBLISH)
    group = await find_group(group_id, seen_by=by)
    language = known(group.language)
    words = await _words(group, language)
    async with transaction():
        await settle(group_id, by=by, at=at)  # first: of two at once one begins an article
        article = await begin_article(words, language=language, by=by, at=at)
    return article, language


async def begin_from_search(words: str, language: str, *, by: SignedIn, at: datetime) -> tuple[int, str]:
    """A draft that has only its title; its article and language. Raises Invalid at `title`."""
    demand(by, PUBLISH)
    language = known(language)
    async with transaction():
        article = await begin_article(Words(title=words), language=language, by=by, at=at)
        await set_words_aside(words, language, by=by, at=at)
    return article, language


async def _words(group: Requests, language: str) -> Words:
    [best] = await rows(_ANSWERS, [one.number for one in group.requests], _LEAST_ANSWER)
    html = await asyncio.to_thread(_answer, best, language)
    return Words(title=_title(best, group, language), html=html, note=_note(best))


def _title(best: dict[str, Any], group: Requests, language: str) -> str:
    subject = mask(_PREFIXES.sub("", best["subject"]).strip(), names=best["names"], language=language)
    return subject[:200] or " ".join(group.words) or _("Without a title")


def _answer(best: dict[str, Any], language: str) -> str:
    if best["body_text"] is None:
        return ""
    return fit_for_everybody(best["body_text"], best["body_html"], names=best["names"], language=language)


def _note(best: dict[str, Any]) -> str:
    return _("From the answer to #%(number)s, names and numbers masked") % {"number": best["number"]}
