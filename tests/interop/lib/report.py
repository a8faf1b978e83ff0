"""The report: what was called, what came back, and how it is judged."""

import datetime
import re
from pathlib import Path

from lib.checks import Check
from lib.world import Section

INTRO = """\
# Interoperation with third parties

Software that we did not write, from the package registries, as it is published there, against one
of our servers or on the other side of our client. `tests/interop/run.sh` runs all of it and
writes this page.

Every call that comes to us comes over https, with a certificate of an authority made for the run.
In the tables, *called* is what the third party sent, with its body, or what the operator did;
*answered* is what came back. Where a note stands, the third party departs from the specification,
and the note says how the call is judged then; what is judged is always what stands on the wire.
Ids such as T-04 are those of [protocol.md](../protocol.md).
"""

# What is another one in every run, and what it is shown as.
CHANGING = [
    (re.compile(r"(https?://(?:localhost|127\.0\.0\.1)):\d+"), r"\1"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r'("token":")[^"]{20,}(")'), r"\1…\2"),
    (re.compile(r'("timestamp":")[^"]+(")'), r"\1…\2"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z(?=[, ]|$)"), "TIME"),
    (re.compile(r"\b\d+s apart"), "0s apart"),
]
SHOWN_MAX = 400


def steady(text: str) -> str:
    """The text without what is another in every run."""
    for pattern, shown in CHANGING:
        text = pattern.sub(shown, text)
    return text


def cell(text: str, is_code: bool) -> str:
    """A text in a cell of a table."""
    text = steady(" ".join(text.split())).replace("|", "\\|")
    if len(text) > SHOWN_MAX:
        text = text[:SHOWN_MAX] + " …"
    if not text or not is_code:
        return text
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def row(number: int, check: Check) -> str:
    """A check as a row, with its note under it."""
    what = cell(check.what, False) + (f"<br>*{cell(check.note, False)}*" if check.note else "")
    mark = "passed" if check.passed else "**FAILED**"
    cells = [str(number), what, cell(check.called, True), cell(check.answered, True), mark]
    return f"| {' | '.join(cells)} |"


def counted(sections: list[Section]) -> tuple[int, int]:
    """How many checks passed, and how many failed."""
    checks = [check for section in sections for check in section.checks]
    passed = sum(check.passed for check in checks)
    return passed, len(checks) - passed


def write(path: Path, sections: list[Section]) -> None:
    """Writes the page."""
    passed, failed = counted(sections)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    parts = [
        INTRO,
        f"Run on {today}: **{passed} passed, {failed} failed**.\n",
        "| with | passed | failed |\n|---|---|---|",
    ]
    for section in sections:
        ok, not_ok = counted([section])
        parts.append(f"| {section.title} | {ok} | {not_ok} |")
    parts.append("")
    for section in sections:
        parts += [f"## {section.title}\n", section.intro + "\n"]
        parts.append("| # | what | called | answered | |\n|---|---|---|---|---|")
        parts += [row(number, check) for number, check in enumerate(section.checks, 1)]
        parts.append("")
        for title, output in section.output:
            parts += [f"### {title}\n", "```", steady(output).strip(), "```\n"]
    path.write_text("\n".join(parts))
