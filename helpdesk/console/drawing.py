"""Lines and bars of reports as numbers for SVG; pure. What has no value leaves a gap."""

from collections.abc import Sequence

import msgspec

WIDTH, HEIGHT = 660, 190
SPARK_WIDTH, SPARK_HEIGHT = 120, 24
_LENGTHS = [60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, 43_200, 57_600, 86_400, 2 * 86_400, 4 * 86_400, 7 * 86_400]  # fmt: skip
TICKS = 5

Values = Sequence[float | None]


class Line(msgspec.Struct, frozen=True):
    """A class for its looks, what it shows, its values, and its pieces as `points` of polylines."""

    kind: str
    words: str
    values: Values
    pieces: list[str]


def top(values: Values, unit: str) -> float:
    """A round number that is not below any of them: the upper end of the scale."""
    most = max((value for value in values if value is not None), default=0)
    if unit == "share":
        return 1
    if unit == "seconds":
        return next((length for length in _LENGTHS if length >= most), -(-most // (7 * 86_400)) * 7 * 86_400)
    scale = 10 ** max(0, len(str(int(most))) - 1)
    return next(factor * scale for factor in (2, 4, 6, 8, 10, 20) if factor * scale >= most)


def line(kind: str, words: str, values: Values, most: float) -> Line:
    return Line(kind, words, values, pieces(values, most, WIDTH, HEIGHT))


def spark(values: Values) -> list[str]:
    """A small line without a scale, from the least to the most, drawn on over what has no value."""
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return []
    least, most = min(there), max(there)
    raised = [None if value is None else value - least for value in values]
    return [" ".join(pieces(raised, most - least, SPARK_WIDTH, SPARK_HEIGHT))]


def pieces(values: Values, most: float, width: int, height: int) -> list[str]:
    """The points of each stretch that has values; a lone one is a line of no length, which its round ends make a dot."""
    found: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            found.append([])
            continue
        x = place / (len(values) - 1) * width if len(values) > 1 else width / 2
        y = height - 2 - (value / most if most else 0) * (height - 4)
        found[-1].append(f"{x:.1f},{y:.1f}")
    return [" ".join(points * 2 if len(points) == 1 else points) for points in found if points]


def ticks(count: int) -> list[int]:
    """Which places of so many are named below, the first and the last among them."""
    if count <= TICKS:
        return list(range(count))
    return [round(place * (count - 1) / (TICKS - 1)) for place in range(TICKS)]
