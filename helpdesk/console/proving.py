"""Showing again who sits here, and going on with what was asked."""

import re
from typing import Any

from litestar import Controller, Request, Response, post
from litestar.response import Redirect

from helpdesk.console.asked import Me, Typed
from helpdesk.console.forms import Form
from helpdesk.console.rendering import render
from helpdesk.console.session_cookies import session_cookie_with
from helpdesk.kernel.errors import Invalid, NotFound, TooMany
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.proving import prove, ways_to_prove

_ASKED = re.compile(r"/console/(?!sign-|proof)[^\s\\\x00-\x1f\x7f]*")


class ProofController(Controller):
    path = "/console/proof"

    @post("/", status_code=200)
    async def create(self, request: Request, agent: Me, form: Typed) -> Response:
        """Take the proof; 307 lets the browser send the same form again, now to where it was meant for."""
        then, method = asked_for(form)
        try:
            token = await prove(agent, password=form.secret("_password"), code=form.line("_code"), at=now())
        except Invalid as error:
            errors = {f"_{name}": text for name, text in error.fields.items()}
            return await _again(agent, form, errors, status=422)
        except TooMany as error:
            errors = {"_password": _("Too many tries. Wait a moment."), "_code": _("Too many tries. Wait a moment.")}
            return await _again(agent, form, errors, status=429, headers={"retry-after": str(error.retry_after)})
        answer = Redirect(then, status_code=307 if method == "POST" else 303)
        answer.set_cookie(session_cookie_with(token))
        return answer


def asked_for(form: Form) -> tuple[str, str]:
    """Where the form goes on to, a page of the console's, and how."""
    then = form.line("_then")
    if not _ASKED.fullmatch(then):
        raise NotFound(_("There is nothing here."))
    return then, "POST" if form.line("_method") == "POST" else "GET"


async def _again(agent: SignedIn, form: Form, errors: dict[str, str], **more: Any) -> Response:
    then, method = asked_for(form)
    return render(
        "proof.html", ways=await ways_to_prove(agent.id or 0), then=then, method=method, fields=form.carried(), errors=errors, **more
    )  # fmt: skip
