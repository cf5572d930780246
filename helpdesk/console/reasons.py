"""Why a mail had its fate, in the reader's words; the log itself keeps plain English, which scripts read."""

import re

from helpdesk.kernel.language import N_, _, digits

_WORDS = {
    "signed address or Message-ID": N_("It answers a mail of ours: the signed address or the Message-ID says so."),
    "answers a mail of the same authenticated sender": N_("It answers an earlier mail of the same sender, who is authenticated."),
    "was copied on a mail of the ticket": N_("Its sender, who is authenticated, was copied on a mail of the ticket."),
    "names a mail on a ticket, but its sender is not authenticated or takes no part": N_(
        "It names a mail on a ticket, but its sender is not authenticated or takes no part in that ticket: it opened a ticket of its own."
    ),
    "names a mail of ours, but the sender was not a recipient of that mail": N_(
        "It names a mail of ours that its sender did not get: it opened a ticket of its own, with a link to the other."
    ),
    "names a mail of ours, but it is not clear who sent it": N_(
        "It names a mail of ours, but it is not clear who sent it: it opened a ticket of its own."
    ),
    "names a mail of ours, but the sender's authentication failed": N_(
        "It names a mail of ours, but the sender's authentication failed: it opened a ticket of its own."
    ),
    "names a mail of ours, but the sender is not authenticated": N_(
        "It names a mail of ours, but the sender is not authenticated: it opened a ticket of its own."
    ),
    "a report on a mail of ours": N_("It is a report on a mail of ours: the delivery there is marked."),
    "forwarded by an agent": N_("An agent forwarded it: the ticket is that of the person who wrote it."),
    "a mail of ours that tried an address with a plus": N_("It is a mail of ours that tried an address with a plus: it arrived."),
    "there is no such mailbox": N_("There is no such mailbox here."),
    "it is too large": N_("It is larger than what is taken."),
    "the server does not hand it out": N_("Its mail server does not hand it out. It stays where it is, and is asked for again every night."),
    "a line does not end with CRLF": N_("A line does not end with CRLF, which is how mails are smuggled inside others."),
    "its headers are too large": N_("Its headers are larger than what is taken."),
    "the disk is nearly full": N_("The disk is nearly full; the sender tries again."),
}  # fmt: skip
_PATTERNS = [
    (re.compile(r"duplicate of (?P<number>\d+)"), N_("The same mail came before, as number %(number)s.")),
    (re.compile(r"blocked: (?P<pattern>.+)"), N_("Its sender is blocked by the rule %(pattern)s.")),
    (re.compile(r"dropped by the filter: (?P<name>.+)"), N_("The filter “%(name)s” drops it.")),
    (re.compile(r"filtered: (?P<names>.+)"), N_("Filters that acted: %(names)s.")),
    (re.compile(r"it took longer than (?P<number>[\d.]+) s"), N_("Reading it took longer than %(number)s seconds.")),
    (re.compile(r"the parser ended with (?P<number>-?\w+)"), N_("Reading it killed the reader (%(number)s).")),
    (
        re.compile(r"taking it in failed: (?P<error>.+)"),
        N_("Taking it in failed, however often it was tried: %(error)s"),
    ),
    (re.compile(r"the database cannot hold it: (?P<error>.+)"), N_("The database cannot hold it: %(error)s")),
]
_USUAL = {
    "received": N_("A worker will read it within seconds."),
    "ticket": N_("It names no mail of ours, so it opened a ticket."),
    "automatic": N_("A machine wrote it, so it opened a ticket in the view “Automatic” without an acknowledgement."),
    "reply": N_("It belongs to the ticket."),
}
"""What is said where the log gives no reason."""


def in_words(reason: str, fate: str) -> str:
    """The reason as sentences; one that is not known stands as it is."""
    parts = [_one(part) for part in reason.split("; ") if part]
    return " ".join(parts) or _(_USUAL.get(fate, ""))


def _one(reason: str) -> str:
    if reason in _WORDS:
        return _(_WORDS[reason])
    return by_pattern(reason, _PATTERNS) or reason


def by_pattern(text: str, patterns: list[tuple[re.Pattern[str], str]]) -> str | None:
    """The words of the pattern that the whole text is like, with its parts filled in."""
    for pattern, words in patterns:
        if found := pattern.fullmatch(text):
            parts = {key: digits(value) if key == "number" else value for key, value in found.groupdict().items()}
            return _(words) % parts if parts else _(words)
    return None
