"""From ticket to ticket in a real browser, at random and without prefetch: from the click until the next one is painted.

Run with `python -m tests.benchmarks.jumping [--tickets N] [--jumps N]`.
"""

import argparse
import asyncio
import random

from playwright.async_api import Page

from tests.benchmarks.desk import Desk, a_desk, fill, milliseconds, percentile
from tests.benchmarks.pages import sign_in
from tests.browser.chromium import chromium

PAGES = 3  # of the list: ninety tickets to choose from
JUMP = """number => new Promise((done) => {
    const row = document.querySelector(`#row-${number} > a`);
    const pane = document.querySelector(".console");
    const started = performance.now();
    new MutationObserver((_changes, observer) => {
        if (document.getElementById("conversation")?.dataset.number !== String(number)) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
    }).observe(pane, { childList: true });
    row.click();
})"""


async def measure(desk: Desk, *, tickets: int, jumps: int) -> list[float]:
    """Seconds of each jump."""
    await fill(desk, up_to=tickets)
    cookie = await sign_in(desk)
    desk.start("web")
    await asyncio.to_thread(desk.wait_ready, seconds=60)
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        await context.add_cookies([{"name": "helpdesk", "value": cookie, "url": desk.url}])
        page = await context.new_page()
        await page.goto(f"{desk.url}/console?view=open")
        return await jump_about(page, jumps)


async def jump_about(page: Page, jumps: int) -> list[float]:
    for n in range(1, PAGES):
        await page.click(".more a")
        await page.wait_for_function("most => document.querySelectorAll('#tickets > li').length > most", arg=30 * n)
    numbers = await page.locator("#tickets > li").evaluate_all("rows => rows.map((row) => Number(row.id.slice(4)))")
    chance, here, found = random.Random(1), 0, []
    for _ in range(jumps + 10):
        here = chance.choice([number for number in numbers if number != here])
        found.append(await page.evaluate(JUMP, here) / 1000)
        await page.wait_for_timeout(150)  # what follows of itself, as the note that it was read, is over
    return found[10:]  # the first ones warm up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--jumps", type=int, default=100)
    asked = parser.parse_args()
    with a_desk() as desk:
        desk.run("agent", "create", "--email", "alma@bench.test", "--name", "Alma", "--role", "admin")
        found = asyncio.run(measure(desk, tickets=asked.tickets, jumps=asked.jumps))
    print(f"| ticket to ticket, {asked.tickets:,} tickets, {asked.jumps} random jumps | {milliseconds(percentile(found, 0.5))} median | {milliseconds(percentile(found, 0.95))} p95 |")  # fmt: skip


if __name__ == "__main__":
    main()
