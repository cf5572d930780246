"""What agents have done besides answering: canned texts, a colleague asked in a note, a ticket put aside, mail read."""

from datetime import datetime, timedelta

from helpdesk.demo.telling import Stage
from helpdesk.kernel.database import rows
from helpdesk.people.actor import SignedIn
from helpdesk.tickets.canned_texts import NewCanned, Version, save_canned
from helpdesk.tickets.replying import Draft, note
from helpdesk.tickets.snoozing import snooze
from helpdesk.tickets.tables import Status, Ticket

SHARED = [
    NewCanned(
        name="Where the parcel is · پیگیری مرسوله", shortcut="parcel",
        versions={
            "en": Version("Hello {{customer.first_name}},\n\nyour parcel is with the courier and arrives within two working days. We keep an eye on it."),
            "fa": Version("سلام {{customer.name}}،\n\nمرسولهٔ شما تحویل پیک شده و تا دو روز کاری دیگر می‌رسد. پیگیر آن هستیم."),
        },
    ),
    NewCanned(
        name="We need a photo · درخواست عکس", shortcut="photo",
        versions={
            "en": Version("Hello {{customer.first_name}},\n\nwe are sorry about this. Please send us a photo of the goods and of the label on the box."),
            "fa": Version("سلام {{customer.name}}،\n\nاز این پیشامد متأسفیم. لطفاً از کالا و برچسب روی جعبه عکسی برای ما بفرستید."),
        },
    ),
    NewCanned(
        name="Money on its way · بازگشت وجه", shortcut="refund",
        versions={
            "en": Version("Hello {{customer.first_name}},\n\nthe money for request #{{ticket.number}} is on its way and arrives within five working days."),
            "fa": Version("سلام {{customer.name}}،\n\nوجه درخواست #{{ticket.number}} برگردانده شد و تا پنج روز کاری به حساب شما می‌رسد."),
        },
    ),
]  # fmt: skip
OWN = NewCanned(
    name="Back after lunch", shortcut="lunch", is_personal=True,
    versions={"en": Version("Hello {{customer.first_name}},\n\nI am looking into it and write to you this afternoon.")},
)  # fmt: skip
ASKED = {
    "hannah": ("en", "@Hannah Weiss you know this customer: shall we send it again at our cost?"),
    "sara": ("fa", "@سارا احمدی لطفاً نگاه کن که پرداخت این سفارش رسیده است یا نه."),
}
"""By the address of who is asked: the language of the ticket, and the note."""
ASIDE = timedelta(days=2)


async def work_at_desks(stage: Stage, at: datetime) -> None:
    """All of it, as of `at`, which is after everything that was told."""
    who = {email.partition("@")[0]: agent for email, agent in stage.cast.agents.items()}
    for text in SHARED:
        await save_canned(None, text, by=stage.cast.manager, at=at)
    await save_canned(None, OWN, by=who["hannah"], at=at)
    await _read_what_was_answered(at)
    for name, (language, text) in ASKED.items():
        ticket, by = await _somebody_elses(who[name], language, stage)
        await note(ticket, Draft(body_text=text), by=by, at=at)
    aside = await Ticket.objects().where(
        Ticket.assignee == who["hannah"].id, Ticket.status == Status.OPEN
    ).order_by(Ticket.id).first()  # fmt: skip
    assert aside is not None, "who answers so much has open tickets"
    await snooze(aside, at + ASIDE, by=who["hannah"], at=at)


async def _somebody_elses(asked: SignedIn, language: str, stage: Stage) -> tuple[Ticket, SignedIn]:
    """The newest open ticket of the language that a colleague has and everybody sees, and that colleague."""
    ticket = await Ticket.objects().where(
        Ticket.status == Status.OPEN, Ticket.language == language, Ticket.team != stage.cast.teams["billing"],
        Ticket.assignee.is_not_null(), Ticket.assignee != asked.id,
    ).order_by(Ticket.id, ascending=False).first()  # fmt: skip
    assert ticket is not None, "there are open tickets in both languages"
    return ticket, next(one for one in stage.cast.agents.values() if one.id == ticket.assignee)


async def _read_what_was_answered(at: datetime) -> None:
    """Who answered has read what stood above it, and all of what they solved."""
    await rows(
        """INSERT INTO hd_reading (agent, ticket, message, at)
        SELECT t.assignee, t.id, max(m.id), {} FROM hd_ticket t JOIN hd_message m ON m.ticket = t.id
        WHERE t.assignee IS NOT NULL AND (m.agent = t.assignee OR t.status IN ('solved', 'closed')) GROUP BY t.assignee, t.id""",
        at,
    )  # fmt: skip
