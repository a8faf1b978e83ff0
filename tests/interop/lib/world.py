"""What every scenario has at hand, and how it runs a third party."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from lib.checks import Check, Recorder, read_line
from lib.server import Party, Platform, Server, Tools

HERE = Path(__file__).resolve().parent.parent

# Whom we host where a third party does not ask for another one.
OURS = Party("CH", "ABC", ["CPO", "EMSP"])


@dataclass
class Section:
    """What the run found with one third party."""

    title: str
    intro: str
    recorder: Recorder = field(default_factory=Recorder)
    output: list[tuple[str, str]] = field(default_factory=list)

    @property
    def checks(self) -> list[Check]:
        """Its checks."""
        return self.recorder.checks


@dataclass
class World:
    """The tools, and where the third parties were installed."""

    tools: Tools
    cache: Path
    ocpi: Path
    kit: Path
    caller: Path
    sections: list[Section] = field(default_factory=list)

    def section(self, title: str, intro: str) -> Section:
        """A new section of the report."""
        print(f"\n== {title}", flush=True)
        section = Section(title, " ".join(intro.split()))
        self.sections.append(section)
        return section

    def server(self, name: str, hosted: list[Party], platforms: list[Platform] = ()) -> Server:
        """A server of ours, not started yet."""
        return Server(self.tools, name, hosted, list(platforms))

    def environment(self) -> dict:
        """For third parties: they trust the authority of this run, and nothing leads elsewhere."""
        return {
            **os.environ,
            "SSL_CERT_FILE": str(self.tools.authority),
            "PYTHONPATH": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def python(self, name: str) -> Path:
        """The interpreter of a third party's environment."""
        return self.cache / "venv" / name / "bin" / "python"

    def run(self, command: list, seconds: int = 120) -> subprocess.CompletedProcess:
        """Runs a command of a third party to its end."""
        return subprocess.run(
            [str(part) for part in command],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def run_checks(self, section: Section, command: list, given: dict, about: str = "") -> None:
        """Runs a program that prints checks, and keeps them with `about` before each."""
        done = self.run([*command, json.dumps(given)])
        checks = [check for line in done.stdout.splitlines() if (check := read_line(line))]
        for check in checks:
            check.what = about + check.what
        section.recorder.checks += checks
        if done.returncode != 0 or not checks:
            problem = done.stderr.strip().splitlines()[-12:] or ["it found nothing"]
            what = f"{about}{Path(command[-1]).name} comes to its end"
            section.recorder.check(what, False, answered=" / ".join(problem))
        for check in checks:
            print(("ok      " if check.passed else "FAILED  ") + check.what, flush=True)

    def version_of(self, environment: str, package: str) -> str:
        """The version of a package that was installed."""
        listed = self.run([self.python(environment), "-m", "pip", "show", package])
        found = re.search(r"^Version: (.+)$", listed.stdout, re.MULTILINE)
        return found.group(1) if found else "?"
