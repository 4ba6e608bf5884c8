"""Tables of the process room."""

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
    Pilot,
    PilotProblem,
    ProblemKind,
    QuarterlyReview,
    ReviewState,
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

__all__ = [
    "CELLS",
    "EDITABLE",
    "DeletionOverride",
    "DocumentResult",
    "EcrsProposal",
    "HoursBasis",
    "Letter",
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
    "Source",
    "Step",
    "VersionKind",
    "VersionState",
    "VoiceLink",
]  # fmt: skip
