"""Children without subprocess: nothing blocks, nothing leaks, nothing is left behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import process
from spec_kitty_hooks.git.process import Completed
from spec_kitty_hooks.git.program import Program, find_git

Run = Callable[..., Completed]
MANY = 1 << 20


@pytest.fixture(params=["posix_spawn", "portable"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a Python child, with either way of starting it."""
    if request.param == "portable":
        monkeypatch.delattr(os, "posix_spawn")

    def run_python(code: str, stdin: bytes = b"") -> Completed:
        return process.run((sys.executable, "-I", "-S", "-c", code), {"A": "b"}, stdin)

    return run_python


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Fail if a test leaves a descriptor open or a child unreaped."""
    descriptors, before = sorted(os.listdir("/proc/self/fd")), children()
    yield
    assert sorted(os.listdir("/proc/self/fd")) == descriptors
    assert children() <= before


def children() -> set[str]:
    """Return the ids of this process's children, the dead ones that nobody waited for included.

    Servers that other tests share for the whole session are among them.
    """
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_a_child_that_nobody_waited_for_is_seen() -> None:
    before = children()
    pid = os.posix_spawn(sys.executable, (sys.executable, "-I", "-S", "-c", ""), {})
    assert children() - before == {str(pid)}
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert children() - before == {str(pid)}, "a zombie counts"
    os.waitpid(pid, 0)
    assert children() <= before


def test_exit_code_output_and_environment(run: Run) -> None:
    done = run("import os, sys; print(dict(os.environ).get('A')); sys.stderr.write('e'); sys.exit(7)")
    assert done == Completed(rc=7, out=b"b\n", err=b"e")


def test_a_signal_is_a_negative_exit_code(run: Run) -> None:
    assert run("import os; os.kill(os.getpid(), 9)").rc == -9


def test_full_pipes_in_all_directions_do_not_block(run: Run) -> None:
    code = f"""
import sys
sys.stderr.write("e" * {MANY}); sys.stderr.flush()
sys.stdout.write("o" * {MANY}); sys.stdout.flush()
sys.stdout.write(str(len(sys.stdin.buffer.read())))
"""
    done = run(code, b"i" * MANY)
    assert done.out == b"o" * MANY + str(MANY).encode()
    assert done.err == b"e" * MANY


def test_a_child_that_reads_nothing_is_no_error(run: Run) -> None:
    assert run("import os; os.close(0); print('done')", b"i" * MANY).out == b"done\n"


def test_a_child_inherits_no_descriptor_of_ours(run: Run) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 250, inheritable=False)
    try:
        assert run("import os; print('250' in os.listdir('/proc/self/fd'))").out == b"False\n"
    finally:
        os.close(null)
        os.close(250)


def test_closed_standard_streams_are_no_trap() -> None:
    code = """
import os, sys
sys.path.insert(0, sys.argv[1])
for fd in (0, 2): os.close(fd)
from spec_kitty_hooks.git import process
done = process.run(("/bin/sh", "-c", "cat; echo err >&2; exit 3"), {}, b"in")
child = process.start(("/bin/cat",), {})
os.write(child.stdin, b"x")
os.write(1, repr((done.rc, done.out, done.err, os.read(child.stdout, 9))).encode())
child.stop()
"""
    root = str(Path(process.__file__).parents[2])
    done = process.run((sys.executable, "-I", "-S", "-c", code, root), {})
    assert done.out == b"(3, b'in', b'err\\n', b'x')"


@pytest.mark.parametrize("way", ["posix_spawn", "portable"])
def test_a_running_child_talks_and_is_ended(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "portable":
        monkeypatch.delattr(os, "posix_spawn")
    child = process.start(("/bin/cat",), {})
    os.write(child.stdin, b"hello")
    assert os.read(child.stdout, 100) == b"hello"
    child.stop()


@pytest.mark.parametrize("way", ["posix_spawn", "portable"])
def test_a_program_that_is_not_there_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "portable":
        monkeypatch.delattr(os, "posix_spawn")
    for begin in (process.run, process.start):
        with pytest.raises(OSError, match="No such file"):
            begin(("/no/such/program",), {})


def test_an_interruption_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_exchange", interrupt)
    with pytest.raises(KeyboardInterrupt):
        process.run(("/bin/sleep", "1000"), {})


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Listen to interrupts, which a background job ignores from its start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_child_takes_its_lock_files_away_before_it_ends(tmp_path: Path) -> None:
    lock = tmp_path / "main.lock"
    code = f"""
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
open({str(lock)!r}, "w").close()
os.kill(os.getppid(), signal.SIGINT)
signal.sigwait([signal.SIGTERM])
os.unlink({str(lock)!r})
"""
    with pytest.raises(KeyboardInterrupt):
        process.run((sys.executable, "-I", "-S", "-c", code), {})
    assert not lock.exists()


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE", 0.0)
    code = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getppid(), signal.SIGINT)
signal.sigwait([signal.SIGUSR1])
"""
    with pytest.raises(KeyboardInterrupt):
        process.run((sys.executable, "-I", "-S", "-c", code), {})


def plant(directory: Path, mode: int = 0o755) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "git").write_text("#!/bin/sh\necho planted\n")
    (directory / "git").chmod(mode)
    return directory


def test_git_is_never_taken_from_the_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = plant(tmp_path / "real")
    monkeypatch.chdir(plant(tmp_path / "tree"))
    plant(tmp_path / "tree" / "bin")
    plain = plant(tmp_path / "plain", 0o644)
    (tmp_path / "dir" / "git").mkdir(parents=True)
    path = os.pathsep.join(["", ".", "bin", "../tree", str(plain), str(tmp_path / "dir"), str(real)])
    assert find_git({"PATH": path}) == str(real / "git")


def test_a_missing_git_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="git was not found on PATH") as caught:
        find_git({"PATH": str(tmp_path)})
    assert caught.value.remediation


def test_a_git_that_does_not_start_is_said_in_words(tmp_path: Path) -> None:
    (plant(tmp_path / "bin") / "git").write_bytes(b"\x7fELF nothing")
    program = Program({"PATH": str(tmp_path / "bin")})
    for begin in (program.run, program.start):
        with pytest.raises(RepositoryError, match="git cannot be started: Exec format error"):
            begin("version")
