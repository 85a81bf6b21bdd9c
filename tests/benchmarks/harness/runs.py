"""One run: a fresh process on a fresh copy of a store, timed from outside, its result checked."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


class PeerError(RuntimeError):
    """A peer failed, or left other documents than it should have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Something that is timed."""

    name: str
    command: Callable
    """From a Database to the words of a command line."""
    template: str = "loaded"
    share: float = 1.0
    """Slow runners get this share of the documents; their time is scaled up from it, less the fixed cost."""
    expects: str = "upgraded"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One timed run."""

    seconds: float
    cpu_seconds: float


def with_byte_code():
    """Return the environment of a usual machine: Python keeps the byte code of what it imports."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def execute(runner, database, folder):
    """Run the command to its end; raises PeerError with what it said if it fails."""
    environment = {**with_byte_code(), **runner.environment, "BENCHMARK_DATABASE": database.url}
    log = folder / f"{runner.name}.log"
    with log.open("wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            runner.command(database), stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment, cwd=folder
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        message = f"{runner.name}: exit {process.returncode}\n{said}"
        raise PeerError(message)
    return Result(seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Runners, run round by round in a shuffled order."""

    stores: object
    folder: Path
    digests: Mapping[tuple[str, int], str]
    """What a result must be, by what the runner expects and how many documents it was given."""
    documents: int

    def count(self, runner):
        return max(1, round(self.documents * runner.share))

    def template(self, runner, count):
        return f"{runner.template}_{count}"

    def once(self, runner, count):
        with self.stores.fresh(self.template(runner, count)) as database:
            result = execute(runner, database, self.folder)
            found = self.stores.digest(database)
        wanted = self.digests[runner.expects, count]
        if found != wanted:
            message = f"{runner.name}: the documents differ from the other peers' (got {found}, expected {wanted})"
            raise PeerError(message)
        return result

    def seconds(self, runner):
        """Return the time for all documents: measured, or scaled from a share of them."""
        measured = self.once(runner, self.count(runner)).seconds
        if runner.share == 1.0:
            return measured
        fixed = min(measured, self.once(runner, 0).seconds)
        return fixed + (measured - fixed) * self.documents / self.count(runner)

    def rounds(self, runners, count, say):
        """Return every runner's times, one a round."""
        times = {runner.name: [] for runner in runners}
        shuffle = random.Random(count)
        for number in range(1, count + 1):
            order = list(runners)
            shuffle.shuffle(order)
            for runner in order:
                times[runner.name].append(self.seconds(runner))
                say(f"round {number} of {count}: {runner.name} {times[runner.name][-1]:.2f} s")
        return times


def ratios(times, numerator, denominator):
    """Return median, lowest and highest of the per-round ratios of two runners' times."""
    pairs = zip(times[numerator], times[denominator], strict=True)
    values = [above / below for above, below in pairs]
    return median(values), min(values), max(values)
