"""Invitations are cards in the reader's zone and words; encrypted mails say where their text is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdesk.channels.tables import Channel
from helpdesk.intake.accepting import accept
from helpdesk.intake.taking_in import take_in
from helpdesk.people.tables import Agent
from helpdesk.tickets.tables import Ticket
from tests.cast import hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
MAILS = Path(__file__).parents[1] / "mails"


async def received(name: str) -> int:
    """The number of the ticket that one of our mails opens."""
    channel = await Channel.objects().first()
    assert channel is not None
    raw = (MAILS / f"{name}.eml").read_bytes()
    await take_in(await accept(raw, channel=channel, envelope_from="dora@customer.example", envelope_to=[channel.address], source="smtp"))  # fmt: skip
    [ticket] = await Ticket.objects()
    return ticket.number


@pytest.mark.parametrize(
    ("zone", "language", "words"),
    [
        ("Asia/Tehran", "en", ["09:00", "10:30"]),
        ("UTC", "en", ["05:30", "07:00"]),
        ("Asia/Tehran", "fa", ["۰۹:۰۰", "۳ آذر", "برگزارکننده"]),
    ],
)
async def test_an_invitation_is_a_card_in_the_readers_zone(browser: Browsers, zone: str, language: str, words: list[str]) -> None:  # fmt: skip
    number = await received("invitation")
    ben = await hire("ben")
    await Agent.update({Agent.time_zone: zone, Agent.language: language}).where(Agent.id == ben.id)
    page = await (await browser().sign_in(ben)).get(f"/console/tickets/{number}")
    for word in [*words, "Look at the lamp, together", "Room 7 third floor", "Dora Doe", "invite.ics"]:
        assert word in page.text, word
    assert "tracker.example" not in page.text


async def test_an_encrypted_mail_says_that_its_file_holds_the_text(browser: Browsers) -> None:
    number = await received("smime-encrypted")
    page = await (await browser().sign_in(await hire("ben"))).get(f"/console/tickets/{number}")
    assert "S/MIME" in page.text
    assert "smime.p7m" in page.text
