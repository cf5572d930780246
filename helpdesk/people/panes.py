"""How an agent has arranged the console: its layout, which panes are shown, how wide they are, and how close the rows of lists stand."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn

NARROWEST = {"views_width": 160, "list_width": 280, "person_width": 240}
WIDEST = {"views_width": 360, "list_width": 720, "person_width": 480}


class Panes(msgspec.Struct, frozen=True):
    """Widths are in CSS pixels; 0 is the width that the page chooses."""

    is_table: bool = False
    hides_views: bool = False
    hides_person: bool = False
    is_compact: bool = False
    views_width: int = 0
    list_width: int = 0
    person_width: int = 0


def within_limits(name: str, width: int) -> int:
    """The width, no narrower and no wider than the pane may be; 0 stays."""
    return max(NARROWEST[name], min(WIDEST[name], width)) if width > 0 else 0


async def arrange(agent: SignedIn, **values: bool | int) -> None:
    """Remember some of the agent's Panes; the others stay as they are."""
    kept = {name: value if isinstance(value, bool) else within_limits(name, value) for name, value in values.items()}
    assert kept.keys() <= set(Panes.__struct_fields__), "names are ours, they go into the statement"
    columns, marks = ", ".join(kept), ", ".join("{}" for _name in kept)
    renewed = ", ".join(f"{name} = excluded.{name}" for name in kept)
    await rows(
        f"INSERT INTO hd_panes (agent, {columns}) VALUES ({{}}, {marks}) ON CONFLICT (agent) DO UPDATE SET {renewed}",
        agent.id, *kept.values(),
    )  # fmt: skip
