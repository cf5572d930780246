"""People in their browsers, and everything that went wrong on their pages."""

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    FilePayload,
    Page,
    Request,
    ViewportSize,
)

from tests.browser.product import Keys, Product

LOOPBACK = {"127.0.0.1", "localhost", ""}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}


def a_file(name: str, content: bytes = b"hello", content_type: str = "text/plain") -> FilePayload:
    """For `set_input_files`."""
    return {"name": name, "mimeType": content_type, "buffer": content}


class Visits:
    """Opens browsers, one for each person and purpose, and keeps what no page may do.

    Any error on the console (a violated Content-Security-Policy is one), any exception, any dialog, any request to
    another host is kept in `troubles`; `expect()` says which ones belong to a test.
    """

    def __init__(self, browser: Browser, product: Product) -> None:
        self.troubles: list[str] = []
        self.requests: list[Request] = []
        self._browser, self._product = browser, product
        self._contexts: list[BrowserContext] = []
        self._expected: list[re.Pattern[str]] = []
        self._is_over = False

    def expect(self, *patterns: str) -> None:
        """Errors that the test provokes."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    async def visit(self, path: str = "", *, as_: str = "", size: ViewportSize = DESKTOP, **options: Any) -> Page:
        """A page of the product, seen by somebody of the cast, or by nobody signed in."""
        context = await self._browser.new_context(viewport=size, **options)
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        self._watch(context)
        if as_:
            await context.add_cookies([self._cookie(self._product.people[as_])])
        page = await context.new_page()
        if path:
            await page.goto(self._product.url + path)
        return page

    async def close(self) -> None:
        """What was on its way breaks off then, which is no fault of the page."""
        self._is_over = True
        for context in self._contexts:
            await context.close()

    def unexpected(self) -> list[str]:
        return [one for one in self.troubles if not any(pattern.search(one) for pattern in self._expected)]

    def _cookie(self, keys: Keys) -> Any:
        return {"name": keys.cookie, "value": keys.session, "url": self._product.url}

    def _watch(self, context: BrowserContext) -> None:
        async def close(dialog: Dialog) -> None:
            self.troubles.append(f"dialog: {dialog.message}")
            await dialog.dismiss()

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not self._is_over:
                self.troubles.append(f"{message.type}: {message.text} ({message.location.get('url')})")

        def note(request: Request) -> None:
            self.requests.append(request)
            parts = urlsplit(request.url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOOPBACK:
                self.troubles.append(f"request: {request.url}")

        context.on("console", hear)
        context.on("weberror", lambda error: self.troubles.append(f"exception: {error.error}"))
        context.on("dialog", close)
        context.on("request", note)
