"""What stands above a quote in our mails."""

from datetime import UTC, datetime

from piccolo.querystring import QueryString

from helpdesk.customers.tables import Customer
from helpdesk.kernel.language import speaking
from helpdesk.tickets.quoting import quoted
from helpdesk.tickets.tables import Message
from tests.make import a_ticket


async def test_the_time_is_the_customers_else_that_of_who_writes(database: None) -> None:
    ticket = await a_ticket()
    await Message.update({Message.created_at: datetime(2026, 7, 1, 12, 0, tzinfo=UTC)}, force=True)

    async def told(*, with_address: bool = False) -> str:
        with speaking("en", "Europe/Berlin"):
            [quote] = await quoted(ticket, QueryString("true"), with_address=with_address)
        return quote.attribution

    assert "14:00" in await told()
    await Customer.update({Customer.time_zone: "Asia/Tehran"}, force=True)
    assert "15:30" in await told()
    assert "14:00" in await told(with_address=True)  # somebody else reads it
