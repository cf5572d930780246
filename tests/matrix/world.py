"""One of everything that a route may name: the first of each kind is for all to see, the second belongs to a private team."""

from helpdesk.channels.web_form.defining import FormDefinition, Texts
from helpdesk.channels.web_form.editing import save_form
from helpdesk.customers.editing import add_identity
from helpdesk.customers.organising import save_organisation
from helpdesk.customers.suppressing import suppress
from helpdesk.customers.tables import SuppressedFor
from helpdesk.customers.visiting import make_link, take_up
from helpdesk.intake.filtering import Actions, Condition, Rule
from helpdesk.intake.filters import save_filter
from helpdesk.intake.senders import set_rule
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people import rationing
from helpdesk.people.actor import SignedIn
from helpdesk.promises.calendars import save_calendar
from helpdesk.promises.holidays import add_set
from helpdesk.promises.policies import save_policy
from helpdesk.tickets.bulk import ask_for
from helpdesk.tickets.bulk_actions import Action
from helpdesk.tickets.canned_texts import NewCanned, Version, save_canned
from helpdesk.tickets.uploading import upload
from knowledge_base.categories import Written as Category
from knowledge_base.categories import save_category
from knowledge_base.evidence import Kind, note_evidence
from knowledge_base.filing import add_file
from sla import ready_made
from sla.calendars import Written as BusinessHours
from sla.policies import Written
from sla.targets import Metric, Target
from tests.articles import an_article
from tests.cast import again, hire, make_team
from tests.intake.test_taking_in import a_mail, receive
from tests.restoring import restore, save

SENDERS = ("dora@customer.test", "eve@stranger.test")

_people: dict[str, SignedIn] = {}


async def make_world() -> dict[str, SignedIn]:
    """The people by name, in a database that has one of everything, and two of what a team can hide.

    It is made once in a process, and then only brought back.
    """
    rationing.forget_all()
    if _people:
        await restore("world")
    else:
        await restore("empty")
        _people.update(await _make())
        await save("world")
    return dict(_people)


async def _make() -> dict[str, SignedIn]:
    names = ("alma", "mani", "ben", "lia", "cleo")
    alma, mani, ben, lia, cleo = [await hire(name) for name in names]
    await make_team("Sales", ben)
    await make_team("Secret", cleo, is_private=True)
    for number, sender in enumerate(SENDERS, start=1):
        await receive(a_mail(mail_id=f"m{number}@x.test", sender=sender), sender=sender)
        await upload("notes.txt", "text/plain", b"notes", by=ben, at=now())
    await rows("UPDATE hd_attachment SET message = id, uploaded_by = NULL")
    await rows("UPDATE hd_ticket SET team = 2 WHERE number = 1002")
    await save_organisation(None, name="Customer Ltd", domains=["customer.test"], by=alma, at=now())
    await add_identity(1, "phone", "+49 30 901820", by=alma, at=now())
    await set_rule("spam.test", is_allowed=False, by=alma, at=now())
    await suppress("gone@customer.test", reason=SuppressedFor.BOUNCES, detail="5.1.1", ticket_id=None, at=now())
    newsletter = Rule(conditions=[Condition("header", "contains", "news", "List-Id")], actions=Actions(drop=True))
    await save_filter(None, name="Newsletters", rule=newsletter, by=alma, at=now())
    holidays = await add_set("Holidays", by=alma, at=now())
    office = BusinessHours(name="Office", own=ready_made.office("UTC"), sets=[holidays])
    await save_calendar(None, office, by=alma, at=now())
    promised = Written(name="Standard", targets=[Target(metric=Metric.FIRST_REPLY, seconds=3600)])
    await save_policy(None, promised, by=alma, at=now())
    await save_canned(None, NewCanned(name="Hello", versions={"en": Version("Hello.")}), by=alma, at=now())
    form = FormDefinition(slug="contact", name="Contact", texts={"en": Texts(title="Write to us")})
    await save_form(form, by=alma, at=now())
    category = await save_category(None, Category(names={"en": "Orders"}), at=now())
    await an_article("Contact", category=category)
    await add_file(1, "a.txt", "text/plain", b"a", is_inline=False, by=None, at=now())
    await note_evidence(Kind.SOLVED, article=1, language="en", text="Where is it?", ticket=1, customer=None, at=now())
    await rows(
        "INSERT INTO hd_article_gap (language, words, tickets, found_at) VALUES ('en', ARRAY['late'], ARRAY[1], now())"
    )
    await ask_for([1001], Action("tag", ["late"]), by=ben, at=now())
    return {name: await again(person) for name, person in zip(names, (alma, mani, ben, lia, cleo), strict=True)}


async def visit(address: str) -> str:
    """The token of a customer's new session in the portal."""
    link = await make_link(address, next_path="/requests", at=now())
    assert link is not None
    session, _next = await take_up(link[0], address="127.0.0.1", user_agent="test", at=now())
    return session
