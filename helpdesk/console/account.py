"""One's own way in: password, address, second factor, sessions."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from helpdesk.console.asked import Id, Me, Name, Text, Typed
from helpdesk.console.devices import device, is_handheld
from helpdesk.console.qr_codes import qr_code
from helpdesk.console.rendering import frame, render, see_other
from helpdesk.console.session_cookies import go_on, session_cookie_with
from helpdesk.deliveries.system_mail import mail_address_link, tell_of_change
from helpdesk.kernel.database import transaction
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.installing import this_installation
from helpdesk.people.links import EMAIL, find_link
from helpdesk.people.own_safety import (
    add_own_factor,
    change_own_password,
    make_own_recovery_codes,
    remove_own_factor,
    take_address,
)
from helpdesk.people.proving import demand_proof, ways_to_prove
from helpdesk.people.second_factor import Enrolment, begin_enrolment, enrolment_of, factor_state
from helpdesk.people.sessions import end_other_sessions, end_session, list_sessions

HERE = "/console/account"


class AccountController(Controller):
    path = HERE

    @get("/")
    async def show(self, agent: Me, said: Text = "") -> Template:
        return await _page(agent, said=said)

    @post("/password", status_code=200)
    async def change_password(self, agent: Me, form: Typed) -> Response:
        try:
            async with transaction():
                token = await change_own_password(
                    agent, form.secret("password"), ends_others=form.is_checked("end_others"), at=now()
                )
                await tell_of_change(agent.id or 0, "password", at=now())
        except Invalid as error:
            return await _page(agent, errors=error.fields, status=422)
        return go_on(f"{HERE}?said=password", token)

    @post("/address", status_code=200)
    async def ask_for_address(self, agent: Me, form: Typed) -> Response:
        """Mail a link to the new address; it is the agent's when they have followed it."""
        try:
            await mail_address_link(agent, form.line("email").lower(), at=now())
        except Invalid as error:
            return await _page(agent, email=form.line("email"), errors=error.fields, status=422)
        return see_other(f"{HERE}?said=address-sent")

    @get("/address/{token:str}")
    async def show_address(self, agent: Me, token: Name) -> Template:
        link = await find_link(token, EMAIL, at=now())
        return render(
            "settings/address.html",
            **await frame(agent),
            email=link.email,
            token=token,
            headers={"referrer-policy": "no-referrer"},
        )

    @post("/address/{token:str}", status_code=200)
    async def take_address(self, agent: Me, token: Name) -> Response:
        try:
            async with transaction():
                old = await take_address(token, by=agent, at=now())
                await tell_of_change(agent.id or 0, "address", at=now(), address=old)
        except Invalid as error:
            return await _page(agent, errors=error.fields, status=422)
        return see_other(f"{HERE}?said=address")

    @post("/recovery-codes", status_code=200)
    async def make_codes(self, agent: Me) -> Template:
        codes = await make_own_recovery_codes(agent, at=now())
        return render("settings/recovery_codes.html", **await frame(agent), codes=codes, is_new=False)

    @post("/sessions/{session_id:int}/end", status_code=200)
    async def end(self, agent: Me, session_id: Id) -> Response:
        await end_session(session_id, by=agent, at=now())
        return see_other("/console/sign-in" if session_id == agent.session_id else f"{HERE}?said=ended#sessions")

    @post("/sessions/end-others", status_code=200)
    async def end_others(self, agent: Me) -> Response:
        await end_other_sessions(by=agent, at=now())
        return see_other(f"{HERE}?said=ended#sessions")


class FactorController(Controller):
    path = f"{HERE}/factor"

    @get("/")
    async def show(self, agent: Me) -> Template:
        """A new secret to scan; the proof is asked for now, as the code would be too old after it."""
        await demand_proof(agent, at=now())
        return await _factor(agent, await begin_enrolment(agent.id or 0, at=now()))

    @post("/", status_code=200)
    async def add(self, agent: Me, form: Typed) -> Response:
        sealed, ends_others = form.line("enrolment"), form.is_checked("end_others")
        try:
            async with transaction():
                token, codes = await add_own_factor(agent, sealed, form.line("code"), ends_others=ends_others, at=now())
                await tell_of_change(agent.id or 0, "factor_added", at=now())
        except Invalid as error:
            enrolment = await enrolment_of(sealed, agent.id or 0, at=now())
            return await _factor(agent, enrolment, errors=error.fields, status=422)
        answer = render("settings/recovery_codes.html", **await frame(agent), codes=codes, is_new=True)
        answer.set_cookie(session_cookie_with(token))
        return answer

    @post("/removal", status_code=200)
    async def remove(self, agent: Me, form: Typed) -> Response:
        async with transaction():
            token = await remove_own_factor(agent, ends_others=form.is_checked("end_others"), at=now())
            await tell_of_change(agent.id or 0, "factor_removed", at=now())
        return go_on(f"{HERE}?said=factor-removed", token)


def shown(sessions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the device of each in words."""
    return [
        one | {"device": device(one["user_agent"]), "is_handheld": is_handheld(one["user_agent"])} for one in sessions
    ]


async def _page(
    agent: SignedIn, *, errors: dict[str, str] | None = None, said: str = "", email: str = "", **more: Any
) -> Template:
    return render(
        "settings/account.html", **await frame(agent), errors=errors or {}, said=said, email=email,
        factor=await factor_state(agent.id or 0), sessions=shown(await list_sessions(agent.id or 0, at=now())),
        ways=await ways_to_prove(agent.id or 0), shortest=(await this_installation()).shortest_password, **more,
    )  # fmt: skip


async def _factor(
    agent: SignedIn, enrolment: Enrolment, *, errors: dict[str, str] | None = None, **more: Any
) -> Template:
    return render(
        "settings/factor.html", **await frame(agent), enrolment=enrolment, qr=qr_code(enrolment.address), errors=errors or {},
        factor=await factor_state(agent.id or 0), **more,
    )  # fmt: skip
