"""SLA policies by the pages: made in one click or by hand, asked in their order, tried out before they are saved."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.kernel.database import rows
from helpdesk.promises.policies import list_policies
from sla.targets import Metric
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

Browsers = Callable[[], Browser]
HOME = "/console/settings/policies"


def _key(page: str, group: str = "all") -> str:
    """That of the last row of a group."""
    return re.findall(rf'name="{group}" value="([0-9a-f]+)"', page)[-1]


async def test_a_manager_begins_with_a_ready_made_policy(browser: Browsers) -> None:
    mani = await hire("mani")
    visitor = await browser().sign_in(mani)
    assert "Begin with this policy" in (await visitor.get(HOME)).text
    made = await visitor.post(f"{HOME}/ready-made")
    page = await visitor.get(made.headers["location"])
    shown = await visitor.get(HOME)

    assert page.status_code == 200 and 'name="first_reply-any" value="4"' in page.text
    assert "First reply" in shown.text and "<span>4 hours</span><span>Urgent: 1 hour</span>" in shown.text
    [policy] = await list_policies(by=mani)
    assert policy.name == "Standard" and len(policy.targets) == 4 and policy.number == 1


async def test_a_policy_is_made_by_hand_without_scripts(browser: Browsers) -> None:
    mani, ben = await hire("mani"), await hire("ben")
    care = await make_team("Care", ben)
    visitor = await browser().sign_in(mani)
    page = await visitor.get(f"{HOME}/new")
    key = _key(page.text)
    asked = await visitor.post(f"{HOME}/new", {"all": key, f"{key}-field": "team", "redraw": key, "name": "Care first"})
    assert asked.status_code == 200 and 'value="Care first"' in asked.text and ">Care</span>" in asked.text
    typed: dict[str, Any] = {
        "name": "Care first", "all": key, f"{key}-before": "team", f"{key}-field": "team", f"{key}-op": "in", f"{key}-values": str(care.id),
        "first_reply-any": "۳۰", "first_reply-any-unit": "minutes", "first_reply-calendar": "always", "total_resolution-high": "2",
        "total_resolution-high-unit": "days", "total_resolution-reopen": "ignore",
    }  # fmt: skip
    more = await visitor.post(f"{HOME}/new", {**typed, "add": "warnings-first_reply"})
    warning = _key(more.text, "first_reply-warnings")
    typed |= {"first_reply-warnings": warning, f"{warning}-amount": "50", f"{warning}-amount-unit": "percent"}
    more = await visitor.post(f"{HOME}/new", {**typed, "add": "steps-first_reply"})
    step = _key(more.text, "first_reply-steps")
    typed |= {
        "first_reply-steps": step, f"{step}-do": "notify", f"{step}-agent": str(ben.id), f"{step}-after": "1", f"{step}-after-unit": "hours"
    }  # fmt: skip
    saved = await visitor.post(f"{HOME}/new", typed)

    assert saved.status_code == 303
    [policy] = await list_policies(by=mani)
    first, total = policy.targets
    assert (first.metric, first.seconds, first.is_business, first.entered) == (Metric.FIRST_REPLY, 1800, False, (30, "minutes"))  # fmt: skip
    assert [one.percent for one in first.warnings] == [50]
    assert [(one.do, one.agent, one.after) for one in first.steps] == [("notify", ben.id, 3600)]
    assert (total.priority, total.seconds, total.reopen_mode) == ("high", 172_800, "ignore")
    again = (await visitor.get(f"{HOME}/{policy.id}")).text
    assert 'name="total_resolution-high" value="2"' in again and ">Care</span>" in again
    assert "Team is" in (await visitor.get(HOME)).text


async def test_a_change_is_a_new_version_and_open_tickets_are_asked_about(browser: Browsers) -> None:
    mani = await hire("mani")
    visitor = await browser().sign_in(mani)
    await visitor.post(f"{HOME}/ready-made")
    [policy] = await list_policies(by=mani)
    typed = {"name": "Slower", "next_reply-any": "3", "next_reply-any-unit": "hours"}
    await visitor.post(f"{HOME}/{policy.id}", typed)
    await visitor.post(f"{HOME}/{policy.id}", {**typed, "next_reply-any": "4", "for_open": "yes"})
    await visitor.post(f"{HOME}/{policy.id}", {**typed, "name": "Slow", "next_reply-any": "4"})

    late = await visitor.post(f"{HOME}/{policy.id}", {**typed, "name": "Late", "seen": "1"})
    assert late.status_code == 422 and "Somebody else has changed this policy" in late.text
    assert 'name="seen" value="3"' in late.text

    versions = await rows("SELECT number, applied_to, targets FROM sla_policy_version ORDER BY number")
    assert [(row["number"], row["applied_to"]) for row in versions] == [(1, None), (2, None), (3, 0)]
    [policy] = await list_policies(by=mani)
    assert (policy.name, policy.number, policy.targets[0].seconds) == ("Slow", 3, 14_400)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"first_reply-any": "soon"}, "Enter whole numbers."),
        ({"first_reply-any": "0"}, "First reply: Promise whole minutes, at least one"),
        ({}, "Promise at least one time."),
        ({"first_reply-any": "4", "name": ""}, "Give it a name"),
        ({"first_reply-any": "4", "first_reply-warnings": "w", "w-amount": "120", "w-amount-unit": "percent"}, "Warn at 1 to 99 percent"),
        ({"first_reply-any": "4", "first_reply-steps": "s", "s-do": "assign"}, "Choose who is told"),
        ({"first_reply-any": "4", "first_reply-calendar": "99"}, "There is no such calendar"),
        ({"first_reply-any": "4", "all": "k", "k-before": "tags", "k-field": "tags"}, "Condition 1: Choose at least one value."),
        ({"first_reply-any": "4", "any": "k", "k-kept": "{"}, "Condition 1: It asks nothing."),
    ],
)  # fmt: skip
async def test_what_cannot_be_promised_is_told_and_kept(browser: Browsers, typed: dict[str, str], said: str) -> None:
    visitor = await browser().sign_in(await hire("mani"))
    answer = await visitor.post(f"{HOME}/new", {"name": "Mine", **typed})

    assert answer.status_code == 422 and said in answer.text


async def test_who_is_meant_is_searched_for(browser: Browsers) -> None:
    mani = await hire("mani")
    ticket = await a_ticket()
    visitor = await browser().sign_in(mani)
    row = {"row": "k", "group": "any", "k-before": "customer", "k-field": "customer", "k-op": "in", "k-text": "dora"}
    drawn = await visitor.post("/console/conditions/row", row, htmx=True)
    assert (
        f'name="k-values" value="{ticket.customer}"' in drawn.text and "Dora Dogan (dora@customer.test)" in drawn.text
    )
    typed = {"name": "Dora's", "first_reply-any": "4", "any": "k", **row}
    assert (await visitor.post(f"{HOME}/new", typed)).status_code == 303
    assert "Nothing was found, or several" in (await visitor.post(f"{HOME}/new", {**typed, "k-text": "nobody"})).text
    fresh = {"row": "k", "k-before": "customer", "k-field": "priority", "k-op": "in", "k-values": "7"}
    assert 'value="at_least" selected' in (await visitor.post("/console/conditions/row", fresh, htmx=True)).text
    assert (await visitor.post("/console/conditions/row", {"remove": "k"}, htmx=True)).text == ""
    assert 'name="all"' in (await visitor.post("/console/conditions/row", {"add": "all"}, htmx=True)).text
    assert 'name="next_reply-steps"' in (await visitor.post(f"{HOME}/row", {"add": "steps-next_reply"}, htmx=True)).text


async def test_a_policy_is_tried_out_before_it_is_saved(browser: Browsers) -> None:
    mani = await hire("mani")
    ticket = await a_ticket("Printer")
    visitor = await browser().sign_in(mani)
    row = {"all": "k", "k-before": "subject", "k-field": "subject", "k-op": "contains", "k-text": "PRINTER"}
    typed = {
        "name": "Printers",
        "first_reply-any": "90",
        "first_reply-any-unit": "minutes",
        "first_reply-calendar": "always",
        **row,
    }
    tried = await visitor.post(f"{HOME}/new", {**typed, "try": "1", "ticket": f"#{ticket.number}"})

    assert tried.status_code == 200 and await list_policies(by=mani) == []
    assert ">fits<" in tried.text and "90 minutes" in tried.text and "all hours of all days" in tried.text
    missed = await visitor.post(f"{HOME}/new", {**typed, "try": "1", "ticket": "999"})
    assert missed.status_code == 422 and 'id="ticket-error"' in missed.text


async def test_the_first_that_fits_holds_and_the_page_says_why(browser: Browsers) -> None:
    mani = await hire("mani")
    ticket = await a_ticket("Printer")
    visitor = await browser().sign_in(mani)
    urgent = {"all": "k", "k-before": "priority", "k-field": "priority", "k-op": "at_least", "k-values": "high"}
    for name, more in (("Urgent", urgent), ("All", {}), ("Care", {"kind": "internal"})):
        await visitor.post(f"{HOME}/new", {"name": name, "first_reply-any": "4", **more})
    shown = await visitor.get(f"{HOME}?ticket={ticket.number}")
    told = re.findall(r"(this one|does not fit|another one comes before)</span> <a [^>]*>(\w+)", shown.text)
    assert told == [("does not fit", "Urgent"), ("this one", "All"), ("this one", "Care")]
    assert "Priority: Normal" in shown.text
    first, second, third = await list_policies(by=mani)
    await visitor.post(f"{HOME}/{second.id}/place", {"up": "1"})
    assert [one.name for one in await list_policies(by=mani)] == ["All", "Urgent", "Care"]
    await visitor.post(f"{HOME}/order", {"policy": [str(third.id), str(first.id), str(second.id)]})
    assert [one.name for one in await list_policies(by=mani)] == ["Care", "Urgent", "All"]
    await visitor.post(f"{HOME}/{second.id}/use", {})
    await visitor.post(f"{HOME}/{first.id}/removal")
    assert [(one.name, one.is_active) for one in await list_policies(by=mani)] == [("Care", True), ("All", False)]
    kinds = await rows(
        "SELECT kind, count(*) AS n FROM hd_audit WHERE about_kind = 'policy' GROUP BY kind ORDER BY kind"
    )
    assert [(row["kind"], row["n"]) for row in kinds] == [("policy_added", 3), ("policy_changed", 4)]
    assert (await visitor.get(f"{HOME}?ticket=999")).status_code == 200


async def test_agents_make_no_promises(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    for path in (HOME, f"{HOME}/new"):
        assert (await visitor.get(path)).status_code == 403
    assert (await visitor.post(f"{HOME}/new", {"name": "x", "first_reply-any": "4"})).status_code == 403
    assert (await visitor.post("/console/conditions/row", {"add": "all"})).status_code == 403


async def test_a_tag_that_is_renamed_is_renamed_in_policies(browser: Browsers) -> None:
    mani = await hire("mani")
    visitor = await browser().sign_in(mani)
    row = {"any": "k", "k-before": "tags", "k-field": "tags", "k-op": "has_any", "k-text": "vip, late"}
    await visitor.post(f"{HOME}/new", {"name": "Key", "first_reply-any": "4", **row})
    await visitor.post(f"{HOME}/new", {"name": "All", "first_reply-any": "4"})
    await visitor.post("/console/settings/tags/change", {"tag": "vip", "becomes": "Key customer"})

    key, other = await list_policies(by=mani)
    assert (key.number, key.conditions.any[0].value, other.number) == (2, ["key-customer", "late"], 1)
