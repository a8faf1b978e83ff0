"""Processes that run beside the test: started, waited for, and always ended."""

import socket
import subprocess
import time
from pathlib import Path


class Failed(Exception):
    """Something without which the run cannot go on."""


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


class Process:
    """A server that was started. Its output goes to a file."""

    def __init__(self, name: str, command: list, log: Path, env: dict | None = None) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
            )

    def wait_until(self, is_ready, seconds: float = 30) -> None:
        """Waits until `is_ready()` is true."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self._process.poll() is not None:
                raise Failed(f"{self.name} ended: {tail(self.log)}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} is not ready after {seconds} s: {tail(self.log)}")
            time.sleep(0.05)

    def wait_for_port(self, port: int) -> None:
        """Waits until somebody listens at `port` of 127.0.0.1."""
        self.wait_until(lambda: is_listening(port))

    def stop(self) -> None:
        """Ends it, by force after ten seconds."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def is_listening(port: int) -> bool:
    """Whether a connection to `port` of 127.0.0.1 is taken."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
