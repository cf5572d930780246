"""SLA policies: what is promised, to which tickets, and what would come of it."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console import target_rows
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.condition_rows import Rows, conditions_of, context_of, read_rows, rows_of
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.target_rows import Block
from helpdesk.kernel.condition_words import described
from helpdesk.kernel.conditions import Conditions
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _, reader, zone
from helpdesk.kernel.lengths import UNITS, length_words, unit_words
from helpdesk.kernel.spoken_dates import understand
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand
from helpdesk.promises.policies import (
    VERB,
    add_ready_made,
    checked,
    delete_policy,
    list_policies,
    move,
    put_in_order,
    save_policy,
    switch,
)
from helpdesk.promises.trying import due, policies_for, reasons_for
from helpdesk.tickets.condition_fields import FIELDS, names_for
from helpdesk.tickets.tables import Priority
from helpdesk.tickets.words import PRIORITIES
from sla.metrics import REOPEN, RESTS_BY_CHOICE
from sla.policies import MOST_COUNTED, Policy, Written, calendar_names, find_policy, has_default_calendar
from sla.target_checking import CAN_REOPEN
from sla.targets import ReopenMode, Target
from sla.words import ABOUT_METRICS, METRICS, REOPEN_MODES, STEPS

HOME = "/console/settings/policies"
_DRAWN_AGAIN = ("add", "remove", "redraw")
"""Buttons that change the form and save nothing."""
_BESIDE = ("ticket", "at", "priority", "team", "for_open")
"""Fields of the form that are no part of a policy."""


class PoliciesController(Controller):
    path = HOME

    @get("/")
    async def show(self, agent: Me, said: Text = "", ticket: Text = "") -> Template:
        """All policies in their order; with the number of a `ticket` also which of them it gets."""
        demand(agent, VERB)
        found = await list_policies(by=agent)
        names = await names_for(*(one.conditions for one in found))
        words = {one.id: described(one.conditions, FIELDS, names) for one in found}
        tried = await _which(ticket, agent) if ticket.strip() else {}
        return render(
            "settings/policies.html", **await frame(agent), policies=found, words=words, said=said, ticket=ticket.strip(), most_counted=MOST_COUNTED,
            promised_words=promised_words, has_calendar=await has_default_calendar(), **{"errors": {}, "tried": None} | tried,
        )  # fmt: skip

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, None, Written(), Rows().with_row("all"), target_rows.blocks_of([]))

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @post("/ready-made", status_code=200)
    async def take_ready_made(self, agent: Me) -> Response:
        """A first policy in one click, to be looked at and changed."""
        made = await add_ready_made(by=agent, at=now())
        return see_other(f"{HOME}/{made}?said=made")

    @post("/order", status_code=200)
    async def order(self, agent: Me, form: Typed) -> Response:
        """Ask them in the order of `policy`, as they were dragged."""
        await put_in_order(form.wholes("policy"), by=agent, at=now())
        return see_other(f"{HOME}?said=saved")

    @post("/row", status_code=200)
    async def row(self, agent: Me, form: Typed) -> Response | Template:
        """Another warning or step (`add`) for a form, or nothing in place of one that is removed."""
        demand(agent, VERB)
        if form.has("remove"):
            return Response("", media_type="text/html")
        what, _dash, metric = form.line("add").partition("-")
        if what not in ("warnings", "steps") or metric not in set(METRICS):
            raise NotFound(_("There is nothing here."))
        made = target_rows.WarningRow if what == "warnings" else target_rows.StepRow
        return render(
            f"settings/_{what[:-1]}.html",
            row=made(key=target_rows.new_key()),
            metric=metric,
            errors={},
            **await _choices(),
        )

    @get("/{policy_id:int}")
    async def edit(self, agent: Me, policy_id: Id, said: Text = "") -> Template:
        demand(agent, VERB)
        found = await find_policy(policy_id)
        return await _form(
            agent, found, found.written, rows_of(found.conditions), target_rows.blocks_of(found.targets), said=said
        )

    @post("/{policy_id:int}", status_code=200)
    async def change(self, agent: Me, policy_id: Id, form: Typed) -> Response:
        demand(agent, VERB)
        return await _save(agent, await find_policy(policy_id), form)

    @post("/{policy_id:int}/use", status_code=200)
    async def use(self, agent: Me, policy_id: Id, form: Typed) -> Response:
        await switch(policy_id, form.is_checked("use"), by=agent, at=now())
        return see_other(f"{HOME}?said=saved")

    @post("/{policy_id:int}/place", status_code=200)
    async def place(self, agent: Me, policy_id: Id, form: Typed) -> Response:
        """Ask it one place earlier (`up`) or later."""
        await move(policy_id, -1 if form.is_checked("up") else 1, by=agent, at=now())
        return see_other(HOME)

    @post("/{policy_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, policy_id: Id) -> Response:
        await delete_policy(policy_id, by=agent, at=now())
        return see_other(f"{HOME}?said=removed")


async def _save(agent: SignedIn, policy: Policy | None, form: Form) -> Response:
    """Save what the form says; with `try` only say what would come of it, with another button only draw the form anew."""
    demand(agent, VERB)
    rows, blocks = read_rows(form), target_rows.read_blocks(form)
    typed = Written(name=form.line("name"), is_internal=form.line("kind") == "internal")
    kept: dict[str, Any] = {"typed": {name: form.line(name) for name in _BESIDE}, "is_redrawn": True}
    if any(form.has(button) for button in _DRAWN_AGAIN):
        added, removed = form.line("add"), form.line("remove")
        rows, blocks = (
            rows.with_row(added).without(removed),
            target_rows.without(target_rows.with_row(blocks, added), removed),
        )
        return await _form(agent, policy, typed, rows, blocks, **kept)
    try:
        written = msgspec.structs.replace(
            typed, conditions=await conditions_of(rows), targets=target_rows.targets_of(blocks)
        )
        if form.has("try"):
            return await _form(agent, policy, typed, rows, blocks, tried=await _try(written, form, agent), **kept)
        if policy and form.whole("seen") not in (None, policy.number):
            raise Invalid(
                seen=_("Somebody else has changed this policy meanwhile. Saving again puts yours in its place.")
            )
        for_open = form.line("for_open") == "yes"
        await save_policy(policy.id if policy else None, written, by=agent, at=now(), for_open=for_open)
    except Invalid as error:
        return await _form(agent, policy, typed, rows, blocks, errors=error.fields, status=422, **kept)
    return see_other(f"{HOME}?said=saved")


async def _try(written: Written, form: Form, agent: SignedIn) -> dict[str, Any]:
    """What the form would promise; raises Invalid at its fields."""
    at = now()
    written = await checked(written)
    start = (
        understand(said, at=at, zone=zone(reader().time_zone), language=reader().language, field="at")
        if (said := form.line("at"))
        else at
    )
    ticket, found = None, []
    if (number := form.whole("ticket")) is not None or form.line("ticket"):
        ticket, found = await _reasons(number, written.conditions, agent, at)
    asked = form.line("priority")
    priority = asked if asked in set(Priority) else ticket.priority if ticket else Priority.NORMAL
    team = form.whole("team") or (ticket.team if ticket else None)
    dues = await due(
        written.targets, priority=priority, start=start, team=team, organisation=ticket.organisation if ticket else None
    )
    return {"ticket": ticket, "reasons": found, "dues": dues, "priority": priority, "start": start}


async def _reasons(number: int | None, conditions: Conditions, agent: SignedIn, at: datetime) -> tuple[Any, list[Any]]:
    try:
        return await reasons_for(number or 0, conditions, by=agent, at=at)
    except NotFound as error:
        raise Invalid(ticket=str(error)) from error


async def _which(said: str, agent: SignedIn) -> dict[str, Any]:
    number = read_whole(said)
    try:
        ticket, found = await policies_for(number or 0, by=agent, at=now())
    except NotFound as error:
        return {"errors": {"ticket": str(error)}}
    return {"tried": {"ticket": ticket, "policies": found}}


async def _form(
    agent: SignedIn, policy: Policy | None, written: Written, rows: Rows, blocks: list[Block], *, status: int = 200, **more: Any
) -> Template:  # fmt: skip
    demand(agent, VERB)
    first = [one for one in blocks if one.metric in target_rows.FIRST or one.is_used]
    shown = {"errors": {}, "said": "", "tried": None, "typed": dict.fromkeys(_BESIDE, ""), "is_redrawn": False} | more
    return render(
        "settings/policy.html", status=status, **await frame(agent), policy=policy, written=written, rows=rows, blocks=first,
        folded=[one for one in blocks if one not in first], about_metrics=ABOUT_METRICS, has_calendar=await has_default_calendar(), **await _choices(), **await context_of(rows), **shown,
    )  # fmt: skip


async def _choices() -> dict[str, Any]:
    """What the blocks of targets offer."""
    return {
        "metric_words": METRICS, "step_words": STEPS, "reopen_words": REOPEN_MODES, "can_reopen": CAN_REOPEN, "reopen_usually": _usually,
        "rests_by_choice": RESTS_BY_CHOICE, "calendars": await calendar_names(), "people": await directory(), "length_units": UNITS,
        "priorities_of_targets": target_rows.PRIORITIES, "no_amount": target_rows.Amount(), "time_words_of": time_words_of,
    }  # fmt: skip


def _usually(metric: Any) -> str:
    """What becomes of the metric's time when nothing else is chosen."""
    return _(REOPEN_MODES[REOPEN.get(metric, ReopenMode.IGNORE)])


def time_words_of(target: Target) -> str:
    """As it was entered: "120 hours" are not "5 days" to whoever works eight hours a day."""
    return unit_words(*target.entered) if target.entered else length_words(target.seconds)


def promised_words(policy: Policy) -> dict[str, list[str]]:
    """Each metric with its times: "4 hours", "Urgent: 1 hour"."""
    made: dict[str, list[str]] = {}
    for one in policy.targets:
        time = time_words_of(one)
        made.setdefault(_(METRICS[one.metric]), []).append(
            f"{_(PRIORITIES[one.priority])}: {time}" if one.priority else time
        )
    return made
