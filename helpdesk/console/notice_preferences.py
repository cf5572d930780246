"""The page on which agents choose what they hear of, by which ways, and when they are left in peace."""

import re
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.device import device_notices
from helpdesk.console.forms import Form
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, digits, week, weekday
from helpdesk.kernel.text import latin_digits
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.notice_choices import choose_ways, ways_of
from helpdesk.tickets.notice_kinds import TOPICS, Ways, topics_for
from helpdesk.tickets.quiet_hours import Quiet, choose_quiet_hours, quiet_hours_of

PATH = "/console/preferences/notices"
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.٫]?([0-5]\d)")


class NoticePreferencesController(Controller):
    path = PATH

    @get(["/", "/quiet"])
    async def show(self, agent: Me, said: Text = "") -> Template:
        """The page; also where its form of quiet hours is answered when something is wrong with them."""
        return await _page(agent, said=said)

    @post("/", status_code=200)
    async def choose(self, agent: Me, form: Typed) -> Response:
        """Each topic's field has the ways that are chosen: `centre`, `browser`, `mail`."""
        await choose_ways({topic: _ways(form, topic) for topic in topics_for(agent)}, by=agent)
        return see_other(f"{PATH}?said=ways")

    @post("/quiet", status_code=200)
    async def choose_quiet(self, agent: Me, form: Typed) -> Response:
        """Quiet hours, or none when `is_quiet` is not checked."""
        typed = {name: form.line(name) for name in ("begins", "ends")} | {
            "days": set(form.wholes("days")), "whole_days": set(form.wholes("whole_days")), "is_quiet": form.is_checked("is_quiet"),
        }  # fmt: skip
        try:
            await choose_quiet_hours(_quiet(typed) if typed["is_quiet"] else None, by=agent, at=now())
        except Invalid as error:
            return await _page(agent, typed=typed, errors=error.fields, status=422)
        return see_other(f"{PATH}?said=quiet#quiet")


def _ways(form: Form, topic: str) -> Ways:
    chosen = form.texts(topic)
    return Ways("centre" in chosen and TOPICS[topic].is_of_tickets, "browser" in chosen, "mail" in chosen)


def _quiet(typed: dict[str, Any]) -> Quiet:
    """What was typed; raises Invalid with all that is wrong at once."""
    begins, ends = _minutes(typed["begins"]), _minutes(typed["ends"])
    wrong = {
        name: _("Give a time such as 18:00.") for name, found in (("begins", begins), ("ends", ends)) if found is None
    }
    if not typed["days"] | typed["whole_days"]:
        wrong["days"] = _("Choose the days on which it is quiet.")
    if begins is None or ends is None or wrong:
        raise Invalid(**wrong)
    return Quiet(begins=begins, ends=ends, days=frozenset(typed["days"]), whole_days=frozenset(typed["whole_days"]))


def _minutes(typed: str) -> int | None:
    """`18:00` or `۱۸:۰۰` as minutes after midnight."""
    found = _CLOCK.fullmatch(latin_digits(typed))
    return int(found[1]) * 60 + int(found[2]) if found else None


def _clock(minutes: int) -> str:
    return digits(f"{minutes // 60:02}:{minutes % 60:02}")


async def _page(
    agent: SignedIn, *, typed: dict[str, Any] | None = None, errors: dict[str, str] | None = None, said: str = "", status: int = 200
) -> Template:  # fmt: skip
    ways = await ways_of(agent.id or 0)
    kept = await quiet_hours_of(agent.id or 0)
    quiet = kept or Quiet(days=frozenset(range(7)))
    shown = msgspec.structs.asdict(quiet) | {
        "begins": _clock(quiet.begins), "ends": _clock(quiet.ends), "is_quiet": kept is not None,
    }  # fmt: skip
    return render(
        "notices/preferences.html", status=status, **await frame(agent), topics=topics_for(agent), ways=ways,
        typed=typed or shown, errors=errors or {}, said=said, days=[(day, weekday(day)) for day in week()],
        **await device_notices(agent),
    )  # fmt: skip
