"""The one way out leads nowhere inside, however an address is spelled."""

import httpx
import pytest

from helpdesk.kernel import outbound
from helpdesk.kernel.outbound import NotAllowed, checked_address, is_public

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:7f00:1::", "localhost", "",
    "fec0::1", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "5f00::1", "4000::1", "64:ff9b:1::7f00:1", "100::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_everybodys_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700:4700::1111", "8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://push.test/", "https://push.test:8443/", "https://a:b@push.test/", "ftp://push.test/", "https:///x", "//push.test/", "file:///etc/passwd", "https://127.0.0.1/", "https://[::1]/"],
)  # fmt: skip
async def test_only_https_on_its_port_to_public_names(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str) -> list[str]:
        return [host.strip("[]")] if host[:1].isdigit() or ":" in host else ["93.184.216.34"]

    monkeypatch.setattr(outbound, "resolve", resolve)
    with pytest.raises(NotAllowed):
        await checked_address(httpx.URL(url))


@pytest.mark.parametrize("url", ["https://a..b/", "https://xn--/", f"https://{'x' * 64}.test/"])
async def test_what_is_no_name_is_no_address(url: str) -> None:
    with pytest.raises(NotAllowed):
        await outbound.ask("GET", url)


async def test_one_inner_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_host: str) -> list[str]:
        return ["93.184.216.34", "169.254.169.254"]

    monkeypatch.setattr(outbound, "resolve", resolve)
    with pytest.raises(NotAllowed):
        await outbound.post("https://rebinding.test/", b"", {})


async def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    async def resolve(_host: str) -> list[str]:
        return ["93.184.216.34"]

    async def handle(_transport: object, request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"location": "https://127.0.0.1/"})

    monkeypatch.setattr(outbound, "resolve", resolve)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    status, _headers = await outbound.post("https://push.test/x", b"hello", {"ttl": "1"})
    [request] = asked  # a redirect is not followed
    assert status == 302 and request.url.host == "93.184.216.34" and request.headers["host"] == "push.test"
    assert request.extensions["sni_hostname"] == "push.test"
