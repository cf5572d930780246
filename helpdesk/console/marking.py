"""What stands in a message and leads somewhere, for agents alone: names behind an @ as chips, `#1042` as links.

Both are put into HTML that is safe already, into its text, never into a link, code, or a tag.
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from helpdesk.console.forms import read_whole
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import with_numbers

_TAG = re.compile(r"""(<(?:[^>"']|"[^"]*"|'[^']*')*>)""")
_UNTOUCHED = re.compile(r"<(/?)(a|code|pre|button|textarea)\b", re.IGNORECASE)
_NUMBER = r"(?<![\w#&/@])#[0-9۰-۹٠-٩]{1,12}(?![\w-])"
_NUMBERS = re.compile(_NUMBER)
_MOST = 200
"""Numbers of a page that are looked up."""

Tickets = Mapping[int, Mapping[str, Any]]


async def tickets_named(texts: Iterable[str], *, seen_by: SignedIn) -> dict[int, dict[str, Any]]:
    """The tickets whose numbers stand in the texts, as far as the agent may see them, by number: one statement, or none."""
    numbers = {number for text in texts for one in _NUMBERS.finditer(text) if (number := read_whole(one[0]))}
    return await with_numbers(sorted(numbers)[:_MOST], seen_by=seen_by) if numbers else {}


def marked(
    safe: str, mentions: list[dict[str, Any]], tickets: Tickets, reader: int | None, *, elsewhere: bool = False
) -> Markup:
    """The HTML with chips for the names that were told and links to the tickets; with `elsewhere`, links leave the frame."""
    said = sorted({one["said"] for one in mentions}, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in said)
    wanted = re.compile(rf"(?<![\w@.+-])@(?:{names})(?!\w)|{_NUMBER}" if names else _NUMBER)

    def shown(found: re.Match[str]) -> str:
        text = html.escape(found[0])
        if found[0][0] == "@":
            return _chip(text, [one for one in mentions if one["said"] == found[0][1:]], reader)
        row = tickets.get(read_whole(found[0]) or 0)
        return _link(text, row, elsewhere) if row else text

    made, depth = [], 0
    for n, piece in enumerate(_TAG.split(safe) if said or tickets else [safe]):
        if n % 2:
            if tag := _UNTOUCHED.match(piece):
                depth = max(0, depth - 1) if tag[1] else depth + 1
            made.append(piece)
        else:
            made.append(piece if depth else _replaced(piece, wanted, shown))
    return Markup("".join(made))  # noqa: S704 - safe before, and what is put in is escaped


def _replaced(piece: str, wanted: re.Pattern[str], shown: Any) -> str:
    text, end, made = html.unescape(piece), 0, []
    for found in wanted.finditer(text):
        made += [html.escape(text[end : found.start()]), shown(found)]
        end = found.end()
    return "".join([*made, html.escape(text[end:])]) if end else piece


def _chip(text: str, meant: list[dict[str, Any]], reader: int | None) -> str:
    """Mine, or of nobody who was told, when that is so."""
    is_told = any(one["agent"] for one in meant)
    classes = (
        "mention me" if any(one["agent"] == reader for one in meant) else "mention" if is_told else "mention untold"
    )
    why = _("Nobody of the team was told.") if meant[0]["team"] else _("Was not told: may not see this ticket.")
    title = "" if is_told else f' title="{html.escape(why)}"'
    return f'<bdi class="{classes}"{title}>{text}</bdi>'


def _link(text: str, row: Mapping[str, Any], elsewhere: bool) -> str:
    target = ' target="_blank" rel="noopener"' if elsewhere else ""
    title = html.escape(row["subject"])
    return (
        f'<a class="ticket-link" href="/console/tickets/{row["number"]}"{target} title="{title}"><bdi>{text}</bdi></a>'
    )
