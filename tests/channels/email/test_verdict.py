import pytest

from helpdesk.channels.email.verdict import verdict

MX = "mx.example.com"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (f"{MX}; dmarc=pass (p=reject dis=none) header.from=customer.example", "pass"),
        (f"{MX} 1; dmarc=fail header.from=customer.example", "fail"),
        (f"{MX}; dmarc=fail header.from=customer.example; dkim=pass header.d=customer.example", "fail"),
        (f"{MX}; dmarc=none; dkim=pass header.d=customer.example header.s=a", "pass"),
        (f"{MX}; dkim=pass header.i=@mail.customer.example", "pass"),
        (f"{MX}; dkim=pass header.d=attacker.example; spf=fail smtp.mailfrom=x@customer.example", "none"),
        (f"{MX}; spf=pass (sender permitted) smtp.mailfrom=dora@customer.example", "pass"),
        (f"{MX}; spf=pass smtp.mailfrom=bounce@attacker.example", "none"),
        (f"{MX}; dkim=fail header.d=customer.example; spf=fail smtp.mailfrom=customer.example", "fail"),
        (f"{MX}; dmarc=pass header.from=attacker.example", "none"),
        (f'"{MX.upper()}."; dmarc=pass', "pass"),
        (f"{MX}; none", "none"),
        (f"{MX}; dmarc=pass (header.from=customer.example) header.from=attacker.example", "none"),
        (f'{MX}; x=y; dkim=pass reason="dmarc=pass" header.d=attacker.example', "none"),
        (f'{MX}; spf=pass smtp.mailfrom="a; dmarc=pass header.from=customer.example"@attacker.example', "none"),
        (f"{MX}; spf=none (a (b) ; dmarc=pass header.from=customer.example ) smtp.mailfrom=x@y.example", "none"),
        ("", "none"),
        (";;;=;", "none"),
    ],
)
def test_the_trusted_server_decides(results: str, expected: str):
    assert verdict([results], MX, "customer.example") == expected


def test_the_fields_of_other_servers_are_not_read():
    forged = "mx.attacker.example; dmarc=pass header.from=customer.example"

    assert verdict([forged], MX, "customer.example") == "none"
    assert verdict([f"{MX}; dmarc=fail", forged, f"{MX}; dmarc=pass"], MX, "customer.example") == "fail"


def test_without_a_trusted_server_there_is_no_verdict():
    assert verdict([f"{MX}; dmarc=pass"], None, "customer.example") == "none"
    assert verdict([f"{MX}; dmarc=pass"], MX, "") == "none"


def test_organisations_under_a_second_level_registry_are_told_apart():
    assert verdict([f"{MX}; dkim=pass header.d=attacker.co.uk"], MX, "customer.co.uk") == "none"
    assert verdict([f"{MX}; dkim=pass header.d=attacker.co.ir"], MX, "customer.co.ir") == "none"
    assert verdict([f"{MX}; dkim=pass header.d=mail.customer.co.uk"], MX, "customer.co.uk") == "pass"
