"""Leave to sign in: given in one browser, once, sealed, renewed in time, and in words when it is gone."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from helpdesk.channels.email import oauth
from helpdesk.channels.email.oauth import NoToken, Withdrawn, access_token
from helpdesk.channels.tables import MailAccount, OAuthGrant
from helpdesk.console.troubles import told
from helpdesk.intake.fetch_states import fetching_of
from helpdesk.kernel import outbound
from helpdesk.kernel.database import rows
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.settings import settings
from helpdesk.people.signing_in import as_agent
from tests.cast import hire
from tests.console.browsing import Browser
from tests.oauth_provider import CLIENT_ID, CLIENT_SECRET, Provider, oauth_provider, way_back

Browsers = Callable[[], Browser]
PAGE = "/console/channels/1/oauth"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(database: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    async with oauth_provider() as provider:
        listed = msgspec.structs.replace(settings(), outbound_hosts=f"127.0.0.1:{provider.port}")
        monkeypatch.setattr(outbound, "settings", lambda: listed)
        yield provider


@pytest_asyncio.fixture(loop_scope="session")
async def alma(browser: Browsers, provider: Provider) -> Browser:
    """An administrator whose mailbox has a server and a client at the provider."""
    for direction in ("in", "out"):
        await MailAccount(
            channel=1, direction=direction, host="mail.test", port=993, username="support@helpdesk.test"
        ).save()
    visitor = await browser().sign_in(await hire("alma"))
    answer = await visitor.post(PAGE, typed(provider))
    assert answer.status_code == 303, answer.text
    return visitor


def typed(provider: Provider, **other: str) -> dict[str, str]:
    return {
        "provider": "custom", "authorize_url": provider.authorize_url, "token_url": provider.token_url, "scope": "mail",
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
    } | other  # fmt: skip


async def link(visitor: Browser) -> str:
    page = await visitor.post(f"{PAGE}/consent")
    found = re.search(r'href="(http://127[^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


async def connect(visitor: Browser, provider: Provider) -> None:
    answer = await visitor.get(way_back(provider.consent(await link(visitor))))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{PAGE}?said=connected"


async def grant() -> OAuthGrant:
    found = await OAuthGrant.objects().first()
    assert found is not None
    return found


async def expire() -> None:
    await rows("UPDATE hd_oauth_grant SET expires_at = now() - interval '1 minute'")


async def test_leave_is_given_kept_sealed_and_used_in_and_out(alma: Browser, provider: Provider) -> None:
    await connect(alma, provider)

    made = await grant()
    assert open_sealed(made.access_token) == provider.access_tokens[0]
    assert await access_token(made.id) == provider.access_tokens[0]
    stored = str(await rows("SELECT * FROM hd_oauth_grant"))
    assert "canary" not in stored
    assert [row["oauth_grant"] for row in await rows("SELECT oauth_grant FROM hd_mail_account")] == [made.id, made.id]
    assert provider.asked[0]["redirect_uri"].endswith("/console/oauth/callback")
    page = await alma.get(PAGE)
    assert "canary" not in page.text
    assert "Connected" in page.text


async def test_a_state_works_once(alma: Browser, provider: Provider) -> None:
    back = way_back(provider.consent(await link(alma)))
    assert (await alma.get(back)).status_code == 303
    again = await alma.get(back)
    assert again.status_code == 404
    assert "Connect again" in again.text


async def test_a_state_is_worth_nothing_in_another_session_or_when_it_is_made_up_or_old(
    alma: Browser, provider: Provider, browser: Browsers
) -> None:
    brought = provider.consent(await link(alma))
    mallory = await browser().sign_in(await hire("mani"))
    assert (await mallory.get(way_back(brought))).status_code == 403
    assert (await alma.get(way_back(brought | {"state": "made-up"}))).status_code == 404
    await rows("UPDATE hd_oauth_consent SET expires_at = now() - interval '1 second'")
    assert (await alma.get(way_back(brought))).status_code == 404
    assert (await grant()).refresh_token == ""
    assert provider.asked == []


async def test_another_session_of_the_same_admin_cannot_finish(
    alma: Browser, provider: Provider, browser: Browsers
) -> None:
    brought = provider.consent(await link(alma))
    same = await as_agent(1)
    assert same
    elsewhere = await browser().sign_in(same)
    assert (await elsewhere.get(way_back(brought))).status_code == 404
    assert (await alma.get(way_back(brought))).status_code == 303


async def test_denial_is_said_and_changes_nothing(alma: Browser) -> None:
    state = re.search(r"state=([^&]+)", await link(alma))
    assert state
    page = await alma.get(f"/console/oauth/callback?state={state[1]}&error=access_denied&error_description=no")
    assert page.status_code == 422
    assert "Permission was denied" in page.text
    assert (await grant()).granted_at is None


async def test_a_wrong_secret_is_told_in_words(alma: Browser, provider: Provider) -> None:
    await alma.post(PAGE, typed(provider, client_secret="wrong"))
    page = await alma.get(way_back(provider.consent(await link(alma))))
    assert page.status_code == 422
    assert "Check both" in page.text


async def test_an_expired_token_is_renewed_once_however_many_ask(alma: Browser, provider: Provider) -> None:
    await connect(alma, provider)
    await expire()

    id_ = (await grant()).id
    tokens = await asyncio.gather(*(access_token(id_) for _ in range(5)))
    assert set(tokens) == {provider.access_tokens[1]}
    assert len(provider.asked) == 2
    assert open_sealed((await grant()).refresh_token) == provider.refresh_token


async def test_leave_that_was_withdrawn_is_shown_and_not_asked_for_again(alma: Browser, provider: Provider) -> None:
    await connect(alma, provider)
    await expire()
    provider.refuses = "invalid_grant"

    for _ in range(2):
        with pytest.raises(Withdrawn, match="connect the mailbox again"):
            await access_token((await grant()).id)
    assert len(provider.asked) == 2
    page = await alma.get(PAGE)
    assert "The user withdrew it." in page.text
    assert "Trace ID" not in page.text
    assert "Connect again" in page.text
    state = await fetching_of(1)
    assert state
    assert state.state == "unconnected"
    assert "withdrew" in state.warning

    provider.refuses = ""
    await connect(alma, provider)
    assert await access_token((await grant()).id) == provider.access_tokens[-1]


async def test_a_provider_that_is_away_is_asked_again(alma: Browser, provider: Provider) -> None:
    await connect(alma, provider)
    await expire()
    provider.refuses = "temporarily_unavailable"
    with pytest.raises(NoToken):
        await access_token((await grant()).id)
    provider.refuses = ""
    assert await access_token((await grant()).id) == provider.access_tokens[-1]


async def test_a_provider_that_never_ends_its_answer_is_given_up(
    alma: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(alma, provider)
    await expire()
    provider.babbles = True
    with pytest.raises(NoToken, match="too long"):
        await access_token((await grant()).id)
    provider.babbles, provider.drips = False, True
    with monkeypatch.context() as patched:
        patched.setattr(oauth, "WITHIN", 0.5)
        with pytest.raises(NoToken, match="cannot be reached"):
            await access_token((await grant()).id)
    provider.drips = False
    assert await access_token((await grant()).id) == provider.access_tokens[-1]


async def test_a_token_address_inside_is_asked_only_where_the_installation_names_it(
    alma: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(alma, provider)
    await expire()
    asked = len(provider.asked)
    monkeypatch.setattr(outbound, "settings", settings)
    for url in (provider.token_url, "https://127.0.0.1/token", "https://169.254.169.254/token", "https://[::1]/token"):
        await rows("UPDATE hd_oauth_grant SET token_url = {}", url)
        with pytest.raises(NoToken, match="HELPDESK_OUTBOUND_HOSTS") as refused:
            await access_token((await grant()).id)
        assert "may name its host" in told(str(refused.value))
    assert len(provider.asked) == asked and (await grant()).refresh_token, "nobody was asked, and nothing is lost"


async def test_disconnecting_forgets_the_tokens(alma: Browser, provider: Provider) -> None:
    await connect(alma, provider)
    assert (await alma.post(f"{PAGE}/disconnection")).status_code == 303
    made = await grant()
    assert (made.access_token, made.refresh_token) == ("", "")
    with pytest.raises(Withdrawn):
        await access_token(made.id)


async def test_a_kept_secret_does_not_go_to_another_place(alma: Browser, provider: Provider) -> None:
    elsewhere = typed(provider, token_url="https://elsewhere.test/token", client_secret="")
    answer = await alma.post(PAGE, elsewhere)
    assert answer.status_code == 422
    assert 'id="client_secret-error"' in answer.text
    assert (await alma.post(PAGE, typed(provider, client_secret=""))).status_code == 303


async def test_addresses_must_be_encrypted(alma: Browser, provider: Provider) -> None:
    answer = await alma.post(PAGE, typed(provider, token_url="http://192.0.2.1/token"))
    assert answer.status_code == 422
    assert 'id="token_url-error"' in answer.text


async def test_no_log_holds_a_secret(alma: Browser, provider: Provider, capfd: pytest.CaptureFixture[str]) -> None:
    await connect(alma, provider)
    await expire()
    await access_token((await grant()).id)
    await expire()
    provider.refuses = "invalid_grant"
    with pytest.raises(Withdrawn):
        await access_token((await grant()).id)
    said = capfd.readouterr()
    assert "canary" not in said.out + said.err


async def test_only_who_manages_mailboxes_may_connect_one(browser: Browsers, alma: Browser) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    assert (await visitor.get(PAGE)).status_code == 403
    assert (await visitor.post(f"{PAGE}/consent")).status_code == 403
