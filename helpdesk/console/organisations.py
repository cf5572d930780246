"""Organisations: the list, their domains, people and tickets."""

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Template

from helpdesk.console.asked import Cursor, Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.views import as_shown
from helpdesk.customers.organising import delete_organisation, organisation_profile, save_organisation
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.errors import Conflict, Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand, may
from helpdesk.profiles.listing import page_of_customers, page_of_organisations
from helpdesk.profiles.merging import merges_of
from helpdesk.profiles.merging_many import asked_of
from helpdesk.promises.calendars import VERB, choice_of
from helpdesk.tickets.listing import of_organisation
from helpdesk.tickets.queries import page_of

NEW = {"id": None, "name": "", "domains": "", "language": "", "notes": "", "shares_requests": ""}
PEOPLE = 20


class OrganisationsController(Controller):
    path = "/console/organisations"

    @get("/")
    async def list_them(
        self, request: Request, agent: Me, q: Text = "", after: Cursor = None, said: Text = ""
    ) -> Template:
        found = await page_of_organisations(q=q.strip(), after=after)
        shown = {"organisations": found.rows, "next": found.next, "q": q.strip(), "said": said}
        if wants_fragment(request):
            return render("customers/_organisations.html", agent=agent, **shown)
        return render("customers/organisations.html", **await frame(agent), **shown)

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, NEW)

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @get("/{organisation_id:int}")
    async def show(self, agent: Me, organisation_id: Id, after: Cursor = None, said: Text = "") -> Response:
        """The organisation with its people and a page of its tickets, as far as the agent may see them."""
        return await _page(agent, organisation_id, after=after, said=said)

    @get("/{organisation_id:int}/change")
    async def edit(self, agent: Me, organisation_id: Id) -> Template:
        return await _form(agent, _as_typed(await organisation_profile(organisation_id)))

    @post("/{organisation_id:int}/change", status_code=200)
    async def change(self, agent: Me, organisation_id: Id, form: Typed) -> Response:
        return await _save(agent, organisation_id, form)

    @post("/{organisation_id:int}/deletion", status_code=200)
    async def delete(self, agent: Me, organisation_id: Id) -> Response:
        try:
            await delete_organisation(organisation_id, by=agent)
        except Invalid as error:
            return await _page(agent, organisation_id, status=422, refusal=error.fields["organisation"])
        return see_other("/console/organisations?said=deleted")


async def _page(
    agent: SignedIn, organisation_id: int, *, after: str | None = None, status: int = 200, **more: Any
) -> Template | Redirect:
    around = await frame(agent)
    organisation = await organisation_profile(organisation_id)
    if organisation["merged_into"]:
        return see_other(f"/console/organisations/{organisation['merged_into']}?said=was-merged")
    people, tickets, merges, asked = await asyncio.gather(
        page_of_customers(seen_by=agent, organisation=organisation_id, limit=PEOPLE),
        page_of(of_organisation(organisation_id), seen_by=agent, cursor=after, with_details=True),
        merges_of(MergedKind.ORGANISATION, organisation_id),
        asked_of(MergedKind.ORGANISATION, organisation_id),
    )
    shown = {
        "organisation": organisation, "people": people, "tickets": await as_shown(tickets.rows), "next": tickets.next, "merges": merges, "asked": asked,
        "said": "", "refusal": "", "choice": await choice_of("organisation", organisation_id) if may(agent, VERB) else None,
    }  # fmt: skip
    return render("customers/organisation.html", status=status, **(around | shown | more))


async def _save(agent: SignedIn, organisation_id: int | None, form: Form) -> Response:
    demand(agent, "change")
    typed = {name: form.line(name) for name in ("name", "domains", "language", "shares_requests")}
    typed |= {"notes": form.text("notes"), "id": organisation_id}
    seen = {name: form.text(f"seen_{name}") for name in ("name", "domains", "language", "shares_requests", "notes")}
    try:
        saved = await save_organisation(
            organisation_id, by=agent, at=now(), seen=_values(seen) if form.has("seen_name") else None, **_values(typed)
        )
    except Invalid as error:
        return await _form(agent, typed, seen=seen, errors=error.fields, status=422)
    except Conflict as error:
        theirs = {name: _in_words(theirs) for name, (theirs, _yours) in error.fields.items()}
        told = {
            name: _("Somebody else changed this to “%(theirs)s”. Save again to keep yours.") % {"theirs": value or "–"}
            for name, value in theirs.items()
        }
        return await _form(agent, typed, seen=seen | theirs, errors=told, status=409)
    return see_other(f"/console/organisations/{saved}?said=saved")


def _values(typed: dict[str, Any]) -> dict[str, Any]:
    """What was typed as the domain takes it."""
    domains = [one for one in typed["domains"].replace("،", " ").replace(",", " ").split() if one]
    return {
        "name": typed["name"], "domains": domains, "language": typed["language"], "notes": typed["notes"],
        "shares_requests": bool(typed["shares_requests"]),
    }  # fmt: skip


def _as_typed(organisation: dict[str, Any]) -> dict[str, Any]:
    shown = {
        name: _in_words(organisation[name]) for name in ("name", "domains", "language", "notes", "shares_requests")
    }
    return shown | {"id": organisation["id"]}


def _in_words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "1" if value is True else value or ""


async def _form(
    agent: SignedIn, typed: dict[str, Any], *, seen: dict[str, str] | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> Template:  # fmt: skip
    demand(agent, "change")
    return render(
        "customers/organisation_form.html", status=status, **await frame(agent), typed=typed, seen=seen or typed, errors=errors or {}
    )  # fmt: skip
