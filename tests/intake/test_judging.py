"""Who is blocked and who is allowed, whatever anybody claims to be."""

import msgspec
import pytest

from helpdesk.intake import judging, taking_in
from helpdesk.intake.senders import clean_pattern, patterns_for, set_rule
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from tests.cast import hire
from tests.intake.test_taking_in import a_mail, acknowledgements, receive


@pytest.mark.parametrize(
    ("pattern", "address", "is_meant"),
    [
        ("eve@spam.test", "Eve@Spam.test", True), ("eve@spam.test", "eve+1@spam.test", True), ("eve@spam.test", "adam@spam.test", False),
        ("spam.test", "eve@spam.test", True), ("spam.test", "eve@mail.spam.test", False), ("spam.test", "eve@notspam.test", False),
        ("*.spam.test", "eve@a.b.spam.test", True), ("*.spam.test", "eve@spam.test", False), ("*.test", "eve@spam.test", True),
        ("@spam.test", "eve@spam.test", True),
    ],
)  # fmt: skip
def test_a_pattern_means_an_address_or_not(pattern: str, address: str, is_meant: bool) -> None:
    assert (clean_pattern(pattern) in patterns_for(address)) is is_meant


@pytest.mark.parametrize("pattern", ["", "*", "*@spam.test", "a b", "@", "eve@", "*.*.test", "eve@*.test", "a@b@c"])
def test_a_pattern_that_means_nobody_or_everybody_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid):
        clean_pattern(pattern)


async def test_blocked_are_the_author_and_the_envelope_and_allowed_is_the_author_alone(database: None) -> None:
    alma = await hire("alma")
    await set_rule("spam.test", is_allowed=False, by=alma, at=now())
    by_envelope = await receive(a_mail(), sender="bounces@spam.test")
    assert (by_envelope.fate, by_envelope.reason) == ("blocked", "blocked: spam.test")
    await set_rule("friend.test", is_allowed=True, by=alma, at=now())
    forged = await receive(a_mail(sender="eve@spam.test", mail_id="m2@x.test"), sender="me@friend.test")
    assert forged.fate == "blocked", "anybody can write an allowed sender on the envelope"
    assert (await receive(a_mail(sender="me@friend.test", mail_id="m3@x.test"), sender="x@spam.test")).fate == "ticket"
    assert await acknowledgements() != []


async def test_a_copy_of_a_blocked_mail_is_blocked_again(database: None) -> None:
    await set_rule("customer.test", is_allowed=False, by=await hire("alma"), at=now())
    assert [(await receive(a_mail())).fate for _ in range(2)] == ["blocked", "blocked"]


async def test_who_fails_authentication_is_not_allowed(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    alma = await hire("alma")
    await set_rule("*.test", is_allowed=False, by=alma, at=now())
    await set_rule("customer.test", is_allowed=True, by=alma, at=now())
    trusting = msgspec.structs.replace(settings(), trusted_mx="mx.helpdesk.test")
    for module in (judging, taking_in):
        monkeypatch.setattr(module, "settings", lambda: trusting)
    failed = "mx.helpdesk.test; dmarc=fail header.from=customer.test"
    assert (await receive(a_mail(Authentication_Results=failed))).fate == "blocked"
    passed = "mx.helpdesk.test; dmarc=pass header.from=customer.test"
    assert (await receive(a_mail(mail_id="m2@x.test", Authentication_Results=passed))).fate == "ticket"
