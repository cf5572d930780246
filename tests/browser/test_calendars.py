"""The week of a calendar is drawn while one types, and typed while one draws."""

from playwright.async_api import Locator, expect

from tests.browser.visits import Visits


async def _at(bar: Locator, hour: float, *, mirrored: bool) -> tuple[float, float]:
    box = await bar.bounding_box()
    assert box
    share = 1 - hour / 24 if mirrored else hour / 24
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


async def test_hours_are_drawn_with_the_pointer_and_what_is_typed_is_drawn(visits: Visits) -> None:
    page = await visits.visit("/console/settings/calendars/new", as_="parvin")
    monday, bar = page.locator("#day-0"), page.locator("#day-0").locator("xpath=../following-sibling::*[1]")
    await expect(bar.locator(".open")).to_have_count(1)
    await monday.fill("۹-۱۲، ۲۲-۶")
    await expect(bar.locator(".open")).to_have_count(2)
    tuesday = page.locator("#day-1").locator("xpath=../following-sibling::*[1]")
    await expect(tuesday.locator(".open")).to_have_count(2)
    await page.mouse.move(*await _at(bar, 13, mirrored=True))
    await page.mouse.down()
    await page.mouse.move(*await _at(bar, 17, mirrored=True), steps=3)
    await page.mouse.up()
    await expect(monday).to_have_value("۹:۰۰–۱۲:۰۰، ۱۳:۰۰–۱۷:۰۰، ۲۲:۰۰–۶:۰۰")
    await page.mouse.click(*await _at(bar, 10, mirrored=True))
    await expect(monday).to_have_value("۱۳:۰۰–۱۷:۰۰، ۲۲:۰۰–۶:۰۰")
