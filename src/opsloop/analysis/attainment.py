"""How far a target is attained, in the direction that is good, and the light it shows."""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

Value = Fraction | Decimal | int
Formula = Literal["linear", "inverse"]


class Direction(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    BAND = "band"


class Light(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"
    BLUE = "blue"


class NoBand(ValueError):
    """A band needs two ends, the lower one first."""


def attainment(
    actual: Value,
    target: Value,
    direction: Direction,
    *,
    target_high: Value | None = None,
    formula: Formula = "linear",
) -> Fraction | None:
    """Attainment as a rate (1 = exactly on target), unbounded; None where only pass or fail exists.

    Higher is better: A/T; for a planned loss 1 + (A−T)/|T|. Lower is better: 2 − A/T, or T/A with
    `formula` “inverse”. Band: 1 inside [target, target_high], less its distance in band widths
    outside, at least 0. A target of 0 has none. Raises NoBand.
    """
    value, goal = Fraction(actual), Fraction(target)
    if direction is Direction.BAND:
        if target_high is None or Fraction(target_high) <= goal:
            raise NoBand("a band needs two ends, the lower one first")
        high = Fraction(target_high)
        distance = max(goal - value, value - high, Fraction(0))
        return max(1 - distance / (high - goal), Fraction(0))
    if goal == 0 or (formula == "inverse" and direction is Direction.LOWER and value == 0):
        return None
    if direction is Direction.LOWER and formula == "inverse":
        return goal / value
    gain = (value - goal) / abs(goal)
    return 1 + gain if direction is Direction.HIGHER else 1 - gain


def is_met(
    actual: Value, target: Value, direction: Direction, *, target_high: Value | None = None
) -> bool:
    """On target counts as met."""
    if direction is Direction.LOWER:
        return actual <= target
    return actual >= target and (
        direction is Direction.HIGHER or target_high is None or actual <= target_high
    )


def light(
    actual: Value | None,
    target: Value,
    warning: Value | None,
    direction: Direction,
    *,
    target_high: Value | None = None,
    warning_high: Value | None = None,
) -> Light:
    """Green on target, yellow short of it down to the warning value itself, red beyond; grey without data.

    “低于预警值” excludes the value itself. Without a warning value a miss is red.
    """
    if actual is None:
        return Light.GREY
    if is_met(actual, target, direction, target_high=target_high):
        return Light.GREEN
    if warning is None:
        return Light.RED
    held = is_met(actual, warning, direction, target_high=warning_high)
    return Light.YELLOW if held else Light.RED


def warning_in_order(
    target: Value,
    warning: Value,
    direction: Direction,
    *,
    target_high: Value | None = None,
    warning_high: Value | None = None,
) -> bool:
    """Whether the warning value stands on the bad side of the target.

    Higher is better: below it; lower is better: above it; the target band inside the warning band.
    """
    if direction is Direction.HIGHER:
        return warning < target
    if direction is Direction.LOWER:
        return warning > target
    inside = target_high is None or warning_high is None or target_high < warning_high
    return warning < target and inside
