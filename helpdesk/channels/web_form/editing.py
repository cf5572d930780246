"""Web forms: finding, adding, changing and taking out of use."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.defining import MOST_FIELDS, MOST_ORIGINS, ExtraField, FormDefinition, Texts
from helpdesk.channels.web_form.tables import WebForm
from helpdesk.kernel.database import lock, rows, transaction
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, record
from helpdesk.people.permissions import demand
from helpdesk.people.tables import Team

KIND = "web_form"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_HOST = re.compile(r"[a-z0-9.-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
_PRIORITIES = ("low", "normal", "high", "urgent")
_OWN = (
    "slug",
    "accent",
    "priority",
    "tags",
    "asks_name",
    "asks_subject",
    "asks_phone",
    "takes_files",
    "offers_articles",
    "origins",
)
_TAKEN_SLUGS = {"embed", "colours"}

_FORMS = """
SELECT f.*, c.name, c.team, c.language, c.answers_by AS mailbox, c.acknowledges, c.deactivated_at IS NULL AS is_active
FROM hd_web_form f JOIN hd_channel c ON c.id = f.channel
"""


async def list_forms() -> list[FormDefinition]:
    """All forms, those in use first, the oldest first."""
    return [_as_definition(row) for row in await rows(f"{_FORMS} ORDER BY c.deactivated_at IS NOT NULL, f.id")]


async def find_form(form_id: int) -> FormDefinition:
    """Raises NotFound."""
    return _one(await rows(f"{_FORMS} WHERE f.id = {{}}", form_id))


async def find_form_at(slug: str) -> FormDefinition:
    """The form with this address, in use or not; raises NotFound."""
    return _one(await rows(f"{_FORMS} WHERE f.slug = {{}}", slug))


async def find_form_of(channel_id: int) -> FormDefinition | None:
    """The form that the channel is, if it is one."""
    found = await rows(f"{_FORMS} WHERE f.channel = {{}}", channel_id)
    return _as_definition(found[0]) if found else None


async def save_form(form: FormDefinition, *, by: SignedIn, at: datetime) -> FormDefinition:
    """Add the form (its `id` is 0) or change it; raises Invalid at the field."""
    demand(by, "manage_channels")
    form = _checked(form)
    async with transaction():
        await lock("web-forms")
        await _check_references(form)
        channel = (
            await Channel.objects().get(Channel.id == form.channel) if form.id else Channel(kind=KIND, created_at=at)
        )
        assert channel is not None, "a form's channel is never deleted"
        channel.name, channel.team, channel.language = form.name, form.team, form.language
        channel.answers_by, channel.acknowledges, channel.is_plus_addressed = form.mailbox, form.acknowledges, False
        await channel.save()
        own = await WebForm.objects().get(WebForm.id == form.id) if form.id else WebForm(channel=channel.id)
        assert own is not None, "the form was found before"
        for name in _OWN:
            setattr(own, name, getattr(form, name))
        own.texts, own.fields = _json(form.texts), _json(form.fields)
        await own.save()
        kind = "form_changed" if form.id else "form_added"
        await record(kind, by=by, at=at, about=About("channel", channel.id, form.name))
    return await find_form(own.id)


async def set_in_use(form_id: int, is_in_use: bool, *, by: SignedIn, at: datetime) -> None:
    """Switch the form off, or on again: a form out of use says so instead of asking."""
    demand(by, "manage_channels")
    form = await find_form(form_id)
    async with transaction():
        await rows(
            "UPDATE hd_channel SET deactivated_at = CASE WHEN {} THEN NULL ELSE coalesce(deactivated_at, {}) END WHERE id = {}",
            is_in_use, at, form.channel,
        )  # fmt: skip
        about = About("channel", form.channel, form.name)
        await record("form_changed", by=by, at=at, about=about, changes={"is_in_use": (None, is_in_use)})


def _checked(form: FormDefinition) -> FormDefinition:
    """The form with clean values; raises Invalid at the field."""
    errors: dict[str, str] = {}
    if not form.name or len(form.name) > 100:
        errors["name"] = _("Give a name of at most 100 characters.")
    if not _SLUG.fullmatch(form.slug) or form.slug in _TAKEN_SLUGS:
        errors["slug"] = _("Use small Latin letters, digits and hyphens, at most 60.")
    if form.accent and not _COLOUR.fullmatch(form.accent):
        errors["accent"] = _("Give a colour as #rrggbb.")
    if form.priority not in _PRIORITIES:
        errors["priority"] = _("Choose one of the list.")
    if not form.texts or form.texts.keys() - LANGUAGES.keys() or not all(one.title for one in form.texts.values()):
        errors["texts"] = _("Give a title in one language at least.")
    elif form.language not in form.texts:
        errors["language"] = _("The form has no title in this language.")
    if fault := _fault_of_fields(form):
        errors["fields"] = fault
    origins = list(dict.fromkeys(filter(None, map(_origin, form.origins))))
    if None in map(_origin, form.origins) or len(origins) > MOST_ORIGINS:
        errors["origins"] = _("Give sites as https://www.example.com, one a line, at most 20.")
    if errors:
        raise Invalid(**errors)
    return msgspec.structs.replace(form, origins=origins)


def _fault_of_fields(form: FormDefinition) -> str | None:
    """What is wrong with the questions of the form: each needs its words in every language of the form."""
    if len(form.fields) > MOST_FIELDS:
        return _("A form takes at most 10 questions of its own.")
    for field in form.fields:
        if any(not field.labels.get(language) for language in form.texts):
            return _("Name each question in every language of the form.")
        if field.kind == "select" and any(not field.options.get(language) for language in form.texts):
            return _("Give each list its choices in every language of the form.")
    for language in form.texts:
        labels = [field.labels.get(language) for field in form.fields]
        if len(set(labels)) < len(labels):
            return _("Two questions have the same name.")
    return None


def _origin(text: str) -> str | None:
    """`https://shop.example` of whatever address was given there; None when it is none."""
    try:
        parts = urlsplit(text.strip().lower())
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_web else None


async def _check_references(form: FormDefinition) -> None:
    twin = await WebForm.objects().where(WebForm.slug == form.slug).first()
    if twin and twin.id != form.id:
        raise Invalid(slug=_("There is a form with this address already."))
    if form.team is not None and not await Team.exists().where(Team.id == form.team):
        raise Invalid(team=_("There is no such team."))
    mailbox = Channel.exists().where(Channel.id == form.mailbox, Channel.kind == "email")
    if form.mailbox is not None and not await mailbox:
        raise Invalid(mailbox=_("There is no such mailbox."))


def _one(found: list[dict[str, Any]]) -> FormDefinition:
    if not found:
        raise NotFound(_("There is no such form."))
    return _as_definition(found[0])


def _as_definition(row: dict[str, Any]) -> FormDefinition:
    plain = {name: row[name] for name in FormDefinition.__struct_fields__ if name not in ("texts", "fields")}
    return FormDefinition(
        **plain,
        texts=msgspec.json.decode(row["texts"], type=dict[str, Texts]),
        fields=msgspec.json.decode(row["fields"], type=list[ExtraField]),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
