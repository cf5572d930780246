"""What a search finds, as rows of the list; a search is a view, too: its key is `search:` and what was typed."""

from typing import Any

from markupsafe import Markup, escape

from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import Condition
from helpdesk.tickets.searching.asking import Asked
from helpdesk.tickets.searching.finding import find
from helpdesk.tickets.searching.marking import Part, Passage, marked_parts, passages
from helpdesk.tickets.searching.meaning import understand

PREFIX = "search:"


def typed_in(view: str) -> str | None:
    """What was typed, when the view is a search."""
    return view.removeprefix(PREFIX) if view.startswith(PREFIX) else None


async def found_by(typed: str, agent: SignedIn, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """One page for the templates: `tickets` with details, subjects and passages marked, `next` and `problems`."""
    meaning = await understand(typed, by=agent, at=now())
    shown: dict[str, Any] = {"q": typed, "problems": meaning.problems}
    if meaning.is_empty:
        return shown | {"tickets": [], "next": None}
    page = await find(meaning, seen_by=agent, cursor=cursor, limit=limit, with_details=True)
    where = await passages(meaning.asked, [row["id"] for row in page.rows])
    tickets = [row | _marked(row["subject"], where.get(row["id"]), meaning.asked) for row in page.rows]
    return shown | {"tickets": tickets, "next": page.next}


async def condition_of(typed: str, agent: SignedIn) -> Condition:
    """All that the search finds."""
    return (await understand(typed, by=agent, at=now())).condition


def _marked(subject: str, passage: Passage | None, asked: Asked) -> dict[str, Any]:
    """`message` is the key of the one that the passage is of."""
    return {
        "marked_subject": _markup(marked_parts(subject, asked)), "passage": _markup(passage.parts) if passage else "",
        "message": f"m{passage.message}" if passage else "",
    }  # fmt: skip


def _markup(parts: list[Part]) -> Markup:
    """Escaped first, then marked."""
    return Markup().join(
        Markup("<mark>%s</mark>") % part.text if part.is_match else escape(part.text) for part in parts
    )
