"""format=flowed (RFC 3676): lines that end in a blank go on in the next one."""


def unfold(text: str, *, delete_space: bool) -> str:
    """The text with its flowed lines joined; a quote and a signature line stay lines of their own."""
    lines: list[str] = []
    is_open, depth = False, 0
    for line in text.split("\n"):
        unquoted = line.lstrip(">")
        quotes = len(line) - len(unquoted)
        content = unquoted.removeprefix(" ")
        if is_open and quotes == depth and content != "-- ":
            before = lines[-1][:-1] if delete_space else lines[-1]
            lines[-1] = before + content
        else:
            lines.append(">" * quotes + (" " if quotes and content else "") + content)
        depth, is_open = quotes, content.endswith(" ") and content != "-- "
    return "\n".join(lines)
