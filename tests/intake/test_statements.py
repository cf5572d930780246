"""What a mail costs the database: statements, which count alike on every machine."""

import pytest
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from helpdesk.intake.taking_in import take_in
from sla import promises
from sla.hours import read_edition
from tests.intake.test_taking_in import a_mail, answered_ticket, fate_of, receive


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements so far; begin and commit are not among them."""
    made: list[str] = []
    plain = PostgresEngine.run_querystring

    async def counting(self: PostgresEngine, querystring: QueryString, in_pool: bool = True) -> list:
        made.append(str(querystring)[:150])
        return await plain(self, querystring, in_pool=in_pool)

    monkeypatch.setattr(PostgresEngine, "run_querystring", counting)
    return made


async def cost_of(raw: bytes, statements: list[str]) -> list[str]:
    waiting = await receive(raw, then=False)
    await promises.current(await read_edition())  # a worker has read the policies long ago
    statements.clear()
    await take_in(waiting.id)
    made = list(statements)
    assert (await fate_of(waiting.id)).message is not None
    return made


@pytest.mark.parametrize(
    ("what", "most"),
    [("the first mail of a customer", 30), ("another ticket of theirs, not acknowledged", 16), ("an answer", 19)],
)
async def test_an_ordinary_mail_takes_no_more_statements_than_it_did(
    database: None, statements: list[str], what: str, most: int
) -> None:
    delivery = None
    if what != "the first mail of a customer":
        _ticket, delivery = await answered_ticket()
    headers = {"In_Reply_To": f"<{delivery.mail_id}>"} if delivery and what == "an answer" else {}
    made = await cost_of(a_mail("More.", mail_id="m2@customer.test", **headers), statements)
    assert len(made) <= most, f"{len(made)}:\n" + "\n".join(made)
