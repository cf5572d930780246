"""The mails that a channel sends by itself: our texts, or those that an administrator wrote instead.

They never say anything that the sender typed: the address is unproved, and whoever typed it may be writing to somebody
else in our name (rulings 9). So there is no placeholder for a name or a subject.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from helpdesk.channels.tables import AutomaticText, Channel
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, N_, _, speaking
from helpdesk.kernel.placeholders import fault_of, filled, unknown_in
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand

ACKNOWLEDGEMENT, OUT_OF_HOURS = "acknowledgement", "out_of_hours"
KINDS = {ACKNOWLEDGEMENT: N_("Acknowledgement"), OUT_OF_HOURS: N_("Out of hours")}
PLACEHOLDERS = {
    "number": N_("the number of the request"),
    "company": N_("the name of your company"),
    "channel": N_("the address of the mailbox, or the title of the form"),
    "hours": N_("the opening hours"),
    "opens": N_("when you open next"),
    "answer_by": N_("until when they have an answer; a line with it is left out when nothing is promised"),
    "article": N_(
        "an article that very probably answers, with its address; a line with it is left out when there is none"
    ),
    "solved": N_(
        "the address where they say that the article was the answer; a line with it is left out when there is none"
    ),
    "link": N_("the address of the form"),
}
_OF_FORMS = {"link"}
_OF_SENDERS = {"name", "subject", "message", "email", "customer"}
_OPTIONAL = re.compile(r"\{\{\s*(answer_by|article|solved)\s*\}\}")
"""Placeholders without which a line says nothing."""
_GAP = re.compile(r"\n{3,}")
LONGEST_SUBJECT, LONGEST_BODY = 200, 5000


class Words(msgspec.Struct, frozen=True):
    """An automatic mail, with placeholders or filled."""

    subject: str
    body: str


def placeholders_of(channel: Channel) -> dict[str, str]:
    """What may stand in texts of the channel, and what it stands for."""
    return {name: about for name, about in PLACEHOLDERS.items() if channel.kind != "email" or name not in _OF_FORMS}


def default_words(kind: str, language: str) -> Words:
    """Our own text, with placeholders."""
    with speaking(language):
        named = {"number": "{{number}}", "opens": "{{opens}}"}
        subject = _("We have received your request #%(number)s") % named
        if kind == OUT_OF_HOURS:
            body = _(
                "Hello,\n\nThank you for writing to us. Your request has the number #%(number)s. We are closed just now and open again: %(opens)s. "
                "Then a person will answer it.\nTo add something, reply to this mail."
            )  # fmt: skip
        else:
            body = _(
                "Hello,\n\nThank you for writing to us. Your request has the number #%(number)s and a person will answer it.\n"
                "To add something, reply to this mail."
            )  # fmt: skip
        answer = _("You will have an answer by %(when)s.") % {"when": "{{answer_by}}"}
        article = _("Perhaps this answers it: %(article)s") % {"article": "{{article}}"}
        solved = _("If it does, say so here, and nobody needs to answer: %(address)s") % {"address": "{{solved}}"}
        return Words(subject, f"{body % named}\n{answer}\n\n{article}\n\n{solved}")


async def words_of(channel: Channel, kind: str, language: str) -> Words:
    """What the channel says: what was written for it, else our own text."""
    return (await written_for(channel)).get((kind, language)) or default_words(kind, language)


async def written_for(channel: Channel) -> dict[tuple[str, str], Words]:
    """The texts that were changed, by kind and language."""
    found = await rows("SELECT kind, language, subject, body FROM hd_automatic_text WHERE channel = {}", channel.id)
    return {(row["kind"], row["language"]): Words(row["subject"], row["body"]) for row in found}


def fill(words: Words, values: Mapping[str, str]) -> Words:
    """The words with values for their placeholders; a subject stays one line.

    A line that says until when there is an answer, or what may be one, is left out when there is none.
    """

    def value_of(name: str) -> str:
        return values.get(name, "")

    told = [one for one in words.body.split("\n") if all(map(value_of, _OPTIONAL.findall(one)))]
    body = _GAP.sub("\n\n", "\n".join(told)).strip()
    return Words(" ".join(filled(words.subject, value_of).split()), filled(body, value_of))


def check(words: Words, channel: Channel) -> Words:
    """The words as they may be saved; raises Invalid with each placeholder that is none at its field."""
    words = Words(" ".join(words.subject.split()), words.body.strip())
    errors: dict[str, str] = {}
    for field, text, longest in (
        ("subject", words.subject, LONGEST_SUBJECT),
        ("body", words.body, LONGEST_BODY),
    ):
        if not text:
            errors[field] = _("Fill this in.")
        elif len(text) > longest:
            errors[field] = _("This is too long.")
        elif fault := _fault(text, channel):
            errors[field] = fault
    if errors:
        raise Invalid(**errors)
    return words


async def save_words(channel: Channel, kind: str, language: str, words: Words, *, by: SignedIn, at: datetime) -> None:
    """Say this instead of our own text; what is like ours is no text of its own. Raises Invalid at the field."""
    demand(by, "manage_channels")
    words = check(words, channel)
    if words == default_words(kind, language):
        await reset_words(channel, kind, language, by=by)
        return
    async with transaction():
        before = await words_of(channel, kind, language)
        await rows(
            """INSERT INTO hd_automatic_text (channel, kind, language, subject, body, changed_at, changed_by)
            VALUES ({}, {}, {}, {}, {}, {}, {})
            ON CONFLICT (channel, kind, language) DO UPDATE SET subject = excluded.subject, body = excluded.body,
                changed_at = excluded.changed_at, changed_by = excluded.changed_by""",
            channel.id, kind, language, words.subject, words.body, at, by.id,
        )  # fmt: skip
        changes = differences(msgspec.structs.asdict(before), msgspec.structs.asdict(words))
        await record("text_changed", by=by, at=at, about=_about(channel, kind, language), changes=changes)


async def name_articles(channel: Channel, is_wanted: bool, *, by: SignedIn) -> None:
    """Have acknowledgements name an article that very probably answers, or none."""
    demand(by, "manage_channels")
    async with transaction():
        changed = await rows(
            "UPDATE hd_channel SET names_articles = {} WHERE id = {} AND names_articles <> {} RETURNING id",
            is_wanted, channel.id, is_wanted,
        )  # fmt: skip
        if changed:
            changes = differences({"names_articles": not is_wanted}, {"names_articles": is_wanted})
            await record("channel_changed", by=by, about=About("channel", channel.id, channel.name), changes=changes)


async def reset_words(channel: Channel, kind: str, language: str, *, by: SignedIn) -> None:
    """Say our own text again."""
    demand(by, "manage_channels")
    of_channel = (AutomaticText.channel == channel.id) & (AutomaticText.kind == kind)
    async with transaction():
        await AutomaticText.delete().where(of_channel, AutomaticText.language == language)
        await record("text_changed", by=by, about=_about(channel, kind, language))


def _about(channel: Channel, kind: str, language: str) -> About:
    return About("channel", channel.id, f"{kind} {language}")


def is_known(kind: str, language: str) -> bool:
    return kind in KINDS and language in LANGUAGES


def _fault(text: str, channel: Channel) -> str | None:
    """The first placeholder that may not stand there, in words."""
    known = placeholders_of(channel)
    found = unknown_in(text, known)
    if found and found[1] in _OF_SENDERS:
        shown = {"placeholder": f"\u2066{found[0]}\u2069"}
        return _("%(placeholder)s cannot stand here: the address is not proved, so nothing that the sender typed is sent to it.") % shown  # fmt: skip
    return fault_of(text, known)
