"""Certificates made for a test: of an authority of its own, or of nobody."""

import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpdesk.kernel.time import now

DAY = timedelta(days=1)


class Certificate(msgspec.Struct, frozen=True):
    """Of a server: `context` is the server's side; who trusts `authority` (SSL_CERT_FILE) trusts it."""

    context: ssl.SSLContext
    authority: Path


def a_certificate(
    folder: Path, *, host: str = "127.0.0.1", begins: timedelta = -DAY, ends: timedelta = 365 * DAY, is_self_signed: bool = False
) -> Certificate:  # fmt: skip
    """A certificate for `host`, valid from now + `begins` to now + `ends`."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, name = _name("Authority of a test"), _name(host)
    usual = (now() - DAY, now() + 365 * DAY)
    authority = _build(authority_name, authority_name, authority_key, authority_key, *usual, is_authority=True)
    issuer, signing_key = (name, key) if is_self_signed else (authority_name, authority_key)
    made = _build(name, issuer, key, signing_key, now() + begins, now() + ends, host=host)
    files = folder / "authority.pem", folder / "server.pem", folder / "server.key"
    files[0].write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[2].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[2])
    return Certificate(context, files[0])


def _build(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signing_key: ec.EllipticCurvePrivateKey, *valid: datetime,
    host: str = "", is_authority: bool = False,
) -> x509.Certificate:  # fmt: skip
    begins, ends = valid
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )  # fmt: skip
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
