"""Canned texts: a page of what one may put in and one's own, a page of what is shared, each text's form with its preview."""

import asyncio
import re
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.channels.email.sanitising import present
from helpdesk.channels.email.written import read_written
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import direction_of, frame, render, see_other, wants_fragment
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.installing import this_installation
from helpdesk.people.permissions import demand, may
from helpdesk.tickets.canned_filling import PLACEHOLDERS, fill, sample_values
from helpdesk.tickets.canned_texts import (
    Canned,
    NewCanned,
    Version,
    delete_canned,
    demand_changeable,
    find_canned,
    list_canned,
    may_share_with,
    restore_canned,
    save_canned,
)

MOST = 300
TABS = ("", "own", "deleted")
_AUDIENCE = re.compile(r"me|all|team:([0-9]{1,9})")
OWN, SHARED = "/console/canned-texts", "/console/settings/canned-texts"


class CannedTextsController(Controller):
    path = OWN

    @get("/")
    async def show(self, request: Request, agent: Me, q: Text = "", of: Text = "", said: Text = "", text: Text = "") -> Template:  # fmt: skip
        """What the agent may put in, their own alone, or those that they deleted."""
        demand(agent, "note")
        whose = "usable" if of not in ("own", "deleted") else "own"
        return await _list(request, agent, OWN, whose=whose, q=q, of=of, said=said, text=text)

    @get("/new")
    async def new(self, agent: Me, audience: Text = "") -> Template:
        demand(agent, "keep_canned_texts")
        return await _form(agent, None, _empty() | ({"audience": audience} if audience else {}))

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @get("/{text_id:int}")
    async def edit(self, agent: Me, text_id: Id) -> Template:
        """Its form; for who may not change it, what it says."""
        found = await find_canned(text_id, by=agent)
        return await _form(agent, found, _typed_of(found))

    @post("/{text_id:int}", status_code=200)
    async def change(self, agent: Me, text_id: Id, form: Typed) -> Response:
        return await _save(agent, await find_canned(text_id, by=agent), form)

    @post("/{text_id:int}/deletion", status_code=200)
    async def delete(self, agent: Me, text_id: Id) -> Response:
        found = await find_canned(text_id, by=agent)
        await delete_canned(text_id, by=agent, at=now())
        return see_other(f"{_page_of(found)}?said=deleted&text={text_id}")

    @post("/{text_id:int}/restoration", status_code=200)
    async def restore(self, agent: Me, text_id: Id) -> Response:
        found = await find_canned(text_id, by=agent)
        try:
            await restore_canned(text_id, by=agent, at=now())
        except Invalid as error:
            return await _form(agent, found, _typed_of(found), errors=error.fields, status=422)
        return see_other(f"{_page_of(found)}?said=restored")

    @post("/preview", status_code=200)
    async def preview(self, agent: Me, form: Typed) -> Template:
        """The text as it is typed, as a customer would read it; nothing is saved."""
        demand(agent, "note")
        return render(
            "settings/_canned_preview.html",
            letters=await _letters(agent, _versions(form, None)),
            direction_of=direction_of,
        )


class SharedCannedTextsController(Controller):
    path = SHARED

    @get("/")
    async def show(self, request: Request, agent: Me, q: Text = "", of: Text = "", said: Text = "", text: Text = "") -> Template:  # fmt: skip
        """What is everybody's and what is the teams', or those of them that were deleted."""
        return await _list(request, agent, SHARED, whose="shared", q=q, of=of, said=said, text=text)


async def _list(request: Request, agent: SignedIn, here: str, *, whose: str, q: str, of: str, said: str, text: str) -> Template:  # fmt: skip
    of = of if of in TABS else ""
    found = await list_canned(by=agent, whose=whose, q=q, is_active=of != "deleted", most=MOST + 1)
    shown = {
        "found": found[:MOST], "has_more": len(found) > MOST, "q": q.strip(), "of": of, "here": here, "direction_of": direction_of,
    }  # fmt: skip
    if wants_fragment(request):
        return render("settings/_canned_texts.html", agent=agent, **shown)
    undo = text if said == "deleted" and text.isdecimal() else ""
    return render("settings/canned_texts.html", **await frame(agent), **shown, said=said, undo=undo)


async def _save(agent: SignedIn, before: Canned | None, form: Form) -> Response:
    demand(agent, "keep_canned_texts")
    if before:
        demand_changeable(before)
    audience = form.line("audience")
    typed = {"name": form.line("name"), "shortcut": form.line("shortcut"), "audience": audience}
    versions = _versions(form, before)
    try:
        chosen = _AUDIENCE.fullmatch(audience)
        if chosen is None:
            raise Invalid(audience=_("Choose one of the list."))
        team = int(chosen[1]) if chosen[1] else None
        new = NewCanned(
            name=typed["name"], shortcut=typed["shortcut"], team=team, is_personal=audience == "me", versions=versions
        )  # fmt: skip
        text_id = await save_canned(before.id if before else None, new, by=agent, at=now())
    except Invalid as error:
        return await _form(agent, before, typed | {"versions": versions}, errors=error.fields, status=422)
    return see_other(f"{_page_of(await find_canned(text_id, by=agent))}?said=saved")


def _versions(form: Form, before: Canned | None) -> dict[str, Version]:
    """What is typed, in the order of the languages. Formatting that is as before, of another text, came without the editor."""
    made = {}
    texts, htmls = form.texts("text"), form.texts("html")
    for language, text, html in zip(LANGUAGES, texts, htmls, strict=False):
        known = before.versions.get(language) if before else None
        text = text.replace("\r\n", "\n").strip()
        is_left_over = known is not None and html == known.html and text != known.text
        made[language] = Version(text, html if html.strip() and not is_left_over else None)
    return made


async def _form(
    agent: SignedIn, found: Canned | None, typed: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:  # fmt: skip
    back = _page_of(found) if found else OWN
    return render(
        "settings/canned_text.html", status=status, **await frame(agent), menu_path=back, back=back, found=found, typed=typed,
        errors=errors or {}, letters=await _letters(agent, typed["versions"]), audiences=await _audiences(agent),
        placeholders=PLACEHOLDERS, direction_of=direction_of,
    )  # fmt: skip


async def _letters(agent: SignedIn, versions: dict[str, Version]) -> list[dict[str, Any]]:
    """Each version with sample data: `text`, and `html` or None."""
    brand, made = (await this_installation()).name, []
    for language, one in versions.items():
        if not one.text.strip():
            continue
        safe = (await asyncio.to_thread(read_written, one.html)).html if one.html else None
        filled = fill(one.text, safe, language, sample_values(agent, language, brand=brand))
        html = present(filled.html, image_url=lambda _cid: None, allow_remote=False) if filled.html else None
        made.append({"language": language, "text": filled.text, "html": html})  # fmt: skip
    return made


async def _audiences(agent: SignedIn) -> list[tuple[str, str]]:
    """Whose a text may become: pairs of a value and its words."""
    teams = (await directory()).teams
    shared = await may_share_with(agent)
    choices = [("me", _("Me alone"))] if may(agent, "keep_canned_texts") else []
    if shared is None:
        choices = [("all", _("Everybody")), *choices]
    return choices + [(f"team:{one.id}", one.name) for one in teams.values() if shared is None or one.id in shared]


def _empty() -> dict[str, Any]:
    return {"name": "", "shortcut": "", "audience": "me", "versions": {}}


def _typed_of(found: Canned) -> dict[str, Any]:
    audience = "me" if found.agent else f"team:{found.team}" if found.team else "all"
    return {"name": found.name, "shortcut": found.shortcut, "audience": audience, "versions": found.versions}


def _page_of(found: Canned) -> str:
    """The list that it stands in, for who may change it."""
    return SHARED if found.agent is None and found.is_mine_to_change else OWN
