"""What an open page does when the ticket, or what it would answer, changes under it."""

from playwright.async_api import expect

from tests.browser.composing import write
from tests.browser.product import Product
from tests.browser.test_live import opened
from tests.browser.visits import Visits


async def test_a_team_that_becomes_private_says_that_its_ticket_is_gone(visits: Visits, product: Product) -> None:
    visits.expect("404")
    team = (await product.call("POST", "/teams", {"name": "Works council"}))["id"]
    number = await product.ticket("About a colleague", team=team)
    page = await opened(visits, number)
    await write(page, "half a thought")
    await product.call("PATCH", f"/teams/{team}", {"is_private": True})
    await expect(page.locator("#banner")).to_contain_text("This ticket can no longer be seen by you.", timeout=20_000)
    await expect(page.locator("#composer textarea")).to_have_value("half a thought")


async def test_new_recipients_are_shown_before_the_reply_goes_to_them(visits: Visits, product: Product) -> None:
    visits.expect("409")
    number = await product.ticket("Who reads this", who=("one@customer.test", "One Person"))
    page = await opened(visits, number)
    await write(page, "For one person")
    await page.set_input_files(
        "#composer input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}
    )
    await expect(page.locator("#composer [name=attachment_ids]")).to_have_count(1)
    [row] = await product.rows("SELECT id FROM hd_customer WHERE name = 'One Person'")
    await product.rows(
        """INSERT INTO hd_message (ticket, audience, author_kind, customer, body_text, language, created_at, mail)
        SELECT id, 'public', 'customer', $2, 'And my colleague', 'en', now(), $3 FROM hd_ticket WHERE number = $1""",
        number, row["id"], '{"from": "one@customer.test", "cc": ["two@customer.test"]}',
    )  # fmt: skip
    await page.click("#composer [data-send]:visible")
    await expect(page.locator("#composer .newer")).to_contain_text("And my colleague")
    await expect(page.locator("#composer .recipients")).to_contain_text("two@customer.test")
    await expect(page.locator("#composer textarea")).to_have_value("For one person")
    await expect(page.locator("#composer [name=attachment_ids]")).to_have_count(1)
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.locator("#items .message.agent", has_text="For one person")).to_have_count(1)
    await expect(page.locator("#composer textarea")).to_have_value("")


async def test_an_open_ticket_reads_its_notices(visits: Visits, product: Product) -> None:
    number = await product.ticket("Yours now")
    await product.call("PATCH", f"/tickets/{number}", {"assignee": product.people["cleo"].id})

    cleo = product.people["cleo"].id

    async def unread() -> int:
        """Of this ticket: Cleo may have others from elsewhere."""
        [row] = await product.rows(
            """SELECT count(*) AS n FROM hd_notice n JOIN hd_ticket t ON t.id = n.ticket
            WHERE n.agent = $1 AND t.number = $2 AND n.read_at IS NULL""",
            cleo,
            number,
        )
        return row["n"]

    await product.until(unread, lambda count: count > 0)
    page = await visits.visit("/console?view=mine", as_="cleo")
    await expect(page.locator(".bell .badge")).to_be_visible()
    await page.click(f"#row-{number} a")
    await product.until(unread, lambda count: count == 0)
    await expect(page.locator(".bell")).to_be_visible()
