"""Configuration from the environment (`HELPDESK_…`) or `helpdesk.toml`; see docs/configuration.md.

The environment wins over the file, the file over the defaults. Everything that is not needed to
start a process is a column on the thing that it governs, not a setting.
"""

import os
import secrets
import tomllib
from contextlib import suppress
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from helpdesk.kernel.errors import ConfigurationError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field for each `HELPDESK_…` variable; the field's name in upper case is the variable's."""

    data_dir: Path = Path("helpdesk-data")
    database_url: str | None = None
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    smtp_port: int = 8025
    lmtp_socket: Path | None = None
    base_url: str = ""
    content_url: str | None = None
    secret_key: str = ""
    smtp_url: str | None = None
    mail_domain: str = "helpdesk.localhost"
    trusted_mx: str | None = None
    trusted_proxies: str = ""
    outbound_hosts: str = ""
    default_language: Literal["en", "fa"] = "en"
    time_zone: str = "UTC"
    blob_url: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    metrics_token: str | None = None

    @property
    def is_https(self) -> bool:
        return urlsplit(self.base_url).scheme == "https"

    @property
    def blob_dir(self) -> Path:
        return Path(self.blob_url.removeprefix("file://")) if self.blob_url else self.data_dir / "blobs"


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises ConfigurationError with the variable at fault.
    """
    return read_settings(os.environ, Path("helpdesk.toml"))


def read_settings(environment: "os._Environ[str] | dict[str, str]", file: Path) -> Settings:
    values: dict[str, Any] = {}
    if file.is_file():
        try:
            values |= tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{file}: {error}") from error
    names = {field.name: field for field in msgspec.structs.fields(Settings)}
    if unknown := values.keys() - names.keys():
        raise ConfigurationError(f"{file} has unknown settings: {', '.join(sorted(unknown))}")
    for name in names:
        if text := environment.get(f"HELPDESK_{name.upper()}"):  # set to nothing is not set
            values[name] = text
    if not values.get("base_url"):
        values["base_url"] = f"http://localhost:{values.get('port', 8000)}"
    values["base_url"] = str(values["base_url"]).rstrip("/")
    values["data_dir"] = str(Path(values.get("data_dir", "helpdesk-data")).absolute())
    if not values.get("secret_key"):
        values["secret_key"] = _kept_secret(Path(values["data_dir"]))
    read: dict[str, Any] = {}
    for name, value in values.items():
        try:
            read[name] = msgspec.convert(value, names[name].type, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"HELPDESK_{name.upper()}={value!r}: {error}") from error
    _check(Settings(**read))
    return Settings(**read)


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)


def _check(read: Settings) -> None:
    if read.blob_url.startswith("s3:"):
        raise ConfigurationError(
            "HELPDESK_BLOB_URL: only folders are supported for now; use a path that all machines share"
        )
    if read.content_url:
        raise ConfigurationError(
            "HELPDESK_CONTENT_URL: not supported yet; mail is shown in a sandboxed frame of the same origin"
        )
    for network in read.trusted_proxies.replace(",", " ").split():
        try:
            ip_network(network)
        except ValueError as error:
            raise ConfigurationError(f"HELPDESK_TRUSTED_PROXIES: {error}") from error


def _kept_secret(data_dir: Path) -> str:
    """The installation's secret, made once and kept in the data directory (mode 0600).

    Linked into place only when whole, so that no process ever reads half a secret.
    """
    file = data_dir / "secret-key"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f".secret-key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(48))
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text().strip()
