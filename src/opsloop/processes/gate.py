"""The deletion gate (P-N7): a step goes by evidence, or by the owner's signature; never by feeling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opsloop.processes import figures
from opsloop.processes.differences import differences
from opsloop.processes.models import DeletionOverride, EcrsProposal, Letter, ProcessVersion

EVIDENCE_N: Final = 30  # observations a finding needs to carry a deletion


@dataclass(frozen=True)
class GateLine:
    """A step the to-be table leaves out, with what carries that: one of the three, or nothing."""

    step: str
    proposal: EcrsProposal | None = None
    bottleneck_n: int | None = None
    override: DeletionOverride | None = None

    @property
    def is_open(self) -> bool:
        """Open: the step may go."""
        return bool(self.proposal or self.bottleneck_n or self.override)


def gate(version: ProcessVersion) -> tuple[GateLine, ...]:
    """One line per deleted step."""
    before = list(version.process.as_is.steps.all())
    rows = differences(before, list(version.steps.all()))
    gone = [row.before for row in rows if row.kind == "deleted" and row.before is not None]
    if not gone:
        return ()
    proposals = _carrying(version)
    overrides = {one.step: one for one in version.overrides.select_related("signed_by")}
    bottlenecks = _bottlenecks(version)
    return tuple(
        GateLine(
            step.name, proposals.get(step.log_name) or proposals.get(step.name),
            bottlenecks.get(step.log_name), overrides.get(step.name),
        )
        for step in gone
    )  # fmt: skip


def _carrying(version: ProcessVersion) -> dict[str, EcrsProposal]:
    """Step → an accepted proposal to cancel or combine it, with enough observations."""
    found: dict[str, EcrsProposal] = {}
    letters = (Letter.ELIMINATE, Letter.COMBINE)
    accepted = version.process.proposals.filter(
        accepted=True, letter__in=letters, n__gte=EVIDENCE_N
    )
    for one in accepted:
        for step in one.steps:
            found.setdefault(step, one)
    return found


def _bottlenecks(version: ProcessVersion) -> Mapping[str, int]:
    """Proven bottlenecks with the cases behind them."""
    found = figures.findings(version.process)
    if found is None:
        return {}
    return {found.name(one.activity_no): one.cases for one in found.bottleneck.steps if one.proven}
