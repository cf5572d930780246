"""Signing in and out, new passwords and one-time links: the pages of the door."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from litestar import Controller, Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from helpdesk.console.asked import Name, Next, Typed
from helpdesk.console.rendering import render, see_other
from helpdesk.deliveries.system_mail import mail_new_password_link
from helpdesk.kernel.errors import Invalid, TooMany
from helpdesk.kernel.language import LANGUAGES, _, digits, ngettext, reader
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.links import FIRST_ADMIN, find_link, take_up
from helpdesk.people.signing_in import ABSOLUTE, open_session, sign_in, sign_out
from helpdesk.people.tables import Agent
from helpdesk.people.throttling import count_try
from helpdesk.web.visits import LANGUAGE_COOKIE, session_cookie

_OWN_PATH = re.compile(r"/console(?:[/?][^\s\\]*)?")
_SMALL = 64 * 1024
_SECRET_URL = {"referrer-policy": "no-referrer"}


class SignInController(Controller):
    path = "/console"
    request_max_body_size = _SMALL

    @get("/sign-in")
    async def show(self, request: Request, next_path: Next = "") -> Template | Redirect:
        """The form; somebody signed in goes on."""
        if request.scope["state"].get("agent"):
            return Redirect(own_path(next_path))
        return render("door/sign_in.html", email="", next_path=own_path(next_path), errors={})

    @post("/sign-in", status_code=200)
    async def create(self, request: Request, form: Typed) -> Response:
        """Open a session and go on; every failure says the same, too many tries say when to try again."""
        email, next_path = form.line("email"), own_path(form.line("next"))
        try:
            token = await sign_in(email, form.secret("password"), **_visitor(request), at=now())
        except Invalid as error:
            return render("door/sign_in.html", status=422, email=email, next_path=next_path, errors=error.fields)
        except TooMany as error:
            return render("door/sign_in.html", status=429, email=email, next_path=next_path, errors={"password": _wait(error)},
                          headers={"retry-after": str(error.retry_after)})  # fmt: skip
        return _with_session(next_path, token)

    @post("/sign-out", status_code=200)
    async def destroy(self, request: Request) -> Response:
        await sign_out(request.cookies.get(session_cookie(), ""))
        answer = see_other("/console/sign-in")
        answer.set_cookie(_session("", max_age=0))
        return answer

    @get("/new-password")
    async def ask(self) -> Template:
        return render("door/new_password.html", email="", is_sent=False, errors={})

    @post("/new-password", status_code=200)
    async def mail_link(self, request: Request, form: Typed) -> Template:
        """The same answer for every address; the mail is queued after it, so that its time tells nothing either."""
        email = form.line("email").lower()
        if "@" not in email or len(email) > 320:
            errors = {"email": _("This is not an e-mail address.")}
            return render("door/new_password.html", status=422, email=email, is_sent=False, errors=errors)
        try:
            await count_try(
                f"new-password:address:{_visitor(request)['address']}", at_most=20, within=timedelta(hours=1), at=now()
            )
        except TooMany as error:
            return render("door/new_password.html", status=429, email=email, is_sent=False, errors={"email": _wait(error)},
                          headers={"retry-after": str(error.retry_after)})  # fmt: skip
        answer = render("door/new_password.html", email=email, is_sent=True, errors={})
        answer.background = BackgroundTask(_mail_seldom, email)
        return answer

    @get("/welcome/{token:str}")
    async def welcome(self, token: Name) -> Template:
        return await _welcome(token, email="", name="", errors={})

    @post("/welcome/{token:str}", status_code=200)
    async def take_up(self, request: Request, token: Name, form: Typed) -> Response:
        """Set the password (and make the first admin), and sign in."""
        typed = {"email": form.line("email"), "name": form.line("name")}
        try:
            agent_id = await take_up(token, form.secret("password"), language=form.line("language"), **typed, at=now())
        except Invalid as error:
            return await _welcome(token, **typed, errors=error.fields, status=422)
        return _with_session("/console", await open_session(agent_id, **_visitor(request), at=now()))


@get("/language/{code:str}")
async def choose_language(request: Request, code: Name) -> Redirect:
    """Remember the language for pages without a signed-in reader, and go back."""
    answer = see_other(_back(request))
    if code in LANGUAGES:
        answer.set_cookie(Cookie(
            LANGUAGE_COOKIE, value=code, path="/", max_age=365 * 86400, samesite="lax", httponly=True, secure=settings().is_https,
        ))  # fmt: skip
    return answer


def own_path(path: str) -> str:
    """The path when it is one of the console's, else its first page: `next` leads nowhere else (ASVS 5.1.5)."""
    return path if _OWN_PATH.fullmatch(path) and not path.startswith("/console/sign-") else "/console"


async def _welcome(token: str, *, email: str, name: str, errors: dict[str, str], status: int = 200) -> Template:
    link = await find_link(token, at=now())
    agent = await Agent.objects().get(Agent.id == link.agent) if link.agent else None
    return render(
        "door/welcome.html", status=status, headers=_SECRET_URL, is_first=link.purpose == FIRST_ADMIN, purpose=link.purpose,
        email=agent.email if agent else email, name=agent.name if agent else name, language=reader().language, errors=errors,
    )  # fmt: skip


async def _mail_seldom(email: str) -> None:
    """Mail the link unless this address has had three in the last hour."""
    try:
        await count_try(f"new-password:account:{email}", at_most=3, within=timedelta(hours=1), at=now())
    except TooMany:
        return
    await mail_new_password_link(email, at=now())


def _visitor(request: Request) -> dict[str, str]:
    return {"address": request.scope["state"]["address"], "user_agent": request.headers.get("user-agent", "")}


def _wait(error: TooMany) -> str:
    minutes = max(1, round(error.retry_after / 60))
    return ngettext("Too many tries. Try again in %(n)s minute.", "Too many tries. Try again in %(n)s minutes.", minutes) % {"n": digits(minutes)}  # fmt: skip


def _with_session(path: str, token: str) -> Redirect:
    answer = see_other(path)
    answer.set_cookie(_session(token, max_age=int(ABSOLUTE.total_seconds())))
    return answer


def _session(token: str, *, max_age: int) -> Cookie:
    return Cookie(
        session_cookie(),
        value=token,
        path="/",
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=settings().is_https,
    )


def _back(request: Request) -> str:
    """The page that the reader came from, when it is one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if (
        came_from.netloc != request.headers.get("host")
        or not came_from.path.startswith("/")
        or came_from.path.startswith("//")
    ):
        return "/console/sign-in"
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")
