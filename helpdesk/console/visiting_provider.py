"""To the provider and back: signing in, showing again who one is, and the trial of an administrator."""

import re
from datetime import timedelta
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.providers import provider_page
from helpdesk.console.proving import asked_for
from helpdesk.console.rendering import render
from helpdesk.console.session_cookies import go_on, session_cookie_with, visitor
from helpdesk.console.signing_in import admitted, own_path
from helpdesk.deliveries.system_mail import tell_of_change
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.kernel.tokens import new_token
from helpdesk.people.actor import SignedIn
from helpdesk.people.admitting import refused
from helpdesk.people.oidc.arriving import NotLetIn, let_in, prove_by_provider
from helpdesk.people.oidc.choosing import the_provider
from helpdesk.people.oidc.metadata import NotGiven
from helpdesk.people.oidc.trying import note_trial
from helpdesk.people.oidc.visiting import BACK_WITHIN, Onwards, Purpose, Return, begin_visit, end_visit
from helpdesk.people.permissions import demand
from helpdesk.people.throttling import count_try

State = Annotated[str, QueryParameter(name="state")]  # the framework means something else by that name
_TOKEN = re.compile(r"[\w-]{43}")


class ProviderVisitsController(Controller):
    path = "/console"

    @post("/sign-in/provider", status_code=200)
    async def sign_in(self, request: Request, form: Typed) -> Response:
        who = visitor(request)
        await count_try(f"oidc:{who.address}", at_most=300, within=timedelta(minutes=15), at=now())
        return await _leave(request, "sign_in", Onwards(path=own_path(form.line("next"))))

    @post("/proof/provider", status_code=200)
    async def prove(self, request: Request, agent: Me, form: Typed) -> Response:
        """What was to be done is kept meanwhile, as a form may be."""
        path, method = asked_for(form)
        onwards = Onwards(path=path, method="POST", fields=form.carried()) if method == "POST" else Onwards(path=path)
        return await _leave(request, "proof", onwards, by=agent)

    @post("/security/provider/trial", status_code=200)
    async def try_out(self, request: Request, agent: Me) -> Response:
        demand(agent, "manage_security")
        return await _leave(request, "test", Onwards(path="/console/security/provider"), by=agent)

    @get("/sign-in/provider/callback")
    async def come_back(
        self, request: Request, given: State = "", code: Text = "", error: Text = "", iss: Text = ""
    ) -> Response:
        agent: SignedIn | None = request.scope["state"]["agent"]
        browser = request.cookies.get(visit_cookie(), "")
        try:
            back = await end_visit(given, code=code, error=error, issuer=iss, browser=browser, by=agent, at=now())
            return await _arrive(request, back, agent)
        except (NotFound, NotGiven, NotLetIn) as fault:
            return _turned_away(fault, agent)


def visit_cookie() -> str:
    """Ties the way back to the browser that left; with https to this very host, too."""
    return "__Host-helpdesk-visit" if settings().is_https else "helpdesk-visit"


async def _leave(request: Request, purpose: Purpose, onwards: Onwards, *, by: SignedIn | None = None) -> Response:
    """A page that leads to the provider by itself: the Content-Security-Policy lets forms lead to ourselves only."""
    known = request.cookies.get(visit_cookie(), "")
    browser = known if _TOKEN.fullmatch(known) else new_token()
    try:
        url = await begin_visit(purpose, onwards, browser=browser, by=by, at=now())
    except (NotFound, NotGiven) as fault:
        return _turned_away(fault, by)
    provider = await the_provider()
    answer = render("door/leaving.html", url=url, provider=provider, headers={"referrer-policy": "no-referrer"})
    answer.set_cookie(Cookie(
        visit_cookie(), value=browser, path="/", max_age=int(BACK_WITHIN.total_seconds()), httponly=True, samesite="lax",
        secure=settings().is_https,
    ))  # fmt: skip
    return answer


async def _arrive(request: Request, back: Return, agent: SignedIn | None) -> Response:
    if back.purpose == "sign_in":
        try:
            async with transaction():
                arrival = await let_in(back, visitor(request), at=now())
                if arrival.linked is not None:
                    await tell_of_change(arrival.linked, "linked", at=now())
        except NotLetIn as fault:
            await refused(visitor(request), fault.why, fault.about, at=now())
            raise
        return await admitted(arrival.admission, back.onwards.path)
    if agent is None:
        raise NotFound(_("Sign in first."))
    if back.purpose == "test":
        return await provider_page(agent, findings=await note_trial(back, by=agent, at=now()))
    token = await prove_by_provider(back, by=agent, at=now())
    if back.onwards.method == "GET":
        return go_on(back.onwards.path, token)
    answer = render("door/proved.html", onwards=back.onwards)
    answer.set_cookie(session_cookie_with(token))
    return answer


def _turned_away(fault: Exception, agent: SignedIn | None) -> Template:
    shown: dict[str, Any] = {"why": str(fault), "advice": getattr(fault, "advice", ""), "agent": agent}
    return render("door/turned_away.html", status=422, headers={"referrer-policy": "no-referrer"}, **shown)
