"""A policy by hand, in Persian: conditions that answer to what is chosen, rows that come and go, an order by dragging."""

from playwright.async_api import expect

from tests.browser.product import Product
from tests.browser.visits import Visits


async def test_a_policy_is_made_by_hand_and_dragged_above_another(visits: Visits, product: Product) -> None:
    await product.call(
        "POST", "/sla-policies", {"name": "برای همه", "targets": [{"metric": "first_reply", "seconds": 3600}]}
    )
    page = await visits.visit("/console/settings/policies/new", as_="parvin")
    await page.fill("#name", "مشتریان ویژه")
    rows = page.locator(".condition")
    await rows.first.locator("select").first.select_option("priority")
    await rows.first.locator("select[name$=-values]").select_option("urgent")
    await page.click("#conditions button[value=all]")
    await rows.nth(1).locator("select").first.select_option("tags")
    await expect(rows.nth(1).locator("select[name$=-op]")).to_have_value("has_any")
    await rows.nth(1).locator(".tags-editor input").fill("ویژه،")
    await page.click("#conditions button[value=any]")
    await rows.nth(2).locator(".remove").click()
    await expect(rows).to_have_count(2)
    await page.fill("#first_reply-any", "۳۰")
    await page.select_option("[name=first_reply-any-unit]", "minutes")
    await page.locator(".target summary").first.click()
    await page.click("button[value=steps-first_reply]")
    await page.locator(".step select").first.select_option("notify_lead")
    await page.locator(".form > .card .actions .primary").click()
    lines = page.locator("tr[data-id]")
    mine = lines.filter(has_text="مشتریان ویژه")
    await expect(mine).to_contain_text("اولویت دست‌کم فوری است و برچسب‌ها: یکی از")
    await expect(mine).to_contain_text("۳۰ دقیقه")
    await mine.drag_to(lines.first, target_position={"x": 40, "y": 3})
    await expect(page.locator(".notice.good")).to_be_visible()
    await expect(lines.first).to_contain_text("مشتریان ویژه")
    [row] = await product.rows("SELECT targets FROM sla_policy_version ORDER BY id DESC LIMIT 1")
    assert '"notify_lead"' in row["targets"]
    await product.rows("UPDATE sla_policy SET deleted_at = now()")
    await product.rows("UPDATE sla_settings SET edition = edition + 1")
