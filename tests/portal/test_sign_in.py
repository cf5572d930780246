"""Signing in to the portal: by a link in a mail, and nothing else."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.customers.tables import Identity, SignInLink
from helpdesk.customers.visiting import ABSOLUTE, IDLE, find_link, forget_past_visits, make_link, take_up, whose_session
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.time import now
from helpdesk.portal.signing_in import PER_NETWORK, own_path
from helpdesk.portal.visitors import customer_cookie
from tests.cast import DORA
from tests.make import a_ticket
from tests.portal.guests import Guest

ODD_TOKENS = ["%25", "_", "*", "%00", "a%00b", "%5B%5D", "null", "'", "%F0%9F%98%80", "%C2%A0", "x" * 5000, "_" * 43]


async def _mailed_link() -> str:
    [delivery] = await Delivery.objects()
    found = re.search(r"http://localhost:8000(/sign-in/[\w-]{43})", delivery.mail)
    assert found, delivery.mail
    return found[1]


async def test_a_link_is_mailed_shown_and_used_up_by_a_button(guest: Callable[[], Guest]) -> None:
    ticket = await a_ticket()
    dora = guest()
    answer = await dora.post("/sign-in", {"email": " Dora@Customer.test", "next": f"/requests/{ticket.number}"})
    assert answer.status_code == 200 and "dora@customer.test" in answer.text
    link = await _mailed_link()
    for _scan in range(3):  # programs that look at links use nothing up
        seen = await guest().get(link)
        assert seen.status_code == 200 and seen.headers["referrer-policy"] == "no-referrer"
    done = await dora.post(link, on=link)
    assert (done.status_code, done.headers["location"]) == (303, f"/requests/{ticket.number}")
    assert "httponly" in done.headers["set-cookie"].lower() and "samesite=lax" in done.headers["set-cookie"].lower()
    assert "Printer on fire" in (await dora.page("/requests")).text
    identity = await Identity.objects().first()
    assert identity and identity.verified_at is not None
    again = await guest().get(link)
    assert again.status_code == 404 and "Ask for a new one" in again.text
    thief = guest()
    assert (await thief.post(link)).status_code == 404
    assert (await thief.get("/requests")).headers["location"] == "/sign-in?next=/requests"


async def test_what_is_stored_of_a_link_and_a_session_is_a_hash(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    made = await make_link(DORA[0], next_path="", at=now())
    assert made
    session, _next = await take_up(made[0], address="192.0.2.7", user_agent="test", at=now())
    stored = str(await rows("SELECT token_hash FROM hd_sign_in_link UNION SELECT token_hash FROM hd_customer_session"))
    assert made[0] not in stored and session not in stored


async def test_unknown_addresses_get_the_same_answer_and_no_mail(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    known, unknown = guest(), guest()
    answers = [
        (await one.post("/sign-in", {"email": email})).text.replace(email, "")
        for one, email in ((known, DORA[0]), (unknown, "eve@strangers.test"))
    ]
    assert re.sub(r'value="[^"]*"', "", answers[0]) == re.sub(r'value="[^"]*"', "", answers[1])
    [delivery] = await Delivery.objects()
    assert delivery.to == [DORA[0]]


async def test_nobody_floods_a_mailbox_with_links(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    somebody = guest()
    for _turn in range(6):
        assert (await somebody.post("/sign-in", {"email": DORA[0]})).status_code == 200
    assert await Delivery.count() == 3


async def test_asking_in_vain_is_not_counted_against_who_becomes_a_customer(guest: Callable[[], Guest]) -> None:
    somebody = guest()
    for _turn in range(4):
        assert (await somebody.post("/sign-in", {"email": DORA[0]})).status_code == 200
    await a_ticket()
    await somebody.post("/sign-in", {"email": DORA[0]})
    assert await _mailed_link()


async def test_a_network_asks_for_so_many_links_an_hour(guest: Callable[[], Guest]) -> None:
    somebody = guest()
    for turn in range(PER_NETWORK):
        await somebody.post("/sign-in", {"email": f"{turn}@customer.test"})
    refused = await somebody.post("/sign-in", {"email": "one@more.test"})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0 and "one@more.test" in refused.text


async def test_links_and_sessions_run_out(database: None) -> None:
    await a_ticket()
    at = now()
    old = await make_link(DORA[0], next_path="", at=at - timedelta(minutes=31))
    fresh = await make_link(DORA[0], next_path="", at=at)
    assert old and fresh
    for token in (old[0], "%", "*", "", fresh[0][:-1]):
        with pytest.raises(NotFound):
            await take_up(token, address="", user_agent="", at=at)
    session, _next = await take_up(fresh[0], address="", user_agent="", at=at)
    assert await whose_session(session, at=at + IDLE - timedelta(minutes=1))
    assert await whose_session(session, at=at + 2 * IDLE) is None
    assert await whose_session(session, at=at + ABSOLUTE + timedelta(minutes=1)) is None
    await forget_past_visits(at=at + 2 * ABSOLUTE)
    assert not await rows("SELECT FROM hd_customer_session") and not await SignInLink.exists()


async def test_signing_out_ends_the_session_on_the_server(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    dora = guest()
    await dora.sign_in()
    stolen = dora.client.cookies[customer_cookie()]
    await dora.post("/sign-out", on="/account")
    assert await whose_session(stolen, at=now()) is None


async def test_a_customer_sees_and_ends_own_sessions_and_nobody_elses(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    await a_ticket(who=("eve@strangers.test", "Eve"))
    here, there, eve = guest(), guest(), guest()
    await here.sign_in()
    await there.sign_in()
    await eve.sign_in("eve@strangers.test")
    page = (await here.page("/account")).text
    assert page.count("/account/sessions/") == 2  # the other one, and all others at once
    [of_eve] = await rows(
        "SELECT s.id FROM hd_customer_session s JOIN hd_identity i ON i.id = s.identity WHERE i.value LIKE 'eve%'"
    )
    await here.post(f"/account/sessions/{of_eve['id']}/end", on="/account")
    await here.post("/account/sessions/end", on="/account")
    assert (await there.get("/requests")).status_code == 303
    assert (await here.get("/requests")).status_code == 200 and (await eve.get("/requests")).status_code == 200


async def test_who_lost_the_address_loses_the_session(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    dora = guest()
    await dora.sign_in()
    await Identity.delete().where(Identity.value == DORA[0])
    assert (await dora.get("/requests")).status_code == 303


def test_signing_in_leads_only_to_pages_of_the_portal() -> None:
    assert own_path("/requests/1042") == "/requests/1042" and own_path("/account") == "/account"
    for path in (
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/console",
        "/requests/../console",
        "/requests/1\n2",
        "",
    ):
        assert own_path(path) == "/requests"


async def test_agents_sessions_are_no_customers_and_the_other_way_round(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    dora = guest()
    await dora.sign_in()
    assert (await dora.get("/console")).status_code == 302
    dora.client.cookies.set("helpdesk", dora.client.cookies[customer_cookie()])
    assert (await dora.get("/console")).status_code == 302


async def test_another_language_leads_back_to_the_portal_also_from_a_secret_address(guest: Callable[[], Guest]) -> None:
    somebody = guest()
    page = (await somebody.page("/sign-in")).text
    [there] = re.findall(r'href="(/language/fa[^"]*)"', page)
    answer = await somebody.get(there)  # a page that sends no Referer, as that of a one-time link
    assert answer.headers["location"] == "/" and "helpdesk-language=fa" in answer.headers["set-cookie"]
    came = {"referer": "http://localhost:8000/sign-in?next=/requests"}
    assert (await somebody.client.get(there, headers=came)).headers["location"] == "/sign-in?next=/requests"
    for elsewhere in ("https://evil.test/x", "http://localhost:8000//evil.test/", "nonsense"):
        led = await somebody.client.get(there, headers={"referer": elsewhere})
        assert led.headers["location"] == "/", elsewhere
    assert (await somebody.get("/language/fa")).headers["location"] == "/console/sign-in"


async def test_odd_tokens_open_nothing_and_break_nothing(guest: Callable[[], Guest]) -> None:
    await a_ticket()
    somebody = guest()
    made = await make_link(DORA[0], next_path="", at=now())
    assert made
    for odd in ODD_TOKENS:
        for path in (f"/sign-in/{odd}", f"/r/{odd}", f"/r/1.{odd}", f"/console/welcome/{odd}"):
            assert (await somebody.get(path)).status_code == 404, path
        assert (await somebody.post(f"/sign-in/{odd}")).status_code == 404, odd
        assert (await somebody.post(f"/console/welcome/{odd}", {"password": "correct horse"})).status_code == 404, odd
    somebody.client.cookies.set(customer_cookie(), "%25")
    assert (await somebody.get("/requests")).headers["location"] == "/sign-in?next=/requests"
    assert not await rows("SELECT FROM hd_customer_session")
    assert await find_link(made[0], at=now())


@pytest.mark.parametrize("odd", ["/console%00", "/console/%00", "/console/%0d%0aset-cookie:x", "//evil.test", "/\\evil.test", "/console\\@evil.test", "%00", "/requests/%F0%9F%98%80"])  # fmt: skip
async def test_where_a_sign_in_leads_is_a_page_of_ours_whatever_the_address_says(
    guest: Callable[[], Guest], odd: str
) -> None:
    somebody = guest()
    await a_ticket()
    page = await somebody.get(f"/sign-in?next={odd}")
    assert page.status_code == 200 and 'name="next" value="/requests"' in page.text
    console = await somebody.get(f"/console/sign-in?next={odd}")
    assert console.status_code == 200 and re.search(r'name="next" value="/console[^"\x00]*"', console.text), (
        console.text[-1500:]
    )
