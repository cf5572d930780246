"""What is wrong with something that nobody looks at yet: a text as it is in the sources, for its readers' languages."""

import msgspec

from helpdesk.kernel.language import _

_WORDS = "%(words)s"


class Said(msgspec.Struct, frozen=True):
    """`str()` is in the reader's language."""

    text: str
    values: dict[str, "str | int | Said"] = {}

    def __str__(self) -> str:
        return _(self.text) % {name: str(value) for name, value in self.values.items()}

    @property
    def stored(self) -> str:
        return msgspec.json.encode(self).decode()


def reason_of(error: Exception) -> Said:
    """Why something failed: as it was said for readers, or in the words of whoever else failed."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Said) else foreign(str(error))


def foreign(words: str) -> Said:
    """Somebody else's words, which nobody can translate."""
    return Said(_WORDS, {"words": words[:1000]})


def read(stored: str) -> str:
    """In the reader's language; what was stored as it is, too."""
    try:
        return str(msgspec.json.decode(stored, type=Said))
    except msgspec.DecodeError:
        return _(stored)
