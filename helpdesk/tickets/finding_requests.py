"""Which requests a customer's words stand in, as far as that customer may see what was said.

The index of words (`searching`) knows notes and hidden messages, too: it says only where to look.
"""

from piccolo.querystring import QueryString

from helpdesk.channels.email.automatic import MACHINE
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.text import FOLDED, latin_digits, normalise, words_of

MOST_WORDS = 6
NEWEST = 250
"""Requests that are looked at one by one, before the index is asked: of a common word they fill the page."""

# An answer that may still be taken back, or that leaves later, is nobody's business yet.
SAID = """m.audience = 'public' AND m.undone_at IS NULL AND m.thread IS NULL AND m.author_kind IN ('customer', 'agent', 'rule')
    AND NOT EXISTS (SELECT FROM hd_delivery d WHERE d.message_id = m.id AND (d.state = 'cancelled'
        OR (d.state = 'queued' AND d.attempts = 0 AND d.last_error = '' AND d.not_before > now())))"""


def split(q: str) -> list[str]:
    """The words of a search, normalised, with signs in them."""
    return normalise(q).split()[:MOST_WORDS]


def say_all(words: list[str], visitor: Visitor) -> QueryString:
    """The request has each word as its number, in the subject or in what was said."""
    where = QueryString("true")
    for word in words:
        where = QueryString("{} AND {}", where, _says(word, visitor))
    return where


def may_say(words: list[str]) -> QueryString | None:
    """The request is one of those that the index has the beginnings of the words for, in subject or messages, or its
    number is one of them; None when the words are signs alone."""
    beginnings = [f"'{part}':*AD" for word in words for part in words_of(word)]
    if not beginnings:
        return None
    return QueryString(
        """hd_ticket.id IN (SELECT ticket FROM hd_ticket_words WHERE words @@ {}::text::tsquery
            UNION SELECT id FROM hd_ticket WHERE number = ANY({}::bigint[]))""",
        " & ".join(beginnings), [int(number) for word in words if (number := _number(word)).isdecimal() and len(number) < 18],
    )  # fmt: skip


def _says(word: str, visitor: Visitor) -> QueryString:
    """In the subject, or in what was said; what is masked is not found either: letter by letter that would tell it all."""
    folded = "replace(translate(lower({}), {}, {}), 'ß', 'ss') LIKE {}"
    pattern = f"%{word.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
    subject = QueryString(folded.replace("{}", "hd_ticket.subject", 1), *FOLDED, pattern)
    body = QueryString(folded.replace("{}", "m.body_text", 1), *FOLDED, pattern)
    masked = QueryString(
        "m.author_kind = 'customer' AND m.customer IS DISTINCT FROM {} AND coalesce(split_part(m.mail->>'from', '@', 1), '') ~* {}",
        visitor.id, MACHINE,
    )  # fmt: skip
    return QueryString(
        f"({{}} OR hd_ticket.number::text = {{}} OR EXISTS (SELECT FROM hd_message m WHERE m.ticket = hd_ticket.id AND {SAID} AND {{}} AND NOT ({{}})))",
        subject, _number(word), body, masked,
    )  # fmt: skip


def _number(word: str) -> str:
    return latin_digits(word).lstrip("#")
