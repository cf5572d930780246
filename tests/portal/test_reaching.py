"""Who reaches a request in the portal, and who does not learn that it is there."""

from collections.abc import Callable
from typing import Any

import pytest
from piccolo.columns import Column

from helpdesk.customers.finding import find_by_email
from helpdesk.customers.tables import Customer, Identity, Organisation
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from tests.cast import DORA, EVE
from tests.make import a_ticket
from tests.portal.conversing import CARL, with_a_file
from tests.portal.guests import Guest

FAY = ("fay@customer.test", "Fay Colleague")


async def _organisation(*, shares: bool, sees: bool | None = None) -> int:
    """Dora and Fay work there; `sees` is Fay's own setting."""
    made = Organisation(name="Customer Inc", sort_key="customer inc", shares_requests=shares, created_at=now())
    await made.save()
    for address, _name in (DORA, FAY):
        customer = await find_by_email(address)
        assert customer
        values: dict[Column | str, Any] = {Customer.organisation: made.id}
        if address == FAY[0]:
            values[Customer.sees_colleagues] = sees
        await Customer.update(values).where(Customer.id == customer.id)
    await rows("UPDATE hd_ticket t SET organisation = c.organisation FROM hd_customer c WHERE c.id = t.customer")
    return made.id


@pytest.fixture
def everything() -> list[str]:
    return ["/requests/{n}", "/requests/{n}/files/{file}", "/requests/{n}/messages/{message}/frame"]


@pytest.mark.parametrize(
    ("who", "shares", "sees", "may"),
    [
        (DORA, False, None, True),
        (FAY, False, None, False), (FAY, True, None, True), (FAY, True, False, False), (FAY, False, True, True),
        (EVE, True, None, False), (CARL, True, None, False),
    ],
)  # fmt: skip
async def test_who_reaches_a_request(
    guest: Callable[[], Guest], everything: list[str], who: tuple[str, str], shares: bool, sees: bool | None, may: bool
) -> None:
    """The customer, a colleague with and without sharing, a stranger, and somebody who was copied."""
    ticket = await a_ticket("Dora's secret", text="For few eyes")
    for other in (FAY, EVE, CARL):
        await a_ticket(who=other)
    await _organisation(shares=shares, sees=sees)
    places = await with_a_file(ticket)
    someone = guest()
    await someone.sign_in(who[0])
    for path in everything:
        answer = await someone.get(path.format(**places))
        assert answer.status_code == (200 if may else 404), (path, answer.status_code)
        assert may or ("ecret" not in answer.text and "few eyes" not in answer.text)
    lists = [
        (await someone.page(path)).text
        for path in (
            "/requests",
            "/requests?of=organisation",
            "/requests?q=secret",
            "/requests?of=organisation&q=secret",
            "/",
        )
    ]
    assert any("Dora&#39;s secret" in page for page in lists) == may
    said = await someone.post(f"/requests/{ticket.number}/answers", {"slip": "", "text": "Hello"}, on="/account")
    assert said.status_code == (303 if may else 404)
    for path in ("solution", "reopening"):
        done = await someone.post(f"/requests/{ticket.number}/{path}", on="/account")
        assert done.status_code == (303 if who == DORA else 404), path


async def test_a_stranger_without_a_session_is_asked_to_sign_in_whatever_the_number(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    for number in (ticket.number, 999_999):
        answer = await guest().get(f"/requests/{number}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=/requests/{number}")


async def test_spam_trash_and_what_machines_opened_are_nowhere(guest: Callable[[], Guest]) -> None:
    kinds = ["spam_at = now()", "trashed_at = now()", "is_automatic = true"]
    tickets = [await a_ticket(f"Hidden {kind}") for kind in kinds]
    for ticket, kind in zip(tickets, kinds, strict=True):
        await rows(f"UPDATE hd_ticket SET {kind} WHERE id = {{}}", ticket.id)
    dora = guest()
    await dora.sign_in()
    assert "Hidden" not in (await dora.page("/requests")).text
    for ticket in tickets:
        assert (await dora.get(f"/requests/{ticket.number}")).status_code == 404


async def test_addresses_are_proved_one_by_one(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    await Identity(customer=ticket.customer, kind="email", value="second@customer.test", created_at=now()).save()
    dora = guest()
    await dora.sign_in()
    proved = {one.value for one in await Identity.objects().where(Identity.verified_at.is_not_null())}
    assert proved == {DORA[0]}
