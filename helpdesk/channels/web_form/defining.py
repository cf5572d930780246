"""What a web form is: plain data that pages, API and domain pass around."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from helpdesk.kernel.language import known, reader

Kind = Literal["text", "select", "checkbox"]
Asking = Literal["no", "optional", "required"]
MOST_FIELDS, MOST_OPTIONS, MOST_ORIGINS = 10, 50, 20

_TEXT = r"^[^\x00]*$"
Line = Annotated[str, Meta(max_length=200, pattern=_TEXT)]
Paragraph = Annotated[str, Meta(max_length=1000, pattern=_TEXT)]
Paragraphs = Annotated[str, Meta(max_length=4000, pattern=_TEXT)]


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a form says in one language; an empty consent asks for none."""

    title: Line
    introduction: Paragraphs = ""
    consent: Paragraph = ""
    thanks: Paragraphs = ""
    closed: Paragraph = ""


class ExtraField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question of this form alone; labels and options by language. Options are for a `select`."""

    kind: Kind
    labels: dict[str, Line]
    options: dict[str, Annotated[list[Line], Meta(max_length=MOST_OPTIONS)]] = {}
    is_required: bool = False


class FormDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A form with its channel's columns. `id` and `channel` are 0 before it is saved; `name` is for the team.

    `language` is that of visitors whose own it is not offered in; `mailbox` the one that its answers leave by.
    """

    id: int = 0
    channel: int = 0
    slug: str = ""
    name: str = ""
    team: int | None = None
    language: str = "en"
    mailbox: int | None = None
    acknowledges: bool = True
    is_active: bool = True
    accent: str = ""
    priority: str = "normal"
    tags: list[str] = []
    asks_name: Asking = "required"
    asks_subject: Asking = "required"
    asks_phone: Asking = "no"
    takes_files: bool = True
    offers_articles: bool = True
    origins: list[str] = []
    texts: dict[str, Texts] = {}
    fields: list[ExtraField] = []

    @property
    def languages(self) -> list[str]:
        return list(self.texts)

    def in_language(self, wanted: str | None) -> str:
        """The language to speak: the wanted one, else the reader's, else the form's own, as far as it is offered in."""
        asked = [wanted, reader().language, self.language, *self.texts]
        return next((one for one in asked if one in self.texts), known(self.language))

    def words(self, language: str) -> Texts:
        return self.texts.get(language) or Texts(title=self.name)
