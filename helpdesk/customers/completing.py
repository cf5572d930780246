"""The few customers that somebody may mean who is still typing: those whose names begin so, then others that have it."""

from typing import Any

from helpdesk.customers.searching import customers_with, literal, search_words
from helpdesk.kernel.database import rows
from helpdesk.kernel.text import sort_key

SHORTEST = 3
"""Letters from which the trigram index helps; before, only the beginnings of names are looked at."""
_CUSTOMERS = """
SELECT c.id, c.name, (SELECT value FROM hd_identity WHERE customer = c.id ORDER BY is_primary DESC, id LIMIT 1) AS handle
FROM hd_customer c WHERE c.merged_into IS NULL AND {}
"""
_BEGINNING = _CUSTOMERS.replace("{}", "c.sort_key LIKE {} ORDER BY c.sort_key, c.id LIMIT {}")


async def customers_like(text: str, *, most: int) -> list[dict[str, Any]]:
    """Customers with `id`, `name` and `handle` (where mail goes)."""
    found = await rows(_BEGINNING, f"{literal(sort_key(text))}%", most) if text.strip() else []
    words = search_words(text)
    if len(found) < most and words and all(len(word) >= SHORTEST for word in words):
        known = {row["id"] for row in found}
        others = await rows(_CUSTOMERS + " LIMIT {}", await customers_with(text), most)
        found += [row for row in others if row["id"] not in known]
    return found[:most]
