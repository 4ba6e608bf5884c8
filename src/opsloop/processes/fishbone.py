"""The fishbone as a drawing: six bones from the loop's causes, for the page and for A4 landscape.

Plain coordinates; the template writes them as SVG, so text stays text and prints sharp.
"""

from dataclasses import dataclass
from typing import Final

from opsloop.processes.queries.improvement import Fish, Why

WIDTH: Final = 1120
_SPINE_LEFT: Final = 40
_HEAD: Final = 200
_ROW: Final = 50
_SHORTEST: Final = 190
_LEAN: Final = 90
_TWIG: Final = 252
_TEXT: Final = 18.5  # Chinese signs that fit on a line of a twig; a Latin one takes half the room
_LINES: Final = 2
_LINE: Final = 16


@dataclass(frozen=True)
class Twig:
    """A cause beside its bone; `depth` is its place in the why-chain."""

    x: float
    y: float
    end: float
    lines: tuple[tuple[float, str], ...]  # (y, words)
    full: str
    is_root: bool
    assumed: bool


@dataclass(frozen=True)
class Bone:
    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    label_y: float
    twigs: tuple[Twig, ...]


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    spine: float
    head: float
    head_top: float
    title: str
    bones: tuple[Bone, ...]


def draw(fish: Fish) -> Picture:
    """Three bones above the spine, three below; as tall as the fullest needs."""
    chains = [list(_chain(whys)) for _label, whys in fish.bones]
    tall = max(_SHORTEST, *(len(chain) * _ROW + 80 for chain in chains))
    spine = tall + 40
    width = (WIDTH - _HEAD - _SPINE_LEFT) / 3
    bones = []
    for number, ((label, _whys), chain) in enumerate(zip(fish.bones, chains, strict=True)):
        up = number < 3
        foot = _SPINE_LEFT + width * (number % 3 + 1) - 16
        top = spine - tall if up else spine + tall
        bones.append(_bone(label, chain, foot, spine, top))
    head = WIDTH - _HEAD
    return Picture(WIDTH, 2 * spine, spine, head, spine - 40, fish.deviation.title, tuple(bones))


def _chain(whys: tuple[Why, ...], depth: int = 0) -> list[tuple[int, Why]]:
    found: list[tuple[int, Why]] = []
    for why in whys:
        found += [(depth, why), *_chain(why.below, depth + 1)]
    return found


def _bone(label: str, chain: list[tuple[int, Why]], foot: float, spine: float, top: float) -> Bone:
    side = 1 if top > spine else -1
    head = foot - _LEAN
    twigs = []
    for row, (depth, why) in enumerate(chain):
        y = spine + side * (52 + row * _ROW)
        x = foot + (head - foot) * (y - spine) / (top - spine)
        words = _wrapped("· " * depth + why.cause.text)
        lines = tuple(
            (y - 5 - _LINE * (len(words) - 1 - place), text) for place, text in enumerate(words)
        )
        full, cause = why.cause.text, why.cause
        twigs.append(Twig(x - _TWIG, y, x, lines, full, bool(cause.is_root), why.assumed))
    return Bone(label, foot, spine, head, top, top + side * 22, tuple(twigs))


def _wrapped(text: str) -> list[str]:
    """The words on two lines at most; what does not fit ends in an ellipsis."""
    lines, room = [""], _TEXT
    for sign in text:
        need = 1.0 if ord(sign) > 0x2E7F else 0.55
        if need > room:
            if len(lines) == _LINES:
                return [*lines[:-1], lines[-1][:-1] + "…"]
            lines.append("")
            room = _TEXT
        lines[-1] += sign
        room -= need
    return lines
