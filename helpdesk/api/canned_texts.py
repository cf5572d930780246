"""/canned-texts: what is written often, and what it says for a ticket."""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Id,
    Limit,
    Moment,
    PathSmallId,
    SmallId,
    Word,
    bad_cursor,
    from_cursor,
    page,
    set_fields,
)
from helpdesk.kernel.database import transaction
from helpdesk.kernel.text import sort_key
from helpdesk.kernel.time import now
from helpdesk.tickets import canned_texts
from helpdesk.tickets.canned_filling import Filled, fill, language_for, values_for
from helpdesk.tickets.canned_texts import LONGEST_HTML, LONGEST_NAME, LONGEST_SHORTCUT, LONGEST_TEXT, Canned, NewCanned
from helpdesk.tickets.queries import find_ticket

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=WITHOUT_NUL)]
Shortcut = Annotated[str, Meta(max_length=LONGEST_SHORTCUT, pattern=WITHOUT_NUL)]
Body = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=WITHOUT_NUL)]
Html = Annotated[str, Meta(max_length=LONGEST_HTML, pattern=WITHOUT_NUL)]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern="^[a-z]+$")]


class Version(msgspec.Struct, forbid_unknown_fields=True):
    """Give `body_text` or `body_html`; what is sent back is safe."""

    body_text: Body = ""
    body_html: Html | None = None


Versions = Annotated[dict[Language, Version], Meta(max_length=10)]


class CannedText(msgspec.Struct, frozen=True, kw_only=True):
    """`team` says that it is for that team alone, `personal` that it is yours alone. `versions` are by language (`en`, `fa`)."""

    id: int
    name: str
    shortcut: str
    team: int | None
    personal: bool
    versions: dict[str, Version]
    uses: int
    used_at: Moment | None
    changed_at: Moment
    is_active: bool


class CannedTextPage(msgspec.Struct, frozen=True):
    items: list[CannedText]
    next: str | None


class NewCannedText(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: Name
    shortcut: Shortcut = ""
    team: SmallId | None = None
    personal: bool = False
    versions: Versions


class CannedTextPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`versions` are all of them from now on; `is_active` brings a deleted one back."""

    name: Name | UnsetType = UNSET
    shortcut: Shortcut | UnsetType = UNSET
    team: SmallId | UnsetType | None = UNSET
    personal: bool | UnsetType = UNSET
    versions: Versions | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class NewUse(msgspec.Struct, forbid_unknown_fields=True):
    """The number of the ticket that it is for."""

    ticket: Id | None = None


class FilledText(msgspec.Struct, frozen=True):
    """With the placeholders filled; `missing` names those that nothing stands for, which were left."""

    body_text: str
    body_html: str | None
    language: str
    missing: list[str]


@get("/canned-texts", tags=["messages"])
async def get_canned_texts(agent: Caller, q: Word = None, limit: Limit = 50, cursor: Cursor = None) -> CannedTextPage:
    """By name: everybody's, those of your teams and your own. `q` is words of the name, the shortcut or the text."""
    found = await canned_texts.list_canned(by=agent, q=q or "", after=_place(cursor), most=limit + 1)
    shown, following = page(found, limit, lambda one: f"{one.id}|{sort_key(one.name)}")
    return CannedTextPage([_shown(one) for one in shown], following)


@post("/canned-texts", tags=["messages"], responses=problems(403))
async def create_canned_text(data: JSONBody[NewCannedText], agent: Caller) -> CannedText:
    """Yours alone, or, for who manages them, everybody's or a team's."""
    async with transaction():
        text_id = await canned_texts.save_canned(
            None, NewCanned(
                name=data.name, shortcut=data.shortcut, team=data.team, is_personal=data.personal, versions=_versions(data.versions)
            ), by=agent, at=now(),
        )  # fmt: skip
        return _shown(await canned_texts.find_canned(text_id, by=agent))


@get("/canned-texts/{text_id:int}", tags=["messages"], responses=problems(404))
async def get_canned_text(text_id: PathSmallId, agent: Caller) -> CannedText:
    """One text, a deleted one included."""
    return _shown(await canned_texts.find_canned(text_id, by=agent))


@patch("/canned-texts/{text_id:int}", tags=["messages"], responses=problems(403, 404))
async def update_canned_text(text_id: PathSmallId, data: JSONBody[CannedTextPatch], agent: Caller) -> CannedText:
    """Change what is sent."""
    async with transaction():
        before = await canned_texts.find_canned(text_id, by=agent)
        sent = set_fields(data)
        if "is_active" in sent:
            switch = canned_texts.restore_canned if sent.pop("is_active") else canned_texts.delete_canned
            await switch(text_id, by=agent, at=now())
        if sent:
            versions = sent.pop("versions", None)
            is_personal = sent.pop("personal", before.agent is not None)
            new = NewCanned(
                **{"name": before.name, "shortcut": before.shortcut, "team": before.team} | sent, is_personal=is_personal,
                versions=before.versions if versions is None else _versions(versions),
            )  # fmt: skip
            await canned_texts.save_canned(text_id, new, by=agent, at=now())
        return _shown(await canned_texts.find_canned(text_id, by=agent))


@delete("/canned-texts/{text_id:int}", tags=["messages"], responses=problems(403, 404))
async def delete_canned_text(text_id: PathSmallId, agent: Caller) -> None:
    """Offer it no longer; `is_active` brings it back."""
    await canned_texts.delete_canned(text_id, by=agent, at=now())


@post("/canned-texts/{text_id:int}/use", status_code=200, tags=["messages"], responses=problems(404))
async def use_canned_text(text_id: PathSmallId, data: JSONBody[NewUse], agent: Caller) -> FilledText:
    """What it says for a ticket, in the customer's language where there is a version; the use is counted."""
    found = await canned_texts.find_canned(text_id, by=agent)
    ticket = await find_ticket(data.ticket, seen_by=agent) if data.ticket else None
    language, version = found.version_for(language_for(ticket, agent))
    filled: Filled = fill(version.text, version.html, language, await values_for(ticket, by=agent, language=language))
    await canned_texts.count_use(text_id, at=now())
    return FilledText(filled.text, filled.html, filled.language, filled.missing)


def _shown(one: Canned) -> CannedText:
    versions = {language: Version(said.text, said.html) for language, said in one.versions.items()}
    return CannedText(
        id=one.id, name=one.name, shortcut=one.shortcut, team=one.team, personal=one.agent is not None, versions=versions, uses=one.uses,
        used_at=one.used_at, changed_at=one.changed_at, is_active=one.is_active,
    )  # fmt: skip


def _versions(sent: dict[str, Version]) -> dict[str, canned_texts.Version]:
    return {language: canned_texts.Version(one.body_text, one.body_html) for language, one in sent.items()}


def _place(cursor: str | None) -> tuple[str, int] | None:
    if (text := from_cursor(cursor)) is None:
        return None
    number, _bar, key = text.partition("|")
    if not (number.isascii() and number.isdecimal() and int(number) < 2**31):
        raise bad_cursor()
    return key, int(number)
