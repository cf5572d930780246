"""Customers and organisations by page: found, shown, corrected, merged, erased."""

from collections.abc import Callable

import pytest

from helpdesk.customers.editing import change_customer
from helpdesk.customers.finding import find_or_create, give_domain
from helpdesk.customers.organising import delete_organisation, save_organisation
from helpdesk.customers.tables import Customer, Identity, Organisation
from helpdesk.deliveries.portal_mail import mail_sign_in_link
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.profiles import merging_many
from tests.cast import DORA, EVE, again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

NewBrowser = Callable[[], Browser]
SARA = ("sara@parsian.test", "سارا کریمی")


async def at_work(browser: NewBrowser, name: str = "ben") -> tuple[Browser, SignedIn]:
    agent = await hire(name)
    return await browser().sign_in(agent), agent


@pytest.mark.parametrize(
    ("typed", "found"),
    [("dogan", "Dora Dogan"), ("DORA cust", "Dora Dogan"), ("كريمي", "سارا کریمی"), ("parsian", "سارا کریمی"), ("پخش", "سارا کریمی"),
     ("0912 345", "سارا کریمی"), ("۰۹۱۲", "سارا کریمی")],
)  # fmt: skip
async def test_customers_are_found_as_people_type(browser: NewBrowser, typed: str, found: str) -> None:
    page, _ben = await at_work(browser)
    await find_or_create(*DORA, language="en", at=now())
    sara = await find_or_create(*SARA, language="fa", at=now())
    await page.post(f"/console/customers/{sara.id}/identities", {"kind": "phone", "value": "+989123456789"})
    await page.post(f"/console/customers/{sara.id}", _profile(SARA[1], organisation="پخش پارسیان"))
    results = (await page.get("/console/customers", params={"q": typed}, htmx=True)).text
    assert "<html" not in results and results.count("<tr>") == 2 and found in results
    nobody = (await page.get("/console/customers", params={"q": "%_zz"}, htmx=True)).text
    assert "Nobody like this" in nobody


async def test_a_page_of_customers_follows_the_one_before(browser: NewBrowser, queries_at_most: Callable) -> None:
    page, _ben = await at_work(browser)
    for n in range(60):
        await find_or_create(f"c{n}@customer.test", f"Customer {n:02}", language=None, at=now())
    with queries_at_most(8):
        first = (await page.get("/console/customers")).text
    assert "Customer 49" in first and "Customer 50" not in first
    following = first.split('href="/console/customers?after=')[1].split('"')[0].replace("&amp;", "&")
    second = (await page.get(f"/console/customers?after={following}")).text
    assert "Customer 49<" not in second and "Customer 59" in second
    assert (await page.get("/console/customers?after=nonsense")).status_code == 422


async def test_only_those_with_open_tickets_that_one_may_see(browser: NewBrowser) -> None:
    page, ben = await at_work(browser)
    secret = await make_team("Legal", await hire("cleo"), is_private=True)
    await a_ticket(who=DORA)
    await a_ticket(who=EVE, team=secret.id)
    await find_or_create(*SARA, language=None, at=now())
    shown = (await page.get("/console/customers?only=open")).text
    assert "Dora Dogan" in shown and "eve@stranger.test" not in shown and SARA[1] not in shown
    everybody = (await page.get("/console/customers")).text
    assert "eve@stranger.test" in everybody and everybody.count('data-label="Open tickets"') == 1
    assert await again(ben)


async def test_a_customer_is_added_with_what_is_known(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    acme = Organisation(name="Acme", sort_key="acme", words="acme")
    await acme.save()
    await give_domain(acme, "acme.test")
    typed = {"name": "Kim", "email": "kim@acme.test", "phone": "", "organisation": "", "language": "fa", "time_zone": "Asia/Tehran", "notes": "x"}  # fmt: skip
    made = await page.post("/console/customers/new", typed)
    assert made.status_code == 303, made.text
    shown = (await page.get(made.headers["location"])).text
    assert "Kim" in shown and "Acme" in shown and "فارسی" in shown and "added the customer" in shown
    twice = await page.post("/console/customers/new", typed)
    assert twice.status_code == 422 and "belongs to another customer" in twice.text
    nobody = await page.post("/console/customers/new", typed | {"email": ""})
    assert nobody.status_code == 422 and "can be recognised" in nobody.text
    assert await Customer.count() == 1


async def test_handles_are_added_preferred_verified_and_removed(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language=None, at=now())
    place = f"/console/customers/{dora.id}"
    for kind, value in (("email", "dora@home.test"), ("phone", "۰۰۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹")):
        assert (await page.post(f"{place}/identities", {"kind": kind, "value": value})).status_code == 303
    wrong = await page.post(f"{place}/identities", {"kind": "phone", "value": "0912"})
    assert wrong.status_code == 422 and "country code" in wrong.text and 'value="0912"' in wrong.text
    first, home, _phone = [one.id for one in await Identity.objects().order_by(Identity.id)]
    for path, fields in (
        (f"{home}/primary", {}),
        (f"{home}/verification", {"verified": "1"}),
        (f"{first}/removal", {}),
    ):
        assert (await page.post(f"{place}/identities/{path}", fields)).status_code == 303
    shown = (await page.get(place)).text
    assert "Primary" in shown and "Verified" in shown and "+989123456789" in shown
    assert "removed" in shown and (await Identity.count()) == 2
    assert (await page.post(f"{place}/identities/{first}/removal")).status_code == 404


async def test_two_who_correct_the_same_field_get_both_values(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language=None, at=now())
    place = f"/console/customers/{dora.id}"
    assert (await page.post(place, _profile("Dora A."))).status_code == 303
    other = await page.post(place, _profile("Dora B."))
    assert other.status_code == 409 and "Dora A." in other.text
    assert (await page.post(place, _profile(DORA[1], notes="Knits."))).status_code == 303, (
        "another field is no conflict"
    )


async def test_notes_are_for_the_team(browser: NewBrowser) -> None:
    page, _lia = await at_work(browser, "lia")
    dora = await find_or_create(*DORA, language=None, at=now())
    place = f"/console/customers/{dora.id}"
    assert (await page.post(f"{place}/notes", {"body": "Calls at night. <b>"})).status_code == 303
    shown = (await page.get(place)).text
    assert "Calls at night. &lt;b&gt;" in shown and "Lia Light" in shown
    assert (await page.post(f"{place}/notes", {"body": " "})).status_code == 422
    [note] = await rows("SELECT id FROM hd_customer_note")
    others, _cleo = await at_work(browser, "cleo")
    assert (await others.post(f"{place}/notes/{note['id']}/removal")).status_code == 403
    assert (await page.post(f"{place}/notes/{note['id']}/removal")).status_code == 303
    assert await rows("SELECT FROM hd_customer_note") == []


async def test_a_customer_is_blocked_and_let_in(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language=None, at=now())
    place = f"/console/customers/{dora.id}"
    await page.post(f"{place}/block", {"blocked": "1"})
    assert "Let their mail in again" in (await page.get(place)).text
    assert "Dora" in (await page.get("/console/customers?only=blocked")).text
    await page.post(f"{place}/block")
    assert "Block their mail" in (await page.get(place)).text
    await rows(
        "INSERT INTO hd_sender_rule (pattern, is_allowed, note, created_at) VALUES ('customer.test', false, '', now())"
    )
    assert "Dora" in (await page.get("/console/customers?only=blocked")).text
    still = await page.post(f"{place}/block")
    assert still.status_code == 422 and "customer.test" in still.text


async def test_merging_by_page_and_back(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language=None, at=now())
    home = await find_or_create("dora@home.test", "Dora Dogan", language="fa", at=now())
    ticket = await a_ticket(who=("dora@home.test", ""))
    place = f"/console/customers/{dora.id}"
    shown = (await page.get(place)).text
    assert "Perhaps the same person" in shown and "same name" in shown and "same before the @" in shown
    compared = (await page.get(f"{place}/merge?other={home.id}")).text
    assert 'name="language" value="theirs" checked' in compared and "dora@home.test" in compared
    merged = await page.post(f"{place}/merge", {"other": home.id, "language": "theirs"})
    assert merged.headers["location"] == f"{place}?said=merged"
    shown = (await page.get(place)).text
    assert "dora@home.test" in shown and ticket.subject in shown and "فارسی" in shown
    old = await page.get(f"/console/customers/{home.id}")
    assert old.headers["location"] == f"{place}?said=was-merged"
    assert "Dora" in (await page.get(f"/console/tickets/{ticket.number}")).text
    again_ = await page.post(f"{place}/merge", {"other": home.id})
    assert again_.status_code == 422 and "merged already" in again_.text
    [row] = await rows("SELECT id FROM hd_merge")
    back = await page.post(f"/console/merges/{row['id']}/undo")
    assert back.headers["location"] == f"/console/customers/{home.id}?said=parted"
    assert ticket.subject in (await page.get(f"/console/customers/{home.id}")).text


async def test_a_merge_of_very_many_tickets_goes_on_while_its_page_says_so(
    browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging_many, "MANY", 0)
    page, _ben = await at_work(browser)
    dora, home = await find_or_create(*DORA, language=None, at=now()), await find_or_create("dora@home.test", "Dora", language=None, at=now())  # fmt: skip
    await a_ticket(who=("dora@home.test", ""))
    place = f"/console/customers/{dora.id}"
    merged = await page.post(f"{place}/merge", {"other": home.id})
    assert merged.headers["location"] == place and "1 ticket is moving" in (await page.get(place)).text
    [asked] = await rows("SELECT id FROM hd_merge_asked")
    under_way = await page.get(f"/console/merges/{asked['id']}/progress", htmx=True)
    assert "1 ticket is moving" in under_way.text and "hx-refresh" not in under_way.headers
    await merging_many.work_off(asked["id"])
    done = await page.get(f"/console/merges/{asked['id']}/progress", htmx=True)
    assert "All tickets have moved" in done.text and "hx-get" not in done.text
    assert "is moving" not in (shown := (await page.get(place)).text) and "Merged into this one" in shown
    [made] = await rows("SELECT id FROM hd_merge")
    assert (await page.post(f"/console/merges/{made['id']}/undo")).headers["location"] == place


async def test_who_sees_the_requests_of_colleagues_in_the_portal_is_said_on_their_page(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language="en", at=now())
    here = f"/console/customers/{dora.id}"
    assert 'id="sight"' not in (await page.get(here)).text, "whoever belongs to no organisation"
    await page.post(here, _profile(DORA[1], organisation="Lamps Inc"))
    assert "As the organisation: their own requests</option>" in (await page.get(here)).text
    for chosen, stored in (("always", True), ("never", False), ("", None)):
        assert (await page.post(f"{here}/sees-colleagues", {"sees_colleagues": chosen})).status_code == 303
        assert [
            row["it"] for row in await rows("SELECT sees_colleagues AS it FROM hd_customer WHERE id = {}", dora.id)
        ] == [stored]
        assert f'<option value="{chosen}" selected>' in (await page.get(here)).text
    assert (await page.post(f"{here}/sees-colleagues", {"sees_colleagues": "sometimes"})).status_code == 422
    assert "Ben Weber changed: In the portal" in (await page.get(here)).text
    light, _lia = await at_work(browser, "lia")
    assert "As the organisation: their own requests</p>" in (await light.get(here)).text
    assert (await light.post(f"{here}/sees-colleagues", {"sees_colleagues": "always"})).status_code == 403


async def test_two_who_are_known_to_be_two_are_suggested_no_more(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora = await find_or_create(*DORA, language="en", at=now())
    home = await find_or_create("dora@home.test", DORA[1], language="en", at=now())
    here, there = f"/console/customers/{dora.id}", f"/console/customers/{home.id}"
    assert "Perhaps the same person" in (await page.get(there)).text
    told = await page.post(f"{here}/not-the-same", {"other": str(home.id)})
    await page.post(f"{there}/not-the-same", {"other": str(dora.id)})
    assert told.headers["location"].startswith(here)
    for place in (here, there):
        assert "Perhaps the same person" not in (await page.get(place)).text
    assert (await page.get(f"{here}/merge", params={"q": "home"}, htmx=True)).text.count("Compare") == 1
    assert (await page.post(f"{here}/not-the-same", {"other": "999"})).status_code == 404
    light, _lia = await at_work(browser, "lia")
    assert (await light.post(f"{here}/not-the-same", {"other": str(home.id)})).status_code == 403


async def test_the_other_one_is_searched_for(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    dora, eve = [await find_or_create(*who, language=None, at=now()) for who in (DORA, EVE)]
    found = (await page.get(f"/console/customers/{dora.id}/merge", params={"q": "eve"}, htmx=True)).text
    assert f"other={eve.id}" in found and "<html" not in found
    itself = (await page.get(f"/console/customers/{dora.id}/merge", params={"q": "dora"}, htmx=True)).text
    assert "Nobody like this" in itself
    assert (await page.get(f"/console/customers/{dora.id}/merge?other={dora.id}")).status_code == 422


async def test_erasing_says_what_goes_and_takes_it(browser: NewBrowser) -> None:
    page, _alma = await at_work(browser, "alma")
    ben, _ben = await at_work(browser)
    ticket, eves = await a_ticket(who=DORA), await a_ticket(who=EVE)
    home = await find_or_create("dora@home.test", "Dora", language=None, at=now())
    place = f"/console/customers/{ticket.customer}"
    await page.post(f"{place}/merge", {"other": home.id})
    await page.post(f"{place}/notes", {"body": "Gone soon."})
    assert (await ben.get(f"{place}/erasure")).status_code == 403
    asked = (await page.get(f"{place}/erasure")).text
    assert "1 ticket" in asked and "2 addresses and numbers" in asked and "1 customer who was merged" in asked
    await mail_sign_in_link(DORA[0], next_path="", language="en", at=now())
    assert await rows("SELECT FROM hd_delivery WHERE {} = ANY(to_addresses)", DORA[0])
    assert (await page.post(f"{place}/erasure")).status_code == 422
    assert (await page.post(f"{place}/erasure", {"sure": "1"})).status_code == 303
    left = {table: await rows(f"SELECT FROM {table}") for table in ("hd_customer", "hd_ticket", "hd_identity", "hd_merge", "hd_customer_note")}  # fmt: skip
    assert [len(found) for found in left.values()] == [1, 1, 1, 0, 0]
    assert not await rows("SELECT FROM hd_delivery WHERE {} = ANY(to_addresses)", DORA[0])
    assert (await page.get(place)).status_code == 404 and (await page.get(f"/console/tickets/{eves.number}")).is_success
    assert "Customer erased" in (await page.get("/console/keeping")).text


async def test_organisations_are_made_changed_merged_and_deleted_when_empty(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    await a_ticket("Late delivery", who=("kim@acme.test", "Kim"))
    fields = {
        "name": "Acme",
        "domains": "acme.test، acme.example",
        "language": "en",
        "notes": "",
        "shares_requests": "1",
    }
    made = await page.post("/console/organisations/new", fields)
    place = made.headers["location"].partition("?")[0]
    shown = (await page.get(place)).text
    assert "Kim" in shown and "acme.example" in shown and "People see each other" in shown
    assert "Acme" in (await page.get("/console/organisations", params={"q": "acme.ex"}, htmx=True)).text
    seen = {f"seen_{name}": value for name, value in fields.items()} | {"seen_domains": "acme.example, acme.test"}
    changed = await page.post(f"{place}/change", seen | fields | {"name": "Acme Inc."})
    assert changed.status_code == 303
    conflict = await page.post(f"{place}/change", seen | fields | {"name": "Acme Ltd."})
    assert conflict.status_code == 409 and "Acme Inc." in conflict.text
    refused = await page.post(f"{place}/deletion")
    assert refused.status_code == 422 and "still has people" in refused.text
    empty = (await page.post("/console/organisations/new", fields | {"name": "Empty", "domains": ""})).headers[
        "location"
    ]
    empty_place = empty.partition("?")[0]
    assert "Search for the other one" in (await page.get(f"{place}/merge")).text
    assert "Empty" in (await page.get(f"{place}/merge?other={empty_place.rsplit('/')[-1]}")).text
    merged = await page.post(f"{place}/merge", {"other": empty_place.rsplit("/")[-1]})
    assert merged.status_code == 303
    assert (await page.get(empty_place)).headers["location"] == f"{place}?said=was-merged"
    [row] = await rows("SELECT id FROM hd_merge")
    assert (await page.post(f"/console/merges/{row['id']}/undo")).status_code == 303
    assert (await page.post(f"{empty_place}/deletion")).headers["location"] == "/console/organisations?said=deleted"


async def test_light_agents_look_and_change_nothing(browser: NewBrowser) -> None:
    page, _lia = await at_work(browser, "lia")
    ticket = await a_ticket()
    place = f"/console/customers/{ticket.customer}"
    for path in ("/console/customers", place, "/console/organisations"):
        assert (await page.get(path)).is_success
    refused = [
        await page.get("/console/customers/new"), await page.post("/console/customers/new", {"email": "x@y.test"}),
        await page.post(place, _profile("X")), await page.post(f"{place}/identities", {"kind": "email", "value": "x@y.test"}),
        await page.post(f"{place}/block", {"blocked": "1"}), await page.get(f"{place}/merge"), await page.post(f"{place}/merge", {"other": 7}),
        await page.post("/console/merges/1/undo"), await page.get(f"{place}/erasure"), await page.post(f"{place}/erasure", {"sure": "1"}),
        await page.get("/console/organisations/new"), await page.post("/console/organisations/1/deletion"),
    ]  # fmt: skip
    assert [answer.status_code for answer in refused] == [403] * len(refused)


def _profile(name: str, **more: str) -> dict[str, str]:
    """The form of a profile, as it was opened when the customer was called as in the cast."""
    seen = dict.fromkeys(("organisation", "language", "time_zone", "notes"), "")
    was = SARA[1] if name == SARA[1] else DORA[1]
    return seen | {"name": name} | {f"seen_{key}": value for key, value in seen.items()} | {"seen_name": was} | more


async def test_the_panel_beside_a_ticket_knows_the_customer(browser: NewBrowser) -> None:
    page, _ben = await at_work(browser)
    ticket = await a_ticket()
    place = f"/console/customers/{ticket.customer}"
    noted = await page.post(f"{place}/notes", {"body": "Knits.", "ticket": ticket.number}, htmx=True)
    assert "<html" not in noted.text and "Knits." in noted.text and 'data-copy="dora@customer.test"' in noted.text
    empty = await page.post(f"{place}/notes", {"body": " ", "ticket": ticket.number}, htmx=True)
    assert empty.status_code == 422 and "Write something first" in empty.text
    assert "Knits." in (await page.get(f"/console/tickets/{ticket.number}")).text


async def test_what_changes_customers_for_good_wants_a_proof_and_is_written_down_without_their_names(
    browser: NewBrowser,
) -> None:
    page, alma = await at_work(browser, "alma")
    dora, eve = [await find_or_create(*who, language=None, at=now()) for who in (DORA, EVE)]
    place = f"/console/customers/{dora.id}"
    await change_customer(dora.id, by=alma, at=now(), sees_colleagues=True)
    await page.post(f"{place}/merge", {"other": eve.id})
    [merge] = await rows("SELECT id FROM hd_merge")
    await page.post(f"/console/merges/{merge['id']}/undo")
    acme = await save_organisation(None, by=alma, at=now(), name="Acme", domains=["acme.test"])
    await save_organisation(acme, by=alma, at=now(), shares_requests=True)
    await save_organisation(acme, by=alma, at=now(), notes="Nothing of this decides who sees what.")
    await delete_organisation(acme, by=alma)
    await rows("UPDATE hd_session SET proved_at = now() - interval '11 minutes'")
    assert (await page.post(f"{place}/erasure", {"sure": "1"})).status_code == 403
    assert await rows("SELECT FROM hd_customer WHERE id = {}", dora.id)
    await rows("UPDATE hd_session SET proved_at = now()")
    assert (await page.post(f"{place}/erasure", {"sure": "1"})).status_code == 303
    written = await rows("SELECT kind, about_kind, about_id, about_name, changes::text AS changes FROM hd_audit WHERE about_kind IN ('customer', 'organisation') ORDER BY id")  # fmt: skip
    assert [(row["kind"], row["about_id"]) for row in written] == [
        ("customer_changed", dora.id), ("merged", dora.id), ("parted", dora.id), ("organisation_added", acme),
        ("organisation_changed", acme), ("organisation_deleted", acme), ("customer_erased", dora.id),
    ]  # fmt: skip
    assert not any("Dora" in f"{row['about_name']}{row['changes']}" for row in written)
    assert "Customers or organisations merged" in (await page.get("/console/audit")).text
