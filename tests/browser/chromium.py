"""The machine's own Chromium: found, never downloaded."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ARGUMENTS = [
    "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
HOW_TO = (
    "There is no Chromium here. `make test` installs it where it may; by hand: "
    "`apt-get install chromium` (Debian, Ubuntu), `dnf install chromium` (Fedora), `brew install --cask chromium` (macOS), "
    "or set CHROMIUM=/path/to/a/browser"
)


def find_chromium() -> str:
    """The path of the browser; raises RuntimeError with how to install one."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if found := name and shutil.which(name):
            return found
    for path in ON_A_MAC:
        if Path(path).is_file():
            return path
    raise RuntimeError(HOW_TO)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser that reaches nothing but this machine."""
    path = find_chromium()
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=[*ARGUMENTS, *(["--no-sandbox"] if is_root else [])]
        )
        try:
            yield browser
        finally:
            await browser.close()
