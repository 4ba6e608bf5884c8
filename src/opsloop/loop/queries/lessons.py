"""What earlier deviations taught: searched, and suggested where a similar one is analysed."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from opsloop.loop.models import Cause, Deviation, Lesson
from opsloop.loop.states import State
from opsloop.org.models import Person

NEAREST = 3
# What a suggestion is found by and shows.
COMPARED = ("title", "symptom", "cause", "countermeasure", "metric_id", "verification__outcome")


def lessons_visible_to(person: Person) -> QuerySet[Lesson]:
    """Lessons of the departments the person reaches, or of their own deviations."""
    return Lesson.objects.visible_to(person).select_related(
        "department", "verification", "deviation__metric_version__metric"
    )


def lessons_matching(rows: QuerySet[Lesson], text: str) -> QuerySet[Lesson]:
    """Lessons that mention every word of the text somewhere."""
    for word in text.split():
        rows = rows.filter(
            Q(title__icontains=word) | Q(symptom__icontains=word) | Q(cause__icontains=word)
            | Q(countermeasure__icontains=word)
        )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Suggestion:
    """A lesson and how near it is: 0 (nothing in common) to 1."""

    lesson: Lesson
    likeness: float


def _pairs(text: str) -> set[str]:
    """Neighbouring characters: the unit of likeness that works for Chinese without a word list."""
    kept = "".join(letter for letter in text.casefold() if letter.isalnum())
    return {kept[place : place + 2] for place in range(len(kept) - 1)}


def likeness(one: str, other: str) -> float:
    """Dice's coefficient over character pairs, 0–1 (Dice 1945)."""
    a, b = _pairs(one), _pairs(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def similar(person: Person, deviation: Deviation, text: str = "") -> list[Suggestion]:
    """Lessons worth reading now: the same number first, then the likeliest wording."""
    wanted = " ".join([text, deviation.dimension_label, *_texts(deviation)])
    rows = Lesson.objects.visible_to(person).exclude(deviation=deviation)
    rows = rows.filter(tool=deviation.tool).select_related("verification").only(*COMPARED)
    found = []
    for lesson in rows.order_by("-learned_at")[:500]:
        near = likeness(wanted, f"{lesson.title} {lesson.symptom} {lesson.cause}")
        if lesson.metric_id == deviation.metric_id:
            near = (near + 1) / 2
        if near > 0.15:
            found.append(Suggestion(lesson, near))
    found.sort(key=lambda suggestion: -suggestion.likeness)
    return found[:NEAREST]


def _texts(deviation: Deviation) -> list[str]:
    return [cause.text for cause in deviation.causes.all()]


def same_cause_elsewhere(person: Person, deviation: Deviation) -> list[Cause]:
    """Root causes of other deviations that share a root here, by words and category (L-09)."""
    roots = [cause for cause in deviation.causes.all() if cause.is_root]
    if not roots:
        return []
    seen = Deviation.objects.visible_to(person).exclude(pk=deviation.pk)
    seen = seen.exclude(state__in=(State.DISMISSED, State.MERGED))
    others = (
        Cause.objects.filter(
            is_root=True, deviation__in=seen.values("pk"),
            category__in={root.category for root in roots},
        )
        .select_related("deviation__metric", "deviation__department")
        .order_by("-id")[:500]
    )  # fmt: skip
    return [
        other
        for other in others
        if any(
            root.category == other.category and likeness(root.text, other.text) >= 0.5
            for root in roots
        )
    ][:10]
