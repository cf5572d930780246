"""Signing in and out, new passwords and one-time links: the pages of the door."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from helpdesk.console.asked import Name, Next, Text, Typed
from helpdesk.console.qr_codes import qr_code
from helpdesk.console.rendering import render, see_other
from helpdesk.console.session_cookies import go_on, session_cookie_with, visitor
from helpdesk.deliveries.system_mail import mail_new_password_link
from helpdesk.kernel.errors import Invalid, NotFound, TooMany
from helpdesk.kernel.language import LANGUAGES, _, digits, ngettext, reader
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.admitting import Admission, admit, enrolment_at_door, finish_with_code, finish_with_enrolment
from helpdesk.people.installing import this_installation
from helpdesk.people.links import FIRST_ADMIN, find_link, take_up
from helpdesk.people.oidc import way_in
from helpdesk.people.only_way import has_passwords
from helpdesk.people.rescuing import be_rescued, whom_it_rescues
from helpdesk.people.second_factor import Enrolment
from helpdesk.people.sessions import sign_out
from helpdesk.people.signing_in import sign_in
from helpdesk.people.tables import Agent
from helpdesk.people.throttling import count_try
from helpdesk.web.visits import LANGUAGE_COOKIE, session_cookie

_OWN_PATH = re.compile(r"/console(?:[/?][^\s\\\x00-\x1f\x7f]*)?")
_SMALL = 64 * 1024
_SECRET_URL = {"referrer-policy": "no-referrer"}


class SignInController(Controller):
    path = "/console"
    request_max_body_size = _SMALL

    @get("/sign-in")
    async def show(self, request: Request, next_path: Next = "", said: Text = "") -> Template | Redirect:
        """The form; somebody signed in goes on."""
        if request.scope["state"].get("agent"):
            return Redirect(own_path(next_path))
        return await _sign_in(next_path=own_path(next_path), said=said)

    @post("/sign-in", status_code=200)
    async def create(self, request: Request, form: Typed) -> Response:
        """Open a session and go on; every failure says the same, too many tries say when to try again."""
        email, next_path, who = form.line("email"), own_path(form.line("next")), visitor(request)
        try:
            admission = await sign_in(
                email, form.secret("password"), address=who.address, user_agent=who.user_agent, at=now()
            )
        except Invalid as error:
            return await _sign_in(email, next_path, errors=error.fields, status=422)
        except TooMany as error:
            errors, headers = {"password": _wait(error)}, {"retry-after": str(error.retry_after)}
            return await _sign_in(email, next_path, errors=errors, status=429, headers=headers)
        return await admitted(admission, next_path)

    @post("/sign-in/code", status_code=200)
    async def finish(self, request: Request, form: Typed) -> Response:
        """The second step: the code of the app, or one for emergencies."""
        step, next_path = form.line("step"), own_path(form.line("next"))
        try:
            token = await finish_with_code(step, form.line("code"), visitor(request), at=now())
        except Invalid as error:
            return _code(step, next_path, errors=error.fields, status=422)
        except TooMany as error:
            headers = {"retry-after": str(error.retry_after)}
            return _code(step, next_path, errors={"code": _wait(error)}, status=429, headers=headers)
        except NotFound as error:
            return await _sign_in(next_path=next_path, errors={"email": str(error)}, status=422)
        return go_on(next_path, token)

    @post("/sign-in/factor", status_code=200)
    async def enrol(self, request: Request, form: Typed) -> Response:
        """The second step of somebody who must have a factor and has none yet: the app is set up, and then they are in."""
        step, sealed, next_path = form.line("step"), form.line("enrolment"), own_path(form.line("next"))
        try:
            token, codes = await finish_with_enrolment(step, sealed, form.line("code"), visitor(request), at=now())
        except Invalid as error:
            enrolment = await enrolment_at_door(step, sealed, at=now())
            return _enrolment(enrolment, step, next_path, errors=error.fields, status=422)
        except NotFound as error:
            return await _sign_in(next_path=next_path, errors={"email": str(error)}, status=422)
        answer = render("door/recovery_codes.html", codes=codes, next_path=next_path)
        answer.set_cookie(session_cookie_with(token))
        return answer

    @get("/sign-in/link/{token:str}")
    async def show_rescue(self, token: Name) -> Template:
        """A button, as programs that look at links must not use it up."""
        return render("door/rescue.html", headers=_SECRET_URL, name=await whom_it_rescues(token, at=now()))

    @post("/sign-in/link/{token:str}", status_code=200)
    async def rescue(self, request: Request, token: Name) -> Response:
        return await admitted(await be_rescued(token, visitor(request), at=now()), "/console")

    @post("/sign-out", status_code=200)
    async def destroy(self, request: Request) -> Response:
        await sign_out(request.cookies.get(session_cookie(), ""), by=request.scope["state"]["agent"], at=now())
        answer = see_other("/console/sign-in?said=left" if await way_in() else "/console/sign-in")
        answer.set_cookie(session_cookie_with(""))
        return answer

    @get("/new-password")
    async def ask(self) -> Template:
        return await _new_password()

    @post("/new-password", status_code=200)
    async def mail_link(self, request: Request, form: Typed) -> Template:
        """The same answer for every address; the mail is queued after it, so that its time tells nothing either."""
        email = form.line("email").lower()
        if "@" not in email or len(email) > 320:
            errors = {"email": _("This is not an e-mail address.")}
            return await _new_password(email, status=422, errors=errors)
        try:
            await count_try(
                f"new-password:address:{visitor(request).address}", at_most=20, within=timedelta(hours=1), at=now()
            )
        except TooMany as error:
            headers = {"retry-after": str(error.retry_after)}
            return await _new_password(email, status=429, errors={"email": _wait(error)}, headers=headers)
        answer = await _new_password(email, is_sent=True)
        answer.background = BackgroundTask(_mail_seldom, email)
        return answer

    @get("/welcome/{token:str}")
    async def welcome(self, token: Name) -> Template:
        return await _welcome(token, email="", name="", errors={})

    @post("/welcome/{token:str}", status_code=200)
    async def take_up(self, request: Request, token: Name, form: Typed) -> Response:
        """Set the password (and make the first admin, who begins with the first steps), and sign in."""
        is_first = (await find_link(token, at=now())).purpose == FIRST_ADMIN
        typed = {"email": form.line("email"), "name": form.line("name")}
        try:
            agent_id = await take_up(token, form.secret("password"), language=form.line("language"), **typed, at=now())
        except Invalid as error:
            return await _welcome(token, **typed, errors=error.fields, status=422)
        admission = await admit(agent_id, visitor(request), method="link", at=now())
        return await admitted(admission, "/console/settings/guide" if is_first else "/console")


@get("/language/{code:str}")
async def choose_language(request: Request, code: Name, at: Text = "") -> Redirect:
    """Remember the language for pages without a signed-in reader, and go back; from a page that does not say which it is,
    such as one with a secret address, to the beginning of the portal or to the sign-in."""
    answer = see_other(_back(request) or ("/" if at == "portal" else "/console/sign-in"))
    if code in LANGUAGES:
        answer.set_cookie(Cookie(
            LANGUAGE_COOKIE, value=code, path="/", max_age=365 * 86400, samesite="lax", httponly=True, secure=settings().is_https,
        ))  # fmt: skip
    return answer


def own_path(path: str) -> str:
    """The path when it is one of the console's, else its first page: `next` leads nowhere else (ASVS 5.1.5)."""
    return path if _OWN_PATH.fullmatch(path) and not path.startswith("/console/sign-") else "/console"


async def admitted(admission: Admission, next_path: str) -> Response:
    """On to the path with a session, or to the second step."""
    if admission.session:
        return go_on(next_path, admission.session)
    if admission.must_enrol:
        return _enrolment(await enrolment_at_door(admission.step, at=now()), admission.step, next_path)
    return _code(admission.step, next_path)


async def _sign_in(
    email: str = "", next_path: str = "/console", *, errors: dict[str, str] | None = None, said: str = "", **more: Any
) -> Template:
    return render(
        "door/sign_in.html", email=email, next_path=next_path, errors=errors or {}, said=said, provider=await way_in(), **more
    )  # fmt: skip


def _code(step: str, next_path: str, *, errors: dict[str, str] | None = None, **more: Any) -> Template:
    return render("door/code.html", step=step, next_path=next_path, errors=errors or {}, **more)


def _enrolment(
    enrolment: Enrolment, step: str, next_path: str, *, errors: dict[str, str] | None = None, **more: Any
) -> Template:
    return render(
        "door/factor.html", enrolment=enrolment, qr=qr_code(enrolment.address), step=step, next_path=next_path,
        errors=errors or {}, **more,
    )  # fmt: skip


async def _welcome(token: str, *, email: str, name: str, errors: dict[str, str], status: int = 200) -> Template:
    link = await find_link(token, at=now())
    agent = await Agent.objects().get(Agent.id == link.agent) if link.agent else None
    has_none = agent is not None and not await has_passwords(agent.id)
    return render(
        "door/welcome.html", status=status, provider=await way_in() if has_none else None, headers=_SECRET_URL, is_first=link.purpose == FIRST_ADMIN, purpose=link.purpose, shortest=(await this_installation()).shortest_password,
        email=agent.email if agent else email, name=agent.name if agent else name, language=reader().language, errors=errors,
    )  # fmt: skip


async def _mail_seldom(email: str) -> None:
    """Mail the link unless this address has had three in the last hour."""
    try:
        await count_try(f"new-password:account:{email}", at_most=3, within=timedelta(hours=1), at=now())
    except TooMany:
        return
    await mail_new_password_link(email, at=now())


async def _new_password(
    email: str = "", *, is_sent: bool = False, errors: dict[str, str] | None = None, **answer: Any
) -> Template:
    return render(
        "door/new_password.html", email=email, is_sent=is_sent, errors=errors or {}, provider=await way_in(), **answer
    )


def _wait(error: TooMany) -> str:
    minutes = max(1, round(error.retry_after / 60))
    return ngettext("Too many tries. Try again in %(n)s minute.", "Too many tries. Try again in %(n)s minutes.", minutes) % {"n": digits(minutes)}  # fmt: skip


def _back(request: Request) -> str:
    """The page that the reader came from, when it is one of ours, else ""."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if (
        came_from.netloc != request.headers.get("host")
        or not came_from.path.startswith("/")
        or came_from.path.startswith("//")
    ):
        return ""
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")
