"""/forms: public web forms. Each is a channel, too: `/channels/{channel}`."""

from typing import Annotated, Any

import msgspec
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from helpdesk.api.problems import problems
from helpdesk.api.requests import (
    WITHOUT_NUL,
    Caller,
    Cursor,
    Limit,
    PathSmallId,
    ShortLine,
    SmallId,
    id_from_cursor,
    page,
    set_fields,
)
from helpdesk.channels.web_form.defining import Asking, ExtraField, FormDefinition, Texts
from helpdesk.channels.web_form.editing import find_form, list_forms, save_form, set_in_use
from helpdesk.kernel.database import transaction
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from helpdesk.tickets.tables import Priority
from helpdesk.tickets.tagging import clean_tags

Slug = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9-]*$")]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z-]*$")]
Accent = Annotated[str, Meta(max_length=7, pattern=r"^(#[0-9a-f]{6})?$")]
Words = Annotated[list[Annotated[str, Meta(max_length=50, pattern=WITHOUT_NUL)]], Meta(max_length=30)]
Origins = Annotated[list[Annotated[str, Meta(max_length=300, pattern=WITHOUT_NUL)]], Meta(max_length=20)]
Questions = Annotated[list[ExtraField], Meta(max_length=10)]


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """`texts` by language; `mailbox` is the channel that its answers leave by, null the first mailbox in use."""

    id: int
    channel: int
    url: str
    slug: str
    name: str
    team: int | None
    language: str
    mailbox: int | None
    acknowledges: bool
    is_active: bool
    accent: str
    priority: str
    tags: list[str]
    asks_name: Asking
    asks_subject: Asking
    asks_phone: Asking
    takes_files: bool
    offers_articles: bool
    origins: list[str]
    texts: dict[str, Texts]
    fields: list[ExtraField]


class FormPage(msgspec.Struct, frozen=True):
    items: list[Form]
    next: str | None


class NewForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    slug: Slug
    name: ShortLine
    texts: dict[str, Texts]
    team: SmallId | None = None
    language: Language | None = None
    mailbox: SmallId | None = None
    acknowledges: bool = True
    accent: Accent = ""
    priority: Priority = Priority.NORMAL
    tags: Words = []
    asks_name: Asking = "required"
    asks_subject: Asking = "required"
    asks_phone: Asking = "no"
    takes_files: bool = True
    offers_articles: bool = True
    origins: Origins = []
    fields: Questions = []


class FormPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    slug: Slug | UnsetType = UNSET
    name: ShortLine | UnsetType = UNSET
    texts: dict[str, Texts] | UnsetType = UNSET
    team: SmallId | UnsetType | None = UNSET
    language: Language | UnsetType = UNSET
    mailbox: SmallId | UnsetType | None = UNSET
    acknowledges: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    accent: Accent | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    tags: Words | UnsetType = UNSET
    asks_name: Asking | UnsetType = UNSET
    asks_subject: Asking | UnsetType = UNSET
    asks_phone: Asking | UnsetType = UNSET
    takes_files: bool | UnsetType = UNSET
    offers_articles: bool | UnsetType = UNSET
    origins: Origins | UnsetType = UNSET
    fields: Questions | UnsetType = UNSET


@get("/forms", tags=["channels"])
async def get_forms(agent: Caller, limit: Limit = 50, cursor: Cursor = None) -> FormPage:
    """Web forms, the oldest first, those out of use included."""
    after = id_from_cursor(cursor)
    later = sorted((one for one in await list_forms() if one.id > after), key=lambda one: one.id)
    return FormPage(*page([_as_form(one) for one in later[: limit + 1]], limit, lambda one: one.id))


@post("/forms", tags=["channels"], responses=problems(403))
async def create_form(data: JSONBody[NewForm], agent: Caller) -> Form:
    """Add a web form; visitors find it at `url`."""
    sent: dict[str, Any] = set_fields(data) | {"language": data.language or next(iter(data.texts), "en")}
    return _as_form(await save_form(_as_definition(FormDefinition(), sent), by=agent, at=now()))


@get("/forms/{form_id:int}", tags=["channels"], responses=problems(404))
async def get_form(form_id: PathSmallId, agent: Caller) -> Form:
    """One web form."""
    return _as_form(await find_form(form_id))


@patch("/forms/{form_id:int}", tags=["channels"], responses=problems(403, 404))
async def update_form(form_id: PathSmallId, data: JSONBody[FormPatch], agent: Caller) -> Form:
    """Change a web form, or take it out of use."""
    demand(agent, "manage_channels")
    async with transaction():
        sent = set_fields(data)
        is_active = sent.pop("is_active", None)
        await save_form(_as_definition(await find_form(form_id), sent), by=agent, at=now())
        if is_active is not None:
            await set_in_use(form_id, is_active, by=agent, at=now())
        return _as_form(await find_form(form_id))


def _as_definition(before: FormDefinition, sent: dict[str, Any]) -> FormDefinition:
    tags = {"tags": clean_tags(sent["tags"])} if "tags" in sent else {}
    return msgspec.structs.replace(before, **(sent | tags))


def _as_form(found: FormDefinition) -> Form:
    return Form(url=f"{settings().base_url}/forms/{found.slug}", **msgspec.structs.asdict(found))
