"""Keys come from one table: the page, the sheet and the palette show the same, and agents may choose their own."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import msgspec
import pytest

from helpdesk.console import actions
from helpdesk.console.actions import ACTIONS, CHOSEN, read_choice, read_press, shown
from helpdesk.kernel.errors import Invalid
from tests.cast import hire, make_team
from tests.console.browsing import Browser
from tests.make import a_ticket

ROOT = Path(actions.__file__).parents[2]
KEYS = re.compile(r'data-keys="([^"]*)"')


async def keys_on_page(browser: Browser) -> dict[str, str]:
    found = KEYS.search((await browser.get("/console/keys")).text)
    assert found
    return msgspec.json.decode(unescape(found[1]))


def test_every_action_is_done_by_the_script_or_stands_on_a_page() -> None:
    script = (ROOT / "frontend" / "scripts" / "keys.js").read_text()
    templates = "".join(one.read_text() for one in (ROOT / "helpdesk/console/templates/inbox").glob("*.html"))
    done = set(re.findall(r"^  (\w+)(?:: |,$)", script[: script.index("const needs")], re.MULTILINE))
    stands = set(re.findall(r'(?:data-does="|does="|, ")(\w+)"', templates))

    assert {one.name for one in CHOSEN.values() if not one.path} <= done | stands
    assert {one.icon for one in CHOSEN.values()} <= set((ROOT / "frontend" / "icons.txt").read_text().split())


def test_no_two_actions_have_one_key() -> None:
    assert read_choice({}) == {}


@pytest.mark.parametrize(
    ("typed", "press", "label"),
    [
        ("e", "KeyE", "E"), ("Shift+E", "Shift+KeyE", "Shift+E"), ("g i", "KeyG KeyI", "G I"), ("?", "Shift+Slash", "?"),
        ("[", "BracketLeft", "["), (" ", "", ""), ("Shift+/", "Shift+Slash", "?"),
    ],
)  # fmt: skip
def test_keys_are_typed_as_they_are_labelled(typed: str, press: str, label: str) -> None:
    assert read_press(typed) == press
    assert " ".join(shown(press)) == label


@pytest.mark.parametrize("typed", ["ee", "ctrl+e", "1", "g i i", "é", "enter", "shift+", "++"])
def test_what_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as error:
        read_choice({"solve": typed})
    assert set(error.value.fields) == {"solve"}


@pytest.mark.parametrize(("typed", "rival"), [("a", "assign"), ("g", "go_inbox"), ("a b", "assign")])
def test_a_key_that_is_taken_or_begins_another_is_refused_at_both(typed: str, rival: str) -> None:
    with pytest.raises(Invalid) as error:
        read_choice({"solve": typed})
    assert {"solve", rival} <= set(error.value.fields)


async def test_an_agent_chooses_keys_and_goes_back_to_everybodys(browser: Callable[[], Browser]) -> None:
    ben = await browser().sign_in(await hire("ben"))
    await a_ticket()
    assert (await keys_on_page(ben))["KeyE"] == "solve"

    answer = await ben.post("/console/keys", {"key-solve": "D", "key-undo": "", "uses_keys": "1"})
    assert answer.headers["location"] == "/console/keys?said=saved"
    keys = await keys_on_page(ben)
    assert keys["KeyD"] == "solve"
    assert "KeyE" not in keys and "undo" not in keys.values()
    sheet = (await ben.get("/console/keys/sheet", htmx=True)).text
    assert re.search(r"<dt>Solve</dt><dd><kbd dir=\"ltr\">D</kbd>", sheet)
    offered = (await ben.get("/console/palette", params={"q": "resolve"})).json()["groups"][0]["items"][0]
    assert (offered["title"], offered["does"], offered["key"]) == ("Solve", "solve", ["D"])

    refused = await ben.post("/console/keys", {"key-solve": "A", "uses_keys": "1"})
    assert refused.status_code == 422
    assert "This is also the key of" in refused.text
    assert (await keys_on_page(ben))["KeyD"] == "solve"

    await ben.post("/console/keys", {"usual": "1"})
    assert (await keys_on_page(ben))["KeyE"] == "solve"


async def test_single_keys_can_be_switched_off(browser: Callable[[], Browser]) -> None:
    ben = await browser().sign_in(await hire("ben"))

    await ben.post("/console/keys", {"key-solve": "D"})
    assert await keys_on_page(ben) == {}
    sheet = (await ben.get("/console/keys/sheet", htmx=True)).text
    assert "Ctrl+Enter" in sheet and "<dt>Solve</dt>" not in sheet
    await ben.post("/console/keys", {"uses_keys": "1"})
    assert (await keys_on_page(ben))["KeyD"] == "solve"  # what was chosen before is kept meanwhile


async def test_keys_are_those_that_the_role_may_use(browser: Callable[[], Browser]) -> None:
    lia = await browser().sign_in(await hire("lia"))
    keys = await keys_on_page(lia)

    assert keys["KeyN"] == "note"
    assert not {"solve", "assign", "reply", "/console/tickets/new"} & set(keys.values())
    assert not {name for name in keys.values() if name in ACTIONS and ACTIONS[name].verb not in ("see", "note")}


async def test_the_palette_offers_all_before_anything_is_typed(browser: Callable[[], Browser]) -> None:
    ben = await browser().sign_in(await hire("ben"))
    one, other = await a_ticket("Kettle"), await a_ticket("Plates")
    asked = {"q": "", "recent": f"{other.number},x,{one.number},999999"}
    groups = {
        group["kind"]: group["items"] for group in (await ben.get("/console/palette", params=asked)).json()["groups"]
    }

    assert list(groups) == ["ticket", "recent", "views", "writing", "moving", "going"]
    assert [item["title"] for item in groups["recent"]] == ["Plates", "Kettle"]
    assert groups["ticket"][0] == {"title": "Solve", "icon": "circle-check", "does": "solve", "key": ["E"]}
    new = next(item for item in groups["going"] if item["title"] == "New ticket")
    assert new["url"] == "/console/tickets/new" and "does" not in new


@pytest.mark.parametrize("q", ["solv", "> resolve", "حل", "done"])
async def test_actions_are_found_in_both_languages(browser: Callable[[], Browser], q: str) -> None:
    ben = await browser().sign_in(await hire("ben"))
    groups = (await ben.get("/console/palette", params={"q": q})).json()["groups"]

    assert "solve" in [item.get("does") for item in groups[0]["items"]]


async def test_colleagues_and_teams_are_found_by_sound(browser: Callable[[], Browser]) -> None:
    ben = await browser().sign_in(await hire("ben"))
    await make_team("فروش")

    for q, name in (("foroush", "فروش"), ("بن وبر", "Ben Weber")):
        groups = (await ben.get("/console/palette", params={"q": q, "of": "names"})).json()["groups"]
        assert name in [item["title"] for item in groups[0]["items"]]
