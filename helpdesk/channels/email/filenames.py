"""A name under which a stranger's file can be shown, stored and downloaded."""

import mimetypes
import re
import unicodedata

from helpdesk.channels.email.fields import without_direction_marks

_MAX_BYTES = 200
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
_UNWRITABLE = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f]')
_USUAL_EXTENSIONS = {
    "message/rfc822": ".eml", "text/plain": ".txt", "text/html": ".html", "image/jpeg": ".jpg", "text/calendar": ".ics",
    "message/delivery-status": ".txt", "message/feedback-report": ".txt", "text/rfc822-headers": ".txt",
    "message/disposition-notification": ".txt", "application/ms-tnef": ".dat", "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m", "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s", "application/pgp-encrypted": ".asc", "message/global": ".eml",
}  # fmt: skip


def clean_name(name: str, content_type: str) -> str:
    """The name without path, control characters and tricks, at most 200 bytes long, never empty.

    Cleaned after Unicode normalisation (NFC), so that no letter becomes a slash afterwards.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = without_direction_marks(text).replace("\\", "/")
    text = "".join(" " if unicodedata.category(letter) in ("Cc", "Co", "Zl", "Zp") else letter for letter in text)
    text = re.split(r"[/\u2044\u2215\u29f8\uff0f\ufe68\uff3c]", text.rstrip("/ "))[-1]
    text = _UNWRITABLE.sub("_", " ".join(text.split())).strip(". ")
    if not text:
        return f"attachment{extension_of(content_type)}"
    if text.partition(".")[0].strip().lower() in _DEVICES:
        text = f"_{text}"
    return _shortened(text)


def extension_of(content_type: str) -> str:
    """The usual ending of a type's files, with its dot, or ""."""
    return _USUAL_EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type, strict=False) or ""


def _shortened(text: str) -> str:
    if len(text.encode()) <= _MAX_BYTES:
        return text
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, dot, extension = text, "", ""
    room = _MAX_BYTES - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + dot + extension
