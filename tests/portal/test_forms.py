"""Web forms: what is sent becomes one ticket, and what cannot be taken comes back as it was typed."""

import asyncio
import re
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.defining import ExtraField, FormDefinition, Texts
from helpdesk.channels.web_form.editing import set_in_use
from helpdesk.customers.finding import find_or_create
from helpdesk.customers.tables import Customer
from helpdesk.deliveries.tables import Delivery
from helpdesk.intake import limits, taking_posts
from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.posting import channel_of
from helpdesk.tickets.tables import Attachment, Message, Ticket
from helpdesk.tickets.uploading import forget_abandoned
from tests.portal.filling import a_form, a_slip, admin, errors_of, post, work


async def test_a_post_is_a_ticket_of_the_form_and_the_next_page_says_its_number(visitor: AsyncClient) -> None:
    form = await a_form(tags=["web"], priority="high")
    answer = await post(visitor, form)
    assert answer.status_code == 303, answer.text
    page = await visitor.get(answer.headers["location"])
    ticket = await Ticket.objects().first()
    assert ticket and f"#{ticket.number}" in page.text
    assert (ticket.subject, ticket.channel, ticket.tags, ticket.priority) == (
        "Printer on fire",
        form.channel,
        ["web"],
        "high",
    )
    message = await Message.objects().first()
    assert message and message.is_unverified and message.body_text == "Please help, it burns."


async def test_the_first_mail_leaves_by_the_mailbox_without_a_word_of_the_sender(visitor: AsyncClient) -> None:
    await post(visitor, await a_form())
    [delivery] = await Delivery.objects()
    assert delivery.to == ["dora@customer.test"] and "support@helpdesk.test" in delivery.mail
    assert not any(word in delivery.mail for word in ("Dora", "Printer", "burns"))


async def test_answers_leave_by_the_forms_mailbox(visitor: AsyncClient) -> None:
    sales = Channel(name="Sales", address="sales@helpdesk.test")
    await sales.save()
    await post(visitor, await a_form(mailbox=sales.id))
    ticket = await Ticket.objects().first()
    assert ticket
    channel = await channel_of(ticket)
    assert channel and channel.id == sales.id


async def test_the_same_post_twice_is_one_ticket_and_another_from_the_same_page_a_second(visitor: AsyncClient) -> None:
    form = await a_form()
    slip = a_slip(form)
    first, second = await asyncio.gather(post(visitor, form, slip=slip), post(visitor, form, slip=slip))
    assert first.headers["location"] == second.headers["location"]
    assert await Ticket.count() == 1 and await Delivery.count() == 1
    assert (await post(visitor, form, slip=slip, message="And it smells.")).status_code == 303
    assert await Ticket.count() == 2


async def test_a_typed_address_neither_renames_a_customer_nor_joins_a_ticket(visitor: AsyncClient) -> None:
    known = await find_or_create("dora@customer.test", "Dora Dean", language="en", at=now())
    nameless = await find_or_create("anna@customer.test", "", language="en", at=now())
    form = await a_form()
    await post(visitor, form, name="Mallory")
    await post(visitor, form, name="Mallory", email="anna@customer.test")
    names = {row["id"]: row["name"] for row in await Customer.select(Customer.id, Customer.name)}
    assert names == {known.id: "Dora Dean", nameless.id: ""}
    messages = await Message.objects()
    assert all("Name: Mallory" in one.body_text for one in messages) and len({one.ticket for one in messages}) == 2


async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(visitor: AsyncClient) -> None:
    form = await a_form()
    files = {"files": ("log.txt", b"it burns", "text/plain")}
    page = await post(visitor, form, files=files, email="nobody", subject="", message="A long story")
    assert page.status_code == 422 and errors_of(page) == {"email", "subject"}
    assert 'value="nobody"' in page.text and "A long story" in page.text and "log.txt" in page.text
    again = await post(visitor, form, slip=_hidden(page, "slip"), kept=_hidden(page, "kept"))
    assert again.status_code == 422, "the slip is new: too young"
    await _send_the_kept_file(visitor, form)


async def test_marks_that_nobody_sees_are_nothing_typed(visitor: AsyncClient) -> None:
    page = await post(visitor, await a_form(), name="\u200c", subject="\u200f \u202e", message="\u200f\n\u2066")
    assert page.status_code == 422 and errors_of(page) == {"name", "subject", "message"}


async def _send_the_kept_file(visitor: AsyncClient, form: FormDefinition) -> None:
    slip = a_slip(form)
    uploaded = await visitor.post(
        f"/forms/{form.slug}/files", data={"slip": slip}, files={"file": ("log.txt", b"it burns", "text/plain")}
    )
    assert uploaded.status_code == 201, uploaded.text
    strange = await post(visitor, form, kept=uploaded.json()["handle"])
    assert strange.status_code == 422 and errors_of(strange) == {"files"}, "another page's"
    assert (
        await post(visitor, form, slip=slip, kept=uploaded.json()["handle"], subject="With a file")
    ).status_code == 303
    [file] = await Attachment.objects().where(Attachment.message.is_not_null())
    assert await blobs.read(file.blob) == b"it burns"
    again = await post(visitor, form, slip=slip, kept=uploaded.json()["handle"], subject="The same file again")
    assert again.status_code == 303 and await Attachment.count().where(Attachment.message.is_not_null()) == 2


async def test_a_file_sent_without_scripts_is_attached(visitor: AsyncClient) -> None:
    form = await a_form()
    answer = await post(
        visitor,
        form,
        files=[("files", ("بل.pdf", b"%PDF", "application/pdf")), ("files", ("b.txt", b"b", "text/plain"))],
    )
    assert answer.status_code == 303
    assert sorted([one.name for one in await Attachment.objects().where(Attachment.message.is_not_null())]) == [
        "b.txt",
        "بل.pdf",
    ]


async def test_files_are_limited_and_forgotten_after_a_day(visitor: AsyncClient) -> None:
    form = await a_form()
    files = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(11)]
    page = await post(visitor, form, files=files)
    assert page.status_code == 422 and errors_of(page) == {"files"} and page.text.count('name="kept"') == 10
    big = await post(visitor, form, files={"files": ("big.bin", b"x" * 10_000_001, "application/octet-stream")})
    assert errors_of(big) == {"files"}
    await forget_abandoned(at=now() + timedelta(hours=25))
    assert await Attachment.count() == 0


async def test_a_form_without_files_takes_none(visitor: AsyncClient) -> None:
    form = await a_form(takes_files=False)
    assert (await post(visitor, form, files={"files": ("a.txt", b"a", "text/plain")})).status_code == 303
    assert await Attachment.count() == 0
    refused = await visitor.post(
        f"/forms/{form.slug}/files", data={"slip": a_slip(form)}, files={"file": ("a", b"a", "text/plain")}
    )
    assert refused.status_code == 422


async def test_the_forms_own_questions_are_asked_checked_and_kept(visitor: AsyncClient) -> None:
    form = await a_form(asks_phone="optional", asks_subject="no", texts={"en": Texts(title="Orders", consent="You may store this.")}, fields=[
        ExtraField(kind="text", labels={"en": "Order"}, is_required=True),
        ExtraField(kind="select", labels={"en": "Size"}, options={"en": ["Small", "Large"]}),
        ExtraField(kind="checkbox", labels={"en": "Urgent"}),
    ])  # fmt: skip
    wrong = await post(visitor, form, **{"field-1": "Huge", "phone": "call me"})
    assert errors_of(wrong) == {"field-0", "field-1", "phone", "consent"}
    right = {"field-0": "A-7", "field-1": "Large", "field-2": "1", "phone": "۰۹۱۲۳۴۵۶۷۸۹", "consent": "1"}
    assert (await post(visitor, form, **right)).status_code == 303
    message, ticket = await Message.objects().first(), await Ticket.objects().first()
    assert message and ticket and ticket.subject == "Please help, it burns."
    assert message.body_text.splitlines()[2:] == ["Phone: 09123456789", "Order: A-7", "Size: Large", "Urgent: yes", "Agreed: You may store this."]  # fmt: skip


async def test_what_no_person_seems_to_have_sent_is_asked_for_once_more(visitor: AsyncClient) -> None:
    form = await a_form()
    for odd in ({"website": "https://spam.example"}, {"slip": a_slip(form, age=timedelta())}, {"slip": "forged"}, {"slip": a_slip(form, age=timedelta(days=3))}):  # fmt: skip
        page = await post(visitor, form, **odd)
        assert page.status_code == 422 and "once more" in page.text and "it burns" in page.text
    quick = await post(visitor, form, slip=a_slip(form, age=timedelta()))
    assert "That was very quick" in quick.text
    other = await a_form("other")
    assert (await post(visitor, form, slip=a_slip(other))).status_code == 422
    assert await Ticket.count() == 0


async def test_a_flood_without_work_is_stopped_and_keeps_what_was_typed(visitor: AsyncClient) -> None:
    form = await a_form()
    answers = [await post(visitor, form, email=f"one{n}@customer.test") for n in range(limits.UNWORKED_PER_NETWORK + 1)]
    assert [one.status_code for one in answers] == [303] * limits.UNWORKED_PER_NETWORK + [429]
    assert int(answers[-1].headers["retry-after"]) > 3000 and "it burns" in answers[-1].text
    slip = a_slip(form)
    assert (await post(visitor, form, slip=slip, work=work(slip), email="two@customer.test")).status_code == 303


async def test_our_own_address_is_no_customers(visitor: AsyncClient) -> None:
    page = await post(visitor, await a_form(), email="Support+x@helpdesk.test")
    assert page.status_code == 422 and errors_of(page) == {"email"}


async def test_a_blocked_senders_post_is_spam_and_gets_no_mail(visitor: AsyncClient) -> None:
    await rows(
        "INSERT INTO hd_sender_rule (pattern, is_allowed, note, created_at) VALUES ('*.spam.test', false, '', now())"
    )
    assert (await post(visitor, await a_form(), email="eve@mail.spam.test")).status_code == 303
    [ticket] = await Ticket.objects()
    assert ticket.spam_at is not None and await Delivery.count() == 0


async def test_a_form_out_of_use_says_so_and_takes_nothing(visitor: AsyncClient) -> None:
    form = await a_form(texts={"en": Texts(title="Write to us", closed="We moved.")})
    await set_in_use(form.id, False, by=await admin(), at=now())
    page = await visitor.get("/forms/contact")
    assert page.status_code == 410 and "We moved." in page.text and "<form" not in page.text
    assert (await post(visitor, form)).status_code == 410 and await Ticket.count() == 0


async def test_only_the_forms_sites_may_frame_it(visitor: AsyncClient) -> None:
    await a_form(origins=["https://Shop.example/contact", "https://shop.example"])
    await a_form("alone")
    assert _ancestors(await visitor.get("/forms/contact?embed=1")) == "https://shop.example"
    assert _ancestors(await visitor.get("/forms/alone?embed=1")) == "'none'"
    script = await visitor.get("/forms/embed.js")
    assert script.status_code == 200 and script.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_it_speaks_the_visitors_language_as_far_as_it_can(visitor: AsyncClient) -> None:
    await a_form()
    await a_form("english", texts={"en": Texts(title="Write to us")})
    persian = await visitor.get("/forms/contact", headers={"accept-language": "fa"})
    assert 'lang="fa" dir="rtl"' in persian.text and "به ما بنویسید" in persian.text
    assert 'lang="en"' in (await visitor.get("/forms/contact?lang=en", headers={"accept-language": "fa"})).text
    assert 'lang="en"' in (await visitor.get("/forms/english?lang=fa")).text


async def test_the_thanks_of_another_form_or_of_nothing_are_not_found(visitor: AsyncClient) -> None:
    form = await a_form()
    answer = await post(visitor, form)
    await a_form("other")
    other = answer.headers["location"].replace("/forms/contact/", "/forms/other/")
    assert (await visitor.get(other)).status_code == 404
    assert (await visitor.get("/forms/contact/thanks?sent=x")).status_code == 404
    assert (await visitor.get("/forms/nothing")).status_code == 404


async def test_a_typed_address_gets_the_answer_even_when_the_customer_has_others(visitor: AsyncClient) -> None:
    from helpdesk.customers.tables import Identity
    from helpdesk.tickets.answering import answered

    known = await find_or_create("first@customer.test", "Dora", language="en", at=now())
    await Identity(customer=known.id, value="dora@customer.test").save()
    await post(visitor, await a_form())
    ticket = await Ticket.objects().first()
    assert ticket and (await answered(ticket)).addresses == ["dora@customer.test"]


def _hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found
    return found[1]


def _ancestors(page: Response) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", page.headers["content-security-policy"])
    assert found
    return found[1]


async def test_a_post_that_was_not_committed_is_not_acknowledged_and_can_be_sent_again(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await a_form()
    slip = a_slip(form)

    async def die(*_: object, **__: object) -> None:
        raise RuntimeError("the process is gone")

    with monkeypatch.context() as dying:
        dying.setattr(taking_posts, "acknowledge_post", die)
        assert (await post(visitor, form, slip=slip)).status_code == 500
    assert await Ticket.count() == 0 and await Customer.count() == 0
    assert (await post(visitor, form, slip=slip)).status_code == 303
    assert await Ticket.count() == 1 and await Delivery.count() == 1
