"""The customers: they write through postfix and read in dovecot, as with any mail program."""

import smtplib
import ssl
import time
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.utils import make_msgid
from pathlib import Path

from imap_tools import MailBox

from tests.real_mail.servers import PASSWORD, Ports

ARRIVES_WITHIN = 30.0  # seconds


class MailProgram:
    """One person's."""

    def __init__(self, address: str, ports: Ports, authority: Path) -> None:
        self.address, self.ports = address, ports
        self._trust = ssl.create_default_context(cafile=str(authority))

    def write(self, to: str, subject: str, text: str, *, answering: Message | None = None) -> str:
        """Send a mail; returns its Message-ID."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.address, to, subject
        mail["Message-ID"] = make_msgid(domain="customer.test")
        if answering:
            mail["In-Reply-To"] = mail["References"] = answering["Message-ID"]
        mail.set_content(text)
        self.send([mail])
        return mail["Message-ID"]

    def send(self, mails: list[EmailMessage]) -> None:
        with smtplib.SMTP("127.0.0.1", self.ports.submission) as server:
            server.starttls(context=self._trust)
            server.login(self.address, PASSWORD)
            for mail in mails:
                server.send_message(mail)

    def box(self) -> MailBox:
        return MailBox("127.0.0.1", self.ports.imap, ssl_context=self._trust)

    def wait_for(self, words: str) -> Message:
        """The first mail that holds the words."""
        deadline = time.monotonic() + ARRIVES_WITHIN
        while time.monotonic() < deadline:
            for mail in self.mails():
                if words.encode() in mail:
                    return message_from_bytes(mail)
            time.sleep(0.2)
        raise TimeoutError(f"no mail with {words!r} reached {self.address}")

    def mails(self) -> list[bytes]:
        with self.box().login(self.address, PASSWORD, "INBOX") as box:
            return [mail.obj.as_bytes() for mail in box.fetch(mark_seen=False)]

    def read_everything(self) -> int:
        """Look at every mail, so that it is new no more; how many there are."""
        with self.box().login(self.address, PASSWORD, "INBOX") as box:
            return len(list(box.fetch(mark_seen=True)))

    def unseen(self) -> int:
        with self.box().login(self.address, PASSWORD, "INBOX") as box:
            return len(box.uids("UNSEEN"))
