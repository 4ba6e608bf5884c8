"""Every write of the cost room."""

from opsloop.costs.actions.collecting import assign_duty, end_duty, keep, report_nothing
from opsloop.costs.actions.commitments import (
    OverLimit,
    cancel_commitment,
    commit_amount,
    limit_commitments,
)
from opsloop.costs.actions.months import (
    MonthTaken,
    NothingNew,
    NothingPosted,
    OwnImport,
    WrongKind,
    WrongState,
    collect_again,
    compare_with,
    define_period,
    lock,
    restate,
    review,
    totals,
)
from opsloop.costs.actions.notes import write_note
from opsloop.costs.actions.plans import (
    BudgetTaken,
    NothingPlanned,
    Occupied,
    approve_budget,
    draft_budget,
    drop_line,
    plan_line,
)
from opsloop.costs.actions.rules import change_settings, share_cost
from opsloop.costs.actions.tree import (
    OwnAncestor,
    Unnamed,
    answer_for,
    category_templates,
    report_activity,
    report_driver,
    save_activity,
    save_category,
    save_item,
    seed_categories,
)

__all__ = [
    "BudgetTaken", "MonthTaken", "NothingNew", "NothingPlanned", "NothingPosted", "Occupied",
    "OverLimit", "OwnAncestor", "OwnImport", "Unnamed", "WrongKind", "WrongState", "answer_for",
    "approve_budget", "assign_duty", "cancel_commitment", "category_templates", "change_settings", "collect_again",
    "commit_amount", "compare_with", "define_period", "draft_budget", "drop_line", "end_duty", "keep", "limit_commitments", "lock",
    "plan_line", "report_activity", "report_driver", "report_nothing", "restate", "review",
    "save_activity", "save_category", "save_item", "seed_categories", "share_cost", "totals",
    "write_note",
]  # fmt: skip
