"""The sheet of keys, and the page on which agents choose theirs."""

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.actions import CHOSEN, TABLE, pressed, read_choice, shown
from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.people.actor import SignedIn
from helpdesk.people.keys import choose_keys
from helpdesk.people.permissions import may


class KeysController(Controller):
    path = "/console/keys"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _page(agent, said=said)

    @post("/", status_code=200)
    async def choose(self, agent: Me, form: Typed) -> Response:
        """Take the fields `key-NAME`; `usual` is everybody's keys again."""
        uses_keys = form.is_checked("uses_keys")
        if form.is_checked("usual"):
            await choose_keys(agent, {}, uses_keys=True)
            return see_other("/console/keys?said=usual")
        typed = {name: form.line(f"key-{name}") for name in CHOSEN if form.has(f"key-{name}")}
        try:
            await choose_keys(agent, read_choice(_kept(agent) | typed), uses_keys=uses_keys)
        except Invalid as error:
            return await _page(agent, typed=typed, uses_keys=uses_keys, errors=error.fields, status=422)
        return see_other("/console/keys?said=saved")

    @get("/sheet", part_of="/console/keys")
    async def sheet(self, agent: Me) -> Template:
        """The dialog that `?` opens: every key that does something for this agent."""
        groups = [
            (title, [(one, shown(press)) for one in actions if (press := pressed(one.name, agent)) and may(agent, one.verb)])
            for title, actions in TABLE
        ]  # fmt: skip
        return render("keys/sheet.html", agent=agent, groups=[group for group in groups if group[1]])


def _kept(agent: SignedIn) -> dict[str, str]:
    """What the agent has chosen before, as it is typed: roles have not all fields."""
    return {name: " ".join(shown(press)) for name, press in agent.keys.items() if name in CHOSEN}


async def _page(
    agent: SignedIn, *, typed: dict[str, str] | None = None, uses_keys: bool | None = None, errors: dict[str, str] | None = None,
    said: str = "", status: int = 200,
) -> Template:  # fmt: skip
    usual = {name: " ".join(shown(action.press)) for name, action in CHOSEN.items()}
    groups = [
        (title, [one for one in actions if one.name in CHOSEN and may(agent, one.verb)]) for title, actions in TABLE
    ]
    return render(
        "settings/keys.html", **await frame(agent), groups=groups, typed=usual | _kept(agent) | (typed or {}),
        uses_keys=agent.uses_keys if uses_keys is None else uses_keys, errors=errors or {}, said=said, status=status,
    )  # fmt: skip
