"""What a person typed into a form, as plain values; the domain says what will not do."""

import re
import secrets
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.kernel.text import latin_digits

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_BLANKS = re.compile(r"\s+")
LARGEST_ID, _LONGEST_ID = 2**63 - 1, 19
LARGEST_SMALL_ID = 2**31 - 1
"""Of agents, teams and mailboxes, of which there are few."""


class Form:
    """The fields of a form that was sent."""

    def __init__(self, fields: Any) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """Text with line breaks as \\n and without control characters, which no database column takes."""
        value = self._fields.get(name)
        return _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n")) if isinstance(value, str) else ""

    def has(self, name: str) -> bool:
        return name in self._fields

    def line(self, name: str) -> str:
        """Text on one line."""
        return _BLANKS.sub(" ", self.text(name)).strip()

    def secret(self, name: str) -> str:
        """A password, as it was typed."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def is_checked(self, name: str) -> bool:
        return bool(self.text(name))

    def whole(self, name: str) -> int | None:
        """A whole number, in whatever digits; None when it is absent or none."""
        return read_whole(self.line(name))

    def choice(self, name: str) -> int | None:
        """The id of the agent or team that was chosen, None for nobody; raises Invalid for anything else."""
        chosen = self.whole(name)
        if not self.has(name) or (chosen is None and self.line(name)) or (chosen or 0) > LARGEST_SMALL_ID:
            raise Invalid(**{name: _("Choose one of the list.")})
        return chosen

    def lines(self, name: str) -> list[str]:
        """Of each field of that name."""
        return [_BLANKS.sub(" ", value).strip() for value in self._fields.getall(name, []) if isinstance(value, str)]

    def wholes(self, name: str) -> list[int]:
        values = self._fields.getall(name, [])
        return [number for value in values if isinstance(value, str) and (number := read_whole(value)) is not None]

    def texts(self, name: str) -> list[str]:
        """All values of a field that may come more than once."""
        return [_CONTROLS.sub("", value) for value in self._fields.getall(name, []) if isinstance(value, str)]

    def carried(self) -> list[tuple[str, str]]:
        """Every field that is text, to be sent again with another form; those of forms themselves begin with _."""
        return [
            (name, value)
            for name, value in self._fields.multi_items()
            if isinstance(value, str) and not name.startswith("_")
        ]

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field; an empty file input sends none."""
        return [one for one in self._fields.getall(name, []) if isinstance(one, UploadFile) and one.filename]


async def read_form(request: Request) -> Form:
    """The form of a request; raises Invalid for bytes that are no text. Kept for who has to ask something before it is taken."""
    try:
        form = Form(await request.form())
    except UnicodeDecodeError as error:
        raise Invalid(text=_("This is not readable text.")) from error
    request.scope["state"]["form"] = form
    return form


def new_once() -> str:
    """What makes a form one of its kind, so that it is taken once."""
    return secrets.token_urlsafe(16)


def read_whole(text: str) -> int | None:
    """`1042`, `۱۰۴۲` or `#1042` as a number; None when it is none that the database knows."""
    digits = latin_digits(text).strip().lstrip("#").strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_ID
    return int(digits) if is_number and int(digits) <= LARGEST_ID else None
