"""What the customers write: numbered, so that every mail can be found again by its Message-ID and its text."""

import base64
import hashlib
from random import Random

from tests.chaos.ledger import SentMail

SUPPORT = "support@helpdesk.test"
TEXTS = [
    "The printer in our office prints every page twice.",
    "I ordered two lamps and received three. What shall I do with the third?",
    "سفارش من هنوز نرسیده است. لطفاً پیگیری کنید.",
    "رمز عبور من کار نمی‌کند و ایمیل بازیابی هم نمی‌آید.",
]


def envelope_from(mail: SentMail) -> str:
    """The envelope sender, another one for each mail, by which its rows are found before anybody has read it."""
    return f"bounce-{mail.number}@customers.test"


def new_mail(seed: int, number: int) -> SentMail:
    """A customer's first mail, each from another address."""
    return SentMail(
        number=number, message_id=f"{seed}.{number}@customers.test", sender=f"c{number}@customers.test", token=f"[[{seed}-m{number}]]"
    )  # fmt: skip


def written(mail: SentMail, random: Random, *, to: str = SUPPORT, in_reply_to: str = "", size: int = 0) -> bytes:
    """The mail's bytes, with an attachment of `size` bytes unless that is 0; notes the attachment's hash."""
    head = {
        "From": f"Customer {mail.number} <{mail.sender}>",
        "To": to,
        "Subject": f"Request {mail.number}",
        "Message-ID": f"<{mail.message_id}>",
        "Date": "Sat, 21 Nov 2026 10:00:00 +0000",
        "MIME-Version": "1.0",
    } | ({"In-Reply-To": in_reply_to} if in_reply_to else {})
    text = f"{random.choice(TEXTS)}\r\n{mail.token}\r\n"
    plain = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
    headers = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    if not size:
        return f"{headers}{plain}".encode()
    content = random.randbytes(size)
    mail.attachment_hash = hashlib.sha256(content).hexdigest()
    encoded = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return (
        f"{headers}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{plain}\r\n"
        f"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}--b--\r\n"
    ).encode()
