"""Sign-in by a provider: who gets in, who does not and what they are told, and the ways back in."""

import html
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, OctKey, RSAKey

from helpdesk.console import visiting_provider
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel import outbound
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now
from helpdesk.people.codes import code_at, step_of
from helpdesk.people.links import INVITATION, make_link
from helpdesk.people.oidc import visiting
from helpdesk.people.rescuing import rescue_link
from helpdesk.people.second_factor import begin_enrolment, enrol
from helpdesk.people.signing_in import change_password, sign_in
from helpdesk.people.tables import Agent, Session
from tests.cast import hire
from tests.console.browsing import Browser
from tests.oidc_provider import CALLBACK, CLIENT_ID, CLIENT_SECRET, OpenIdProvider, serving

Browsers = Callable[[], Browser]
PAGE = "/console/security/provider"
PASSWORD = "unrelated words work"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenIdProvider]:
    async with serving(OpenIdProvider()) as provider:
        listed = msgspec.structs.replace(settings(), outbound_hosts=f"127.0.0.1:{provider.port}")
        monkeypatch.setattr(outbound, "settings", lambda: listed)
        yield provider


@pytest_asyncio.fixture(loop_scope="session")
async def alma(browser: Browsers, provider: OpenIdProvider) -> Browser:
    """An administrator who has turned the provider on."""
    visitor = await browser().sign_in(await hire("alma"))
    answer = await visitor.post(PAGE, typed(provider))
    assert answer.status_code == 303, answer.text
    return visitor


def typed(provider: OpenIdProvider, **other: str) -> dict[str, str]:
    return {
        "name": "Example", "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "is_on": "1",
        "domains": "", "new_role": "", "break_glass": "",
    } | other  # fmt: skip


async def leave(visitor: Browser, path: str = "/console/sign-in/provider", form: dict[str, str] | None = None) -> str:
    """The provider's address, from the page that leads there."""
    page = await visitor.post(path, form or {})
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


async def come(visitor: Browser, provider: OpenIdProvider, **form: str) -> Any:
    """There and back."""
    return await visitor.get(f"{CALLBACK}?{urlencode(provider.visit(await leave(visitor, form=form)))}")


async def audit(kind: str) -> list[dict[str, Any]]:
    return await rows("SELECT actor_name, about_name, changes FROM hd_audit WHERE kind = {} ORDER BY id", kind)


async def test_the_invited_are_known_by_address_once_and_by_subject_ever_after(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    ben = await hire("ben")
    visitor = browser()
    answer = await come(visitor, provider, next="/console/tickets/7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/tickets/7"), answer.text
    assert (await visitor.get("/console")).status_code == 200
    told = await Delivery.objects().order_by(Delivery.id, ascending=False).first()
    assert told is not None and "ben@helpdesk.test" in str(told.mail)

    provider.claims = {"email": "moved@elsewhere.test", "email_verified": False}
    assert (await come(browser(), provider)).status_code == 303
    assert {one.agent for one in await Session.objects()} >= {ben.id}
    assert [one["about_name"] for one in await audit("oidc_linked")] == ["Ben Weber"]

    provider.claims = {"sub": "subject-2"}
    page = await come(browser(), provider)
    assert page.status_code == 422 and "another account at the provider" in page.text
    taken = await alma.post(f"/console/agents/{ben.id}/provider/removal")
    assert taken.status_code == 303
    assert (await come(browser(), provider)).status_code == 303

    left = await visitor.post("/console/sign-out")
    page = await visitor.get(left.headers["location"])
    assert f"{provider.issuer}/leave?client_id={CLIENT_ID}" in html.unescape(page.text)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email_verified": False}, "has not verified"),
        ({"email_verified": None}, "has not verified"),
        ({"email": None}, "does not give your address"),
        ({"email": "eve@elsewhere.test"}, "of elsewhere.test may not"),
        ({"email": "nobody@helpdesk.test"}, "Nobody with the address nobody@helpdesk.test"),
        ({"nonce": "of another visit"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://other.test"}, "iss"),
        ({"aud": "somebody-else"}, "aud"),
        ({"aud": [CLIENT_ID, "somebody-else"]}, "azp"),
        ({"exp": 1_700_000_000}, "too old"),
        ({"exp": None}, "exp"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"sub": ""}, "who you are"),
        ({"sub": None}, "sub"),
    ],
)
async def test_whom_the_token_does_not_name_is_told_why(
    alma: Browser, browser: Browsers, provider: OpenIdProvider, claims: dict[str, Any], said: str
) -> None:
    await hire("ben")
    await rows("UPDATE hd_oidc_provider SET domains = ARRAY['helpdesk.test']")
    provider.claims = claims
    page = await come(browser(), provider)
    assert page.status_code == 422
    assert said in html.unescape(page.text)
    assert await Session.count() == 1


async def test_a_token_that_another_signed_opens_nothing(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    await hire("ben")
    for key, algorithm in ((RSAKey.generate_key(2048), "RS256"), (OctKey.import_key(CLIENT_SECRET), "HS256"), (ECKey.generate_key("P-256"), "ES256")):  # fmt: skip
        provider.lies_with, provider.algorithm = key, algorithm
        assert (await come(browser(), provider)).status_code == 422
    provider.lies_with, provider.algorithm = OctKey.import_key("x" * 32), "none"
    assert (await come(browser(), provider)).status_code == 422
    assert await Session.count() == 1


async def test_new_keys_are_fetched_and_old_ones_asked_for_once_a_minute(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    await hire("ben")
    assert (await come(browser(), provider)).status_code == 303
    assert (await come(browser(), provider)).status_code == 303
    assert provider.paths.count("/keys") == 1
    provider.key, provider.algorithm = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"}), "ES256"
    assert (await come(browser(), provider)).status_code == 422  # within the minute
    await rows("UPDATE hd_oidc_provider SET keys_at = keys_at - interval '2 minutes'")
    assert (await come(browser(), provider)).status_code == 303
    assert provider.paths.count("/keys") == 2


async def test_the_way_back_is_for_one_browser_once_and_within_minutes(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    await hire("ben")
    mine, other = browser(), browser()
    back = f"{CALLBACK}?{urlencode(provider.visit(await leave(mine)))}"
    await leave(other)
    assert "another browser" in (await other.get(back)).text
    assert (await mine.get(back)).status_code == 303
    assert "was used" in (await mine.get(back)).text

    late = f"{CALLBACK}?{urlencode(provider.visit(await leave(mine)))}"
    await rows("UPDATE hd_oidc_visit SET expires_at = now() - interval '1 second'")
    assert (await mine.get(late)).status_code == 422
    mixed = provider.visit(await leave(mine)) | {"iss": "https://other.test"}
    assert "not from the provider that was asked" in (await mine.get(f"{CALLBACK}?{urlencode(mixed)}")).text
    refused = {"state": provider.visit(await leave(mine))["state"], "error": "access_denied"}
    assert "Nothing has changed" in (await mine.get(f"{CALLBACK}?{urlencode(refused)}")).text
    kept = await rows("SELECT * FROM hd_oidc_visit")
    assert not kept


async def test_what_is_chosen_meanwhile_counts_for_whoever_comes_back(
    alma: Browser, browser: Browsers, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hire("ben")
    visitor = browser()
    back = f"{CALLBACK}?{urlencode(provider.visit(await leave(visitor)))}"
    assert (await alma.post(PAGE, typed(provider, is_on=""))).status_code == 303
    assert "no sign-in by a provider" in (await visitor.get(back)).text, "it was turned off"
    assert await audit("sign_in_refused")

    assert (await alma.post(PAGE, typed(provider))).status_code == 303
    back = f"{CALLBACK}?{urlencode(provider.visit(await leave(visitor)))}"
    provider.asked.clear()
    assert (await alma.post(PAGE, typed(provider, client_id="another"))).status_code == 303
    assert (await visitor.get(back)).status_code == 422
    assert provider.asked == [], "a code for one client or issuer is shown to no other"

    assert (await alma.post(PAGE, typed(provider))).status_code == 303
    fetch_keys = visiting.fetch_keys

    async def meanwhile(metadata: Any) -> str:
        await rows("UPDATE hd_oidc_provider SET issuer = 'https://other.test', keys = ''")
        return await fetch_keys(metadata)

    monkeypatch.setattr(visiting, "fetch_keys", meanwhile)
    assert (await come(visitor, provider)).status_code == 422
    assert await rows("SELECT keys FROM hd_oidc_provider") == [{"keys": ""}], "no key of one issuer signs for another"
    assert await Session.count() == 1


async def test_a_link_that_nobody_can_be_told_of_is_not_made(
    alma: Browser, browser: Browsers, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hire("ben")

    async def broken(*_who: object, **_what: object) -> None:
        raise NotFound("the process dies here")

    monkeypatch.setattr(visiting_provider, "tell_of_change", broken)
    assert (await come(browser(), provider)).status_code == 422
    assert not await audit("oidc_linked") and await Session.count() == 1
    assert not await rows("SELECT FROM hd_oidc_identity")


async def test_the_uninvited_of_a_domain_become_agents_where_that_is_chosen(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    answer = await alma.post(PAGE, typed(provider, client_secret="", new_role="agent"))
    assert answer.status_code == 422 and "Say whose addresses" in answer.text
    for role in ("admin", "owner"):
        answer = await alma.post(PAGE, typed(provider, client_secret="", new_role=role, domains="helpdesk.test"))
        assert answer.status_code == 422
    answer = await alma.post(PAGE, typed(provider, client_secret="", new_role="light_agent", domains="@helpdesk.test"))
    assert answer.status_code == 303
    assert (await come(browser(), provider)).status_code == 303
    made = await Agent.objects().get(Agent.email == "ben@helpdesk.test")
    assert made is not None
    assert (made.name, made.role, made.password_hash) == ("Ben at the provider", "light_agent", None)
    assert [one["actor_name"] for one in await audit("agent_added")][-1] == "Example"

    await rows("UPDATE hd_agent SET deactivated_at = now() WHERE id = {}", made.id)
    page = await come(browser(), provider)
    assert page.status_code == 422 and "is deactivated" in page.text


async def test_an_address_that_only_the_user_page_tells_counts_for_the_same_subject(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    await hire("ben")
    provider.claims = {"email": None, "email_verified": None}
    provider.user = {"sub": "somebody else", "email": "ben@helpdesk.test", "email_verified": True}
    assert (await come(browser(), provider)).status_code == 422
    provider.user["sub"] = "subject-1"
    assert (await come(browser(), provider)).status_code == 303


async def test_a_second_factor_is_asked_for_unless_the_provider_brings_one(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    ben = await hire("ben")
    enrolment = await begin_enrolment(ben.id or 0, at=now())
    await enrol(ben.id or 0, enrolment.sealed, code_at(enrolment.secret, step_of(now()) - 1), at=now())
    page = await come(browser(), provider)
    assert page.status_code == 200 and 'action="/console/sign-in/code"' in page.text
    await rows("UPDATE hd_oidc_provider SET brings_factor = true")
    assert (await come(browser(), provider)).status_code == 303


async def test_the_only_way_in_is_so_for_passwords_links_and_proofs(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    only = {"client_secret": "", "is_only_way": "1"}
    answer = await alma.post(PAGE, typed(provider, **only))
    assert answer.status_code == 422 and "sign in for a trial first" in answer.text
    provider.claims = {"email": "alma@helpdesk.test", "email_verified": False}
    back = provider.visit(await leave(alma, f"{PAGE}/trial"))
    assert "nobody can sign in for the first time" in (await alma.get(f"{CALLBACK}?{urlencode(back)}")).text
    assert (await alma.post(PAGE, typed(provider, **only))).status_code == 422, "it would lock everybody out"
    provider.claims = {"email": "alma@helpdesk.test"}
    back = provider.visit(await leave(alma, f"{PAGE}/trial"))
    assert "The trial worked" in (await alma.get(f"{CALLBACK}?{urlencode(back)}")).text
    assert (await alma.post(PAGE, typed(provider, **only))).status_code == 303
    provider.claims = {}

    ben = await hire("ben")
    await change_password(ben.id or 0, PASSWORD)
    with pytest.raises(Invalid):
        await sign_in(ben.email, PASSWORD, address="", user_agent="", at=now())
    link = (await make_link(INVITATION, ben.id, at=now())).removeprefix(settings().base_url)
    assert "There are no passwords here" in (await browser().get(link)).text
    assert (await browser().post(link, {"password": PASSWORD})).status_code == 403
    before = await Delivery.count()
    await browser().post("/console/new-password", {"email": ben.email})
    assert await Delivery.count() == before
    assert (await alma.post(f"/console/agents/{ben.id}/invitation")).status_code == 200
    sent = await Delivery.objects().order_by(Delivery.id, ascending=False).first()
    assert sent is not None and "Sign in here with Example" in str(sent.mail)

    visitor = browser()
    assert (await come(visitor, provider)).status_code == 303
    await rows("UPDATE hd_session SET proved_at = now() - interval '1 hour'")
    asked = await visitor.post("/console/tokens", {"name": "mine"})
    assert asked.status_code == 403 and "Sign in again with Example" in asked.text
    assert 'name="_password"' not in asked.text
    form = {"_then": "/console/tokens", "_method": "POST", "name": "mine"}
    assert (await visitor.post("/console/proof", form | {"_password": PASSWORD})).status_code == 422
    assert (await visitor.post("/console/account/password", {"password": PASSWORD})).status_code == 403

    alma_id = (await rows("SELECT id FROM hd_agent WHERE role = 'admin'"))[0]["id"]
    await rows("UPDATE hd_oidc_provider SET break_glass = {}", alma_id)
    await change_password(alma_id, PASSWORD)
    assert (await sign_in("alma@helpdesk.test", PASSWORD, address="", user_agent="", at=now())).session


async def test_signing_in_anew_proves_it_and_what_was_typed_goes_on(
    alma: Browser, browser: Browsers, provider: OpenIdProvider
) -> None:
    await hire("ben")
    visitor = browser()
    assert (await come(visitor, provider)).status_code == 303
    await rows("UPDATE hd_session SET proved_at = now() - interval '1 hour'")
    form = {"_then": "/console/tokens", "_method": "POST", "name": "mine & <yours>"}

    async def prove() -> Any:
        url = await leave(visitor, "/console/proof/provider", form)
        return await visitor.get(f"{CALLBACK}?{urlencode(provider.visit(url))}")

    provider.claims = {"auth_time": int(now().timestamp()) - 600}
    assert "did not ask you again" in (await prove()).text
    assert (provider.authorised[-1]["max_age"], provider.authorised[-1]["prompt"]) == ("0", "login")
    provider.claims = {"auth_time": None}
    assert "does not say when" in (await prove()).text
    provider.claims = {"sub": "somebody-else"}
    assert "you are somebody else" in (await prove()).text
    assert len(await audit("proof_refused")) == 3

    provider.claims = {}
    page = await prove()
    assert page.status_code == 200 and 'action="/console/tokens"' in page.text
    assert 'value="mine &amp; &lt;yours&gt;"' in page.text
    made = await visitor.post("/console/tokens", {"name": "mine & <yours>"})
    assert made.status_code == 200 and "hd_" in made.text


async def test_a_rescue_link_signs_an_administrator_in_once(browser: Browsers) -> None:
    await hire("alma")
    await hire("ben")
    with pytest.raises(NotFound):
        await rescue_link("ben@helpdesk.test", at=now())
    old = (await rescue_link("alma@helpdesk.test", at=now() - timedelta(minutes=16))).removeprefix(settings().base_url)
    assert (await browser().get(old)).status_code == 404
    link = (await rescue_link("alma@helpdesk.test", at=now())).removeprefix(settings().base_url)
    assert "Alma Admin" in (await browser().get(link)).text
    visitor = browser()
    assert (await visitor.post(link)).status_code == 303
    assert (await visitor.get("/console")).status_code == 200
    assert (await browser().post(link)).status_code == 404


async def test_the_test_says_what_is_wrong(alma: Browser, provider: OpenIdProvider) -> None:
    async def said() -> str:
        return html.unescape((await alma.post(f"{PAGE}/test")).text)

    assert "It knows the client ID and the secret." in await said()
    await alma.post(PAGE, typed(provider, client_secret="a wrong one"))
    assert "does not accept the client ID or the secret: Unknown client." in await said()
    provider.metadata = {"issuer": f"{provider.issuer}/"}
    assert f"The provider calls itself {provider.issuer}/." in await said()
    provider.metadata = {"token_endpoint": "http://provider.test/token"}
    assert "not safe" in await said()
    await alma.post(PAGE, typed(provider, issuer="https://10.0.0.1", client_secret="x"))
    assert "HELPDESK_OUTBOUND_HOSTS" in await said()
    assert (await alma.post("/console/sign-in/provider")).status_code == 422


async def test_the_secret_is_sealed_never_shown_and_not_sent_elsewhere(alma: Browser, provider: OpenIdProvider) -> None:
    [kept] = await rows("SELECT client_secret FROM hd_oidc_provider")
    assert CLIENT_SECRET not in kept["client_secret"] and open_sealed(kept["client_secret"]) == CLIENT_SECRET
    assert CLIENT_SECRET not in (await alma.get(PAGE)).text
    moved = await alma.post(PAGE, typed(provider, issuer="https://other.test", client_secret=""))
    assert moved.status_code == 422 and "Enter the secret again" in moved.text
    assert CLIENT_SECRET not in str(await audit("oidc_changed"))
    assert (await alma.post(f"{PAGE}/removal")).status_code == 303
    assert await audit("oidc_changed")
