"""Our own styles, scripts, fonts and icons: names carry a hash of the content, so they are kept for ever."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}


@cache
def _manifest() -> dict[str, str]:
    return msgspec.json.decode((FOLDER / "manifest.json").read_bytes(), type=dict[str, str])


def static(name: str) -> str:
    """The URL of a file by its logical name."""
    return f"/static/{_manifest()[name]}"


@cache
def static_version() -> str:
    """What changes with any of the files: for what keeps them all."""
    return hashlib.sha256((FOLDER / "manifest.json").read_bytes()).hexdigest()[:12]


@cache
def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@get("/static/{path:path}", opt={"exclude_from_csrf": True}, include_in_schema=False, sync_to_thread=False)
def serve_static(request: Request, path: FromPath[Path]) -> Response[bytes]:
    """The file, compressed as the browser likes it; only names that the manifest knows."""
    name = str(path).lstrip("/")
    if name not in _manifest().values():
        raise NotFoundException
    media_type = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, suffix in _ENCODINGS.items():
        if encoding in accepted and (content := _content(FOLDER / f"{name}{suffix}")) is not None:
            return Response(content, media_type=media_type, headers=headers | {"content-encoding": encoding})
    content = _content(FOLDER / name)
    if content is None:
        raise NotFoundException
    return Response(content, media_type=media_type, headers=headers)
