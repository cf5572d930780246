"""The console as an app, and notices on an agent's devices, by page."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from helpdesk.channels.web_push.encrypting import application_keys, encode, public_bytes
from helpdesk.channels.web_push.tables import Push, PushSubscription
from helpdesk.people.agents import change_preferences
from tests.cast import again, hire
from tests.console.browsing import Browser


@pytest.fixture
def asked() -> dict[str, str]:
    """What a browser sends when it subscribes."""
    theirs = ec.generate_private_key(ec.SECP256R1())
    return {
        "endpoint": "https://push.example.com/abc", "p256dh": encode(public_bytes(theirs)), "auth": encode(b"0" * 16),
        "application_key": next(iter(application_keys())),
    }  # fmt: skip


async def test_the_manifest_speaks_the_readers_language_and_names_what_is_there(browser: Callable[[], Browser]) -> None:
    ben = await hire("ben")
    await change_preferences(
        ben.id or 0, name=ben.name, language="fa", time_zone="Asia/Tehran", theme="system", signature=""
    )
    visitor = await browser().sign_in(await again(ben))
    answer = await visitor.get("/console/manifest.webmanifest")
    told = json.loads(answer.content)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (told["lang"], told["dir"], told["scope"], told["start_url"]) == ("fa", "rtl", "/console", "/console")
    for icon in told["icons"]:
        picture = await visitor.get(icon["src"])
        assert picture.status_code == 200 and picture.content.startswith(b"\x89PNG"), icon
    worker = await visitor.get("/service-worker.js")
    assert (
        worker.headers["content-type"].startswith("text/javascript") and worker.headers["cache-control"] == "no-cache"
    )


async def test_a_device_is_told_until_it_is_not(browser: Callable[[], Browser], asked: dict[str, str]) -> None:
    visitor = await browser().sign_in(await hire("ben"))
    assert (await visitor.post("/console/push", asked | {"shows_text": "1"})).status_code == 204
    assert (await visitor.post("/console/push", asked)).status_code == 204  # once more: without text
    [known] = await PushSubscription.objects()
    assert not known.shows_text
    assert (await visitor.post("/console/push/test")).status_code == 204
    assert await Push.count() == 1
    assert (await visitor.post("/console/push/ended", {"endpoint": asked["endpoint"]})).status_code == 204
    assert not await PushSubscription.exists() and not await Push.exists()


async def test_only_agents_subscribe_and_nonsense_is_refused(
    browser: Callable[[], Browser], asked: dict[str, str]
) -> None:
    assert (await browser().post("/console/push", asked)).status_code in (302, 401)
    visitor = await browser().sign_in(await hire("ben"))
    assert (await visitor.post("/console/push", asked | {"endpoint": "http://127.0.0.1/"})).status_code == 422
    assert not await PushSubscription.exists()


async def test_the_brand_is_chosen_by_page_and_previewed(browser: Callable[[], Browser]) -> None:
    from tests.portal.test_branding import a_png

    visitor = await browser().sign_in(await hire("alma"))
    typed = {"name": "Parsian Foods", "has_accent": "1", "accent": "#0F766E", "title-en": "Ask us", "form": ""}
    preview = await visitor.post("/console/settings/brand/preview", typed | {"preview_language": "en"})
    assert "Ask us" in preview.text and "frame-ancestors 'self'" in preview.headers["content-security-policy"]
    assert "Ask us" not in (await visitor.get("/")).text
    wrong = await visitor.post("/console/settings/brand", typed, files={"logo": ("x.png", b"<svg/>", "image/png")})
    assert wrong.status_code == 422 and 'id="logo-error"' in wrong.text and "Ask us" in wrong.text
    saved = await visitor.post("/console/settings/brand", typed, files={"logo": ("x.png", a_png(), "image/png")})
    assert saved.status_code == 303, saved.text
    page = (await visitor.get("/")).text
    assert "Ask us" in page and "accent=0f766e" in page and "/brand/logo?v=" in page
    assert "--accent" in (await visitor.get("/brand/colours.css")).text
