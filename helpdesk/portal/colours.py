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
    light, dark = min(lightness, 0.52), max(lightness, 0.74)
    strong, soft = min(chroma, 0.17), min(chroma, 0.12)

    def tone(lightness: float, chroma: float) -> str:
        return f"oklch({lightness:.3f} {chroma:.3f} {hue:.1f})"

    tokens = {
        "accent": (tone(light, strong), tone(dark, soft)),
        "accent-strong": (tone(light - 0.06, strong), tone(min(dark + 0.06, 0.92), soft)),
        "accent-ink": ("#fff", tone(0.18, min(chroma, 0.03))),
        "accent-wash": (tone(0.962, min(chroma, 0.022)), tone(0.27, min(chroma, 0.05))),
        "accent-line": (tone(0.88, min(chroma, 0.06)), tone(0.40, min(chroma, 0.08))),
    }
    lines = "".join(f"--{name}:light-dark({day},{night});" for name, (day, night) in tokens.items())
    return f"@layer tokens{{:root{{{lines}}}}}"


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
