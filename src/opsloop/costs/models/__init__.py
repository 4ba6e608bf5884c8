"""The tables of the cost room."""

from opsloop.costs.models.collection import CollectionDuty, CollectionTask, TaskState
from opsloop.costs.models.commitment import Commitment, CommitmentLimit, LimitAction
from opsloop.costs.models.month import (
    CLOSINGS,
    CostPeriod,
    Lasting,
    LineBase,
    LineNote,
    PeriodState,
    Restatement,
)
from opsloop.costs.models.plan import (
    AnnualBudget,
    AnnualLine,
    BudgetState,
    CostShare,
    Distribution,
)
from opsloop.costs.models.rules import CostSettings
from opsloop.costs.models.tree import (
    ACCUMULATIONS,
    LABOUR,
    MATERIAL,
    PERCENT,
    Activity,
    ActivityValue,
    BaseKind,
    Behaviour,
    CategoryLink,
    Controllable,
    CostCategory,
    CostItem,
    Directness,
    Driver,
    DriverValue,
    ItemDriver,
)

__all__ = [
    "ACCUMULATIONS", "CLOSINGS", "LABOUR", "MATERIAL", "PERCENT", "Activity", "ActivityValue", "AnnualBudget", "AnnualLine",
    "BaseKind", "Behaviour", "BudgetState", "CategoryLink", "CollectionDuty", "CollectionTask", "Commitment", "CommitmentLimit",
    "Controllable", "CostCategory", "CostItem", "CostPeriod", "CostSettings", "CostShare",
    "Directness", "Distribution", "Driver", "DriverValue", "ItemDriver", "Lasting", "LimitAction", "LineBase",
    "LineNote", "PeriodState", "Restatement", "TaskState",
]  # fmt: skip
