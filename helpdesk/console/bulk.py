"""Doing something with many tickets of a list: asking for it, how far it is, what did not go, and taking it back."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Template
from piccolo.columns.combination import WhereRaw

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.fields import in_words, read_tags
from helpdesk.console.finding import typed_in
from helpdesk.console.forms import LARGEST_SMALL_ID, Form, read_whole
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.console.snoozing import time_of, told_of
from helpdesk.console.views import name_of
from helpdesk.console.words import FIELDS
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import N_, _, digits
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import Directory, directory
from helpdesk.people.permissions import demand
from helpdesk.tickets.bulk import (
    AT_ONCE,
    MOST,
    ask_for,
    ask_for_all,
    ask_undo,
    find_bulk,
    recent_of,
    results_of,
    too_many,
)
from helpdesk.tickets.bulk_actions import Action, checked
from helpdesk.tickets.merging import hindrances
from helpdesk.tickets.queries import Condition, count_up_to, in_view, newest_id, page_of, with_numbers
from helpdesk.tickets.searching.meaning import understand
from helpdesk.tickets.tables import Ticket

MOST_SHOWN = 200
ASKED = {"hx-trigger-after-swap": "bulk-asked"}
"""The page has nothing chosen any more; said to the page even when the dialog that has asked is gone by then."""
DRASTIC = {"spam": N_("Mark as spam"), "trash": N_("Move to the trash"), "status:solved": N_("Solve")}
"""What is asked about once more when a whole view is meant, and how that is headed."""


class BulkController(Controller):
    path = "/console/bulk"

    @get("/")
    async def recent(self, agent: Me) -> Template:
        """What the agent did with many tickets lately."""
        demand(agent, "change")
        shown = await recent_of(agent)
        people = await directory()
        titles = {one.id: title_of(one.action, people) for one in shown}
        return render("bulk/recent.html", **await frame(agent), bulks=shown, titles=titles)

    @post("/", status_code=200)
    async def ask(self, request: Request, agent: Me, form: Typed) -> Response:
        """Do what `do` says with the tickets `ticket`, or with the `whole` view as far as the id `highest`: what is drastic
        only when one is `sure`."""
        try:
            if form.is_checked("whole") and form.line("do") in DRASTIC and not form.is_checked("sure"):
                return await _whether_sure(request, agent, form)
            asked = await _ask(form, agent)
        except (Invalid, NotFound) as error:
            told = list(error.fields.values()) if isinstance(error, Invalid) else [str(error)]
            if form.line("do") == "merge" and len(found := await _chosen(form, agent)) > 1:
                return await _choice(form, agent, found, told=told)
            return await _refused(request, agent, told)
        if wants_fragment(request):
            return await _state(agent, asked, headers=ASKED)
        return see_other(f"/console/bulk/{asked}")

    @get("/whole", part_of="/console")
    async def whole(self, agent: Me, view: Text = "mine") -> Template:
        """How many tickets the view holds now, and which is the newest: what comes later is not meant."""
        demand(agent, "change")
        highest = await newest_id()
        count = await count_up_to(await _condition(view, agent), seen_by=agent, most=MOST + 1)
        return render("bulk/_whole.html", count=count, most=MOST, highest=highest)

    @post("/merge", status_code=200)
    async def choose(self, request: Request, agent: Me, form: Typed) -> Response:
        """Which of the chosen tickets the others are merged into."""
        demand(agent, "change")
        if form.is_checked("whole"):
            return await _refused(request, agent, [_("Choose the tickets to merge one by one.")])
        found = await _chosen(form, agent)
        if len(found) < 2 or len(found) > AT_ONCE:
            told = _("Choose between two and %(most)s tickets to merge.") % {"most": digits(AT_ONCE)}
            return await _refused(request, agent, [told])
        return await _choice(form, agent, found)

    @get("/{bulk_id:int}")
    async def show(self, agent: Me, bulk_id: Id) -> Template:
        """The result, ticket by ticket: those that did not go first."""
        results = await results_of(bulk_id, most=MOST_SHOWN)
        tickets = await with_numbers([one["number"] for one in results], seen_by=agent)
        return render(
            "bulk/result.html", **await frame(agent), **await _shown(agent, bulk_id), results=results, tickets=tickets
        )

    @get("/{bulk_id:int}/state", part_of="/console/bulk/{bulk_id}")
    async def state(self, agent: Me, bulk_id: Id) -> Response:
        """How far it is, as a toast; it asks again by itself while it is under way."""
        return await _state(agent, bulk_id)

    @post("/{bulk_id:int}/undo", status_code=200)
    async def undo(self, request: Request, agent: Me, bulk_id: Id) -> Response:
        try:
            await ask_undo(bulk_id, by=agent, at=now())
        except Invalid as error:
            return await _refused(request, agent, list(error.fields.values()))
        if wants_fragment(request):
            return await _state(agent, bulk_id)
        return see_other(f"/console/bulk/{bulk_id}")


def title_of(action: Action, people: Directory) -> str:
    """What is done, in words."""
    value: Any = action.value
    match action.kind:
        case "assignee" | "team" | "status" | "priority" as field:
            return _("%(field)s: %(value)s") % {"field": _(FIELDS[field]), "value": in_words(field, value, people)}
        case "tag":
            return _("Tags added: %(tags)s") % {"tags": in_words("tags", value, people)}
        case "untag":
            return _("Tags removed: %(tags)s") % {"tags": in_words("tags", value, people)}
        case "snooze" | "wake":
            return told_of(value)
        case "merge":
            return _("Merged into #%(number)s.") % {"number": digits(value)}
    return {
        "spam": _("Marked as spam."), "no_spam": _("This is no spam"), "trash": _("Moved to the trash."), "restore": _("Taken out of the trash."),
    }[action.kind]  # fmt: skip


async def _ask(form: Form, agent: SignedIn) -> int:
    demand(agent, "change")
    action = _action(form, agent)
    if form.is_checked("whole"):
        condition = await _condition(form.line("view"), agent)
        return await ask_for_all(condition, action, by=agent, at=now(), highest=form.whole("highest"))
    numbers = form.wholes("ticket")
    if action.kind == "merge":
        await _demand_sure(form, agent, numbers)
        numbers = [number for number in numbers if number != action.value]
    return await ask_for(numbers, action, by=agent, at=now())


def _action(form: Form, agent: SignedIn) -> Action:
    """`do` is a kind of action, and behind a colon what of; raises Invalid."""
    kind, _colon, value = form.line("do").partition(":")
    match kind:
        case "assignee" | "team":
            return Action(kind, agent.id if value == "me" else _id(value))
        case "status" | "priority":
            return Action(kind, value)
        case "tag" | "untag":
            return Action(kind, read_tags(form, "tags"))
        case "snooze":
            return Action(kind, time_of(value, form.line("until")))
        case "wake" | "spam" | "no_spam" | "trash" | "restore":
            return Action(kind)
        case "merge" if into := form.whole("into"):
            return Action(kind, into)
        case _:
            raise Invalid(do=_("Choose what is to be done with the tickets."))


def _id(value: str) -> int | None:
    number = read_whole(value)
    if (value and number is None) or (number or 0) > LARGEST_SMALL_ID:
        raise Invalid(do=_("Choose one of the list."))
    return number


async def _condition(view: str, agent: SignedIn) -> Condition:
    """All that the view's list shows, page after page; raises Invalid for a search of nothing."""
    typed = typed_in(view)
    if typed is None:
        return in_view(view, agent)
    meaning = await understand(typed, by=agent, at=now())
    if meaning.is_empty:
        raise Invalid(ticket=_("There is no ticket here any more."))
    number = meaning.asked.number
    named = WhereRaw("hd_ticket.number = {}", number) if number is not None else None
    return meaning.condition | named if named is not None else meaning.condition


async def _chosen(form: Form, agent: SignedIn) -> list[dict[str, Any]]:
    """The chosen tickets that can be merged, the oldest first."""
    named = Ticket.number.is_in(form.wholes("ticket")[: AT_ONCE + 1] or [0]) & Ticket.merged_into.is_null()
    found = await page_of(
        named, seen_by=agent, limit=AT_ONCE + 1, order=Ticket.created_at, ascending=True, with_details=True
    )
    return found.rows


async def _demand_sure(form: Form, agent: SignedIn, numbers: list[int]) -> None:
    """Tickets of several customers are merged only by who says so; raises Invalid."""
    named = Ticket.number.is_in([*numbers[:AT_ONCE], form.whole("into") or 0])
    found = await page_of(named, seen_by=agent, limit=AT_ONCE + 1)
    if len({row["customer"] for row in found.rows}) > 1 and not form.is_checked("sure"):
        raise Invalid(sure=_("These tickets are of different customers. Say that you want that."))


async def _choice(
    form: Form, agent: SignedIn, found: list[dict[str, Any]], *, told: list[str] | None = None
) -> Template:
    """Which ticket goes on, of those that can take all the others; with what was `told`, once more with what was chosen."""
    ids = [row["id"] for row in found]
    reasons = await hindrances(ids, ids)
    free = [row["number"] for row in found if not reasons[row["id"]]]
    customers = {row["customer"]: row["customer_name"] or row["customer_address"] for row in found}
    return render(
        "bulk/merge.html", status=422 if told else 200, **await frame(agent), tickets=found, reasons=reasons, free=free, told=told,
        into=form.whole("into") or next(iter(free), 0), customers=list(customers.values()), is_sure=form.is_checked("sure"),
        left_out=len(set(form.wholes("ticket"))) - len(found),
    )  # fmt: skip


async def _whether_sure(request: Request, agent: SignedIn, form: Form) -> Template:
    """Ask before something drastic is done with a whole view: with how many, of which view. Raises Invalid, NotFound."""
    view, highest = form.line("view"), form.whole("highest") or await newest_id()
    await checked(_action(form, agent), by=agent, at=now())
    meant = await _condition(view, agent) & WhereRaw("hd_ticket.id <= {}", highest)
    count = await count_up_to(meant, seen_by=agent, most=MOST + 1)
    if not count:
        raise Invalid(ticket=_("There is no ticket here any more."))
    if count > MOST:
        raise too_many()
    shown: dict[str, Any] = {
        "title": _(DRASTIC[form.line("do")]), "count": count, "view": view, "view_name": name_of(view, await directory()),
        "highest": highest, "do": form.line("do"),
    }  # fmt: skip
    if wants_fragment(request):
        return render("bulk/_sure_dialog.html", headers={"hx-retarget": "body", "hx-reswap": "beforeend"}, **shown)
    return render("bulk/sure.html", **await frame(agent), **shown)


async def _shown(agent: SignedIn, bulk_id: int) -> dict[str, Any]:
    bulk = await find_bulk(bulk_id, of=agent)
    may_undo = bulk.may_undo(now()) and (bulk.is_under_way or bulk.changed > 0)
    return {"bulk": bulk, "title": title_of(bulk.action, await directory()), "may_undo": may_undo}


async def _state(agent: SignedIn, bulk_id: int, *, headers: dict[str, str] | None = None) -> Template:
    return render("bulk/_state.html", headers=headers, agent=agent, **await _shown(agent, bulk_id))


async def _refused(request: Request, agent: SignedIn, told: list[str]) -> Template:
    """Nothing was done: a toast says why, or a page of its own."""
    if wants_fragment(request):
        return render("bulk/_refused.html", status=422, refusals=told)
    return render("bulk/refused.html", status=422, **await frame(agent), refusals=told)
