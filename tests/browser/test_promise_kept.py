"""What a manager promises, from the form to the end of it: in Persian, on the ready-made Iranian calendar, with a clock that is moved."""

import re
from datetime import UTC, datetime, timedelta

from persiantools.jdatetime import JalaliDate
from playwright.async_api import Locator, Page, expect

from helpdesk.kernel.language import digits, speaking
from helpdesk.kernel.time import now
from tests.browser.product import Product
from tests.browser.test_live import live
from tests.browser.visits import Visits

TEHRAN = timedelta(hours=3, minutes=30)
MINUTE = timedelta(minutes=1)
POLICY, SUBJECT = "پاسخ به چاپگرها", "چاپگر روشن نمی‌شود"
CLOCK = "(SELECT c.id FROM sla_clock c JOIN hd_ticket t ON t.id = c.ticket WHERE t.number = $1 AND c.metric = 'first_reply')"

WEDNESDAY = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)
"""Half past three in Tehran; at five the week closes, on Thursday it is open from eight to one."""
LATER = {
    "started": 0, "paused": 30, "resumed": 60, "warned": 1020, "breached": 1050, "escalated": 1050, "breach_voided": 1050, "stopped": 1050,
}  # fmt: skip
"""Minutes from there for each line of the ledger: two hours of open time, half an hour of waiting between them."""
IN_PERSIAN = """
۱ ساعت و ۵۹ دقیقه از ۲ ساعت گذشته؛ ۳۰ دقیقه در انتظار مشتری.
چهارشنبه ۲۳ اردیبهشت، ۱۵:۳۰ – ۱۶:۰۰ | در جریان بود | ۳۰ دقیقه
چهارشنبه ۲۳ اردیبهشت، ۱۶:۰۰ – ۱۶:۳۰ | در انتظار مشتری بود | به شمار نیامد
چهارشنبه ۲۳ اردیبهشت، ۱۶:۳۰ – پنجشنبه ۲۴ اردیبهشت، ۰۸:۵۹ | در جریان بود | بسته از ۲۳ اردیبهشت، ۱۷:۰۰ تا ۲۴ اردیبهشت، ۰۸:۰۰ | ۱ ساعت و ۲۹ دقیقه
پنجشنبه ۲۴ اردیبهشت، ۰۸:۳۰ | هشدار
پنجشنبه ۲۴ اردیبهشت، ۰۹:۰۰ | مهلت تمام شد
پنجشنبه ۲۴ اردیبهشت، ۰۹:۰۰ | یک گام از ارجاع به بالا انجام شد
پنجشنبه ۲۴ اردیبهشت، ۰۸:۵۹ | دیر نشده بود: پاسخ به‌موقع رسیده بود
"""
IN_ENGLISH = """
1 h 59 min of 2 h used; 30 min waited for the customer.
Wednesday 13 May, 14:00 – 14:30 | It ran | 30 min
Wednesday 13 May, 14:30 – 15:00 | It waited for the customer | not counted
Wednesday 13 May, 15:00 – Thursday 14 May, 07:29 | It ran | closed from 13 May, 15:30 to 14 May, 06:30 | 1 h 29 min
Thursday 14 May, 07:00 | A warning
Thursday 14 May, 07:30 | Time was up
Thursday 14 May, 07:30 | A step of the escalation was taken
Thursday 14 May, 07:29 | Not late after all: the answer had come in time
"""
"""As an administrator in Tehran reads it, and one in Berlin."""


async def test_a_promise_is_made_warned_of_broken_told_to_the_lead_and_kept_after_all(
    visits: Visits, product: Product
) -> None:
    page = await visits.visit("/console/settings/calendars", as_="parvin")
    await _keep_the_iranian_week(page)
    await _promise(page, product)
    number = await _ticket(product)
    await page.goto(f"{product.url}/console/tickets/{number}?view=open")
    await live(page)
    pills = [page.locator(f"#row-{number} .pill"), page.locator("#conversation-header summary .pill")]
    timeline = page.locator("#items")
    await _says(pills, "good", "^(۲ ساعت|۱ ساعت و ۵[۰-۹] دقیقه) مانده · نخستین پاسخ$")

    await _pass(product, number, 90 * MINUTE)
    await expect(timeline).to_contain_text("زمان نخستین پاسخ رو به پایان است")
    await _says(pills, "warn", "^(۳۰|۲[۰-۹]) دقیقه مانده · نخستین پاسخ$")

    await _pass(product, number, 33 * MINUTE)
    await expect(timeline).to_contain_text("نخستین پاسخ دیر شده است: مهلت آن")
    await expect(timeline).to_contain_text("نخستین پاسخ دیر شده است؛ گام بعد: به سرپرست تیم خبر داده شود")
    await _says(pills, "bad", "^[۳-۹] دقیقه دیر شده · نخستین پاسخ$")
    await page.click("#conversation-header .promised > summary")
    await expect(page.locator(".promises .promise").first).to_contain_text(
        re.compile("۲ ساعت و [۳-۹] دقیقه از ۲ ساعت گذشته")
    )
    await timeline.click(position={"x": 2, "y": 2})  # the menu is closed, and the header may change again
    lead = await page.context.new_page()
    await lead.goto(f"{product.url}/console/notices?show=all")
    told = lead.locator(f"[data-ticket='{number}']")
    await expect(told).to_contain_text("زمان تعهدشده به پایان رسید: از شما کمک خواسته شده است")

    await product.rows(
        "UPDATE hd_notice SET read_at = coalesce(read_at, now()) WHERE agent = $1", product.people["parvin"].id
    )

    await _pass(product, number, -33 * MINUTE)  # the answer had been accepted in time
    await product.call("POST", f"/tickets/{number}/messages", {"audience": "public", "body_text": "کابل را ببینید."})
    await expect(timeline).to_contain_text("نخستین پاسخ دیر نشده بود: پاسخ به‌موقع رسیده بود")
    await _says(pills, "good", "نخستین پاسخ به‌موقع")
    await lead.reload()
    await expect(told).to_contain_text("زمان تعهدشده رعایت شده بود")

    await _as_if_on_that_wednesday(product, number)
    [row] = await product.rows(f"SELECT {CLOCK} AS id", number)
    for who, words in (("parvin", IN_PERSIAN), ("alma", IN_ENGLISH)):
        reader = await visits.visit(f"/console/tickets/{number}/promises/{row['id']}", as_=who)
        lines = await reader.locator("#page > .inner > p, .course > li").all_inner_texts()
        assert [" | ".join(line.split("\n")) for line in lines] == words.strip().split("\n")
    await product.rows("UPDATE sla_policy SET deleted_at = now() WHERE name = $1", POLICY)
    await product.rows("UPDATE sla_settings SET edition = edition + 1")


async def _keep_the_iranian_week(page: Page) -> None:
    """In one click, but open around the clock yesterday, today and tomorrow: the test runs on Fridays, too."""
    await page.get_by_role("button", name="افزودن: هفتهٔ ایرانی").click()
    today = (now() + TEHRAN).date()
    with speaking("fa"):
        days = [digits(JalaliDate(today + timedelta(days=away)).isoformat()) for away in (-1, 0, 1)]
    for row, day in enumerate(days):
        await page.fill(f"#special-{row}-day", day)
        await page.fill(f"[name=special-{row}-name]", "انبارگردانی")
        await page.fill(f"#special-{row}-hours", "۰-۲۴")
    await page.locator(".calendar-form").get_by_role("button", name="ذخیره").last.click()
    await expect(page.locator(".notice.good")).to_have_text("ذخیره شد.")
    await expect(page.locator("#special-1-day")).to_have_value(days[1])


async def _promise(page: Page, product: Product) -> None:
    """A first reply within two hours of that calendar, with a warning and a step."""
    await page.goto(f"{product.url}/console/settings/policies/new")
    await page.get_by_label("نام", exact=True).fill(POLICY)
    condition = page.locator(".condition").first
    await condition.get_by_label("آنچه درباره‌اش پرسیده می‌شود").select_option(label="موضوع")
    await condition.get_by_label("مقدار").fill("چاپگر")
    reply = page.locator(".target").first
    await reply.get_by_label("همهٔ اولویت‌ها").fill("۲")
    await reply.get_by_text("تقویم، هشدارها و گام‌های پس از پایان").click()
    await reply.get_by_label("سنجش با").select_option(label="زمان کاری: هفتهٔ ایرانی")
    await reply.get_by_role("button", name="افزودن هشدار").click()
    await reply.get_by_label("مقدار").fill("۷۵")
    await reply.get_by_role("button", name="افزودن گام").click()
    await reply.get_by_label("کاری که می‌شود").select_option(label="به سرپرست تیم خبر داده شود")
    await reply.get_by_label("تا وقتی تیکت در انتظار مشتری است می‌ایستد").check()
    await page.locator(".form > .card .actions .primary").click()
    await expect(page.locator("tr[data-id]", has_text=POLICY)).to_contain_text("موضوع شامل")


async def _ticket(product: Product) -> int:
    """Of a customer's mail, given to a colleague in the lead's team; it has waited for the customer for a moment."""
    parvin, shirin = (product.people[name].id for name in ("parvin", "shirin"))
    await product.send(product.mail(SUBJECT, "هیچ چراغی ندارد."))
    sql = "SELECT number FROM hd_ticket WHERE subject = $1"
    [found] = await product.until(lambda: product.rows(sql, SUBJECT), bool)
    [team] = await product.rows(
        "UPDATE hd_membership SET is_lead = true WHERE agent = $1 AND team = (SELECT id FROM hd_team WHERE name = 'فروش') RETURNING team", parvin,
    )  # fmt: skip
    for change in ({"team": team["team"], "assignee": shirin}, {"status": "pending"}, {"status": "open"}):
        await product.call("PATCH", f"/tickets/{found['number']}", change)
    return found["number"]


async def _says(pills: list[Locator], colour: str, words: str) -> None:
    for one in pills:
        await expect(one).to_have_class(f"badge pill {colour}")
        await expect(one).to_have_text(re.compile(words))


async def _pass(product: Product, number: int, time: timedelta) -> None:
    """As if all that was so much earlier."""
    times = ("started_at", "running_since", "due_at", "breached_at", "next_fire_at")
    await product.rows(
        f"UPDATE sla_clock SET {', '.join(f'{name} = {name} - $2::interval' for name in times)} WHERE id = {CLOCK}", number, time
    )  # fmt: skip
    await product.rows(f"UPDATE sla_clock_event SET at = at - $2::interval WHERE clock = {CLOCK}", number, time)
    await product.rows("UPDATE hd_ticket SET created_at = created_at - $2::interval WHERE number = $1", number, time)
    await product.rows(
        "UPDATE hd_message SET created_at = created_at - $2::interval WHERE ticket = (SELECT id FROM hd_ticket WHERE number = $1)", number, time
    )  # fmt: skip


async def _as_if_on_that_wednesday(product: Product, number: int) -> None:
    """Ten seconds before the end the answer came."""
    for kind, minutes in LATER.items():
        at = WEDNESDAY + minutes * MINUTE - timedelta(seconds=10 if kind in ("stopped", "breach_voided") else 0)
        await product.rows(f"UPDATE sla_clock_event SET at = $2 WHERE clock = {CLOCK} AND kind = $3", number, at, kind)
    await product.rows(
        f"UPDATE sla_clock_event SET consumed = CASE kind WHEN 'stopped' THEN 7190 WHEN 'started' THEN 0 ELSE 1800 END WHERE clock = {CLOCK}",
        number,
    )
