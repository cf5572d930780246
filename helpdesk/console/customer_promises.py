"""Whether customers are told until when they have an answer, with what they would read."""

from datetime import timedelta
from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Me, Text, Typed
from helpdesk.console.rendering import direction_of, frame, render, see_other
from helpdesk.kernel.language import LANGUAGES, speaking
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.promises.answering import in_words, promises_to_customers, sentence, tell_customers
from helpdesk.promises.policies import VERB

SAMPLE = timedelta(days=2)


class CustomerPromisesController(Controller):
    path = "/console/settings/customer-promises"

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, VERB)
        previews = [_preview(language, agent.time_zone) for language in LANGUAGES]
        is_told = await promises_to_customers()
        return render(
            "settings/customer_promises.html", **await frame(agent), is_told=is_told, previews=previews, said=said,
            menu_path="/console/settings/policies",
        )  # fmt: skip

    @post("/", status_code=200)
    async def save(self, agent: Me, form: Typed) -> Response:
        await tell_customers(form.is_checked("told"), by=agent)
        return see_other("/console/settings/customer-promises?said=saved")


def _preview(language: str, zone: str) -> dict[str, Any]:
    """What a customer reads in a mail, and in the portal."""
    at = now()
    due = (at + SAMPLE).replace(minute=30, second=0)
    texts = [in_words(due, language, zone, at=at, is_mail=is_mail) for is_mail in (True, False)]
    with speaking(language):
        mail, page = (sentence(text) for text in texts)
    return {"language": language, "direction": direction_of(language), "mail": mail, "page": page}
