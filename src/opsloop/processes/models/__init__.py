"""Tables of the process room."""

from opsloop.processes.models.acceptance import AcceptedDeparture
from opsloop.processes.models.evidence import (
    DocumentResult,
    Opinion,
    OpinionSource,
    Pain,
    SampledDocument,
    SamplingPlan,
    VoiceLink,
)
from opsloop.processes.models.improvement import (
    DeletionOverride,
    EcrsProposal,
    Letter,
    Moment,
    Pilot,
    PilotProblem,
    ProblemKind,
    QuarterlyReview,
    ReviewState,
    SatisfactionReading,
)
from opsloop.processes.models.process import (
    CELLS,
    EDITABLE,
    HoursBasis,
    Process,
    ProcessVersion,
    Source,
    Step,
    VersionKind,
    VersionState,
)
from opsloop.processes.models.rates import HourlyRate

__all__ = [
    "CELLS",
    "EDITABLE",
    "AcceptedDeparture",
    "DeletionOverride",
    "DocumentResult",
    "EcrsProposal",
    "HourlyRate",
    "HoursBasis",
    "Letter",
    "Moment",
    "Opinion",
    "OpinionSource",
    "Pain",
    "Pilot",
    "PilotProblem",
    "ProblemKind",
    "Process",
    "ProcessVersion",
    "QuarterlyReview",
    "ReviewState",
    "SampledDocument",
    "SamplingPlan",
    "SatisfactionReading",
    "Source",
    "Step",
    "VersionKind",
    "VersionState",
    "VoiceLink",
]  # fmt: skip
