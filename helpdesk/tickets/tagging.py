"""Tags: how they are written, and which are in use."""

import re
from collections import Counter

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.queries import LISTED, visible_to
from helpdesk.tickets.tables import Ticket

RECENT = 10_000
MOST_TAGS = 30
_BLANKS = re.compile(r"\s+")


def clean_tags(tags: list[str]) -> list[str]:
    """Tags in lower case, blanks as hyphens, sorted, each once; raises Invalid."""
    cleaned = sorted({_BLANKS.sub("-", one.strip()).lower() for one in tags if one.strip()})
    if len(cleaned) > MOST_TAGS or any(len(one) > 50 for one in cleaned):
        raise Invalid(tags=_("Use at most 30 tags of at most 50 characters."))
    return cleaned


async def tags_in_use(*, seen_by: SignedIn) -> list[tuple[str, int]]:
    """Tags and on how many of the RECENT last changed tickets that the agent may see, the most used first.

    Bounded, so that it costs the same at a million tickets; nobody can tell the tags of tickets out of reach.
    """
    query = Ticket.select(Ticket.tags).where(LISTED).order_by(Ticket.updated_at, ascending=False).limit(RECENT)
    predicate = visible_to(seen_by)
    found = await (query.where(predicate) if predicate is not None else query)
    counted = Counter(tag for row in found for tag in row["tags"])
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
