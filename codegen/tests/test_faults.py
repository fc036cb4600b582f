"""Everything that may go wrong with a file, each in a pod with the real script, watch.sh and sidecar's dialogue.

The promise: no false success, no hang, one headline that is the first in the log and says what happened, the exit code
of its class, no file and no process left, and the next file succeeds.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from .pods import HEADLINE, Pod, event_count, server, write_ntuple, write_proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

FAST = {"TOPCP_IDLE_SECONDS": "1"}
REAL_CRASH = r"""
processing(68772)
where = "/build1/atnight/localbuilds/nightlies/AnalysisBase/main/athena/PhysicsAnalysis/D3PDTools/EventLoop/Root/"
def error(component, file, function, text):
    print(f"{{component:24}} ERROR   {{where}}{{file}} ({{function}}): {{text}}", flush=True)
error("Package.EventLoop", "MessageCheck.cxx:37",
    "void EL::Detail::report_exception(std::__exception_ptr::exception_ptr)", "caught exception: {exception}")
error("AlgorithmStateModule", "AlgorithmStateModule.cxx:162",
    "StatusCode EL::Detail::AlgorithmStateModule::onExecute(EL::Detail::ModuleData&)",
    "while calling execute() on algorithm EventFlagSelectionAlg")
error("BatchInputModule", "BatchInputModule.cxx:56",
    "StatusCode EL::Detail::BatchInputModule::processInputs(EL::Detail::ModuleData&, EL::Detail::IInputModuleActions&)",
    'Failed to call "actions.processEvents (eventRange)"')
"""
MISSING = "SG::ExcBadAuxVar: Attempt to retrieve nonexistent aux data item `::DFCommonJets_eventClean_LooseBad' (817)."
TRACEBACK = r'''
print("""Traceback (most recent call last):
  File "/TopCPToolkit/build/x86_64-el9-gcc13-opt/bin/runTop_el.py", line 260, in <module>
    run_job(sh, outputStreamName, "reco", args, flags)
    ^^^^^^^
{raised}
Traceback (most recent call last):
  File "/TopCPToolkit/build/x86_64-el9-gcc13-opt/bin/runTop_el.py", line 106, in check_output
    raise FileNotFoundError(
FileNotFoundError: The file '/tmp/out/data-ANALYSIS/output.root' was not successfully created, aborting.""")
sys.exit(1)
'''
XROOTD = 'print("TNetXNGFile::Open         ERROR   [ERROR] {said}"); sys.exit(1)'
SLEEP = "time.sleep(600)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
DAEMON = 'subprocess.Popen(["sleep", "600"], start_new_session=True)\n'


def traceback(raised: str) -> str:
    return TRACEBACK.replace("{raised}", raised)


@dataclass
class Fault:
    """What the toolkit does, or what is made of the pod; what must come of it."""

    code: int
    kind: str
    says: str
    toolkit: str = "write()"
    env: dict[str, str] = field(default_factory=dict)  # limits of this file alone
    pod: Callable[[Pod], Any] | None = None  # done before the file
    repair: Callable[[Pod], Any] | None = None  # done before the next; without it both are in one dialogue
    source: Callable[[Pod], str] | None = None
    server: Callable[[], AbstractContextManager[str]] | None = None
    proxy: Callable[[Pod], Any] | None = None


def crash(says: str, toolkit: str, **more: Any) -> Fault:
    return Fault(70, "toolkit crash", says, toolkit, **more)


def bad_output(says: str, toolkit: str, **more: Any) -> Fault:
    return Fault(76, "bad output", says, toolkit, **more)


def bad_config(says: str, raised: str) -> Fault:
    return Fault(65, "bad configuration", says, traceback(raised))


def bad_input(says: str, make: Callable[[Pod], str]) -> Fault:
    return Fault(66, "bad input file", says, source=make)


def no_memory(says: str, toolkit: str) -> Fault:
    return Fault(137, "out of memory", says, toolkit)


def too_long(says: str, toolkit: str, **env: str) -> Fault:
    return Fault(124, "time limit", says, toolkit, env or FAST)


def remote(code: int, kind: str, says: str, toolkit: str = "write()", **more: Any) -> Fault:
    return Fault(code, kind, says, toolkit, server=server, **more)


def no_proxy(says: str, proxy: Callable[[Pod], Any]) -> Fault:
    return remote(77, "no valid grid proxy", says, proxy=proxy)


def broken(says: str, pod: Callable[[Pod], Any], repair: Callable[[Pod], Any], code: int = 71) -> Fault:
    kind = {71: "broken image", 73: "output cannot be written", 65: "bad configuration"}[code]
    return Fault(code, kind, says, pod=pod, repair=repair)


def made(name: str, content: bytes | None = None) -> Callable[[Pod], str]:
    """An input with this content; none at all."""

    def make(pod: Pod) -> str:
        path = pod.home / "data" / name
        if content is not None:
            path.write_bytes(content)
        return str(path)

    return make


def cut_off(pod: Pod) -> str:
    path = pod.home / "data" / "cut.root"
    path.write_bytes(pod.good.read_bytes()[:-100])
    return str(path)


def folder(pod: Pod) -> str:
    (pod.home / "data" / "folder.root").mkdir()
    return str(pod.home / "data" / "folder.root")


def fifo(pod: Pod) -> str:
    import os

    os.mkfifo(pod.home / "data" / "fifo.root")
    return str(pod.home / "data" / "fifo.root")


def other(name: str, events: int = 3, **trees: int) -> Callable[[Pod], None]:
    """Another file for the toolkit to write."""
    return lambda pod: write_ntuple(pod.home / name, events, **trees)


def without(name: str) -> Callable[[Pod], None]:
    return lambda pod: (pod.home / name).rename(pod.home / "taken_away")


def back(name: str) -> Callable[[Pod], None]:
    def put(pod: Pod) -> None:
        if (pod.home / name).is_dir():
            (pod.home / name).rmdir()
        (pod.home / "taken_away").replace(pod.home / name)

    return put


def instead(name: str, content: str | None) -> Callable[[Pod], None]:
    """Put something else in the place of a file; a folder for None."""

    def put(pod: Pod) -> None:
        without(name)(pod)
        if content is None:
            (pod.home / name).mkdir()
        else:
            (pod.home / name).write_text(content)
            (pod.home / name).chmod(0o755)

    return put


def cprun_alone(pod: Pod) -> None:
    """An image of a newer kind, asked for parton level."""
    pod.program("CPRun.py", "raise SystemExit('it was started')")
    without("bin/runTop_el.py")(pod)
    pod.ask(levels=("reco", "parton"))


def runtop_again(pod: Pod) -> None:
    back("bin/runTop_el.py")(pod)
    pod.ask()


FAULTS = {
    # The toolkit ends in a way that the exit code, or the log, or neither tells.
    "exits 1 beside a good file": crash("exit code 1", "write(); sys.exit(1)"),
    "says nothing and exits 3": crash("exit code 3: it said nothing", "sys.exit(3)"),
    "exits -1": crash("exit code 255", "sys.exit(-1)"),
    "is ended by an exception": crash("ZeroDivisionError: division by zero", "1 / 0"),
    "prints FATAL and exits 0": bad_output(
        "exit code 0, but: AthAlg FATAL no geometry", 'print("AthAlg FATAL no geometry"); write()'
    ),
    "an algorithm fails and it exits 0": bad_output(
        "exit code 0, but: Package.EventLoop",
        REAL_CRASH.format(exception="std::runtime_error: no calibration") + "write()",
    ),
    "an algorithm fails and it exits 1": crash(
        "std::runtime_error: no calibration in algorithm EventFlagSelectionAlg",
        REAL_CRASH.format(exception="std::runtime_error: no calibration") + "sys.exit(1)",
    ),
    "the input lacks a variable": Fault(
        66,
        "bad input file",
        f"{MISSING} in algorithm EventFlagSelectionAlg",
        REAL_CRASH.format(exception=MISSING) + "sys.exit(1)",
    ),
    "a tool complains after other complaints": crash(
        "exit code 2: JetTool: no such file calib.root",
        'print("JetTool  WARNING careful")\nprint("JetTool  ERROR   no such file calib.root")\n'
        'print("OtherTool ERROR later")\nsys.exit(2)',
    ),
    "is aborted by C++": crash(
        "(SIGABRT): 'std::out_of_range'",
        "os.write(1, b\"terminate called after throwing an instance of 'std::out_of_range'\\n  what():  map::at\\n\")\n"
        "os.abort()",
    ),
    "segmentation violation": crash(
        "(SIGSEGV): segmentation violation",
        'print(" *** Break *** segmentation violation".strip(), flush=True); os.kill(os.getpid(), signal.SIGSEGV)',
    ),
    "a child crashes, ROOT repairs its file, it exits 0": bad_output(
        "probably not closed, trying to recover",
        'print("Warning in <TFile::Init>: file output.root probably not closed, trying to recover"); write()',
    ),
    "hadd loses a part and it exits 0": bad_output(
        "Error in <TFileMerger::Merge>", 'print("Error in <TFileMerger::Merge>: error during merge"); write()'
    ),
    "does not know our command line": Fault(
        71, "broken image", "unrecognized arguments", 'print("ERROR unrecognized arguments: -t"); sys.exit(64)'
    ),
    "the engine refuses the YAML": Fault(
        65, "bad configuration", "reco.yaml:5:5: no option", 'print("ERROR reco.yaml:5:5: no option"); sys.exit(65)'
    ),
    "the engine cannot read the input": Fault(
        66, "bad input file", "x.root: it lacks pt", 'print("ERROR x.root: it lacks pt"); sys.exit(66)'
    ),
    "is asked to end by somebody else": Fault(
        143, "killed", "ended by somebody else's signal 15 (SIGTERM)", "os.kill(os.getpid(), signal.SIGTERM)"
    ),
    # Memory and disk.
    "killed by 9": no_memory("(SIGKILL)", "write(); os.kill(os.getpid(), signal.SIGKILL)"),
    "killed by 9 in a shell": no_memory("(SIGKILL)", "write(); sys.exit(137)"),
    "meets a limit of memory": no_memory(
        "MemoryError", "resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)); bytearray(1 << 30)"
    ),
    "bad_alloc in an algorithm": no_memory(
        "std::bad_alloc in algorithm EventFlagSelectionAlg",
        REAL_CRASH.format(exception="std::bad_alloc") + "sys.exit(1)",
    ),
    "disk full while it writes, and it exits 0": Fault(
        74,
        "disk full",
        "No space left on device",
        'print("SysError in <TFile::WriteBuffer>: error writing to file output.root (-1) (No space left on device)")\n'
        "write()",
    ),
    "meets a limit of file size": Fault(
        74,
        "disk full",
        "(SIGXFSZ)",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)); signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nwrite()",
    ),
    # The configuration.
    "unknown block": bad_config(
        "ValueError: Unkown block BPhyVerte", "ValueError: Unkown block BPhyVerte in yaml file"
    ),
    "unused option": bad_config(
        "There are options set that are not used for Jets",
        "ValueError: There are options set that are not used for Jets:\nminpt\nPlease check your configuration.",
    ),
    "no YAML": bad_config("mapping values", "yaml.scanner.ScannerError: mapping values are not allowed here"),
    "wrong type": bad_config(
        "should be of type", "ValueError: minPt should be of type <class 'float'> not <class 'int'>"
    ),
    "wrong cut": bad_config(
        "not recognised", "ValueError: [EventSelectionConfig] The following selection cut is not recognised! --> EL_M 1"
    ),
    "YAML not found": bad_config(
        "failed to locate",
        'FileNotFoundError: PathResolver failed to locate "customConfig/reco.yaml" config file! CALIBPATH=/x',
    ),
    "YAML is a folder": broken(
        "Is a directory", instead("generated/reco.yaml", None), back("generated/reco.yaml"), code=71
    ),
    # The output.
    "exits 0 without file": bad_output("no output.root", "processing()"),
    "the output is empty": bad_output("it is empty", 'open("output.root", "w")'),
    "the output is HTML": bad_output("no ROOT file", 'open("output.root", "w").write("<html>" * 99)'),
    "the output is truncated": bad_output("cut off", 'write(); os.truncate("output.root", 800)'),
    "the output was never closed": bad_output(
        "not closed", 'write()\nwith open("output.root", "r+b") as f: f.seek(100); f.write(bytes(120))'
    ),
    "the output is a folder": bad_output("no output.root", 'os.mkdir("output.root")'),
    "the output is a link to nothing": bad_output("no output.root", 'os.symlink("nowhere", "output.root")'),
    "the output has no tree": bad_output("no tree reco", 'write(HOME + "/none.root")', pod=other("none.root", other=1)),
    "the output lacks one tree of two": bad_output(
        "no tree particle",
        "write()",
        pod=lambda pod: pod.ask(levels=("reco", "particle")),
        repair=lambda pod: pod.ask(),
    ),
    "the output has nothing in it": bad_output(
        "nothing is in", 'write(HOME + "/nothing.root")', pod=lambda pod: empty(pod.home / "nothing.root")
    ),
    "a tree has more entries than there were events": bad_output(
        "5 entries, but only 3 events", 'processing(3); write(HOME + "/more.root")', pod=other("more.root", reco=5)
    ),
    "log and file count different events": bad_output(
        "the log says 7 events, EventLoop_EventCount in output.root says 3", "processing(7); write()"
    ),
    "writes where the script was started": bad_output(
        "no output.root", 'shutil.copy(GOOD, HOME + "/cwd/output.root")', pod=None
    ),
    # Time.
    "hangs silently": too_long("said and wrote nothing for 1 s", SLEEP),
    "hangs after half of the work": too_long("said and wrote nothing", f"processing(); write(); {SLEEP}"),
    "hangs while printing": too_long(
        "longer than 1.5 s",
        "while True: print('Processed 1000 events', flush=True); time.sleep(0.02)",
        TOPCP_WALL_SECONDS="1.5",
    ),
    "hangs and does not hear SIGTERM": too_long("hung", DEAF + SLEEP),
    "hangs with a daemon that left its group": too_long("hung", DEAF + DAEMON + SLEEP),
    "stops itself": too_long("hung", "os.kill(os.getpid(), signal.SIGSTOP)"),
    "meets a limit of CPU time": too_long("(SIGXCPU)", "os.kill(os.getpid(), signal.SIGXCPU)"),
    "forks, leaves children and fails": crash("exit code 1", DAEMON + "os.fork() or time.sleep(600); sys.exit(1)"),
    "the pod is deleted": Fault(143, "killed", "signal 15", f"os.kill(os.getppid(), signal.SIGTERM); {SLEEP}"),
    "the pod is deleted and it does not hear": Fault(
        143, "killed", "signal 15", DEAF + f"os.kill(os.getppid(), signal.SIGTERM); {SLEEP}"
    ),
    "interrupted by a person": Fault(130, "killed", "signal 2", f"os.kill(os.getppid(), signal.SIGINT); {SLEEP}"),
    # The input.
    "no such input": bad_input("No such file", made("missing.root")),
    "the input is empty": bad_input("it is empty", made("empty.root", b"")),
    "the input is HTML": bad_input(
        "it is no ROOT file: it begins with b'<html>404", made("page.root", b"<html>404" * 9)
    ),
    "the input was cut off": bad_input("was cut off: it has", cut_off),
    "the input is a folder": bad_input("is not a file", folder),
    "the input is a pipe that nobody writes to": bad_input("is not a file", fifo),
    "a name that the toolkit would split": bad_input("splits", lambda pod: str(pod.file("a,b.root"))),
    "a name with a line break": bad_input("splits", lambda pod: str(pod.file("a\nb.root"))),
    "nobody answers": Fault(69, "input unreachable", "Connection refused", server=lambda: server(answers=False)),
    "xrootd times out at each try": remote(
        69, "input unreachable", "[ERROR] Operation expired", XROOTD.format(said="Operation expired")
    ),
    "the server lost the file": remote(
        66, "bad input file", "[3011]", XROOTD.format(said="Server responded with an error: [3011] No such file")
    ),
    "the server lets nobody in": remote(
        77, "no valid grid proxy", "[3010]", XROOTD.format(said="Server responded with an error: [3010] denied")
    ),
    "the server does not answer xrdfs": remote(
        69,
        "input unreachable",
        "does not answer within 0.3 s",
        env={"TOPCP_CONNECT_SECONDS": "0.3", "TOPCP_TRIES": "2"},
        pod=lambda pod: pod.program("xrdfs", "import time; time.sleep(600)"),
    ),
    "xrdfs knows that the file is not there": remote(
        66,
        "bad input file",
        "[3011]",
        pod=lambda pod: pod.program(
            "xrdfs", "raise SystemExit('[ERROR] Server responded with an error: [3011] No such file')"
        ),
    ),
    # The grid proxy.
    "the proxy has expired": no_proxy("has expired", lambda pod: write_proxy(pod.home / "proxy", -60)),
    "the proxy ends soon": no_proxy("ends soon", lambda pod: write_proxy(pod.home / "proxy", 60)),
    "the proxy is open to others": no_proxy("mode 0644", lambda pod: write_proxy(pod.home / "proxy", mode=0o644)),
    "the proxy is missing": no_proxy("there is no", lambda pod: (pod.home / "secret").mkdir()),
    "the proxy is garbage": no_proxy("holds no certificate", lambda pod: (pod.home / "proxy").write_text("x")),
    "the proxy is half a certificate": no_proxy("holds no certificate", lambda pod: half_a_proxy(pod.home / "proxy")),
    # The pod itself.
    "the image has no toolkit": broken(
        "cannot start runTop_el.py", without("bin/runTop_el.py"), back("bin/runTop_el.py")
    ),
    "the toolkit's interpreter is missing": broken(
        "cannot start runTop_el.py", instead("bin/runTop_el.py", "#!/nowhere/python\n"), back("bin/runTop_el.py")
    ),
    "an image with CPRun.py is asked for parton level": broken("reco.yaml alone", cprun_alone, runtop_again, code=65),
    "request.json is not JSON": broken(
        "request.json", instead("generated/request.json", "{"), back("generated/request.json")
    ),
    "request.json is missing": broken(
        "request.json", without("generated/request.json"), back("generated/request.json")
    ),
    "a limit is no number": broken(
        "TOPCP_TRIES must be a positive number, not 'many'",
        lambda pod: pod.env.update(TOPCP_TRIES="many"),
        lambda pod: pod.env.pop("TOPCP_TRIES"),
    ),
    "the output folder is missing": broken(
        "No such file", lambda pod: pod.env.update(TARGET="nowhere/out.root"), lambda _: None, code=73
    ),
    "the output folder is a file": broken(
        "Not a directory", lambda pod: pod.env.update(TARGET="good.root/out.root"), lambda _: None, code=73
    ),
}


def empty(path: Any) -> None:
    import uproot

    uproot.recreate(path).close()


def half_a_proxy(path: Any) -> None:
    write_proxy(path)
    start, _, rest = path.read_text().partition("\n")
    path.write_text(f"{start}\n{rest[:64]}\n-----END CERTIFICATE-----\n")


@pytest.mark.needs("jq", "nc")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_line_leaves_nothing_and_the_next_file_succeeds(pod, name):
    fault = FAULTS[name]
    pod.limit(fault.env)
    if fault.pod:
        fault.pod(pod)
    if fault.proxy:
        fault.proxy(pod)
    bad, good = str(pod.file("bad.root", fault.toolkit)), str(pod.file("good.root"))
    if fault.source:
        bad = fault.source(pod)
    answers = dialogue(pod, fault, bad, good)
    check(answers[0], fault)
    assert (answers[1].said, answers[1].code, answers[1].events) == ("success.", 0, [3, 3])
    shutil.rmtree(pod.home / "cwd")  # what a toolkit put there is its own
    (pod.home / "cwd").mkdir()
    assert pod.outputs() == [good.replace("/", ":")]
    assert pod.processes() == []


def dialogue(pod: Pod, fault: Fault, bad: str, good: str) -> list[Any]:
    """Both files in one dialogue; in two where the pod has to be repaired in between."""
    target = pod.home / pod.env["TARGET"] if "TARGET" in pod.env else None
    if fault.server:
        with fault.server() as address:
            remote_file = f"{address}/{bad}"
            pod.toolkit("bad.root", fault.toolkit)
            return pod.transform(remote_file, good)
    if not fault.repair:
        return pod.transform(bad, good)
    first = pod.transform(bad, target=target)
    fault.repair(pod)
    return first + pod.transform(good)


def check(answer: Any, fault: Fault) -> None:
    """The sidecar is told that it failed; ServiceX's parsers find our headline, which says what it must."""
    assert (answer.said, answer.code) == ("failure.", fault.code), answer.log
    [(kind, what, advice, code)] = HEADLINE.findall(answer.log)
    assert (kind, int(code)) == (fault.kind, fault.code)
    assert fault.says in what
    assert advice
    line = answer.log.splitlines()[-1]
    assert answer.headlines == [line, line]
    assert answer.events == []
    assert 'pod_transform.py", line' not in answer.log


def test_there_are_many_different_faults():
    assert len(FAULTS) >= 40
    assert len({fault.toolkit + repr(fault.says) for fault in FAULTS.values()}) >= 40
    assert event_count(1).sum() == 3
