"""The page for teachers says what the chapters say."""

import ast
import re
import shutil

import pytest

from scripts.chapters import ROOT, list_chapters, read_chapter
from teaching import guide
from teaching.exercises import find_exercises


def said_of(chapter):
    """What the guide must say as the chapter says it: a line, the goals, and how each exercise's row
    begins."""
    opening = read_chapter(chapter).cells[0].source
    needs = re.search(r"\*\*You need\*\* (.+?)\s+·", opening, re.DOTALL)[1]
    needs = re.sub(r"\]\((.+?\.ipynb)", r"](chapters/\1", " ".join(needs.split()))
    goals = re.search(r"\*\*After this chapter you can\*\*\n\n(.+?)\n\n", opening, re.DOTALL)[1]
    minutes = sum(exercise.minutes for exercise in find_exercises(read_chapter(chapter)))
    reading = re.search(r"reading (\d+) minutes", opening)[1]
    rows = [
        f"| {e.number} · {e.title} ({e.difficulty}, {e.points} points) |"
        for e in find_exercises(read_chapter(chapter))
    ]
    line = f"**Needs** {needs} · **Minutes** {reading} to read, about {minutes} for the exercises"
    return line, goals, rows


def section_of(chapter):
    link = f"[the chapter](chapters/{chapter}.ipynb)"
    return next(part for part in re.split(r"\n##+ ", (ROOT / "teaching.md").read_text()) if link in part)


@pytest.mark.parametrize("chapter", list_chapters())
def test_the_guide_says_of_a_chapter_what_the_chapter_says(chapter):
    line, goals, rows = said_of(chapter)
    section = section_of(chapter)
    assert line in section
    assert goals in section
    found = [row for row in section.splitlines() if re.match(r"\| \d", row)]
    assert [row[: len(wanted)] for row, wanted in zip(found, rows, strict=True)] == rows


@pytest.mark.parametrize("chapter", list_chapters())
def test_what_the_guide_quotes_is_what_the_checks_answer(chapter):
    source = (ROOT / "lenet_utils" / "checks" / f"{chapter.replace('-', '_')}.py").read_text()
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    quoted = re.findall("“(.+?)”", section_of(chapter))
    assert quoted
    assert [quote for quote in quoted if not any(quote in str(text) for text in texts)] == []


def minutes_of(row):
    """What a row of a syllabus says, and what the chapters that it names say: minutes to read, and of the
    exercises."""
    named = re.findall(r"\(chapters/(.+?)\.ipynb\)", row)
    to_read = [
        int(re.search(r"reading (\d+) minutes", read_chapter(chapter).cells[0].source)[1])
        for chapter in named
    ]
    minutes = {exercise.number: exercise.minutes for exercise in find_exercises(read_chapter(named[0]))}
    said = [int(found) for found in re.findall(r"(\d+) min to read \|", row)]
    asked = re.findall(r"\| (\d[\d, ]*) \((\d+) min\)", row)
    by_exercises = [sum(minutes[int(number)] for number in numbers.split(", ")) for numbers, _ in asked]
    return said + [int(sum_) for _, sum_ in asked], [sum(to_read), *by_exercises]


def test_the_syllabi_say_how_long_it_takes():
    syllabi = (ROOT / "teaching.md").read_text().partition("### One week")[2].partition("## Marking")[0]
    rows = [row for row in syllabi.splitlines() if re.match(r"\| \d \|", row)]
    assert rows
    for row in rows:
        said, wanted = minutes_of(row)
        assert said == wanted, row


def test_the_guide_has_a_rubric_for_every_exercise_marked_by_hand():
    rubrics = (ROOT / "teaching.md").read_text().partition("## Marking by hand")[2].partition("\n## ")[0]
    by_hand = [
        e.title for chapter in list_chapters() for e in find_exercises(read_chapter(chapter)) if not e.check
    ]
    assert [title for title in by_hand if f"*{title}*" not in rubrics] == []


def test_the_guide_is_made_anew_from_the_chapters_and_keeps_what_was_written_by_hand(tmp_path):
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    text = (ROOT / "teaching.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| 2 · how many places?"))
    stale = text.replace("35 min to read |", "99 min to read |").replace("whole (260 min)", "whole (1 min)")
    stale = re.sub(
        r"\| 4, 6 \(\d+ min\) \|", "| 4, 6 (1 min) |", stale.replace("how many places?", "how many?")
    )
    stale = stale.replace("| 1 · a kernel for lower edges", "| 99 · an exercise that is gone")
    (tmp_path / "teaching.md").write_text(stale, encoding="utf-8")
    assert row in guide.render_chapters(tmp_path)
    assert "| 1 · a kernel for lower edges (warm-up, 2 points) | — |" in guide.render_chapters(tmp_path)
    assert "an exercise that is gone" not in guide.render_chapters(tmp_path)
    assert guide.render_syllabi(tmp_path) == guide.render_syllabi(ROOT)
