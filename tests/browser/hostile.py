"""Hostile HTML for the message frame: from the data folder beside the repository where it is, else a few cases of our own."""

import gzip
import json
import os
import random
import re
from pathlib import Path

from playwright.async_api import Page, Request

DATA = Path(os.environ.get("DATA", Path(__file__).parents[3] / "shared/data")) / "sanitiser"
OUTSIDE = "https://tracker.test/x"
OWN = {
    "script": "<script>alert(1)</script><p>text</p>",
    "error": "<img src=x onerror=alert(1)>",
    "svg": "<svg onload=alert(1)><circle r=9></svg>",
    "overlay": "<div style='position:fixed;inset:0;z-index:9999;background:red'>Your session has expired</div>",
    "base": "<base href='https://tracker.test/' target=_top><a href=x>x</a>",
    "refresh": f"<meta http-equiv=refresh content='0;url={OUTSIDE}'><p>text</p>",
    "form": "<form action='/console/sign-out' method=post><input name=a autofocus><button>Go</button></form>",
    "own-get": "<img src='/console/tickets/1001'><link rel=stylesheet href='/console/preferences'>",
    "style": f"<style>@import '{OUTSIDE}'; body {{ background: url({OUTSIDE}) }}</style><p>text</p>",
    "iframe": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "pixel": f"<p>Hello</p><img src='{OUTSIDE}' width=1 height=1><img srcset='{OUTSIDE} 1x'>",
    "data": "<a href='data:text/html,<script>alert(1)</script>'>x</a><object data='data:text/html,x'></object>",
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "close": "</body></html><script>top.location='https://tracker.test/'</script>",
    "name": "<form id=location><input name=href></form><img name=cookie>",
}

MAY_BE_ASKED = re.compile(r"^http://127\.0\.0\.1:\d+/console/(messages/\d+/frame|attachments/\d+)$")
OUTSIDE_OF_MAILS = """() => {
    const all = document.documentElement.cloneNode(true);
    for (const changing of all.querySelectorAll("#timeline, #tickets, [data-live-fragment], #toasts, #announcer, #live-dot, time, #person")) changing.remove();
    return [location.href, document.title, document.cookie, all.outerHTML];
}"""


def cases(*, most: int) -> dict[str, str]:
    """HTML by name: all that are particular to mail, and a draw from the rest that is the same every time."""
    if not DATA.is_dir():
        return OWN
    of_mail = json.loads((DATA / "mail_html.json").read_text(encoding="utf-8"))["cases"]
    lines = gzip.decompress((DATA / "attacks.jsonl.gz").read_bytes()).splitlines()
    drawn = random.Random(7).sample([json.loads(line) for line in lines], most)
    found = OWN | {case["id"]: case["html"] for case in [*of_mail, *drawn]}
    return dict(list(found.items())[:most])


def asked_inside(page: Page, requests: list[Request]) -> list[str]:
    """URLs that the frames of a page asked for; the service worker's own requests belong to no frame."""
    return [one.url for one in requests if one.service_worker is None and one.frame != page.main_frame]


async def frames_that_stick_out(page: Page) -> int:
    return await page.evaluate(
        """() => [...document.querySelectorAll("iframe.mail-frame")].filter(frame => {
            const [inner, outer] = [frame, frame.closest(".message")].map(part => part.getBoundingClientRect());
            return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.height > 20000;
        }).length"""
    )
