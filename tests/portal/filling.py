"""Web forms in one line, and what a visitor does with them."""

import hashlib
import itertools
import re
from datetime import timedelta
from typing import Any

from httpx import AsyncClient, Response

from helpdesk.channels.web_form import proving
from helpdesk.channels.web_form.defining import FormDefinition, Texts
from helpdesk.channels.web_form.editing import save_form
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.signing_in import as_agent
from helpdesk.people.tables import Agent
from tests.cast import hire

TEXTS = {"en": Texts(title="Write to us"), "fa": Texts(title="به ما بنویسید")}
TYPED = {
    "name": "Dora",
    "email": "dora@customer.test",
    "subject": "Printer on fire",
    "message": "Please help, it burns.",
}


async def a_form(slug: str = "contact", **values: Any) -> FormDefinition:
    asked: dict[str, Any] = {"texts": TEXTS} | values
    return await save_form(FormDefinition(slug=slug, name="Contact", **asked), by=await admin(), at=now())


async def admin() -> SignedIn:
    known = await Agent.objects().first()
    return (known and await as_agent(known.id)) or await hire("alma")


def a_slip(form: FormDefinition, *, age: timedelta = timedelta(seconds=20)) -> str:
    """That of a page that was shown a while ago."""
    return proving.issue(form.id, at=now() - age).text


def work(slip: str) -> str:
    """What the page's script finds."""
    for number in itertools.count():
        if hashlib.sha256(f"{slip}:{number}".encode()).digest()[:2] == b"\0\0":
            return str(number)
    raise AssertionError


async def post(visitor: AsyncClient, form: FormDefinition, *, files: Any = None, **typed: str) -> Response:
    """Send the form as a browser without scripts does, after a while."""
    return await visitor.post(f"/forms/{form.slug}?lang=en", data={"slip": a_slip(form)} | TYPED | typed, files=files)


def errors_of(page: Response) -> set[str]:
    return set(re.findall(r'class="error" id="([^"]+)-error"', page.text))
