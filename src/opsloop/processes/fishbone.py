"""The fishbone as a drawing: six bones from the loop's causes, for the page and for A4 landscape.

Plain coordinates; the template writes them as SVG, so text stays text and prints sharp.
"""

from dataclasses import dataclass
from typing import Final

from opsloop.processes.queries.improvement import Fish, Why

WIDTH: Final = 1120
_SPINE_LEFT: Final = 40
_HEAD: Final = 200
_ROW: Final = 34
_SHORTEST: Final = 190
_LEAN: Final = 90
_TEXT: Final = 15  # signs of a cause that fit on its twig


@dataclass(frozen=True)
class Twig:
    """A cause beside its bone; `depth` is its place in the why-chain."""

    x: float
    y: float
    end: float
    text_y: float
    text: str
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
    tall = max(_SHORTEST, *(len(chain) * _ROW + 70 for chain in chains))
    spine = tall + 40
    width = (WIDTH - _HEAD - _SPINE_LEFT) / 3
    bones = []
    for number, ((label, _whys), chain) in enumerate(zip(fish.bones, chains, strict=True)):
        up = number < 3
        foot = _SPINE_LEFT + width * (number % 3 + 1) - 16
        top = spine - tall if up else spine + tall
        bones.append(_bone(label, chain, foot, spine, top))
    head = WIDTH - _HEAD
    return Picture(
        WIDTH, 2 * spine, spine, head, spine - 40, fish.deviation.dimension_label, tuple(bones)
    )


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
        y = spine + side * (44 + row * _ROW)
        x = foot + (head - foot) * (y - spine) / (top - spine)
        text = "· " * depth + why.cause.text
        shown = text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
        twigs.append(
            Twig(x - 206, y, x, y - 4, shown, why.cause.text, why.cause.is_root, why.assumed)
        )
    return Bone(label, foot, spine, head, top, top + side * 22, tuple(twigs))
