"""Canned texts: their pages, who may change which, and how they come into an answer."""

from collections.abc import Callable

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.canned_filling import first_name
from helpdesk.tickets.tables import CannedText, Message, Ticket
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

NewBrowser = Callable[[], Browser]
PAGE = "/console/canned-texts"
VAT = {
    "name": "VAT is included", "shortcut": "/VAT", "audience": "all",
    "text": ["Dear {{customer.first_name}},\n\nVAT is in the price of #{{ticket.number}}.\n{{agent.signature}}",
        "{{ customer.name }} گرامی، مالیات در قیمت {{ticket.number}} هست."],
    "html": ["", ""],
}  # fmt: skip


async def at_work(browser: NewBrowser, name: str) -> tuple[Browser, SignedIn]:
    agent = await again(await hire(name))
    return await browser().sign_in(agent), agent


async def the_text() -> CannedText:
    found = await CannedText.objects().order_by(CannedText.id, ascending=False).first()
    assert found is not None
    return found


async def test_a_text_is_written_found_changed_deleted_and_brought_back(browser: NewBrowser) -> None:
    page, _mani = await at_work(browser, "mani")
    shared = "/console/settings/canned-texts"
    assert "No canned texts yet" in (await page.get(shared)).text
    preview = await page.post(f"{PAGE}/preview", VAT, htmx=True)
    assert "Dear Dora," in preview.text and "۱۰۴۲" in preview.text and "<html" not in preview.text
    wrong = await page.post(f"{PAGE}/new", VAT | {"text": ["Dear {{customer.age}}", ""], "shortcut": "a b"})
    assert wrong.status_code == 422 and "There is no placeholder" in wrong.text and "without blanks" in wrong.text
    assert (await page.post(f"{PAGE}/new", VAT)).headers["location"] == f"{shared}?said=saved"
    text = await the_text()
    for q, is_found in (("vat", True), ("price incl", True), ("ماليات", True), ("qwerty", False)):
        found = (await page.get(shared, params={"q": q}, htmx=True)).text
        assert ("VAT is included" in found) == is_found, q
    twin = await page.post(f"{PAGE}/new", VAT)
    assert twin.status_code == 422 and "Another text has this shortcut" in twin.text
    changed = await page.post(f"{PAGE}/{text.id}", VAT | {"name": "VAT"})
    assert changed.status_code == 303 and (await the_text()).name == "VAT"

    gone = await page.post(f"{PAGE}/{text.id}/deletion")
    assert f"{PAGE}/{text.id}/restoration" in (await page.get(gone.headers["location"])).text
    assert "VAT" not in (await page.get(shared, htmx=True)).text
    assert "Bring back" in (await page.get(f"{shared}?of=deleted")).text
    await page.post(f"{PAGE}/new", VAT | {"name": "Another"})
    refused = await page.post(f"{PAGE}/{text.id}/restoration")
    assert refused.status_code == 422 and "Another text has this shortcut" in refused.text
    await page.post(f"{PAGE}/{(await the_text()).id}/deletion")
    assert (await page.post(f"{PAGE}/{text.id}/restoration")).headers["location"] == f"{shared}?said=restored"
    kinds = await rows("SELECT kind, about_name FROM hd_audit WHERE kind ~ '^canned_text' ORDER BY id")
    assert [row["about_name"] for row in kinds] == ["VAT is included", "VAT", "VAT", "Another", "Another", "VAT"]
    assert [row["kind"].endswith("_added") for row in kinds] == [True, False, False, True, False, False]


async def test_formatting_is_made_safe_and_goes_with_a_text_that_is_changed_without_the_editor(
    browser: NewBrowser,
) -> None:
    page, _mani = await at_work(browser, "mani")
    html = '<p>Dear <b onclick="x">{{customer.name}}</b></p><script>alert(1)</script>'
    shown = await page.post(f"{PAGE}/preview", VAT | {"html": [html, ""]}, htmx=True)
    assert "<b>Dora Dogan</b>" in shown.text and "onclick" not in shown.text and "alert" not in shown.text
    await page.post(f"{PAGE}/new", VAT | {"text": ["something else", ""], "html": [html, ""]})
    text = await the_text()
    version = msgspec.json.decode(text.versions)["en"]
    assert version == {"text": "Dear {{customer.name}}", "html": "<p>Dear <b>{{customer.name}}</b></p>"}
    await page.post(f"{PAGE}/{text.id}", VAT | {"text": ["Dear all", ""], "html": [version["html"], ""]})
    assert msgspec.json.decode((await the_text()).versions) == {"en": {"text": "Dear all", "html": None}}


async def test_whose_a_text_is_says_who_puts_it_in_and_who_changes_it(browser: NewBrowser) -> None:
    mani, _ = await at_work(browser, "mani")
    ben, ben_himself = await at_work(browser, "ben")
    cleo, cleo_herself = await at_work(browser, "cleo")
    lia, _ = await at_work(browser, "lia")
    sales = await make_team("Sales", ben_himself)
    await rows("UPDATE hd_membership SET is_lead = true")
    ben = await browser().sign_in(await again(ben_himself))
    await mani.post(f"{PAGE}/new", VAT)
    assert (await ben.post(f"{PAGE}/new", VAT | {"name": "Plates", "audience": f"team:{sales.id}"})).status_code == 422
    made = await ben.post(f"{PAGE}/new", VAT | {"name": "Plates", "shortcut": "plates", "audience": f"team:{sales.id}"})
    assert made.status_code == 303
    of_team = await the_text()
    own = await ben.post(f"{PAGE}/new", VAT | {"name": "My own way", "audience": "me"})
    assert own.status_code == 303
    of_ben = await the_text()

    offered = (await ben.get(f"{PAGE}/options", params={"q": "vat"}, htmx=True)).text
    assert offered.index("My own way") < offered.index("VAT is included") and "Plates" in offered
    assert "Plates" not in (await cleo.get(f"{PAGE}/options", htmx=True)).text
    assert "VAT is included" in (await lia.get(f"{PAGE}/options", htmx=True)).text
    for text, statuses in ((of_team, (200, 404, 404)), (of_ben, (404, 404, 404))):
        asked = [(await who.get(f"{PAGE}/{text.id}")).status_code for who in (mani, cleo, lia)]
        assert tuple(asked) == statuses, text.name
    shared = await CannedText.objects().where(CannedText.agent.is_null(), CannedText.team.is_null()).first()
    assert shared is not None
    for who in (ben, cleo):
        assert (await who.post(f"{PAGE}/{shared.id}", VAT)).status_code == 403
        assert (await who.post(f"{PAGE}/{shared.id}/deletion")).status_code == 403
        assert (await who.post(f"{PAGE}/new", VAT)).status_code == 403
        assert (await who.get("/console/settings/canned-texts")).status_code == 403
        assert "Who manages canned texts" in (await who.get(f"{PAGE}/{shared.id}")).text
    assert (await cleo.post(f"{PAGE}/new", VAT | {"audience": f"team:{sales.id}"})).status_code == 403
    assert (await lia.post(f"{PAGE}/new", VAT | {"audience": "me"})).status_code == 403
    assert (await mani.post(f"{PAGE}/{of_team.id}/deletion")).status_code == 303
    assert cleo_herself.id not in [one.agent for one in await CannedText.objects()]


async def test_a_text_is_put_in_in_the_customers_language_and_counted(browser: NewBrowser) -> None:
    mani, _ = await at_work(browser, "mani")
    await mani.post(f"{PAGE}/new", VAT)
    text, ticket = await the_text(), await a_ticket("<b>Plates</b>", who=("nasrin@customer.test", "نسرین امینی"))
    await rows("UPDATE hd_ticket SET language = 'fa'")
    ben, _ = await at_work(browser, "ben")
    put = await ben.post(f"{PAGE}/{text.id}/use", {"ticket": str(ticket.number)})
    assert put.json() == {
        "text": "نسرین امینی گرامی، مالیات در قیمت ۱۰۰۱ هست.", "html": None, "language": "fa", "missing": [],
    }  # fmt: skip
    await rows("UPDATE hd_ticket SET language = 'en'")
    put = await ben.post(f"{PAGE}/{text.id}/use", {"ticket": str(ticket.number)})
    assert put.json()["text"].startswith("Dear نسرین,\n\nVAT is in the price of #1001.\n{{agent.signature}}")
    assert put.json()["missing"] == ["agent.signature"]
    fresh = await the_text()
    assert fresh.uses == 2 and fresh.used_at
    new = await ben.post(f"{PAGE}/{text.id}/use", {"name": "Weber, Ben", "subject": "x"})
    assert new.json()["text"].startswith("Dear Ben,") and "ticket.number" in new.json()["missing"]
    secret = await make_team("Secret", is_private=True)
    await rows("UPDATE hd_ticket SET team = {}", secret.id)
    assert (await ben.post(f"{PAGE}/{text.id}/use", {"ticket": str(ticket.number)})).status_code == 404
    assert first_name("Ben Weber") == "Ben" and first_name("") == "" and first_name(" , ") == ""


async def test_without_scripts_a_text_is_chosen_and_stands_behind_what_was_typed(browser: NewBrowser) -> None:
    mani, _ = await at_work(browser, "mani")
    await mani.post(f"{PAGE}/new", VAT)
    text, ticket = await the_text(), await a_ticket()
    ben, _ = await at_work(browser, "ben")
    path = f"/console/tickets/{ticket.number}"
    choice = await ben.post(
        f"{path}/canned-text", {"mode": "note", "text": "Look:"}, files={"files": ("a.txt", b"a", "text/plain")}
    )
    assert f'<option value="{text.id}">VAT is included (/vat)' in choice.text and "Look:</textarea>" in choice.text
    assert "a.txt" in choice.text
    put = await ben.post(f"{path}/canned-text", {"mode": "note", "text": "Look:", "canned": str(text.id)})
    assert "Look:\n\nDear Dora,\n\nVAT is in the price of #1001." in put.text
    assert 'value="note" checked' in put.text
    unknown = await ben.post(f"{path}/canned-text", {"mode": "note", "text": "Look:", "canned": "9999999999"})
    assert "Look:</textarea>" in unknown.text


async def test_what_is_not_filled_in_is_not_sent_before_one_has_seen_it(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    ticket = await a_ticket()
    path = f"/console/tickets/{ticket.number}"
    letter = {"text": "Dear {{ customer.title }}, {{not one}} and {{}}.", "then": "solve"}
    refused = await ben.post(f"{path}/replies", letter, htmx=True)
    assert refused.status_code == 422 and 'name="unfilled" value="customer.title"' in refused.text
    assert 'data-anyway name="then" value="solve"' in refused.text and "Dear {{ customer.title }}" in refused.text
    other = await ben.post(f"{path}/replies", letter | {"text": "{{agent.name}}", "unfilled": "customer.title"}, htmx=True)  # fmt: skip
    assert other.status_code == 422 and 'value="agent.name"' in other.text
    assert not await Message.exists().where(Message.author_kind == "agent")
    sent = await ben.post(f"{path}/replies", letter | {"unfilled": "customer.title"}, htmx=True)
    assert sent.status_code == 200
    assert (await Ticket.objects().get(Ticket.id == ticket.id)).status == "solved"  # pyright: ignore[reportOptionalMemberAccess]
    assert (await ben.post(f"{path}/notes", letter, htmx=True)).status_code == 200, "notes stay here"
    outside = await ben.post(f"{path}/questions", letter | {"to": "eve@stranger.test"}, htmx=True)
    assert outside.status_code == 422 and 'name="unfilled"' in outside.text
    new = {
        "kind": "mail",
        "email": "dora@customer.test",
        "subject": "Hello",
        "text": "Dear {{customer.name}}",
        "team": "",
    }
    page = await ben.post("/console/tickets/new", new)
    assert page.status_code == 422 and 'name="unfilled" value="customer.name"' in page.text
    assert (await ben.post("/console/tickets/new", new | {"unfilled": "customer.name"})).status_code == 303
