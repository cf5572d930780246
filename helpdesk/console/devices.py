"""What a browser says of itself, in words: "Firefox on Windows". A hint to recognise one's own, nothing to rely on."""

from helpdesk.kernel.language import _

# The first that fits: most browsers say that they are some of the others, too.
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chromium": "Chromium", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "CrOS": "ChromeOS", "Windows": "Windows", "Mac OS X": "macOS",
    "Linux": "Linux",
}  # fmt: skip
HANDHELD = ("iPhone", "iPad", "Android")


def device(user_agent: str) -> str:
    """The browser and the system, as far as they tell."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


def is_handheld(user_agent: str) -> bool:
    return any(word in user_agent for word in HANDHELD)


def _first(words: dict[str, str], text: str) -> str:
    return next((name for mark, name in words.items() if mark in text), "")
