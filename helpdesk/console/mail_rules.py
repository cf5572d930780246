"""Senders that are blocked or allowed, and filters that act before a ticket exists."""

from typing import Any, cast

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.intake.filtering import TESTS, Actions, Condition, Rule
from helpdesk.intake.filters import (
    MOST_CONDITIONS,
    TRIED,
    find_filter,
    list_filters,
    move_up,
    remove_filter,
    save_filter,
    set_active,
    try_out,
)
from helpdesk.intake.senders import list_rules, remove_rule, set_rule
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, N_
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.directory import directory
from helpdesk.people.permissions import demand

SPARE = 2
"""Empty lines for further conditions."""
FIELDS = {
    "from": N_("From"), "to": N_("To or Cc"), "subject": N_("Subject"), "body": N_("Text"), "header": N_("Header"),
    "mailbox": N_("Mailbox"), "attachment": N_("Attachment"), "size": N_("Size in KB"), "spam_score": N_("Spam score"),
}  # fmt: skip
TEST_WORDS = {
    "contains": N_("contains"), "not_contains": N_("does not contain"), "is": N_("is"), "is_not": N_("is not"), "begins": N_("begins with"),
    "matches": N_("is like (* is any text)"), "exists": N_("is there"), "absent": N_("is not there"),
    "at_least": N_("is at least"), "at_most": N_("is at most"),
}  # fmt: skip


class SendersController(Controller):
    path = "/console/senders"

    @get("/")
    async def show(self, agent: Me, q: Text = "", said: Text = "") -> Template:
        return await _senders(agent, q=q, said=said)

    @post("/", status_code=200)
    async def add(self, agent: Me, form: Typed) -> Response:
        demand(agent, "manage_senders")
        typed = {"pattern": form.line("pattern"), "note": form.line("note"), "allowed": form.line("allowed")}
        try:
            await set_rule(typed["pattern"], is_allowed=bool(typed["allowed"]), note=typed["note"], by=agent, at=now())
        except Invalid as error:
            return await _senders(agent, typed=typed, errors=error.fields, status=422)
        return see_other("/console/senders?said=saved")

    @post("/{rule_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, rule_id: Id) -> Response:
        demand(agent, "manage_senders")
        await remove_rule(rule_id, by=agent)
        return see_other("/console/senders?said=removed")


class FiltersController(Controller):
    path = "/console/filters"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, "manage_filters")
        people = await directory()
        return render(
            "settings/filters.html", **await frame(agent), filters=await list_filters(), people=people, said=said, field_words=FIELDS,
            test_words=TEST_WORDS,
        )  # fmt: skip

    @get("/new")
    async def new(self, agent: Me) -> Template:
        return await _form(agent, {"id": None, "name": "", "rule": Rule()})

    @get("/{filter_id:int}")
    async def edit(self, agent: Me, filter_id: Id) -> Template:
        demand(agent, "manage_filters")
        return await _form(agent, await find_filter(filter_id))

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @post("/{filter_id:int}", status_code=200)
    async def change(self, agent: Me, filter_id: Id, form: Typed) -> Response:
        return await _save(agent, filter_id, form)

    @post("/{filter_id:int}/use", status_code=200)
    async def use(self, agent: Me, filter_id: Id, form: Typed) -> Response:
        await set_active(filter_id, form.is_checked("use"), by=agent)
        return see_other("/console/filters?said=saved")

    @post("/{filter_id:int}/up", status_code=200)
    async def up(self, agent: Me, filter_id: Id) -> Response:
        await move_up(filter_id, by=agent)
        return see_other("/console/filters")

    @post("/{filter_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, filter_id: Id) -> Response:
        await remove_filter(filter_id, by=agent)
        return see_other("/console/filters?said=removed")


async def _senders(agent: SignedIn, *, q: str = "", said: str = "", status: int = 200, **more: Any) -> Template:
    demand(agent, "manage_senders")
    shown = {"typed": {"pattern": "", "note": "", "allowed": ""}, "errors": {}} | more
    return render(
        "settings/senders.html", status=status, **await frame(agent), rules=await list_rules(containing=q), q=q, said=said, **shown
    )  # fmt: skip


async def _save(agent: SignedIn, filter_id: int | None, form: Form) -> Response:
    """Save what the form says, or with `try` only show which mails it would match."""
    demand(agent, "manage_filters")
    typed = {"id": filter_id, "name": form.line("name"), "rule": _rule(form)}
    try:
        if form.has("try"):
            asked, found = await try_out(typed["rule"], by=agent)
            return await _form(agent, typed, tried={"asked": asked, "found": found})
        await save_filter(filter_id, name=typed["name"], rule=typed["rule"], by=agent, at=now())
    except Invalid as error:
        return await _form(agent, typed, errors=error.fields, status=422)
    return see_other("/console/filters?said=saved")


def _rule(form: Form) -> Rule:
    conditions = [
        Condition(cast(Any, form.line(f"field-{place}")), cast(Any, form.line(f"test-{place}")), form.line(f"value-{place}"), form.line(f"header-{place}"))
        for place in range(MOST_CONDITIONS)
        if form.line(f"field-{place}")
    ]  # fmt: skip
    actions = Actions(
        team=form.whole("team"), assignee=form.whole("assignee"), priority=form.line("priority") or None,
        tags=[one for one in form.line("tags").replace("،", ",").split(",") if one.strip()], language=form.line("language") or None,
        spam=form.is_checked("spam"), automatic=form.is_checked("automatic"), drop=form.is_checked("drop"),
    )  # fmt: skip
    return Rule(conditions=conditions, every=form.line("every") != "any", actions=actions)


async def _form(agent: SignedIn, shown: dict[str, Any], *, status: int = 200, **more: Any) -> Template:
    demand(agent, "manage_filters")
    conditions = shown["rule"].conditions
    lines = [*conditions, *[None] * min(SPARE, MOST_CONDITIONS - len(conditions))]
    given = {
        "errors": {},
        "tried": None,
        "people": await directory(),
        "lines": lines,
        "languages_known": LANGUAGES,
    } | more
    return render(
        "settings/filter.html", status=status, **await frame(agent), filter=shown, field_words=FIELDS, test_words=TEST_WORDS, tests=TESTS,
        most_tried=TRIED, **given,
    )  # fmt: skip
