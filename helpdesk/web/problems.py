"""Answers when something is wrong: a page for people, problem+json (RFC 9457) for the API."""

import re
from typing import Any
from urllib.parse import quote

import structlog
from asyncpg import PostgresError
from asyncpg.exceptions import DataError, IntegrityConstraintViolationError, InterfaceError, SyntaxOrAccessError
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect, Template

from helpdesk.kernel.errors import Away, Conflict, HelpdeskError, Invalid, NotFound, ProofNeeded, Refused, TooMany
from helpdesk.kernel.language import _, set_reader
from helpdesk.web.headers import security_headers
from helpdesk.web.plain_words import in_plain_words
from helpdesk.web.visits import NotSignedIn, stranger

log = structlog.get_logger(__name__)

_NAMED_FIELD = re.compile(r"field `([^`]+)`")

STATUS: dict[type[HelpdeskError], int] = {
    Refused: 403,
    ProofNeeded: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
}


def answer_error(request: Request, error: Exception) -> Response | Template:
    """The one handler of errors, ours and everybody's."""
    if "request_id" not in request.scope["state"]:  # a path that nobody serves: no middleware has run
        set_reader(stranger(request.headers))
    status, title, extra, headers = _described(error)
    headers = security_headers() | headers
    if status >= 500:
        log.error("request_failed", error=repr(error), exc_info=status == 500 and error)
    if _is_api(request):
        return _problem(request, status, title, extra, headers)
    if isinstance(error, NotSignedIn):
        return _to_sign_in(request)
    if isinstance(error, ProofNeeded):
        return _ask_for_proof(request, error, headers)
    context = {
        "status": status,
        "title": title,
        # What the framework says of a field is for programmers, in English.
        "fields": {} if isinstance(error, ValidationException) else extra.get("fields", {}),
        "request_id": request.scope["state"].get("request_id", ""),
    }
    return Template("error.html", context=context, status_code=status, headers=headers)


def _described(error: Exception) -> tuple[int, str, dict[str, Any], dict[str, str]]:
    """Status, a sentence, members of the problem, headers."""
    match error:
        case NotSignedIn():
            return 401, _("Sign in first."), {}, {"www-authenticate": "Bearer"}
        case Conflict():
            fields = {name: {"theirs": theirs, "yours": yours} for name, (theirs, yours) in error.fields.items()}
            return 409, _("Somebody else changed this meanwhile."), {"fields": fields}, {}
        case Invalid():
            return 422, _("Something is missing or wrong."), {"fields": error.fields}, {}
        case TooMany():
            return 429, _("Too many tries. Wait a moment."), {}, {"retry-after": str(error.retry_after)}
        case ProofNeeded():
            return 403, _("Show first that it is you."), {}, {}
        case Away():
            return 503, str(error), {}, {"retry-after": "10"}
        case HelpdeskError():
            return STATUS.get(type(error), 400), str(error), {}, {}
        case ValidationException():
            return 422, _("Something is missing or wrong."), {"fields": _field_errors(error)}, {}
        case HTTPException():
            return error.status_code, _title(error.status_code) or error.detail, {}, dict(error.headers or {})
        case DataError():  # a backstop: a value of the right type that no column takes
            return 422, _("Something is missing or wrong."), {}, {}
        case IntegrityConstraintViolationError():  # likewise: two people at once, past the checks of both
            return 409, _("Somebody else changed this meanwhile."), {}, {}
        case PostgresError() | InterfaceError() | OSError() if not isinstance(error, SyntaxOrAccessError):
            return (
                503,
                _("The helpdesk cannot reach its database just now. Try again in a moment."),
                {},
                {"retry-after": "3"},
            )
        case _:
            return 500, _("Something went wrong on our side. It has been written down."), {}, {}


def _title(status: int) -> str:
    return {
        403: _("This is not allowed."), 404: _("There is nothing here."), 405: _("This cannot be done here."),
        413: _("This is too large."),
    }.get(status, "")  # fmt: skip


def _field_errors(error: ValidationException) -> dict[str, str]:
    """What is wrong by the path of each field: `customer.email`; the body as a whole is `body`."""
    found = [one for one in error.extra if isinstance(one, dict)] if isinstance(error.extra, list) else []
    return {_at_fault(one): in_plain_words(str(one.get("message", ""))) for one in found} or {
        "body": in_plain_words(error.detail)
    }


def _at_fault(one: dict[str, Any]) -> str:
    """The framework says where; of a field that is missing or unknown only the message says which."""
    place = "" if one.get("key") in (None, "data", "body") else str(one["key"])
    named = _NAMED_FIELD.search(str(one.get("message", "")))
    return ".".join([*([place] if place else []), *([named[1]] if named else [])]) or "body"


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.headers.get("accept", "").startswith("application/json")


def _problem(request: Request, status: int, title: str, extra: dict[str, Any], headers: dict[str, str]) -> Response:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "instance": request.url.path,
        "request_id": request.scope["state"].get("request_id"),
    } | extra
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


def _ask_for_proof(request: Request, error: ProofNeeded, headers: dict[str, str]) -> Template:
    """A page that asks, and carries what was sent, so that it goes on from there; over an open page, a dialog."""
    is_part = bool(request.headers.get("hx-request"))
    form = request.scope["state"].get("form")
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    context = {
        "ways": {"password": error.by_password, "code": error.by_code, "provider": error.provider},
        "then": here, "method": request.method, "fields": form.carried() if form else [], "errors": {},
    }  # fmt: skip
    if is_part:
        headers = headers | {"hx-retarget": "#toasts", "hx-reswap": "beforeend"}
    return Template(
        "proof_dialog.html" if is_part else "proof.html", context=context, status_code=422 if is_part else 403, headers=headers
    )  # fmt: skip


def _to_sign_in(request: Request) -> Response:
    """To the sign-in and back; htmx is told to leave the page as a whole."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/console/sign-in?next={quote(here if request.method == 'GET' else '/console')}"
    if request.headers.get("hx-request"):
        return Response(b"", status_code=401, media_type=MediaType.TEXT, headers={"hx-redirect": "/console/sign-in"})
    return Redirect(target)
