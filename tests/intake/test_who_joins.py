"""The matrix of reliability_security (a) A: whose mail joins a ticket, whose opens one, and what is sent to whom."""

import itertools

import msgspec
import pytest

from helpdesk.channels.email.threading import reply_address
from helpdesk.deliveries.queueing import REPLY_KEYS
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake import joining, taking_in
from helpdesk.intake.tables import Fate
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.kernel.tokens import keys
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.replying import Draft, reply
from helpdesk.tickets.tables import Message, Ticket
from tests.cast import hire
from tests.intake.test_taking_in import SUPPORT, a_mail, receive

SENDERS = {
    "requester": "dora@customer.test",
    "cc": "boss@customer.test",
    "agent": "ben@helpdesk.test",
    "stranger": "eve@stranger.test",
}
TOKENS = ["valid", "of a key that was taken away", "of another ticket", "absent"]
VERDICTS = ["pass", "fail", "none"]
REFERENCES = ["ours", "forged"]
SECRET = "The door code is 4711."
CASES = list(itertools.product(TOKENS, SENDERS, VERDICTS, REFERENCES))


@pytest.fixture
def trusted_mx(monkeypatch: pytest.MonkeyPatch) -> None:
    told = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    monkeypatch.setattr(joining, "settings", lambda: told)
    monkeypatch.setattr(taking_in, "settings", lambda: told)


async def answered_by(ben: SignedIn, number: int, sender: str, copied: str = "") -> tuple[Ticket, Delivery]:
    headers = {"Cc": copied} if copied else {}
    headers["Authentication_Results"] = f"mx.helpdesk.test; dmarc=pass header.from={sender.partition('@')[2]}"
    raw = a_mail(f"Number {number}", sender=sender, mail_id=f"first{number}@x.test", **headers)
    taken = await receive(raw, sender=sender)
    ticket = await Ticket.objects().get(Ticket.id == taken.ticket)
    assert ticket is not None
    message = await reply(ticket, Draft(body_text=SECRET), by=ben, at=now())
    delivery = await Delivery.objects().where(Delivery.message_id == message.id).first()
    assert delivery is not None
    return ticket, delivery


def names_ticket(token: str, references: str) -> str:
    """Which ticket's mail is named: the recipient's signed address counts first, then the references."""
    if token == "valid":
        return "theirs"
    if token == "of another ticket":
        return "other"
    return "theirs" if references == "ours" else "none"


async def test_a_mail_joins_only_where_its_proven_sender_was_a_recipient_of_the_mail_that_it_names(
    database: None, trusted_mx: None
) -> None:
    assert len(CASES) == 96
    ben = await hire("ben")
    theirs, delivery = await answered_by(ben, 1, SENDERS["requester"], SENDERS["cc"])
    other, other_delivery = await answered_by(ben, 2, "other@elsewhere.test")
    addresses = {
        "valid": reply_address(SUPPORT, delivery.id, keys(REPLY_KEYS)[0]),
        "of a key that was taken away": reply_address(SUPPORT, delivery.id, b"an old key"),
        "of another ticket": reply_address(SUPPORT, other_delivery.id, keys(REPLY_KEYS)[0]),
        "absent": SUPPORT,
    }
    ids = {"ours": delivery.mail_id, "forged": f"ambabc.{'a' * 26}@helpdesk.test"}
    for number, (token, who, verdict, references) in enumerate(CASES):
        case = f"{token} token, {who}, {verdict}, references {references}"
        sender = SENDERS[who]
        raw = a_mail(
            f"Case {number}", sender=sender, mail_id=f"case{number}@x.test", In_Reply_To=f"<{ids[references]}>",
            Authentication_Results=f"mx.helpdesk.test; dmarc={verdict} header.from={sender.partition('@')[2]}",
        )  # fmt: skip
        taken = await receive(raw, sender=sender, to=addresses[token])
        named = names_ticket(token, references)
        may_join = named == "theirs" and who in ("requester", "cc") and verdict == "pass"
        if may_join:
            assert (taken.fate, taken.ticket) == (Fate.REPLY, theirs.id), case
            message = await Message.objects().get(Message.id == taken.message)
            assert message is not None and not message.is_unverified, case
            continue
        assert taken.ticket not in (theirs.id, other.id), case
        opened = await Ticket.objects().get(Ticket.id == taken.ticket)
        assert opened is not None, case
        assert opened.may_belong_to == {"theirs": theirs.id, "other": other.id, "none": None}[named], case
        message = await Message.objects().get(Message.id == taken.message)
        assert message is not None and message.is_unverified is (verdict != "pass"), case
    sent = await Delivery.select(Delivery.kind, Delivery.mail, Delivery.to).where(Delivery.kind != "reply")
    assert all(SECRET not in one["mail"] for one in sent), "no automatic mail tells what was said before"
