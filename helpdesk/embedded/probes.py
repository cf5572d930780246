"""Asking from outside: is this port free, does it serve pages, does it take mail?"""

import socket
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address

from helpdesk.kernel.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
_TIMEOUT = 5.0  # seconds


def check_free(host: str, port: int, option: str) -> None:
    """Raise ConfigurationError when we could not listen there; `option` is how to choose another port."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen()
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}, port {port} ({option}): {error.strerror}") from error


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind((LOOPBACK, 0))
        return trial.getsockname()[1]


def serves_pages(host: str, port: int) -> bool:
    """Whether /readyz answers 200: the database, Redis and migrations are fine too."""
    with closing(HTTPConnection(_reachable(host), port, timeout=_TIMEOUT)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


def greets(host: str, port: int) -> bool:
    """Whether an SMTP server says 220 there."""
    with suppress(OSError), socket.create_connection((_reachable(host), port), timeout=_TIMEOUT) as connection:
        greeting = connection.recv(512)
        connection.sendall(b"QUIT\r\n")
        return greeting.startswith(b"220")
    return False


def _reachable(host: str) -> str:
    """Where to ask when the server listens on all addresses."""
    with suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            return LOOPBACK if address.version == 4 else "::1"
    return host or LOOPBACK
