"""The demo's web form, in both languages."""

from datetime import datetime

from helpdesk.channels.tables import Channel
from helpdesk.channels.web_form.defining import ExtraField, FormDefinition, Texts
from helpdesk.channels.web_form.editing import save_form
from helpdesk.kernel.settings import settings
from helpdesk.people.actor import SignedIn

TEXTS = {
    "en": Texts(
        title="How can we help?",
        introduction="Tell us about an order, an invoice or anything else. You need no account.",
        consent="You may keep what I write here to answer me.",
    ),
    "fa": Texts(
        title="چطور می‌توانیم کمک کنیم؟",
        introduction="دربارهٔ سفارش، فاکتور یا هر چیز دیگر برای ما بنویسید. به حساب کاربری نیازی نیست.",
        consent="می‌توانید نوشتهٔ من را برای پاسخ‌گویی نگه دارید.",
    ),
}
FIELDS = [
    ExtraField(
        kind="select",
        labels={"en": "What is it about?", "fa": "دربارهٔ چیست؟"},
        options={"en": ["Delivery", "Invoice", "Something else"], "fa": ["ارسال", "فاکتور", "چیز دیگر"]},
    ),
    ExtraField(kind="text", labels={"en": "Order number", "fa": "شمارهٔ سفارش"}),
]


async def make_form(mailbox: Channel, *, by: SignedIn, at: datetime) -> FormDefinition:
    """`/forms/contact`, whose answers leave by the mailbox."""
    form = FormDefinition(
        slug="contact", name="Contact", language=settings().default_language, mailbox=mailbox.id, tags=["web"],
        accent="#0f766e", texts=TEXTS, fields=FIELDS,
    )  # fmt: skip
    return await save_form(form, by=by, at=at)
