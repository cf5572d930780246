"""The company's face at everything that customers see: name, logo, colour and words in each language."""

import hashlib
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from helpdesk.channels.branding.images import read_image
from helpdesk.channels.web_form.defining import FormDefinition
from helpdesk.channels.web_form.editing import list_forms
from helpdesk.kernel.database import rows, transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, _
from helpdesk.people.actor import SignedIn
from helpdesk.people.auditing import About, differences, record
from helpdesk.people.permissions import demand

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TEXT = r"^[^\x00]*$"


class Words(msgspec.Struct, frozen=True):
    """What the portal says in one language; what is empty is said in our own words, or not at all."""

    title: Annotated[str, Meta(max_length=120, pattern=_TEXT)] = ""
    introduction: Annotated[str, Meta(max_length=1000, pattern=_TEXT)] = ""
    hours: Annotated[str, Meta(max_length=200, pattern=_TEXT)] = ""
    footer: Annotated[str, Meta(max_length=1000, pattern=_TEXT)] = ""


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """`form` is the id of the one that “Write to us” leads to; None: the first in use."""

    name: str
    accent: str = ""
    logo_mark: str = ""
    texts: dict[str, Words] = {}
    form: int | None = None

    def words(self, language: str) -> Words:
        return self.texts.get(language) or Words()

    @property
    def logo_url(self) -> str:
        """ "" without a logo; the address changes with the picture, so it is kept for ever."""
        return f"/brand/logo?v={self.logo_mark}" if self.logo_mark else ""

    @property
    def colours_url(self) -> str:
        return f"/forms/colours.css?accent={self.accent[1:]}" if self.accent else ""


async def the_brand() -> Face:
    """As it is now; our own face while nothing was chosen."""
    [row] = await rows(
        """SELECT i.name, b.accent, b.logo_mark, b.texts, b.form FROM hd_installation i LEFT JOIN hd_brand b ON b.id = 1"""
    )
    if row["texts"] is None:
        return Face(name=row["name"])
    texts = msgspec.json.decode(row["texts"], type=dict[str, Words])
    return Face(name=row["name"], accent=row["accent"], logo_mark=row["logo_mark"], texts=texts, form=row["form"])


async def logo() -> dict[str, Any] | None:
    """The picture: `logo`, `logo_type`, `logo_mark`; None without one."""
    found = await rows("SELECT logo, logo_type, logo_mark FROM hd_brand WHERE id = 1 AND logo IS NOT NULL")
    return found[0] if found else None


async def save_brand(face: Face, *, new_logo: bytes | None = None, drop_logo: bool = False, by: SignedIn) -> None:
    """Show this face from now on; a logo stays until another one or none is asked for. Raises Invalid at the field."""
    demand(by, "manage_channels")
    _check(face, {form.id for form in await list_forms()})
    image = read_image(new_logo) if new_logo else None
    texts = msgspec.json.encode(
        {language: words for language, words in face.texts.items() if words != Words()}
    ).decode()
    before = await the_brand()
    async with transaction():
        await rows("UPDATE hd_installation SET name = {}", face.name)
        await rows(
            """INSERT INTO hd_brand (id, accent, texts, form) VALUES (1, {}, {}, {})
            ON CONFLICT (id) DO UPDATE SET accent = excluded.accent, texts = excluded.texts, form = excluded.form""",
            face.accent, texts, face.form,
        )  # fmt: skip
        if image or drop_logo:
            mark = hashlib.sha256(image.content).hexdigest()[:16] if image else ""
            await rows(
                "UPDATE hd_brand SET logo = {}, logo_type = {}, logo_mark = {} WHERE id = 1",
                image.content if image else None, image.content_type if image else "", mark,
            )  # fmt: skip
        changes = differences(_as_told(before), _as_told(face))
        if image or drop_logo:
            changes["logo"] = (None, "***")
        if changes:
            await record("settings_changed", by=by, about=About("brand", 1, face.name), changes=changes)


async def forms_for(face: Face, language: str) -> list[FormDefinition]:
    """The forms that visitors of the portal may fill in, in their language as far as there are any: the brand's first."""
    in_use = [form for form in await list_forms() if form.is_active]
    spoken = [form for form in in_use if language in form.texts] or in_use
    return sorted(spoken, key=lambda form: (form.id != face.form, form.id))


def _as_told(face: Face) -> dict[str, Any]:
    """What the audit log says of it."""
    words = {language: msgspec.structs.asdict(face.words(language)) for language in LANGUAGES}
    said = {f"{language}.{name}": text for language, one in words.items() for name, text in one.items()}
    return {"name": face.name, "accent": face.accent, "form": face.form} | said


def _check(face: Face, forms: set[int]) -> None:
    errors: dict[str, str] = {}
    if not face.name or len(face.name) > 100:
        errors["name"] = _("Give a name of at most 100 characters.")
    if face.accent and not _COLOUR.fullmatch(face.accent):
        errors["accent"] = _("Give a colour as #rrggbb.")
    if face.form is not None and face.form not in forms:
        errors["form"] = _("Choose one of the list.")
    for language in LANGUAGES:
        try:
            msgspec.convert(msgspec.to_builtins(face.words(language)), Words)
        except msgspec.ValidationError:
            errors[f"texts-{language}"] = _("One of these texts is too long.")
    if errors:
        raise Invalid(**errors)
