"""Signing in to the portal by a link in a mail, and the account: one's own sessions."""

import re
from datetime import timedelta
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.response import Redirect, Template

from helpdesk.console.asked import Id, Name, Next, Text, Typed
from helpdesk.console.devices import device
from helpdesk.console.rendering import see_other
from helpdesk.customers.visiting import end_other_sessions, end_session, find_link, sessions_of, sign_out, take_up
from helpdesk.deliveries.portal_mail import mail_sign_in_link
from helpdesk.intake.limits import network_of
from helpdesk.kernel.errors import NotFound, TooMany
from helpdesk.kernel.language import _, digits, ngettext, reader
from helpdesk.kernel.time import now
from helpdesk.people.agents import is_address
from helpdesk.people.throttling import count_try
from helpdesk.portal.visitors import Guest, customer_cookie, page, speak_to, with_session

_OWN_PATH = re.compile(r"/requests(?:/\d{1,18})?(?:\?[\w=&-]{0,80})?|/account")
PER_NETWORK = 20
"""Links asked for in an hour from one network."""
_SECRET_URL = {"referrer-policy": "no-referrer"}


class SignInController(Controller):
    request_max_body_size = 64 * 1024

    @get("/sign-in")
    async def show(self, visitor: Guest, next_path: Next = "") -> Template | Redirect:
        """The form; somebody signed in goes on."""
        if visitor:
            return see_other(own_path(next_path))
        return await page("sign_in.html", visitor, email="", next_path=own_path(next_path), is_sent=False)

    @post("/sign-in", status_code=200)
    async def ask(self, request: Request, visitor: Guest, form: Typed) -> Template:
        """The same answer for every address; the mail is queued after it, so that its time tells nothing either."""
        email, next_path = form.line("email").lower(), own_path(form.line("next"))
        shown: dict[str, Any] = {"email": email, "next_path": next_path}
        if not is_address(email):
            errors = {"email": _("This is not an e-mail address. It looks like name@example.com.")}
            return await page("sign_in.html", visitor, status=422, errors=errors, is_sent=False, **shown)
        network = network_of(request.scope["state"]["address"])
        try:
            await count_try(f"portal:network:{network}", at_most=PER_NETWORK, within=timedelta(hours=1), at=now())
        except TooMany as error:
            minutes = max(1, round(error.retry_after / 60))
            told = ngettext("Too many tries. Try again in %(n)s minute.", "Too many tries. Try again in %(n)s minutes.", minutes)  # fmt: skip
            return await page("sign_in.html", visitor, status=429, errors={"email": told % {"n": digits(minutes)}},
                              headers={"retry-after": str(error.retry_after)}, is_sent=False, **shown)  # fmt: skip
        answer = await page("sign_in.html", visitor, is_sent=True, **shown)
        answer.background = BackgroundTask(
            mail_sign_in_link, email, next_path=next_path, language=reader().language, at=now()
        )
        return answer

    @get("/sign-in/{token:str}")
    async def confirm(self, request: Request, token: Name) -> Template:
        """A button: programs that look at the links of a mail press none, so they use nothing up."""
        try:
            waiting = await find_link(token, at=now())
        except NotFound as error:
            return await page("link_gone.html", None, status=404, headers=_SECRET_URL, told=str(error), next_path="")
        speak_to(request, waiting.language, waiting.time_zone)
        return await page("confirm.html", None, headers=_SECRET_URL, token=token, address=waiting.address)

    @post("/sign-in/{token:str}", status_code=200)
    async def create(self, request: Request, token: Name) -> Response:
        """Use the link up and open a session."""
        browser = request.headers.get("user-agent", "")
        try:
            session, next_path = await take_up(
                token, address=request.scope["state"]["address"], user_agent=browser, at=now()
            )
        except NotFound as error:
            return await page("link_gone.html", None, status=404, headers=_SECRET_URL, told=str(error), next_path="")
        return with_session(see_other(own_path(next_path)), session)

    @post("/sign-out", status_code=200)
    async def destroy(self, request: Request) -> Redirect:
        await sign_out(request.cookies.get(customer_cookie(), ""))
        return with_session(see_other("/"), "")


class AccountController(Controller):
    path = "/account"

    @get("/")
    async def show(self, visitor: Guest, said: Text = "") -> Template | Redirect:
        if visitor is None:
            return to_sign_in("/account")
        return await page(
            "account.html", visitor, sessions=await sessions_of(visitor, at=now()), device=device, said=said
        )

    @post("/sessions/{session_id:int}/end", status_code=200)
    async def end(self, visitor: Guest, session_id: Id) -> Redirect:
        if visitor:
            await end_session(session_id, of=visitor)
        return see_other("/account?said=ended")

    @post("/sessions/end", status_code=200)
    async def end_others(self, visitor: Guest) -> Redirect:
        if visitor:
            await end_other_sessions(of=visitor)
        return see_other("/account?said=ended")


def own_path(path: str) -> str:
    """The path when it is one of the portal's own pages, else the list: `next` leads nowhere else (ASVS 5.1.5)."""
    return path if _OWN_PATH.fullmatch(path) else "/requests"


def to_sign_in(path: str) -> Redirect:
    return see_other(f"/sign-in?next={path}")
