"""What the script in the pod promises: a success is a verified file, a failure is one line and an exit code."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

WRITE = 'shutil.copy(os.environ["GOOD"], "output.root")\n'
PROCESSING = 'print("Package.EventLoop        INFO    Processing events 0-7 in file root://x", flush=True)\n'
LOOK = """
seen = {"argv": sys.argv[1:], "cwd": os.getcwd(), "stdin": sys.stdin.read()}
seen["env"] = {name: os.environ.get(name) for name in ("CALIBPATH", "DATAPATH", "TMPDIR")}
files = ["input.txt"] + ["customConfig/" + name for name in os.listdir("customConfig")]
seen["files"] = {name: open(name).read() for name in files}
json.dump(seen, open(os.environ["SEEN"], "w"))
"""
START_A_CHILD = """
pipe = os.open(os.environ["ALIVE"], os.O_WRONLY)
subprocess.Popen(["sleep", "600"], pass_fds=[pipe])
os.write(pipe, b"2")
"""
HEADLINE = re.compile(r"^TransformError: ERROR (.*?): (.*)$", re.MULTILINE)


def seen(pod: Any) -> dict[str, Any]:
    return json.loads(Path(pod.env["SEEN"]).read_text())


def test_a_success_is_the_toolkits_file_and_one_line_of_statistics(pod):
    pod.toolkit(PROCESSING + WRITE)
    code, log = pod.run()
    assert code == 0
    assert pod.output.read_bytes() == Path(pod.env["GOOD"]).read_bytes()
    assert re.findall(r"Transform stats: Total Events: (\d+), resulting file size (\d+)", log) == [
        ("7", str(pod.output.stat().st_size))
    ]
    assert pod.left_over() == []


def test_the_toolkits_log_is_passed_on_unchanged(pod):
    pod.toolkit(PROCESSING + 'print("to stderr", file=sys.stderr)\nos.write(1, b"not utf-8: \\xff\\n")\n' + WRITE)
    pod.env["PYTHONIOENCODING"] = "utf-8"
    with pod.start() as process:
        log = process.stdout.buffer.read()
    assert log.startswith(
        b"Package.EventLoop        INFO    Processing events 0-7 in file root://x\nto stderr\nnot utf-8: \xff\n"
    )


def test_events_are_counted_once_though_each_level_prints_them(pod):
    pod.toolkit(PROCESSING * 3 + WRITE)
    assert "Total Events: 7," in pod.run()[1]


def test_the_sidecar_may_read_the_output_whoever_it_runs_as(pod):
    pod.toolkit(WRITE)
    pod.run()
    assert pod.output.stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize(
    ("levels", "request_", "flags"),
    [
        (["reco"], {}, []),
        (["reco"], {"no_systematics": True, "no_filter": True}, ["--no-systematics", "--no-filter"]),
        (["reco", "parton", "particle"], {}, ["--parton", "--particle"]),
        (["particle"], {}, ["--particle", "--no-reco"]),
        (["reco"], {"max_events": 10}, ["-e", "10"]),
        (["reco"], {"max_events": 0}, ["-e", "0"]),
    ],
)
def test_the_request_becomes_the_toolkits_arguments(pod, levels, request_, flags):
    (pod.home / "generated" / "reco.yaml").unlink()
    pod.ask(levels=levels, **request_)
    pod.toolkit(LOOK + WRITE)
    assert pod.run()[0] == 0
    assert seen(pod)["argv"] == ["-i", "input.txt", "-o", "output", "-t", "customConfig", *flags]
    expected = {f"customConfig/{level}.yaml": f"# {level}\n" for level in levels}
    assert seen(pod)["files"] == expected | {"input.txt": "root://host//data/file.root\n"}


def test_each_file_has_a_work_folder_of_its_own_which_is_searched_first(pod):
    pod.env |= {"CALIBPATH": "/calib", "DATAPATH": "/data1:/data2"}
    pod.toolkit(LOOK + WRITE)
    folders = []
    for _ in range(2):
        assert pod.run()[0] == 0
        here = seen(pod)["cwd"]
        assert seen(pod)["env"] == {
            "CALIBPATH": f"{here}:/calib",
            "DATAPATH": f"{here}:/data1:/data2",
            "TMPDIR": f"{here}/tmp",
        }
        folders.append(here)
    assert len({*folders, str(pod.home / "cwd")}) == 3


def test_a_relative_path_is_read_from_where_the_script_was_started(pod):
    pod.toolkit(LOOK + WRITE)
    assert pod.run("here.root", pod.output, "root")[0] == 0
    assert seen(pod)["files"]["input.txt"] == f"{pod.home}/cwd/here.root\n"


def test_names_are_never_read_by_a_shell(pod):
    pod.toolkit('shutil.copy("input.txt", os.environ["SEEN"])\n' + WRITE)
    name = b"/data/$(touch x) `touch x` ; ' \" \xff.root"
    assert pod.run(name, pod.output, "root-file")[0] == 0
    assert Path(pod.env["SEEN"]).read_bytes() == name + b"\n"
    assert pod.left_over() == []


FAULTS = {
    "ends well without output": ("pass", 70, "toolkit failed", "no output.root"),
    "ends badly with a good output": (WRITE + "sys.exit(1)", 70, "toolkit failed", "exit code 1"),
    "dies of an exception": ('raise ValueError("Unkown block X in yaml file")', 70, "toolkit failed", "Unkown block X"),
    "writes nothing into the output": ('open("output.root", "w")', 70, "toolkit failed", "no whole ROOT file"),
    "writes no ROOT": ('open("output.root", "w").write("<html>" * 99)', 70, "toolkit failed", "no whole ROOT file"),
    "cuts the output off": (WRITE + 'os.truncate("output.root", 300)', 70, "toolkit failed", "no whole ROOT file"),
    "makes a folder of that name": ('os.mkdir("output.root")', 70, "toolkit failed", "no output.root"),
    "is killed": (WRITE + "os.kill(os.getpid(), signal.SIGKILL)", 137, "probably out of memory", ""),
    "is killed in a shell": (WRITE + "sys.exit(137)", 137, "probably out of memory", ""),
    "crashes": (WRITE + "os.kill(os.getpid(), signal.SIGSEGV)", 139, "killed", "exit code 139"),
    "exits with -1": ("sys.exit(-1)", 70, "toolkit failed", "exit code 255"),
    "says nothing": ("sys.exit(1)", 70, "toolkit failed", "exit code 1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_toolkit_that_misbehaves_leaves_one_headline_and_nothing_else(pod, fault):
    behaviour, code, kind, said = FAULTS[fault]
    pod.toolkit(behaviour)
    found, log = pod.run()
    [(found_kind, found_said)] = HEADLINE.findall(log)
    assert (found, found_kind.partition(" (")[0]) == (code, kind)
    assert said in found_said
    assert "Transform stats" not in log
    assert not pod.output.exists()
    assert pod.left_over() == []


@pytest.mark.parametrize("code", [64, 65, 66, 69, 70, 73, 75])
def test_documented_codes_and_the_toolkits_own_headline_are_passed_on(pod, code):
    pod.toolkit(f'print("reading"); print("ERROR file x: what to do", file=sys.stderr); print("bye"); sys.exit({code})')
    found, log = pod.run()
    assert found == code
    assert HEADLINE.findall(log)[0][1] == "file x: what to do"


def test_the_file_after_a_fault_succeeds(pod):
    pod.toolkit(WRITE + "sys.exit(1)")
    assert pod.run()[0] == 70
    pod.toolkit(WRITE)
    assert pod.run()[0] == 0


def test_what_the_toolkit_leaves_running_is_ended(pod):
    pod.toolkit(START_A_CHILD + WRITE)
    with pod.start() as process, pod.alive() as processes:
        assert processes.read() == b"2"
        log, _ = process.communicate()
    assert process.returncode == 0
    assert "Transform stats" in log


@pytest.mark.parametrize(
    ("number", "habit"), [(signal.SIGTERM, "SIG_DFL"), (signal.SIGINT, "SIG_DFL"), (signal.SIGTERM, "SIG_IGN")]
)
def test_a_signal_ends_the_toolkit_and_all_that_it_started(pod, number, habit):
    pod.toolkit(f"signal.signal(signal.SIGTERM, signal.{habit})\n" + START_A_CHILD + "while True: time.sleep(600)")
    with pod.start() as process, pod.alive() as processes:
        assert processes.read(1) == b"2"
        process.send_signal(number)
        assert processes.read() == b""
        log, _ = process.communicate()
    assert process.returncode == 128 + number
    assert HEADLINE.findall(log) == [("killed", f"signal {number} came before the work was done")]
    assert pod.left_over() == []


def test_a_log_reader_that_has_gone_does_not_hang_the_pod(pod):
    pod.toolkit('print("x" * 1_000_000)\n' + WRITE)
    with pod.start() as process:
        process.stdout.close()
        process.wait()
    assert pod.output.exists()


@pytest.mark.parametrize(
    "arguments",
    [("one",), ("in", "out"), ("in", "out", "parquet"), ("in", "out", "root", "more")],
)
def test_wrong_arguments_are_a_usage_error(pod, arguments):
    code, log = pod.run(*arguments)
    assert (code, HEADLINE.findall(log)[0][0]) == (64, "usage")


@pytest.mark.parametrize("name", ["/a,b.root", "/a\nb.root", " /a.root", "/a.root "])
def test_a_name_that_the_toolkit_would_split_is_refused(pod, name):
    pod.toolkit(WRITE)
    code, log = pod.run(name, pod.output, "root-file")
    assert (code, HEADLINE.findall(log)[0][0]) == (66, "bad input file")


@pytest.mark.parametrize("folder", ["nowhere", "good.root"])
def test_an_output_folder_that_cannot_be_written_is_noticed_before_the_work(pod, folder):
    pod.toolkit(LOOK + WRITE)
    code, log = pod.run("in.root", pod.home / folder / "out.root", "root-file")
    assert (code, HEADLINE.findall(log)[0][0]) == (73, "output cannot be written")
    assert not Path(pod.env["SEEN"]).exists()


def test_an_image_without_the_toolkit_says_so(pod):
    pod.env["PATH"] = os.devnull
    code, log = pod.run()
    assert (code, HEADLINE.findall(log)[0][0]) == (70, "toolkit failed")
    assert "cannot start runTop_el.py" in log


def test_a_bug_is_a_headline_and_never_a_traceback(pod):
    (pod.home / "generated" / "request.json").write_text("not JSON")
    code, log = pod.run()
    assert code == 70
    assert HEADLINE.findall(log)
    assert "Traceback" not in log


def test_an_older_output_of_the_same_name_stays_until_there_is_a_new_one(pod):
    pod.output.write_text("older")
    pod.toolkit("sys.exit(66)")
    pod.run()
    assert pod.output.read_text() == "older"
    pod.toolkit(WRITE)
    pod.run()
    assert pod.output.read_bytes() == Path(pod.env["GOOD"]).read_bytes()
