"""All the work on a stranger's bytes, in one function: what the parser's child process runs."""

from helpdesk.channels.email.forwarding import forwarded_sender
from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.quoting import Split, split
from helpdesk.channels.email.reading import ReadMail
from helpdesk.channels.email.sanitising import SANITISER_VERSION, sanitise
from helpdesk.channels.email.style_sheets import inlined


def make_ready(raw: bytes) -> ReadMail:
    """Parse the mail, take new and quoted text apart, and make its HTML safe. Never raises on any bytes."""
    mail = parse(raw)
    pieces = split(mail.text, mail.subject)
    new_html, quoted_html = split_html(inlined(mail.html), mail.subject) if mail.html is not None else ("", "")
    safe, safe_quoted = sanitise(new_html), sanitise(quoted_html)
    if quoted_html and not pieces.quoted:  # only the marks in the HTML told what is quoted
        pieces = Split(html_to_text(new_html), html_to_text(quoted_html), "")
    forwarded = forwarded_sender(mail)
    if forwarded and not mail.text.strip():  # nothing but a mail attached: its text is what there is to read
        pieces = Split(forwarded.text, "", "")
    return ReadMail(
        mail=mail,
        new_text=pieces.new,
        quoted_text="\n\n".join(piece for piece in (pieces.signature, pieces.quoted) if piece),
        safe_html=safe.html if mail.html is not None else None,
        quoted_html=safe_quoted.html,
        has_remote_images=safe.has_remote_images or safe_quoted.has_remote_images,
        sanitiser_version=SANITISER_VERSION,
        forwarded=forwarded,
    )
