"""Web Push without a library: a message that the browser alone can read (RFC 8291, RFC 8188) and a signed request that
says who sends it (VAPID, RFC 8292)."""

import base64
import hmac
import json
import os
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helpdesk.kernel.tokens import keys

RECORD = 4096
LONGEST = RECORD - 16 - 1
"""Bytes of a message: one record, less its tag and its delimiter."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (FIPS 186-4, D.1.2.3)."""
_PURPOSE = "web-push"


def encode(raw: bytes) -> str:
    """base64url without padding, as all of Web Push writes bytes."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encrypt(
    message: bytes,
    *,
    p256dh: str,
    auth: str,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push: `p256dh` and `auth` are the browser's. Key and salt are new each time. Raises ValueError."""
    theirs_raw, secret = decode(p256dh), decode(auth)
    if len(message) > LONGEST or len(secret) != 16:
        raise ValueError("the message is too long, or the secret has not 16 bytes")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs_raw)
    ours, salt = sender or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    ours_raw = public_bytes(ours)
    key_info = b"WebPush: info\0" + theirs_raw + ours_raw
    input_key = _expand(_extract(secret, ours.exchange(ec.ECDH(), theirs)), key_info, 32)
    key = _extract(salt, input_key)
    content_key = _expand(key, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(key, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(ours_raw)]) + ours_raw
    return header + AESGCM(content_key).encrypt(nonce, message + b"\x02", None)


def application_keys() -> dict[str, ec.EllipticCurvePrivateKey]:
    """Our signing keys by the public key that browsers know, the newest first: drawn from the installation's secret, so
    there is nothing to store, and a rotated secret keeps older subscriptions while it stands behind a comma."""
    made = [
        ec.derive_private_key(int.from_bytes(key, "big") % (_ORDER - 1) + 1, ec.SECP256R1()) for key in keys(_PURPOSE)
    ]
    return {encode(public_bytes(one)): one for one in made}


def signed_by(key: ec.EllipticCurvePrivateKey, endpoint: str, *, contact: str, expires: int) -> str:
    """The `Authorization` of a push to this endpoint; `expires` in seconds since 1970, at most a day ahead."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": contact}
    signed = ".".join(
        encode(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={encode(public_bytes(key))}"


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point of 65 bytes."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _extract(salt: bytes, key: bytes) -> bytes:
    return hmac.digest(salt, key, "sha256")


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand of at most one block (RFC 5869)."""
    return hmac.digest(key, info + b"\x01", "sha256")[:length]
