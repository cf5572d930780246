"""Notices that are pushed: only their browser reads them, they leak nothing, and they lead nowhere inside."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from helpdesk.channels.web_push.encrypting import application_keys, decode, encode, encrypt, public_bytes, signed_by
from helpdesk.channels.web_push.subscribing import subscribe, unsubscribe
from helpdesk.channels.web_push.tables import Push, PushSubscription
from helpdesk.deliveries.pushing import push, send_push
from helpdesk.kernel import outbound
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.time import now
from helpdesk.people.actor import SignedIn
from helpdesk.people.sessions import open_session, sign_out
from helpdesk.people.signing_in import whose_session
from tests.cast import hire

ENDPOINT = "https://push.example.com/send/abc"
BROWSER = ec.derive_private_key(
    int.from_bytes(decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
)
P256DH, AUTH = encode(public_bytes(BROWSER)), "BTBZMqHH6r4Tts7J_aSIgg"


class Service:
    """A push service: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.status, self.sent = 201, []

    async def __call__(self, url: str, content: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.sent.append((url, content, headers))
        return self.status, {}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(outbound, "post", made)
    return made


async def _signed_in(name: str = "ben") -> tuple[SignedIn, str]:
    agent = await hire(name)
    token = await open_session(agent.id or 0, address="127.0.0.1", user_agent="test", at=now())
    known = await whose_session(token, at=now())
    assert known
    return known, token


async def _subscribe(agent: SignedIn, *, endpoint: str = ENDPOINT, shows_text: bool = True) -> None:
    key = next(iter(application_keys()))
    await subscribe(
        endpoint=endpoint, p256dh=P256DH, auth=AUTH, application_key=key, shows_text=shows_text, by=agent, at=now()
    )


def _opened(body: bytes) -> dict[str, Any]:
    """What the browser reads: the other half of RFC 8291."""
    import hmac

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, sender, sealed = body[:16], body[21:86], body[86:]
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)

    def expand(key: bytes, info: bytes, length: int) -> bytes:
        return hmac.digest(key, info + b"\x01", "sha256")[:length]

    shared = hmac.digest(decode(AUTH), BROWSER.exchange(ec.ECDH(), theirs), "sha256")
    key = hmac.digest(salt, expand(shared, b"WebPush: info\0" + decode(P256DH) + sender, 32), "sha256")
    plain = AESGCM(expand(key, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
        expand(key, b"Content-Encoding: nonce\0", 12), sealed, None
    )
    assert plain.endswith(b"\x02")
    return json.loads(plain[:-1])


def test_a_message_is_sealed_as_in_the_example_of_rfc_8291() -> None:
    sender = ec.derive_private_key(
        int.from_bytes(decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        p256dh=P256DH,
        auth=AUTH,
        sender=sender,
        salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_request_says_who_sends_it_to_this_service_alone() -> None:
    [(public, key)] = application_keys().items()
    header = signed_by(key, ENDPOINT, contact="mailto:a@b.test", expires=1_900_000_000)
    token, _, named = header.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert named == public and json.loads(base64.urlsafe_b64decode(claims + "==")) == {
        "aud": "https://push.example.com", "exp": 1_900_000_000, "sub": "mailto:a@b.test",
    }  # fmt: skip
    raw = decode(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key.public_key().verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


async def test_a_notice_reaches_the_browser_once(database: None, service: Service) -> None:
    ben, _token = await _signed_in()
    await _subscribe(ben)
    await push(ben.id or 0, "New ticket #1042", "Printer on fire", "/console/tickets/1042")
    [waiting] = await Push.objects()
    for _turn in range(2):
        await send_push(waiting.id)
    [(url, body, headers)] = service.sent
    told = _opened(body)
    assert url == ENDPOINT and headers["content-encoding"] == "aes128gcm" and int(headers["ttl"]) > 0
    assert (told["title"], told["body"], told["url"]) == (
        "New ticket #1042",
        "Printer on fire",
        "/console/tickets/1042",
    )
    assert not await Push.exists()


async def test_without_leave_a_notice_says_nothing_of_the_ticket(database: None, service: Service) -> None:
    ben, _token = await _signed_in()
    await _subscribe(ben, shows_text=False)
    await push(ben.id or 0, "New ticket #1042", "Printer on fire", "/console/tickets/1042")
    assert "1042" not in str(await rows("SELECT title, body, url FROM hd_push"))
    [waiting] = await Push.objects()
    await send_push(waiting.id)
    told = _opened(service.sent[0][1])
    assert (
        told["url"] == "/console" and told["body"] == "" and told["title"] == "There is something new in the helpdesk"
    )


async def test_who_signs_out_is_told_nothing_more(database: None, service: Service) -> None:
    ben, token = await _signed_in()
    await _subscribe(ben)
    await push(ben.id or 0, "One", "", "/console")
    await sign_out(token)
    assert not await PushSubscription.exists() and not await Push.exists()
    await push(ben.id or 0, "Two", "", "/console")
    assert not await Push.exists()


@pytest.mark.parametrize(
    ("status", "subscribed", "waits"),
    [
        (404, False, False),
        (410, False, False),
        (429, True, True),
        (503, True, True),
        (0, True, True),
        (413, True, False),
    ],
)
async def test_what_a_push_service_answers_is_heeded(
    database: None, service: Service, status: int, subscribed: bool, waits: bool
) -> None:
    ben, _token = await _signed_in()
    await _subscribe(ben)
    await push(ben.id or 0, "One", "", "/console")
    service.status = status
    [waiting] = await Push.objects()
    await send_push(waiting.id)
    assert await PushSubscription.exists() is subscribed and await Push.exists() is waits
    if waits:
        [row] = await rows("SELECT not_before > now() + interval '30 s' AS is_later FROM hd_push")
        assert row["is_later"]


async def test_old_news_and_news_under_a_forgotten_key_are_dropped(database: None, service: Service) -> None:
    ben, _token = await _signed_in()
    await _subscribe(ben)
    for change in (
        "UPDATE hd_push SET at = now() - interval '13 h'",
        "UPDATE hd_push_subscription SET application_key = 'gone'",
    ):
        await push(ben.id or 0, "One", "", "/console")
        await rows(change)
        [waiting] = await Push.objects()
        await send_push(waiting.id)
        assert not await Push.exists()
    assert service.sent == []


async def test_nonsense_is_no_subscription_and_another_agents_is_not_ended(database: None) -> None:
    ben, _token = await _signed_in()
    cleo, _other = await _signed_in("cleo")
    key = next(iter(application_keys()))
    good = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH, "application_key": key}
    for wrong in (
        {"endpoint": "http://push.example.com/x"},
        {"p256dh": "AAAA"},
        {"auth": "x"},
        {"application_key": "mine"},
        {"endpoint": ""},
    ):
        with pytest.raises(Invalid):
            await subscribe(**(good | wrong), shows_text=False, by=ben, at=now())
    await _subscribe(ben)
    await unsubscribe(ENDPOINT, by=cleo)
    assert await PushSubscription.exists()
    await unsubscribe(ENDPOINT, by=ben)
    assert not await PushSubscription.exists()


async def test_a_subscription_that_leads_inside_is_never_sent_to(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def inside(_host: str) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    monkeypatch.setattr(outbound, "resolve", inside)
    ben, _token = await _signed_in()
    await _subscribe(ben)
    await push(ben.id or 0, "One", "", "/console")
    [waiting] = await Push.objects()
    await send_push(waiting.id)
    assert not await PushSubscription.exists()
