"""Where the demo is cut off, and where it has no place."""

from unittest.mock import AsyncMock

import pytest

from helpdesk.demo import filling, manual, oddities, readers, sign_ins
from helpdesk.demo.texts import people
from helpdesk.people.tables import Agent, Role
from helpdesk.tickets.tables import Ticket


async def test_a_filling_that_is_cut_off_leaves_the_desk_empty(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cut_off() -> None:
        raise KeyboardInterrupt

    some = filling.plots
    monkeypatch.setattr(filling, "plots", lambda at, rng: some(at, rng)[:3])
    for module in (oddities, manual, readers):
        monkeypatch.setattr(module, "scenes", lambda at: [])
    monkeypatch.setattr(filling, "work_at_desks", AsyncMock())
    monkeypatch.setattr(filling, "log_mails", AsyncMock())
    monkeypatch.setattr(filling, "_settle_the_past", cut_off)
    with pytest.raises(KeyboardInterrupt):
        await filling.fill()

    assert not await Agent.exists()
    assert not await Ticket.exists()


async def test_no_sign_in_is_told_for_a_changed_password_or_in_somebody_elses_desk(database: None) -> None:
    assert await sign_ins() == []
    await Agent(email=people().agent[0].email, name="Leila", role=Role.ADMIN, password_hash="another").save()
    await filling.fill()
    assert await sign_ins() == []
    assert await Agent.count() == 1
