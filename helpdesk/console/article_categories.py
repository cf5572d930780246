"""Categories of the knowledge base: their two levels in their order, each with its form."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.articles import changing
from helpdesk.articles.changing import PUBLISH, WRITE
from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form
from helpdesk.console.knowledge import words
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import LANGUAGES, _, reader
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from knowledge_base.categories import Category, Written, count_all, find_category, list_categories

PATH = "/console/knowledge/categories"


class ArticleCategoriesController(Controller):
    path = PATH

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        demand(agent, WRITE)
        return await _list(agent, said=said)

    @get("/new")
    async def new(self, agent: Me, parent: Text = "") -> Template:
        demand(agent, PUBLISH)
        return await _form(agent, None, {"names": {}, "descriptions": {}, "parent": parent})

    @post("/new", status_code=200)
    async def create(self, agent: Me, form: Typed) -> Response:
        return await _save(agent, None, form)

    @get("/{category_id:int}")
    async def edit(self, agent: Me, category_id: Id) -> Template:
        demand(agent, PUBLISH)
        found = await find_category(category_id)
        typed = {"names": found.names, "descriptions": found.descriptions, "parent": str(found.parent or "")}
        return await _form(agent, found, typed)

    @post("/{category_id:int}", status_code=200)
    async def change(self, agent: Me, category_id: Id, form: Typed) -> Response:
        return await _save(agent, await find_category(category_id), form)

    @post("/{category_id:int}/place", status_code=200)
    async def move(self, agent: Me, category_id: Id, form: Typed) -> Response:
        """One place up or down."""
        await changing.move_category(category_id, -1 if form.line("to") == "up" else 1, by=agent)
        return see_other(f"{PATH}?said=moved")

    @post("/{category_id:int}/deletion", status_code=200)
    async def delete(self, agent: Me, category_id: Id) -> Response:
        try:
            await changing.delete_category(category_id, by=agent, at=now())
        except Invalid as error:
            return await _list(agent, fault=error.fields["category"], status=422)
        return see_other(f"{PATH}?said=deleted")


async def _list(agent: SignedIn, *, said: str = "", fault: str = "", status: int = 200) -> Template:
    categories, counts = await list_categories(), await count_all()
    return render(
        "knowledge/categories.html", status=status, **await frame(agent), categories=categories, counts=counts, said=said, fault=fault,
        language=reader().language, **words(),
    )  # fmt: skip


async def _save(agent: SignedIn, before: Category | None, form: Form) -> Response:
    demand(agent, PUBLISH)
    typed = {
        "names": {language: form.line(f"name-{language}") for language in LANGUAGES},
        "descriptions": {language: form.line(f"description-{language}") for language in LANGUAGES},
        "parent": form.line("parent"),
    }
    try:
        written = Written(names=typed["names"], descriptions=typed["descriptions"], parent=form.whole("parent"))
        await changing.save_category(before.id if before else None, written, by=agent, at=now())
    except Invalid as error:
        return await _form(agent, before, typed, errors=error.fields, status=422)
    return see_other(f"{PATH}?said=saved")


async def _form(
    agent: SignedIn, found: Category | None, typed: dict[str, Any], *, errors: dict[str, str] | None = None, status: int = 200
) -> Template:  # fmt: skip
    categories, language = await list_categories(), reader().language
    has_children = found is not None and any(one.parent == found.id for one in categories)
    tops = [one for one in categories if one.parent is None and (found is None or one.id != found.id)]
    parents = [("", _("None: it stands at the top"))]
    if not has_children:
        parents += [(str(one.id), one.name(language)) for one in tops]
    return render(
        "knowledge/category.html", status=status, **await frame(agent), found=found, typed=typed, parents=parents, errors=errors or {}, **words()
    )  # fmt: skip
