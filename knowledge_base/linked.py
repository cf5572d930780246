"""Which articles a text leads to: by their addresses in our help centre, those of now and those of before."""

import re
from functools import cache
from urllib.parse import unquote, urlsplit

from helpdesk.kernel.database import rows
from helpdesk.kernel.settings import settings
from knowledge_base.slugs import slug_of

MOST = 10
_ENDS = ".,;:!?*_…،؛؟»”’"
"""Signs that belong to the sentence, not to an address at its end."""
_PASSING = "aside"
"""The query of an address that is named in passing; the page does not look at it."""


async def linked_in(*texts: str) -> list[tuple[int, str]]:
    """(article, language) of the addresses in these texts or their HTML, `MOST` at most, each once and in order.

    An address is whole, with our host, or begins with `/help/`; of another host it is none of ours. Those `in_passing` are
    passed over.
    """
    found = [match for text in texts for match in _pattern(settings().base_url).findall(text)]
    named = list(dict.fromkeys((language, slug_of(unquote(slug).rstrip(_ENDS))) for language, slug in found))[:MOST]
    known = await rows(
        """SELECT t.article, t.language, t.slug FROM kb_translation t
            JOIN unnest({}::text[], {}::text[]) AS named (language, slug) ON t.language = named.language AND t.slug = named.slug
        UNION ALL SELECT t.article, t.language, o.slug FROM kb_old_slug o JOIN kb_translation t ON t.id = o.translation
            JOIN unnest({}::text[], {}::text[]) AS named (language, slug) ON o.language = named.language AND o.slug = named.slug""",
        *([language for language, _slug in named], [slug for _language, slug in named]) * 2,
    )  # fmt: skip
    articles = {(row["language"], row["slug"]): (row["article"], row["language"]) for row in known}
    return list(dict.fromkeys(articles[one] for one in named if one in articles))


def in_passing(address: str) -> str:
    """The address of an article as the text of another one has it when that goes into an answer: who wrote the answer did not
    mean it. Addresses of other things stay as they are."""
    if not _pattern(settings().base_url).match(address):
        return address
    parts = urlsplit(address)
    return parts._replace(query=f"{_PASSING}&{parts.query}".rstrip("&")).geturl()


@cache
def _pattern(base_url: str) -> re.Pattern[str]:
    ours = re.escape(re.sub(r"^https?://", "", base_url))
    slug = r"""[^\s/"'<>()\[\]{}?#&]++"""
    return re.compile(rf"(?:https?://{ours}|(?<![\w./:-]))/help/([a-z]{{2,8}})/articles/({slug})(?!\?{_PASSING}\b)")
