"""What is known of a notebook while it is graded: verdicts, errors, and what ended its process."""

import signal
import time
from dataclasses import dataclass, field

from teaching.grading.jobs import Job
from teaching.grading.running import describe_statement

SETUP = 600.0
"""Seconds that the chapter's own cells may take: some train a network."""

PARTS = ("check", "hidden")


@dataclass
class Grading:
    """One notebook on its way to its marks.

    Attributes:
        request: what `start_grading` asks for.
        job: what of the notebook is run.
        started: when the chapter's own cells had run for the first time; from then on the time counts.
        verdicts: by exercise and part: whether the answer is right (None: not attempted), and what was said.
        errors: by statement, what went wrong.
        done: statements that came to their end.
        banned: statements that are not run again, because they did not end, or ended the process.
        killed: steps during which somebody else ended the process, such as a machine short of memory.
    """

    request: dict
    job: Job
    started: float | None = None
    verdicts: dict[tuple[str, str], tuple[bool | None, str]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    banned: set[int] = field(default_factory=set)
    killed: list[tuple] = field(default_factory=list)

    def time_until(self, share: float) -> float:
        """Seconds until this share of the notebook's time is gone."""
        if self.started is None:
            return SETUP
        return self.started + share * self.request["limit"] - time.monotonic()

    def undecided(self) -> list[dict]:
        """The exercises that have no verdict yet."""
        exercises = self.request["settings"]["exercises"]
        return [
            each for each in exercises if any((each["name"], part) not in self.verdicts for part in PARTS)
        ]


@dataclass
class End:
    """How a run ended.

    Attributes:
        step: what it was about then: ("setup",), ("statement", number), ("exercise", name, part) or
            ("done",).
        reason: why it was ended, in words; empty where it ended itself.
        fault: what the run itself said of a failure of the chapter's own cells.
    """

    step: tuple = ("setup",)
    reason: str = ""
    fault: str = ""


def take_note(grading: Grading, end: End, note: dict) -> None:
    """Put down what the process has found out, or is about."""
    match note:
        case {"step": step}:
            end.step = tuple(step)
        case {"fault": text}:
            end.fault = text
        case {"statement": number, "error": None}:
            grading.errors.pop(number, None)
            grading.done.add(number)
        case {"statement": number, "error": text, "cut": cut}:
            grading.errors[number] = text
            if not cut:
                grading.done.add(number)
        case {"exercise": name, "part": part, "right": right, "text": text}:
            grading.verdicts[name, part] = right, text


def blame(grading: Grading, end: End, code: int | None) -> None:
    """Put down what ended a run to the statement, or the exercise, that it was about."""
    if end.step == ("done",) or end.reason == "time":
        return
    if not end.reason and code == -signal.SIGKILL and end.step not in grading.killed:
        grading.killed.append(
            end.step
        )  # not by us: a machine short of memory, perhaps. Once, it is tried again.
        return
    crash = f"it crashed Python ({signal.Signals(-code).name})" if code and code < 0 else "it ended Python"
    text = end.reason or crash
    match end.step:
        case ("statement", number):
            grading.banned.add(number)
            grading.errors[number] = f"{text}, in {describe_statement(grading.job.statements[number])}"
        case ("exercise", name, part):
            for each in PARTS[PARTS.index(part) :]:
                grading.verdicts[name, each] = False, f"✗ {text}"


def explain(grading: Grading, name: str, right: bool | None) -> str:
    """What a student should know besides the verdict: errors on the way, and code in a text cell."""
    if right:
        return ""
    errors = [
        grading.errors[number] for number in sorted(grading.job.blamed[name]) if number in grading.errors
    ]
    text = f" (errors in the notebook: {'; '.join(list(dict.fromkeys(errors))[:3])})" if errors else ""
    if right is None and name in grading.job.in_text:
        text += " (there is code for it in a text cell, where nothing is run: make it a code cell)"
    return text
