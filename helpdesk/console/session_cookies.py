"""The cookie of a session, and who brings it."""

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect

from helpdesk.console.rendering import see_other
from helpdesk.kernel.settings import settings
from helpdesk.people.admitting import Visitor
from helpdesk.people.sessions import LONGEST
from helpdesk.web.visits import session_cookie


def visitor(request: Request) -> Visitor:
    return Visitor(request.scope["state"]["address"], request.headers.get("user-agent", ""))


def session_cookie_with(token: str) -> Cookie:
    """The cookie that holds the token; "" takes it away. How long the session really lives, the server decides."""
    return Cookie(
        session_cookie(),
        value=token,
        path="/",
        max_age=int(LONGEST.total_seconds()) if token else 0,
        httponly=True,
        samesite="lax",
        secure=settings().is_https,
    )


def go_on(path: str, token: str) -> Redirect:
    """To the path, with the session."""
    answer = see_other(path)
    answer.set_cookie(session_cookie_with(token))
    return answer
