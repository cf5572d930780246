"""The palette offers tickets, people, views and pages, in either language and by their sound."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk.console import palette
from helpdesk.kernel.transliterating import sounds_of
from tests.cast import again, hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

TEMPLATES = Path(palette.__file__).parent / "templates"


async def titles(browser: Browser, q: str) -> dict[str, list[str]]:
    answer = await browser.get("/console/palette", params={"q": q})
    assert answer.status_code == 200, answer.text
    return {group["kind"]: [item["title"] for item in group["items"]] for group in answer.json()["groups"]}


async def test_tickets_are_offered_by_number_and_words_as_far_as_they_may_be_seen(
    browser: Callable[[], Browser],
) -> None:
    ben, cleo = await hire("ben"), await hire("cleo")
    team = await make_team("Secret", cleo, is_private=True)
    ben, cleo = await again(ben), await again(cleo)
    ticket, hidden = await a_ticket("Kettle leaks"), await a_ticket("Kettle of the boss", team=team.id)
    page = await browser().sign_in(ben)

    assert (await titles(page, "kett"))["tickets"] == ["Kettle leaks"]
    assert (await titles(page, f"#{ticket.number}"))["tickets"] == ["Kettle leaks"]
    assert "tickets" not in await titles(page, f"#{hidden.number}")
    assert (await titles(await browser().sign_in(cleo), "kettle boss"))["tickets"] == ["Kettle of the boss"]
    assert "tickets" not in await titles(page, "@kettle")


async def test_people_are_offered_by_name_and_address(browser: Callable[[], Browser]) -> None:
    ben = await hire("ben")
    await a_ticket()
    page = await browser().sign_in(ben)

    for q in ("do", "dora", "dogan", "dora@customer", "@dogan"):
        assert (await titles(page, q))["people"] == ["Dora Dogan"], q
    assert "people" not in await titles(page, "nobody")


@pytest.mark.parametrize(
    "q", ["settings pref", "> preferences", "تنظیمات", "tanzimat", "prefer", "tanzimate shakhsi", "dark mode"]
)
async def test_pages_are_offered_in_both_languages_and_by_sound(browser: Callable[[], Browser], q: str) -> None:
    page = await browser().sign_in(await hire("ben"))
    found = await titles(page, q)

    assert ("Preferences" in found.get("pages", [])) == (q != "settings pref")


async def test_views_teams_and_pages_are_those_of_the_agent(browser: Callable[[], Browser]) -> None:
    alma, ben = await hire("alma"), await hire("ben")
    await make_team("Billing", ben)
    ben = await again(ben)

    assert (await titles(await browser().sign_in(ben), "bil"))["views"] == ["Billing"]
    assert (await titles(await browser().sign_in(ben), "unas"))["views"] == ["Unassigned"]
    assert "Queues" in (await titles(await browser().sign_in(alma), "queues"))["pages"]
    assert "pages" not in await titles(await browser().sign_in(ben), "queues")


async def test_whatever_is_typed_is_answered(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))

    for q in ("", " ", "#", "@", ">", "%", "'", "\\", "status:open", "status:x", "x" * 500, "۱۰۰۱", '"', "-"):
        assert (await page.get("/console/palette", params={"q": q})).status_code == 200, q


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("تنظیمات", "tanzimat"),
        ("کارشناسان", "karshenasan"),
        ("گروه", "goruh"),
        ("خودکار", "khodkar"),
        ("صف", "saf"),
        ("قالب", "ghaleb"),
        ("چت", "chat"),
    ],
)
def test_words_that_sound_alike(one: str, other: str) -> None:
    assert sounds_of(one) == sounds_of(other)


def test_the_icons_of_pages_are_known() -> None:
    known = (Path(palette.__file__).parents[2] / "frontend" / "icons.txt").read_text().split()

    assert {page.icon for page in palette.PAGES} <= set(known)


def test_the_pages_are_those_of_the_menu_of_settings() -> None:
    """With the same names; the demo's own page is for nobody else."""
    menu = (TEMPLATES / "settings" / "frame.html").read_text()
    lines: list[Any] = re.findall(r'line\("([^"]+)", _\("([^"]+)"\)\)', menu)

    assert {line for line in lines if line[0] != "/console/sink"} <= {(page.path, page.title) for page in palette.PAGES}
