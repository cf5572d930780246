"""What a channel tells customers by itself, in each language, and when somebody answers."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.channels import automatic_texts, opening_hours
from helpdesk.channels.automatic_texts import KINDS, OUT_OF_HOURS, Words, fill
from helpdesk.channels.mailboxes import mailbox_of
from helpdesk.channels.opening_hours import hours_of, read_hours, save_hours
from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.editing import find_form_of
from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.intake.acknowledging import mail_test, sample_values
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _, reader, speaking, week, weekday
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.promises.calendars import choice_of


class AutomaticTextsController(Controller):
    path = "/console/channels/{channel_id:int}/texts"

    @get("/")
    async def show(self, agent: Me, channel_id: Id, said: Text = "") -> Template:
        return await _overview(agent, await _found(agent, channel_id), said=said)

    @post("/hours", status_code=200)
    async def set_hours(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        channel = await _found(agent, channel_id)
        days = [form.line(f"day-{day}") for day in range(7)]
        try:
            hours = read_hours(form.line("zone"), days) if form.is_checked("limited") else None
        except Invalid as error:
            typed = {"is_limited": True, "zone": form.line("zone"), "days": days}
            return await _overview(agent, channel, errors=error.fields, typed=typed, status=422)
        await save_hours(channel, hours, by=agent)
        return see_other(f"/console/channels/{channel_id}/texts?said=saved")

    @post("/articles", status_code=200)
    async def set_naming(self, agent: Me, channel_id: Id, form: Typed) -> Response:
        channel = await _found(agent, channel_id)
        await automatic_texts.name_articles(channel, form.is_checked("names_articles"), by=agent)
        return see_other(f"/console/channels/{channel_id}/texts?said=saved")

    @get("/{kind:str}/{language:str}")
    async def edit(self, agent: Me, channel_id: Id, kind: Name, language: Name, said: Text = "") -> Template:
        channel = await _found(agent, channel_id, kind, language)
        return await _edit(
            agent, channel, kind, language, await automatic_texts.words_of(channel, kind, language), said=said
        )

    @post("/{kind:str}/{language:str}", status_code=200)
    async def save(self, agent: Me, channel_id: Id, kind: Name, language: Name, form: Typed) -> Response:
        channel, words = await _found(agent, channel_id, kind, language), _typed(form)
        try:
            await automatic_texts.save_words(channel, kind, language, words, by=agent, at=now())
        except Invalid as error:
            return await _edit(agent, channel, kind, language, words, errors=error.fields, status=422)
        return see_other(f"/console/channels/{channel_id}/texts?said=saved")

    @post("/{kind:str}/{language:str}/preview", status_code=200)
    async def preview(
        self, request: Request, agent: Me, channel_id: Id, kind: Name, language: Name, form: Typed
    ) -> Template:
        """The text as a customer would read it; nothing is saved."""
        channel, words = await _found(agent, channel_id, kind, language), _typed(form)
        errors = _faults(words, channel)
        if wants_fragment(request):
            return render("settings/_letter.html", letter=await _letter(channel, kind, language, words), errors=errors)
        return await _edit(agent, channel, kind, language, words, errors=errors)

    @post("/{kind:str}/{language:str}/test", status_code=200)
    async def send_test(self, agent: Me, channel_id: Id, kind: Name, language: Name, form: Typed) -> Response:
        """Mail the text as it is typed to the one who asks."""
        channel, words = await _found(agent, channel_id, kind, language), _typed(form)
        if errors := _faults(words, channel):
            return await _edit(agent, channel, kind, language, words, errors=errors, status=422)
        await mail_test(channel, words, language=language, to=agent.email, at=now())
        return await _edit(agent, channel, kind, language, words, said="sent")

    @post("/{kind:str}/{language:str}/reset", status_code=200)
    async def reset(self, agent: Me, channel_id: Id, kind: Name, language: Name) -> Response:
        channel = await _found(agent, channel_id, kind, language)
        await automatic_texts.reset_words(channel, kind, language, by=agent)
        return see_other(f"/console/channels/{channel_id}/texts/{kind}/{language}?said=reset")


async def _found(agent: SignedIn, channel_id: int, kind: str = "", language: str = "") -> Channel:
    demand(agent, "manage_channels")
    channel = await Channel.objects().get(Channel.id == channel_id)
    if channel is None or (kind and not automatic_texts.is_known(kind, language)):
        raise NotFound(_("There is nothing here."))
    return channel


def _typed(form: Form) -> Words:
    return Words(form.line("subject"), form.text("body"))


def _faults(words: Words, channel: Channel) -> dict[str, str]:
    try:
        automatic_texts.check(words, channel)
    except Invalid as error:
        return error.fields
    return {}


async def _letter(channel: Channel, kind: str, language: str, words: Words) -> dict[str, Any]:
    """The mail with sample data."""
    mailbox = await mailbox_of(channel)
    filled = fill(words, await sample_values(channel, language, at=now()))
    with speaking(language):
        direction = reader().direction
    return {
        "kind": kind, "language": language, "direction": direction, "subject": filled.subject, "body": filled.body,
        "signature": mailbox.signature if mailbox else "",
    }  # fmt: skip


async def _overview(
    agent: SignedIn, channel: Channel, *, errors: dict[str, str] | None = None, typed: dict[str, Any] | None = None,
    status: int = 200, said: str = "",
) -> Template:  # fmt: skip
    written = await automatic_texts.written_for(channel)
    letters = []
    for kind in KINDS:
        for language in LANGUAGES:
            words = written.get((kind, language)) or automatic_texts.default_words(kind, language)
            letters.append(await _letter(channel, kind, language, words) | {"is_ours": (kind, language) not in written})
    hours = hours_of(channel)
    shown = {
        "is_limited": hours is not None,
        "zone": hours.zone if hours else agent.time_zone,
        "days": [opening_hours.day_in_words(day) for day in hours.days] if hours else [""] * 7,
    }
    return await _render("settings/automatic_texts.html", agent, channel, status, {
        "letters": letters, "hours": typed or shown, "week": [(day, weekday(day)) for day in week()], "errors": errors or {}, "said": said,
        "choice": await choice_of("channel", channel.id),
    })  # fmt: skip


async def _edit(
    agent: SignedIn, channel: Channel, kind: str, language: str, words: Words, *, errors: dict[str, str] | None = None,
    status: int = 200, said: str = "",
) -> Template:  # fmt: skip
    return await _render("settings/automatic_text.html", agent, channel, status, {
        "kind": kind, "language": language, "words": words, "letter": await _letter(channel, kind, language, words),
        "placeholders": automatic_texts.placeholders_of(channel), "errors": errors or {}, "said": said,
        "is_ours": words == automatic_texts.default_words(kind, language), "needs_hours": kind == OUT_OF_HOURS and not (channel.opening_hours or channel.calendar),
    })  # fmt: skip


async def _render(template: str, agent: SignedIn, channel: Channel, status: int, context: dict[str, Any]) -> Template:
    form = await find_form_of(channel.id)
    back = f"/console/settings/forms/{form.id}" if form else f"/console/channels/{channel.id}"
    return render(template, status=status, **await frame(agent), channel=channel, back=back, kinds=KINDS, **context)
