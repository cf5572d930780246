"""Files and texts that mail programs wrap in others: winmail.dat is opened, or stays as it is when that does not work."""

import msgspec

from helpdesk.channels.email.filenames import clean_name
from helpdesk.channels.email.mime import Part
from helpdesk.channels.email.reading import ParsedAttachment
from helpdesk.channels.email.rtf import read_rtf
from helpdesk.channels.email.tnef import TnefFile, is_tnef, read_tnef

_TNEF_KINDS = ("application/ms-tnef", "application/vnd.ms-tnef")


class Unpacked(msgspec.Struct):
    """What stands in the place of a file; the text and HTML count where the mail itself has none."""

    files: list[ParsedAttachment]
    text: str = ""
    html: str = ""


def unpack(file: ParsedAttachment, defects: list[str], *, is_text_wanted: bool) -> Unpacked:
    """Open what wraps other files. The wrapping itself is kept when it could not be read whole, or gives nothing new."""
    if file.content_type not in _TNEF_KINDS and not (file.name.lower() == "winmail.dat" and is_tnef(file.content)):
        return Unpacked([file])
    tnef = read_tnef(file.content)
    if not tnef.is_whole:
        defects.append("a TNEF body is broken")
    text, html = tnef.text, tnef.html
    if is_text_wanted and not text.strip() and not html.strip():
        text, html = read_rtf(tnef.rtf)
    found = Unpacked([_attachment(inner) for inner in tnef.files])
    if is_text_wanted:
        found.text, found.html = text, html
    if not tnef.is_whole or not (found.files or found.text.strip() or found.html.strip()):
        found.files.append(file)
    return found


def _attachment(file: TnefFile) -> ParsedAttachment:
    kind = file.kind.strip().lower() if "/" in file.kind else "application/octet-stream"
    id_ = file.content_id.strip("<> ")[:800]
    return ParsedAttachment(clean_name(file.name, kind), kind[:255], file.content, id_ or None, bool(id_))


def sealed_by(part: Part) -> str:
    """`smime` or `pgp` when the mail's text is inside an envelope that only its recipient can open, else ""."""
    kinds = [leaf.kind for leaf in part.leaves()]
    if part.kind == "multipart/encrypted" or "application/pgp-encrypted" in kinds:
        return "pgp"
    if kinds and kinds[0] in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return "smime"
    return ""
