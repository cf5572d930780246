"""Finding customers and organisations by words: names in whatever spelling, parts of addresses and numbers.

Every word of the search must be in `words`, a column with a trigram index: normalised name and handles. So the words
are written anew with each change of either.
"""

import re

from piccolo.querystring import QueryString

from helpdesk.kernel.database import lock, rows
from helpdesk.kernel.text import normalise

LONGEST = 200
MOST_WORDS = 6
_MOST_ORGANISATIONS = 200
_NUMBER = re.compile(r"[+\d()./-]*\d[+\d()./-]*")
_ZEROS = re.compile(r"^0{1,2}")


def words_of(name: str, handles: list[str]) -> str:
    return " ".join([normalise(name), *(normalise(one) for one in handles)])[:2000]


async def refresh_words(customer_id: int) -> None:
    """Write the customer's words anew, in the transaction of the change; one after another."""
    await lock("customer", customer_id)
    [found] = await rows(
        "SELECT name, ARRAY(SELECT value FROM hd_identity WHERE customer = c.id ORDER BY id) AS handles FROM hd_customer c WHERE id = {}",
        customer_id,
    )
    await rows(
        "UPDATE hd_customer SET words = {} WHERE id = {}", words_of(found["name"], found["handles"]), customer_id
    )


async def customers_with(text: str) -> QueryString:
    """The condition on `hd_customer c` of what was searched for; an organisation's name finds its people."""
    condition = QueryString("true")
    for word in search_words(text):
        pattern = f"%{literal(word)}%"
        organisations = await _organisations_like(pattern)
        if organisations:
            condition = QueryString(
                "{} AND (c.words LIKE {} OR c.organisation = ANY({}))", condition, pattern, organisations
            )
        else:
            condition = QueryString("{} AND c.words LIKE {}", condition, pattern)
    return condition


def organisations_with(text: str) -> QueryString:
    """The condition on `hd_organisation o` of what was searched for: words of the name, or a domain's beginning."""
    condition = QueryString("true")
    for word in search_words(text):
        condition = QueryString(
            """{} AND (o.words LIKE {} OR o.id IN (SELECT organisation FROM hd_organisation_domain WHERE domain LIKE {}))""",
            condition, f"%{literal(word)}%", f"{literal(word)}%",
        )  # fmt: skip
    return condition


def search_words(text: str) -> list[str]:
    """The words as they stand in `words`; a number without its zeros and signs, as it is kept with its country code."""
    return [word for one in normalise(text[:LONGEST]).split()[:MOST_WORDS] if (word := _word(one))]


def literal(text: str) -> str:
    """The text without a meaning of its own in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _word(word: str) -> str:
    if not _NUMBER.fullmatch(word):
        return word
    return _ZEROS.sub("", re.sub(r"\D", "", word))


async def _organisations_like(pattern: str) -> list[int]:
    found = await rows(
        "SELECT id FROM hd_organisation WHERE words LIKE {} AND merged_into IS NULL LIMIT {}",
        pattern,
        _MOST_ORGANISATIONS,
    )
    return [row["id"] for row in found]
