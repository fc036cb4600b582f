"""What the script in the pod promises where nothing fails: a success is a verified file, and the log tells of it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import uproot

from .pods import event_count, opened, server, write_ntuple, write_proxy

LOOK = """
seen = {"argv": sys.argv[1:], "cwd": os.getcwd(), "stdin": sys.stdin.read()}
seen["env"] = {name: os.environ.get(name) for name in ("CALIBPATH", "DATAPATH", "TMPDIR")}
files = ["input.txt"] + ["customConfig/" + name for name in os.listdir("customConfig")]
seen["files"] = {name: open(name).read() for name in files}
json.dump(seen, open(HOME + "/seen.json", "w"))
processing(); write()
"""
needs_dialogue = pytest.mark.needs("jq", "nc")


@pytest.fixture
def pod(pod):
    """A pod with one input, file.root."""
    pod.file("file.root")
    return pod


def seen(pod: Any) -> dict[str, Any]:
    return dict(json.loads((pod.home / "seen.json").read_text()))


@needs_dialogue
def test_a_success_is_the_toolkits_file_and_its_numbers(pod):
    (answer,) = pod.transform(pod.home / "data" / "file.root")
    assert (answer.said, answer.code, answer.events) == ("success.", 0, [3, 3])
    (name,) = pod.outputs()
    output = pod.scratch / name
    assert output.read_bytes() == pod.good.read_bytes()
    assert output.stat().st_mode & 0o777 == 0o644  # the sidecar may run as another user
    assert answer.result.pop("peak_memory_bytes") > 1_000_000
    assert 0 < answer.result["toolkit_seconds"] < answer.result["seconds"] < 60
    assert {key: value for key, value in answer.result.items() if "seconds" not in key and "memory" not in key} == {
        "bytes": output.stat().st_size,
        "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
        "events": 3,
        "trees": {"reco": 3},
        "remarks": [],
        "toolkit_errors": 0,
        "tries": 1,
    }


@needs_dialogue
def test_each_level_says_how_many_events_and_servicex_finds_it_once(pod):
    pod.toolkit(
        "file.root",
        'processing(); processing(); processing()\nprint("Transform stats: Total Events: 9, resulting file size 9")\n'
        'print("Tool ERROR harmless"); print("ValueException: x"); write()',
    )
    (answer,) = pod.transform(pod.home / "data" / "file.root")
    assert answer.events == [3, 3]
    assert answer.headlines == []
    assert answer.result["toolkit_errors"] == 1


def test_the_toolkits_log_is_passed_on_but_for_the_words_that_servicex_looks_for(pod):
    pod.toolkit(
        "file.root",
        "processing(3); sys.stdout.flush()\n"
        'os.write(1, b"Tool   ERROR   not utf-8: \\xff\\nKeyError: x\\n x Error: y\\n")\n'
        'os.write(2, b"stderr"); write()',
    )
    with pod.start() as process:
        log = process.stdout.read()
    source = os.fsencode(pod.home / "data" / "file.root")
    assert log.startswith(
        b"Package.EventLoop        INFO    processing events 0-3 in file " + source + b"\n"
        b"Tool   Error   not utf-8: \xff\n| KeyError: x\n x Error: y\nstderr"
    )


@needs_dialogue
@pytest.mark.parametrize("name", ["a b", "$(touch x)", "`touch x`;'\"", "\\n*?[", "-e", "ü\N{SNOWMAN}", "&|<>!#%"])
def test_names_are_never_read_by_a_shell(pod, name):
    (answer,) = pod.transform(pod.file(f"{name}.root", LOOK))
    assert answer.code == 0, answer.log
    assert seen(pod)["files"]["input.txt"] == f"{pod.home}/data/{name}.root\n"
    assert [output.endswith(f":{name}.root") for output in pod.outputs()] == [True]


def test_names_that_are_no_text_are_names_all_the_same(pod):
    name = os.fsencode(pod.home) + b"/data/\xff.root"
    Path(os.fsdecode(name)).write_bytes(pod.good.read_bytes())
    assert pod.run(name, pod.output, "root-file").code == 0


@pytest.mark.parametrize("text", ["a: $(touch x)\n", "a: '`touch x`'\n", 'a: |\n  ; \\ "\n  \N{SNOWMAN}\n# \x85\n'])
def test_a_configuration_reaches_the_toolkit_byte_by_byte(pod, text):
    (pod.home / "generated" / "reco.yaml").write_bytes(text.encode())
    pod.toolkit("file.root", 'processing(); shutil.copy("customConfig/reco.yaml", HOME + "/seen"); write()')
    assert pod.run().code == 0
    assert (pod.home / "seen").read_bytes() == text.encode()


@pytest.mark.parametrize(
    ("levels", "request_", "flags"),
    [
        (["reco"], {}, []),
        (["reco"], {"no_systematics": True, "no_filter": True}, ["--no-systematics"]),
        (["reco", "parton", "particle"], {}, ["--parton", "--particle"]),
        (["particle"], {}, ["--particle", "--no-reco"]),
        (["reco"], {"max_events": 10}, ["-e", "10"]),
        (["reco"], {"max_events": 0}, ["-e", "0"]),
    ],
)
def test_the_request_becomes_the_toolkits_arguments(pod, levels, request_, flags):
    pod.ask(levels=levels, **request_)
    write_ntuple(pod.good, reco=3, parton=3, particle=3)
    pod.toolkit("file.root", LOOK)
    assert pod.run().code == 0
    assert seen(pod)["argv"] == ["-i", "input.txt", "-o", "output", "-t", "customConfig", *flags]
    expected = {f"customConfig/{level}.yaml": f"# {level}\n" for level in levels}
    assert seen(pod)["files"] == expected | {"input.txt": f"{pod.home}/data/file.root\n"}


def test_an_image_that_has_cprun_alone_is_run_by_it(pod):
    (pod.home / "bin" / "runTop_el.py").rename(pod.home / "bin" / "CPRun.py")
    pod.ask(max_events=5, no_systematics=True)
    pod.toolkit("file.root", LOOK)
    assert pod.run().code == 0
    config = f"{seen(pod)['cwd']}/customConfig/reco.yaml"
    expected = ["-i", "input.txt", "-o", "output", "-t", config, "--merge-output-files", "--no-systematics", "-e", "5"]
    assert seen(pod)["argv"] == expected


def test_each_file_has_a_work_folder_of_its_own_which_is_searched_first(pod):
    pod.env |= {"CALIBPATH": "/calib", "DATAPATH": "/data1:/data2"}
    pod.toolkit("file.root", LOOK)
    folders = []
    for _ in range(2):
        assert pod.run().code == 0
        here = seen(pod)["cwd"]
        assert seen(pod)["env"] == {
            "CALIBPATH": f"{here}:/calib",
            "DATAPATH": f"{here}:/data1:/data2",
            "TMPDIR": f"{here}/tmp",
        }
        folders.append(here)
    assert len({*folders, str(pod.home / "cwd")}) == 3


def test_a_relative_path_is_read_from_where_the_script_was_started(pod):
    pod.toolkit("file.root", LOOK)
    assert pod.run("../data/file.root", pod.output, "root").code == 0
    assert seen(pod)["files"]["input.txt"] == f"{pod.home}/data/file.root\n"


def test_an_output_that_is_a_link_is_delivered_as_a_file(pod):
    pod.toolkit("file.root", 'processing(); shutil.copy(GOOD, "real.root"); os.symlink("real.root", "output.root")')
    assert pod.run().code == 0
    assert pod.output.read_bytes() == pod.good.read_bytes()
    assert not pod.output.is_symlink()


def test_what_the_toolkit_leaves_running_is_ended(pod):
    os.mkfifo(pod.home / "alive")
    pod.toolkit(
        "file.root",
        'pipe = os.open(HOME + "/alive", os.O_WRONLY)\n'
        "for own in (False, True):\n"
        '    subprocess.Popen(["sleep", "600"], pass_fds=[pipe], start_new_session=own)\n'
        "processing(); write()",
    )
    with pod.start() as process, opened(pod.home / "alive") as processes:
        assert processes.read() == b""
        process.communicate()
    assert process.returncode == 0


def test_what_a_killed_script_left_is_cleared_away_by_the_next(pod):
    pod.toolkit("file.root", "os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)")
    assert pod.run().code == -signal.SIGKILL
    assert [name[:6] for name in pod.outputs()] == [".topcp", "topcp-"]
    assert pod.processes() == []  # the toolkit dies with the script
    others = ["topcp-other-9-x", "topcp-demo", f".topcp-other-pod-{process_that_is_gone()}.part"]
    for name in others:
        (pod.scratch / name).touch()
    pod.toolkit("file.root", "processing(); write()")
    assert pod.run().code == 0
    assert pod.outputs() == sorted([pod.output.name, *others])


def process_that_is_gone() -> int:
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_a_server_that_comes_back_is_no_failure(pod):
    with server() as address:
        pod.toolkit(
            "remote.root",
            'tried = HOME + "/tried"\n'
            "if not os.path.exists(tried):\n"
            '    open(tried, "w"); print("TNetXNGFile::Open  ERROR  [FATAL] Connection error"); sys.exit(1)\n'
            "processing(); write()",
        )
        answer = pod.run(f"{address}/remote.root", pod.output, "root-file")
    assert (answer.code, answer.result["tries"]) == (0, 2)
    assert "try 1 failed, input unreachable" in answer.log
    assert answer.headlines == []


@pytest.mark.parametrize(
    ("write", "remark"),
    [
        ("other.root", "no tree reco, since the toolkit removes trees without events"),
        ("passed.root", "no tree reco, since the toolkit removes trees without events"),
        ("empty.root", None),
    ],
)
def test_that_no_events_passed_is_a_success_that_says_so(pod, write, remark):
    write_ntuple(pod.home / "other.root", events=3, other=3)
    with uproot.recreate(pod.home / "passed.root") as file:
        file["EventLoop_EventCount"] = event_count(3, passed=0)
    write_ntuple(pod.home / "empty.root", events=3, reco=0)
    said = 'print("Removing empty TTree reco")\n' if write == "other.root" else ""
    pod.toolkit("file.root", f'processing()\n{said}write(HOME + "/{write}")')
    answer = pod.run()
    assert answer.code == 0, answer.log
    assert answer.result["remarks"] == [*([remark] if remark else []), "no events passed the selection"]
    assert "Transform remark: no events passed the selection\n" in answer.log


def test_data_have_no_particle_level(pod):
    pod.ask(levels=("reco", "particle"))
    pod.toolkit("file.root", 'print("   DataType:        DataType.Data"); processing(); write()')
    answer = pod.run()
    assert answer.code == 0, answer.log
    assert answer.result["remarks"] == ["no tree particle, since data have no particle level"]


def test_a_file_on_the_grid_needs_a_proxy_where_the_deployment_has_any(pod):
    def code(proxy_of: float | None) -> int:
        if proxy_of is not None:
            write_proxy(pod.home / "proxy", proxy_of)
        with server() as address:
            return pod.run(f"{address}/file.root", pod.output, "root-file").code

    assert code(None) == 0  # a deployment without any proxies
    (pod.home / "secret").mkdir()
    pod.env["TOPCP_TRIES"] = "1"
    assert code(None) == 77
    assert code(86_400) == 0
    assert pod.run().code == 0  # a local file needs none


def test_a_log_reader_that_has_gone_does_not_hang_the_pod(pod):
    pod.toolkit("file.root", 'print("x" * 1_000_000)\nprocessing(); write()')
    with pod.start() as process:
        process.stdout.close()
        process.wait()
    assert pod.output.exists()


@pytest.mark.parametrize(
    "arguments", [("one",), ("in", "out"), ("in", "out", "parquet"), ("in", "out", "root", "more")]
)
def test_wrong_arguments_are_a_usage_error(pod, arguments):
    answer = pod.run(*arguments)
    assert answer.code == 64
    assert answer.headlines[0].startswith("TransformError: ERROR usage: it needs INPUT OUTPUT FORMAT")


def test_an_older_output_of_the_same_name_stays_until_there_is_a_new_one(pod):
    pod.output.write_text("older")
    pod.toolkit("file.root", "sys.exit(66)")
    pod.run()
    assert pod.output.read_text() == "older"
    pod.toolkit("file.root", "processing(); write()")
    pod.run()
    assert pod.output.read_bytes() == pod.good.read_bytes()


@needs_dialogue
def test_the_limits_of_the_code_generator_hold_and_the_pods_own_go_before(pod):
    pod.ask(
        limits={
            **json.loads((pod.home / "generated" / "request.json").read_text())["limits"],
            "TOPCP_WALL_SECONDS": 0.5,
        }
    )
    pod.toolkit("file.root", "time.sleep(600)")
    (answer,) = pod.transform(pod.home / "data" / "file.root")
    assert (answer.code, "longer than 0.5 s" in answer.log) == (124, True)
    pod.env["TOPCP_WALL_SECONDS"] = "0.7"
    assert "longer than 0.7 s" in pod.run().log
