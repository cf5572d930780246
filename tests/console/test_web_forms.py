"""Settings of web forms and automatic texts."""

import html
from collections.abc import Callable

from helpdesk.channels.automatic_texts import ACKNOWLEDGEMENT, words_of
from helpdesk.channels.opening_hours import hours_of
from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.editing import list_forms
from helpdesk.deliveries.tables import Delivery
from tests.cast import hire
from tests.console.browsing import Browser
from tests.portal.filling import a_form

Browsers = Callable[[], Browser]
TYPED = {
    "name": "Contact", "slug": "contact", "language": "en", "priority": "high", "tags": "Web, shop", "team": "", "mailbox": "",
    "asks_name": "optional", "asks_subject": "required", "asks_phone": "no", "takes_files": "1", "acknowledges": "1", "has_accent": "1",
    "accent": "#C2410C", "origins": "https://shop.example/", "title-en": "Write to us", "title-fa": "به ما بنویسید",
    "field-0-kind": "select", "field-0-label-en": "Size", "field-0-label-fa": "اندازه", "field-0-options-en": "Small\nLarge\n", "field-0-options-fa": "کوچک\nبزرگ",
}  # fmt: skip
TEXT = "/console/channels/1/texts/acknowledgement/en"


async def test_an_admin_makes_a_form_and_visitors_see_it(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    answer = await visitor.post("/console/settings/forms/new", TYPED)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/console/settings/forms/1?said=saved"), (
        answer.text
    )
    [form] = await list_forms()
    assert (form.tags, form.accent, form.origins, form.languages) == (
        ["shop", "web"],
        "#c2410c",
        ["https://shop.example"],
        ["en", "fa"],
    )
    assert "کوچک" in (await visitor.get("/forms/contact?lang=fa")).text
    page = await visitor.get("/console/settings/forms/1")
    assert 'value="Small' not in page.text and "Small\nLarge" in page.text and "/forms/embed.js" in page.text


async def test_the_frame_to_copy_bears_the_title_that_visitors_read(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    await visitor.post("/console/settings/forms/new", TYPED | {"name": "Ours", "title-en": 'Say "hi"'})
    code = html.unescape((await visitor.get("/console/settings/forms/1")).text)
    assert 'title="Say &#34;hi&#34;"' in code and 'title="Ours"' not in code


async def test_ids_that_no_form_or_mailbox_can_have_are_no_error_of_ours(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    for path in ("settings/forms", "filters", "channels"):
        assert (await visitor.get(f"/console/{path}/{2**31}")).status_code == 404
    page = await visitor.post("/console/settings/forms/preview", TYPED | {"id": str(2**40), "channel": str(2**40)})
    assert page.status_code == 200


async def test_what_is_wrong_with_a_form_is_said_and_what_was_typed_stays(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    await a_form()
    for wrong, field in (
        ({"slug": "Über uns"}, "slug"), ({"slug": "contact"}, "slug"), ({"origins": "shop"}, "origins"), ({"field-0-options-fa": ""}, "fields"),
        ({"title-en": "", "title-fa": ""}, "title-en"), ({"title-en": ""}, "language"), ({"tags": "x" * 60}, "tags"), ({"accent": "red"}, "accent"),
    ):  # fmt: skip
        page = await visitor.post("/console/settings/forms/new", TYPED | {"slug": "other"} | wrong)
        assert page.status_code == 422 and f'id="{field}-error"' in page.text, (wrong, page.text)
        assert "Large" in page.text
    assert len(await list_forms()) == 1


async def test_the_preview_shows_what_is_typed_and_saves_nothing(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    page = await visitor.post("/console/settings/forms/preview", TYPED | {"preview_language": "fa"})
    assert (
        page.status_code == 200
        and "بزرگ" in page.text
        and "frame-ancestors 'self'" in page.headers["content-security-policy"]
    )
    assert (await visitor.post("/console/settings/forms/preview", {})).status_code == 200, "an empty one, too"
    assert not await list_forms()


async def test_only_administrators_change_forms(browser: Browsers) -> None:
    await a_form()
    visitor = await browser().sign_in(await hire("mani"))
    for path in (
        "/console/settings/forms",
        "/console/settings/forms/1",
        "/console/settings/forms/new",
        "/console/channels/1/texts",
        TEXT,
    ):
        assert (await visitor.get(path)).status_code == 403, path
    for path in ("/console/settings/forms/1", "/console/settings/forms/1/use", "/console/settings/forms/preview", TEXT, f"{TEXT}/test", "/console/channels/1/texts/hours"):  # fmt: skip
        assert (await visitor.post(path, TYPED)).status_code == 403, path


async def test_texts_are_shown_changed_tested_and_reset(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    page = await visitor.get("/console/channels/1/texts")
    assert 'dir="rtl"' in page.text and "۱۰۴۲" in page.text and "#1042" in page.text
    refused = await visitor.post(TEXT, {"subject": "Hello {{name}}", "body": "{{number}}"})
    assert refused.status_code == 422 and 'id="subject-error"' in refused.text and "{{name}}" in refused.text
    preview = await visitor.post(f"{TEXT}/preview", {"subject": "Hi", "body": "Number {{number}} & <b>"}, htmx=True)
    assert "Number 1042 &amp; &lt;b&gt;" in preview.text and "<html" not in preview.text
    words = {"subject": "Hi", "body": "Number {{number}}"}
    assert "on its way" in (await visitor.post(f"{TEXT}/test", words)).text
    [test] = await Delivery.objects()
    assert test.to == ["alma@helpdesk.test"] and "Number 1042" in test.mail
    assert (await visitor.post(TEXT, words)).status_code == 303
    channel = await Channel.objects().first()
    assert channel and (await words_of(channel, ACKNOWLEDGEMENT, "en")).body == "Number {{number}}"
    assert (await visitor.post(f"{TEXT}/reset")).status_code == 303
    assert "Thank you" in (await words_of(channel, ACKNOWLEDGEMENT, "en")).body
    assert (await visitor.get("/console/channels/1/texts/greeting/en")).status_code == 404


async def test_hours_are_kept_and_what_cannot_be_read_is_said(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    typed = {"limited": "1", "zone": "Asia/Tehran", "day-0": "9:00–12:30, 14–18", "day-1": "soon"}
    page = await visitor.post("/console/channels/1/texts/hours", typed)
    assert page.status_code == 422 and 'id="day-1-error"' in page.text and 'value="soon"' in page.text
    assert (await visitor.post("/console/channels/1/texts/hours", typed | {"day-1": ""})).status_code == 303
    channel = await Channel.objects().first()
    hours = hours_of(channel) if channel else None
    assert hours and hours.days[0] == [(540, 750), (840, 1080)]
    assert "9:00–12:30, 14:00–18:00" in (await visitor.get("/console/channels/1/texts")).text
