"""Settings of web forms: what they ask, how they look, where they may be shown."""

from typing import Any, cast

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.channels.mailboxes import list_mailboxes
from helpdesk.channels.web_form.defining import MOST_FIELDS, Asking, ExtraField, FormDefinition, Kind, Texts
from helpdesk.channels.web_form.editing import find_form, list_forms, save_form, set_in_use
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import LARGEST_SMALL_ID, Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, N_, known, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.portal.showing import look_of, show_form
from helpdesk.tickets.tagging import clean_tags

ASKING: dict[Asking, str] = {"no": N_("Not asked"), "optional": N_("Optional"), "required": N_("Required")}
FIELD_KINDS: dict[Kind, str] = {"text": N_("A line of text"), "select": N_("A list"), "checkbox": N_("A tick")}
SPARE_FIELDS = 2


class WebFormsController(Controller):
    path = "/console/settings/forms"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, "manage_channels")
        return render(
            "settings/forms.html", **await frame(agent), forms=await list_forms(), people=await directory(), said=said
        )

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _edit(agent, FormDefinition(language=reader().language))

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, FormDefinition(), form)

    @get("/{form_id:int}")
    async def edit(self, agent: Me, form_id: Id, said: Text = "") -> Template:
        return await _edit(agent, await _found(agent, form_id), said=said)

    @post("/{form_id:int}", status_code=200)
    async def change(self, agent: Me, form_id: Id, form: Typed) -> Response:
        return await _save(agent, await _found(agent, form_id), form)

    @post("/{form_id:int}/use", status_code=200)
    async def use(self, agent: Me, form_id: Id, form: Typed) -> Response:
        """Switch the form off, or on again."""
        await _found(agent, form_id)
        await set_in_use(form_id, form.is_checked("use"), by=agent, at=now())
        return see_other(f"/console/settings/forms/{form_id}?said=saved")

    @post("/preview", status_code=200)
    async def preview(self, agent: Me, form: Typed) -> Template:
        """The form as visitors would see it, before it is saved; shown in a frame beside the settings."""
        demand(agent, "manage_channels")
        typed = _read(FormDefinition(id=_small(form, "id") or 0, channel=_small(form, "channel") or 0), form)
        look = look_of(typed, language=form.line("preview_language"), theme="", is_embedded=False)
        return await show_form(typed, look, ancestors="self")


async def _found(agent: SignedIn, form_id: int) -> FormDefinition:
    demand(agent, "manage_channels")
    return await find_form(form_id)


async def _save(agent: SignedIn, before: FormDefinition, form: Form) -> Response:
    demand(agent, "manage_channels")
    typed = _read(before, form)
    try:
        clean_tags(typed.tags)
        saved = await save_form(typed, by=agent, at=now())
    except Invalid as error:
        return await _edit(agent, typed, errors=error.fields, status=422)
    return see_other(f"/console/settings/forms/{saved.id}?said=saved")


def _read(before: FormDefinition, form: Form) -> FormDefinition:
    """What was typed, as far as it is a form at all; the domain says what will not do."""
    texts = {language: _texts(form, language) for language in LANGUAGES if form.line(f"title-{language}")}
    return FormDefinition(
        id=before.id, channel=before.channel, is_active=before.is_active, name=form.line("name"), slug=form.line("slug").lower(),
        team=_small(form, "team"), mailbox=_small(form, "mailbox"), language=known(form.line("language")), acknowledges=form.is_checked("acknowledges"),
        accent=form.line("accent").lower() if form.is_checked("has_accent") else "", priority=form.line("priority"), tags=_tags(form),
        takes_files=form.is_checked("takes_files"), offers_articles=form.is_checked("offers_articles"), origins=[line for line in form.text("origins").split() if line], texts=texts,
        fields=[one for place in range(MOST_FIELDS + SPARE_FIELDS) if (one := _field(form, place))],
        asks_name=_asking(form, "asks_name"), asks_subject=_asking(form, "asks_subject"), asks_phone=_asking(form, "asks_phone"),
    )  # fmt: skip


def _asking(form: Form, name: str) -> Asking:
    asked = form.line(name)
    return cast(Asking, asked) if asked in ASKING else "no"


def _texts(form: Form, language: str) -> Texts:
    return Texts(
        title=form.line(f"title-{language}")[:200],
        introduction=form.text(f"introduction-{language}").strip()[:4000],
        consent=form.text(f"consent-{language}").strip()[:1000],
        thanks=form.text(f"thanks-{language}").strip()[:4000],
        closed=form.text(f"closed-{language}").strip()[:1000],
    )


def _field(form: Form, place: int) -> ExtraField | None:
    """The question in this place; None when nothing names it."""
    labels = {code: line for code in LANGUAGES if (line := form.line(f"field-{place}-label-{code}")[:200])}
    asked = form.line(f"field-{place}-kind")
    kind = cast(Kind, asked) if asked in FIELD_KINDS else "text"
    if not labels:
        return None
    options = {code: _options(form, place, code) for code in LANGUAGES} if kind == "select" else {}
    return ExtraField(kind=kind, labels=labels, options=options, is_required=form.is_checked(f"field-{place}-required"))


def _options(form: Form, place: int, language: str) -> list[str]:
    lines = (" ".join(line.split())[:200] for line in form.text(f"field-{place}-options-{language}").split("\n"))
    return [line for line in dict.fromkeys(lines) if line][:50]


def _tags(form: Form) -> list[str]:
    """Tags between commas of either script; what is wrong with them is said when they are saved."""
    typed = [one for one in form.line("tags").replace("،", ",").split(",") if one.strip()]
    try:
        return clean_tags(typed)
    except Invalid:
        return typed


def _small(form: Form, name: str) -> int | None:
    chosen = form.whole(name)
    return chosen if chosen is not None and 0 < chosen <= LARGEST_SMALL_ID else None


async def _edit(
    agent: SignedIn, form: FormDefinition, *, errors: dict[str, str] | None = None, status: int = 200, said: str = ""
) -> Template:
    demand(agent, "manage_channels")
    blank = [ExtraField(kind="text", labels={})] * min(SPARE_FIELDS, MOST_FIELDS - len(form.fields))
    context: dict[str, Any] = {
        "form": form, "errors": errors or {}, "said": said, "people": await directory(), "mailboxes": await list_mailboxes(),
        "asking": ASKING, "field_kinds": FIELD_KINDS, "rows": [*form.fields, *blank], "no_texts": Texts(title=""),
    }  # fmt: skip
    return render("settings/form.html", status=status, **await frame(agent), **context)
