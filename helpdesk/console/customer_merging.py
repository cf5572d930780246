"""Making one of two customers or organisations: choosing the other one, comparing field by field, undoing."""

from typing import Any, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Text, Typed
from helpdesk.console.forms import Form, read_whole
from helpdesk.console.rendering import frame, render, see_other, wants_fragment
from helpdesk.customers.tables import MergedKind
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import _
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import demand
from helpdesk.profiles.duplicates import dismiss, suspects_of
from helpdesk.profiles.listing import page_of_customers, page_of_organisations
from helpdesk.profiles.mergeable import FIELDS, named
from helpdesk.profiles.merging import Side, differences
from helpdesk.profiles.merging_many import find_asked, merge_many, undo_many

SIDES = ("mine", "theirs", "both")
MOST = 10


class CustomerMergingController(Controller):
    path = "/console"

    @get("/customers/{customer_id:int}/merge")
    async def choose_customer(
        self, request: Request, agent: Me, customer_id: Id, q: Text = "", other: Text = ""
    ) -> Template:
        return await _choose(request, agent, MergedKind.CUSTOMER, customer_id, q, read_whole(other))

    @post("/customers/{customer_id:int}/merge", status_code=200)
    async def merge_customers(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        return await _merge(agent, MergedKind.CUSTOMER, customer_id, form)

    @post("/customers/{customer_id:int}/not-the-same", status_code=200)
    async def tell_apart(self, agent: Me, customer_id: Id, form: Typed) -> Response:
        """The other one is somebody else: they are not suggested for each other again."""
        await dismiss(customer_id, form.whole("other") or 0, by=agent, at=now())
        return see_other(f"/console/customers/{customer_id}?said=told-apart")

    @get("/organisations/{organisation_id:int}/merge")
    async def choose_organisation(
        self, request: Request, agent: Me, organisation_id: Id, q: Text = "", other: Text = ""
    ) -> Template:
        return await _choose(request, agent, MergedKind.ORGANISATION, organisation_id, q, read_whole(other))

    @post("/organisations/{organisation_id:int}/merge", status_code=200)
    async def merge_organisations(self, agent: Me, organisation_id: Id, form: Typed) -> Response:
        return await _merge(agent, MergedKind.ORGANISATION, organisation_id, form)

    @post("/merges/{merge_id:int}/undo", status_code=200)
    async def part(self, agent: Me, merge_id: Id) -> Response:
        """Part the two again; the page of the one who went on says why when that cannot be."""
        try:
            merge, is_done = await undo_many(merge_id, by=agent, at=now())
        except Invalid as error:
            return await _refused(agent, next(iter(error.fields.values())))
        kind = MergedKind(merge["kind"])
        return see_other(f"{_place(kind, merge['loser'])}?said=parted" if is_done else _place(kind, merge["survivor"]))

    @get("/merges/{merge_id:int}/progress", part_of="/console/customers")
    async def progress(self, agent: Me, merge_id: Id) -> Template:
        """How a merge that was left to a worker goes, or that it is done: who is writing there reloads the page when they like."""
        demand(agent, "merge_customers")
        return render("customers/_merging.html", asked=await find_asked(merge_id), agent=agent)


def _place(kind: MergedKind, id: int) -> str:
    return f"/console/{kind}s/{id}"


async def _choose(request: Request, agent: SignedIn, kind: MergedKind, id: int, q: str, other: int | None) -> Template:
    """The field by field comparison with the other one, or who it may be."""
    demand(agent, "merge_customers")
    if other is not None:
        return await _compare(agent, kind, id, other)
    mine = await named(kind, id)
    candidates = await _candidates(agent, kind, id, q.strip())
    shown = {"kind": kind, "mine": mine, "candidates": candidates, "q": q.strip(), "place": _place(kind, id)}
    if wants_fragment(request):
        return render("customers/_candidates.html", agent=agent, **shown)
    return render("customers/merge.html", **await frame(agent), **shown)


async def _candidates(agent: SignedIn, kind: MergedKind, id: int, q: str) -> list[dict[str, Any]]:
    if kind == MergedKind.CUSTOMER and not q:
        return await suspects_of(id)
    if not q:
        return []
    found = (
        await page_of_customers(seen_by=agent, q=q, limit=MOST)
        if kind == MergedKind.CUSTOMER
        else await page_of_organisations(q=q, limit=MOST)
    )
    return [one for one in found.rows if one["id"] != id]


async def _compare(agent: SignedIn, kind: MergedKind, id: int, other: int) -> Template:
    """Both side by side, with what is kept of each field unless one chooses otherwise."""
    mine, theirs = await named(kind, id), await named(kind, other)
    try:
        fields = await differences(kind, id, other)
    except Invalid as wrong:
        return await _refused(agent, next(iter(wrong.fields.values())))
    return render(
        "customers/compare.html", **await frame(agent), kind=kind, mine=mine, theirs=theirs, differences=fields,
        place=_place(kind, id), there=_place(kind, other),
    )  # fmt: skip


async def _merge(agent: SignedIn, kind: MergedKind, id: int, form: Form) -> Response:
    other = form.whole("other")
    if other is None:
        raise NotFound(_("There is nothing here."))
    chosen: dict[str, Side] = {name: cast("Side", side) for name in FIELDS[kind] if (side := form.line(name)) in SIDES}
    try:
        is_done = await merge_many(kind, id, other, by=agent, at=now(), chosen=chosen)
    except Invalid as error:
        return await _refused(agent, next(iter(error.fields.values())))
    return see_other(f"{_place(kind, id)}?said=merged" if is_done else _place(kind, id))


async def _refused(agent: SignedIn, why: str) -> Template:
    return render("customers/refused.html", status=422, **await frame(agent), why=why)
