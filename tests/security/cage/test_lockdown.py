"""Rows L15 to L21: the lock-down as the host sees it, each of its steps failing, missing or left out."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import sealift
from cage_kit import QUICK, outcome, plain_cage, plain_launch, probe_unit
from sealift.errors.run import IsolationTooWeakError, WorkerStartError
from sealift.model.isolation import IsolationLevel
from sealift.sandbox import measure_isolation, open_cage
from sealift.sandbox.forkserver import default_launch, environment, pins
from sealift.sandbox.outside import STEPS

SUPPORT = Path(__file__).parents[2] / "support"
SOURCE = str(Path(sealift.__path__[0]).parent)
IS_ROOT = os.getuid() == 0


def refusal(*changes, accept=IsolationLevel.KERNEL):
    with plain_cage(*changes, accept=accept) as cage, pytest.raises(IsolationTooWeakError) as caught:
        cage.open(probe_unit(""), QUICK)
    return caught.value


# L16: what the host sees


def test_the_host_measures_the_whole_lock():
    with open_cage() as cage:
        isolation = cage.measure(QUICK)

    assert isolation.level in (IsolationLevel.FULL, IsolationLevel.KERNEL)
    assert isolation.facts.keys() == STEPS
    assert measure_isolation().level == isolation.level


# L17: a step fails, is left out, or does not do what it says


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_failing_step_ends_the_worker_before_it_reads_a_pack(step):
    error = refusal(f"--fail={step}")

    assert error.reasons == (f"{step}: made to fail",)


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_step_left_out_is_refused(step):
    reasons = " ".join(refusal(f"--drop={step}").reasons)

    assert f"the step '{step}' was not taken" in reasons or step == "privileges"  # without it seccomp fails first


SEEN = {
    "limits": "the limit of address space is",
    "files": "the limit of open files is",
    **({"identity": "it runs as root"} if IS_ROOT else {}),
}


@pytest.mark.parametrize("step", SEEN)
def test_a_step_that_only_claims_to_be_taken_is_seen_from_outside(step):
    assert SEEN[step] in " ".join(refusal(f"--absent={step}").reasons)


def test_capabilities_left_are_seen_from_outside():
    if not IS_ROOT:
        with plain_cage("--absent=capabilities") as cage:
            assert cage.measure(QUICK).level.at_least(IsolationLevel.KERNEL)  # an ordinary user never had any
        return
    reasons = " ".join(refusal("--absent=capabilities", "--absent=identity").reasons)
    assert "CapPrm is" in reasons
    assert "CapEff is" in reasons


def test_privileges_that_can_be_gained_are_seen_from_outside():
    error = refusal("--absent=privileges", "--absent=seccomp", "--absent=landlock", accept=IsolationLevel.PROCESS)

    assert "no_new_privs is not set" in error.reasons


def test_a_third_descriptor_is_seen_from_outside():
    assert "descriptors [0, 3, 4] instead of the two pipes" in refusal("--leak=/dev/null").reasons


class WatchedFiles(dict):
    """Sources that know whether somebody looked at them."""

    def items(self):
        self.looked_at = True
        return super().items()


@pytest.mark.parametrize(("accept", "sent"), [(IsolationLevel.KERNEL, False), (IsolationLevel.NONE, True)])
def test_not_a_byte_of_a_pack_is_sent_to_a_worker_that_is_not_locked(accept, sent):
    files = WatchedFiles(probe_unit("").files)
    with plain_cage("--absent=files", accept=accept) as cage:
        try:
            cage.open(replace(probe_unit(""), files=files), QUICK).close()
        except IsolationTooWeakError:
            assert not sent
    assert hasattr(files, "looked_at") == sent


# L20, L21: weaker kernels


def test_without_landlock_the_level_is_kernel_and_everything_else_holds():
    with plain_cage("--absent=landlock") as cage:
        isolation = cage.measure(QUICK)
        assert (isolation.level, isolation.reasons) == (IsolationLevel.KERNEL, ("the kernel has no Landlock",))
        assert outcome(cage, probe_unit("open('/etc/passwd')")) == "errno 1"
        assert outcome(cage, probe_unit("socket.socket()")) == "SIGSYS"


def test_without_seccomp_the_worker_is_refused_unless_the_operator_names_the_level():
    error = refusal("--absent=seccomp")
    assert (error.measured, error.required) == ("process", "kernel")

    with plain_cage("--absent=seccomp", accept=IsolationLevel.PROCESS) as cage:
        session = cage.open(probe_unit("got = 1"), QUICK)
        assert session.isolation == "process"
        session.close()


def test_naming_a_weaker_level_does_not_weaken_anything():
    with plain_cage(accept=IsolationLevel.NONE) as cage:
        session = cage.open(probe_unit(""), QUICK)
        assert session.isolation in ("full", "kernel")
        session.close()


@pytest.mark.parametrize("demanded", IsolationLevel)
def test_levels_are_ordered(demanded):
    stronger = list(IsolationLevel)[: list(IsolationLevel).index(demanded) + 1]
    assert [level for level in IsolationLevel if level.at_least(demanded)] == stronger


# L15: nothing of the host is in the worker


def test_the_worker_inherits_nothing(monkeypatch):
    monkeypatch.setenv("SEALIFT_TEST_SECRET", "hunter2")
    body = "got = [sorted(os.environ), sys.argv, sys.path, sys.meta_path, sys.path_hooks]"
    with plain_cage() as cage:
        got = json.loads(outcome(cage, probe_unit(body)))["got"]

    assert got == str([sorted(environment(1)), [""], [], [], []])
    assert sorted(environment(1)) == ["LC_ALL", "PYTHONHASHSEED", "TZ"]


def test_the_interpreter_is_told_to_load_nothing_of_the_users_and_to_write_nothing():
    assert default_launch().command(9)[1:5] == ["-P", "-s", "-S", "-B"]
    body = "f = sys.flags\ngot = [f.safe_path, f.no_user_site, f.no_site, f.dont_write_bytecode, f.hash_randomization]"
    with plain_cage() as cage:
        assert json.loads(outcome(cage, probe_unit(body)))["got"] == "[True, 1, 1, 1, 1]"


# L18: the host dies

HOST = """
import sys, time
sys.path[:0] = [{source!r}, {support!r}]
from cage_kit import QUICK, IsolationLevel, plain_cage, probe_unit
cage = plain_cage()
session = cage.open(probe_unit("while True: pass"), QUICK)
session.send([b'{{"probe":{busy}}}'])
print("running", flush=True)
time.sleep(60)
"""


def children(process):
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_gone(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("busy", ["true", "false"])
@pytest.mark.parametrize("victim", ["host", "fork-server"])
def test_workers_end_with_their_host_and_with_their_fork_server(busy, victim):
    program = HOST.format(source=SOURCE, support=str(SUPPORT), busy=busy)
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert host.stdout.readline() == b"running\n"
        (server,) = children(host.pid)
        (worker,) = children(server)

        os.kill(host.pid if victim == "host" else server, signal.SIGKILL)

        deadline = time.monotonic() + 10
        while not (is_gone(worker) and is_gone(server)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (is_gone(worker), is_gone(server)) == (True, True)
    finally:
        host.kill()
        host.communicate()


def test_a_fork_server_takes_its_workers_along_even_if_the_kernel_does_not():
    """The kernel's own signal is left out here, so that it is the fork-server that notices the end of its host."""
    drop, weak = '"--drop=parent", accept=IsolationLevel.NONE', HOST.replace("plain_cage()", "plain_cage({drop})")
    program = weak.format(source=SOURCE, support=str(SUPPORT), busy="true", drop=drop)
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert host.stdout.readline() == b"running\n"
        (server,) = children(host.pid)
        (worker,) = children(server)
    finally:
        host.kill()
        host.communicate()

    deadline = time.monotonic() + 10
    while not is_gone(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_gone(worker)


def test_a_worker_that_was_orphaned_before_it_could_watch_its_parent_ends():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from sealift.worker import jail\n"
        "steps = jail.steps(jail.Bounds(memory_bytes=1 << 30, cpu_seconds=9, parent=1 << 22))\n"
        "try: jail.lock([step for step in steps if step.name == 'parent'])\n"
        "except jail.StepError as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, SOURCE], capture_output=True, text=True, timeout=60)

    assert ran.stdout == "parent: the fork-server is gone\n"


# A container has a filter of its own

CONTAINER = """
import ctypes, struct, sys
sys.path[:0] = [{source!r}, {support!r}]
from cage_kit import QUICK, IsolationLevel, plain_cage
from sealift.worker.syscalls import this_machine
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
allow_everything = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.syscall(this_machine().seccomp, 1, 0, ctypes.byref(Program(1, allow_everything))) == 0
for changes in ([], ["--absent=seccomp"]):
    with plain_cage(*changes, accept=IsolationLevel.NONE) as cage:
        print(cage.measure(QUICK).level.value)
"""


def test_a_filter_that_the_host_has_too_is_not_taken_for_the_workers():
    program = CONTAINER.format(source=SOURCE, support=str(SUPPORT))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert ran.stderr == ""
    with_filter, without = ran.stdout.split()
    assert (with_filter in ("full", "kernel"), without) == (True, "process")


# L19: who the worker is


def test_root_becomes_a_user_that_nothing_belongs_to():
    with plain_cage() as cage:
        identity = int(cage.measure(QUICK).facts["identity"])
    assert (61184 <= identity < 65520) if IS_ROOT else identity == os.getuid()


def test_an_ordinary_user_can_run_workers():
    program = [sys.executable, str(SUPPORT / "cage_as_user.py"), SOURCE]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)

    assert ran.stderr == ""
    said = json.loads(ran.stdout)
    assert said["uid"] != 0
    assert said["level"] in ("full", "kernel")
    assert (said["open"], said["socket"], said["works"]) == ("errno 1", "SIGSYS", '{"got":"1"}')
    assert said["worker"] == str(said["uid"])


# Starting


@pytest.mark.parametrize(
    ("launch", "reason"),
    [
        (replace(default_launch(), pins={}), "No module named 'sealift'"),
        (replace(default_launch(), pins=pins(["sealift"])), "No module named"),
        (replace(plain_launch(), pins={}), "it ended at once"),
        (replace(default_launch(), interpreter="/no/such/python"), "could not be started"),
    ],
)
def test_a_worker_that_cannot_be_started_says_why(launch, reason):
    with open_cage(launch=launch) as cage, pytest.raises(WorkerStartError, match=reason):
        cage.open(probe_unit(""), QUICK)
