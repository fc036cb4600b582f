"""The work on one file: the input tried, the toolkit run, its output verified and brought to its place."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from pod_failures import CLASSES, Failure, of_oserror, of_signal
from pod_input import check_input, check_name
from pod_limits import Limits
from pod_log import Log
from pod_memory import out_of_memory_kills, peak
from pod_output import OWN, left_by_the_dead, publish, reserve, verified
from pod_proxy import check_proxy, needs_proxy, trouble
from pod_toolkit import end_descendants, end_on_signals, run

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
FORMATS = ("root-file", "root")  # what newer and older sidecars call a ROOT file
LEVELS = ("reco", "parton", "particle")
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS)
OWN_CODES = {64: 71, 65: 65, 66: 66, 69: 69, 70: 70, 73: 73, 75: 75}  # the columnar engine's, and what they mean here


def main(arguments: list[str]) -> int:
    """Do the work; its exit code."""
    began = monotonic()
    try:
        lines = transform(arguments, began)
    except Failure as failure:
        code, lines = failure.code, [failure.headline()]
    except Exception as error:  # noqa: BLE001  the pod's log ends in a headline, never in a traceback
        found = of_oserror(error, 71) if isinstance(error, OSError) else Failure(70, f"{type(error).__name__}: {error}")
        code, lines = found.code, [found.headline()]
    else:
        code = 0
    say(lines)
    return code


def say(lines: list[str]) -> None:
    """Print lines, of which only the headline may hold ERROR."""
    texts = [line if line.startswith("TransformError") else line.replace("ERROR", "Error") for line in lines]
    with contextlib.suppress(OSError):  # a reader that has gone changes nothing
        sys.stdout.buffer.write(b"".join(text.encode(errors="backslashreplace") + b"\n" for text in texts))
        sys.stdout.flush()


def transform(arguments: list[str], began: float) -> list[str]:
    """Make the output file; what ServiceX and people want to read of it in the log."""
    if len(arguments) != 3 or arguments[2] not in FORMATS:
        raise Failure(64, f"it needs INPUT OUTPUT FORMAT, and FORMAT one of {FORMATS}; got {arguments}")
    source, target = arguments[0], Path(arguments[1])
    request = read_request()
    limits = Limits.read(request.get("limits", {}))
    end_on_signals(limits.wall)
    check_name(source)
    part = reserve(target)
    try:
        result, tries = with_retries(limits, lambda: one_try(source, part, request, limits))
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM])
        publish(part, target)
    finally:
        part.unlink(missing_ok=True)
        end_descendants(limits.grace)
    result |= {"tries": tries, "seconds": round(monotonic() - began, 3), "peak_memory_bytes": peak()}
    return [
        *(f"Transform remark: {remark}" for remark in result["remarks"]),
        f"Package.EventLoop        INFO    Processing events 0-{result['events']} in file {source!r}",
        f"Transform stats: Total Events: {result['events']}, resulting file size {result['bytes']}",
        f"Transform result: {json.dumps(result, sort_keys=True)}",
    ]


def read_request() -> dict[str, Any]:
    """What the code generator was asked for."""
    try:
        return dict(json.loads((HERE / "request.json").read_bytes()))
    except (OSError, ValueError) as error:
        raise Failure(71, f"{HERE / 'request.json'} cannot be read: {error}") from error


def with_retries(limits: Limits, attempt: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], int]:
    """The result of `attempt` and the number of tries; what may pass is tried again, after a while."""
    for tries in range(1, int(limits.tries)):
        try:
            return attempt(), tries
        except Failure as failure:  # noqa: PERF203  a try takes minutes
            if not failure.passing:
                raise
            seconds = limits.pause(tries)
            say([f"Transform remark: try {tries} failed, {failure.kind}: {failure}; next in {seconds:.1f} s"])
            sleep(seconds)
    return attempt(), int(limits.tries)


def one_try(source: str, part: Path, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Run the toolkit in a clean folder; what is in its verified output, which is at `part`."""
    check_proxy(source, limits.proxy)
    check_input(source, limits.connect)
    for left in left_by_the_dead(Path(tempfile.gettempdir()), OWN):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{OWN}{os.getpid()}-") as folder:
        work, log, killed, began = Path(folder), Log(), out_of_memory_kills(), monotonic()
        code = run(prepare(work, source, request), work, environment(work), limits, log)
        seconds = round(monotonic() - began, 3)
        judge(code, log, source, out_of_memory_kills() > killed)
        found = verified(work / "output.root", part, log, request.get("trees", {}))
    return {**found, "toolkit_seconds": seconds, "toolkit_errors": log.errors}


def prepare(work: Path, source: str, request: dict[str, Any]) -> list[str]:
    """Lay out the folder that the toolkit runs in; its command line."""
    levels = [level for level in LEVELS if (HERE / f"{level}.yaml").exists()]
    (work / "tmp").mkdir()
    (work / "customConfig").mkdir()
    for level in levels:
        shutil.copyfile(HERE / f"{level}.yaml", work / "customConfig" / f"{level}.yaml")
    location = source if "://" in source else os.path.abspath(source)  # noqa: PTH100  a name may be no text
    (work / "input.txt").write_bytes(os.fsencode(location) + b"\n")
    options = ["--no-systematics"] * request["no_systematics"]
    options += ["-e", str(request["max_events"])] if request["max_events"] >= 0 else []
    if shutil.which("runTop_el.py") or not shutil.which("CPRun.py"):
        levels_asked = [f"--{level}" for level in levels if level != "reco"] + ["--no-reco"] * ("reco" not in levels)
        return ["runTop_el.py", "-i", "input.txt", "-o", "output", "-t", "customConfig", *levels_asked, *options]
    if levels != ["reco"]:
        raise Failure(65, "this image has CPRun.py, which runs reco.yaml alone: put all blocks into it")
    config = str(work / "customConfig" / "reco.yaml")
    return ["CPRun.py", "-i", "input.txt", "-o", "output", "-t", config, "--merge-output-files", *options]


def environment(work: Path) -> dict[str, str]:
    """Ours, but the configuration in `work` is found first and temporary files stay in `work`."""
    search = ("CALIBPATH", "DATAPATH")  # where ATLAS's PathResolver looks
    paths = {name: os.pathsep.join(filter(None, [str(work), os.environ.get(name)])) for name in search}
    return {**os.environ, **paths, "TMPDIR": str(work / "tmp"), "PYTHONUNBUFFERED": "1"}


def judge(code: int, log: Log, source: str, out_of_memory: bool) -> None:
    """Failure unless the toolkit says by its exit code and by its log that it succeeded."""
    if code == 0 and not log.loss and not out_of_memory:
        return
    cause = log.cause()
    said = f"exit code {code}: {log.error(cause)}" if code else f"exit code 0, but: {log.loss or log.error(cause)}"
    if out_of_memory or cause == 137:
        raise Failure(137, said)
    if code in OWN_CODES:
        raise Failure(OWN_CODES[code], log.error(), passing=code in (69, 75))
    if code > 128 and code - 128 in signal.valid_signals():
        raise of_end_by_signal(code - 128, log)
    if cause == 77 and needs_proxy(source) and (wrong := trouble(Path(os.environ.get("X509_USER_PROXY", "")), 0)):
        said = f"{wrong}; {said}"
    raise Failure(cause or (70 if code else 76), said, passing=cause == 69)


def of_end_by_signal(number: int, log: Log) -> Failure:
    """The failure that ending by a signal means: a crash, a limit of the kernel, or somebody's will."""
    said = f"the toolkit was ended by signal {number} ({signal.Signals(number).name}): {log.error()}"
    if number in CRASHES:
        return Failure(70, said)
    if number == signal.SIGKILL:
        return Failure(137, f"{said}; probably for the want of memory", kind=CLASSES[137])
    if number in (signal.SIGXCPU, signal.SIGXFSZ):
        return Failure(124 if number == signal.SIGXCPU else 74, said)
    return of_signal(number, "the toolkit was ended by somebody else's ")
