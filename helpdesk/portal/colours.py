"""A brand's colour as the accent of a page: its hue, in lightnesses that can be read on either ground.

The page's policy allows no inline style, so the colour comes as a style sheet of its own.
"""

import math
import re

_COLOUR = re.compile(r"[0-9a-f]{6}")


def accent_css(colour: str) -> str | None:
    """The tokens that hang on the accent, for `rrggbb`; None when it is no colour."""
    if not _COLOUR.fullmatch(colour):
        return None
    lightness, chroma, hue = _oklch(colour)
    strong, soft = min(chroma, 0.17), min(chroma, 0.12)
    wash_light, wash_dark = (0.962, min(chroma, 0.022), hue), (0.27, min(chroma, 0.05), hue)
    ink_dark = (0.18, min(chroma, 0.03), hue)
    light = _readable(min(lightness, 0.52), strong, hue, on=[wash_light], step=-0.01)
    dark = _readable(max(lightness, 0.74), soft, hue, on=[wash_dark, ink_dark], step=0.01)
    tokens = {
        "accent": (_tone(light, strong, hue), _tone(dark, soft, hue)),
        "accent-strong": (_tone(light - 0.06, strong, hue), _tone(min(dark + 0.06, 0.95), soft, hue)),
        "accent-ink": ("#fff", _tone(*ink_dark)),
        "accent-wash": (_tone(*wash_light), _tone(*wash_dark)),
        "accent-line": (_tone(0.88, min(chroma, 0.06), hue), _tone(0.40, min(chroma, 0.08), hue)),
    }
    lines = "".join(f"--{name}:light-dark({day},{night});" for name, (day, night) in tokens.items())
    return f"@layer tokens{{:root{{{lines}}}}}"


Lch = tuple[float, float, float]


def _tone(lightness: float, chroma: float, hue: float) -> str:
    return f"oklch({lightness:.3f} {chroma:.3f} {hue:.1f})"


def _readable(lightness: float, chroma: float, hue: float, *, on: list[Lch], step: float) -> float:
    """The lightness, moved by steps until the tone can be read on all of these (WCAG 2.2: 4.5, and a little to spare).

    White is the lightest ground by day, so what can be read on a wash is readable with white on it, too.
    """
    while 0.2 < lightness < 0.95 and any(_contrast((lightness, chroma, hue), ground) < 4.7 for ground in on):
        lightness += step
    return lightness


def _contrast(one: Lch, other: Lch) -> float:
    darker, lighter = sorted((_luminance(*one), _luminance(*other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(lightness: float, chroma: float, hue: float) -> float:
    """Relative luminance of a tone, cut to what a screen shows."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(weight * min(1.0, max(0.0, light)) for weight, light in ((0.2126, red), (0.7152, green), (0.0722, blue)))


def _oklch(colour: str) -> tuple[float, float, float]:
    """Lightness 0–1, chroma and hue in degrees of an sRGB colour (B. Ottosson, "A perceptual color space", 2020)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (0, 2, 4))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
