"""The hook that writes the code generator into a ServiceX: what it changes, what it leaves alone, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .charts import CHART, EVERYTHING, objects, template
from .kubernetes import APP, CONFIG, NAMESPACE, Cluster, cluster

SCRIPT = CHART / "files" / "registration" / "register.py"
URL = "http://sx-code-gen-topcp:8000"
IMAGE = "registry.example/codegen:0.1.0"

# As upstream's chart renders it, shortened (helm/servicex/templates/app/configmap.yaml).
UPSTREAM = """\
INSTANCE_NAME = 'sx'

# Enable JWT auth on public endpoints
ENABLE_AUTH=False
SECRET_KEY = 'abc123!'
SECRET_KEY = 'some-secret-string'
TRANSFORMER_X509_SECRET=None

CODE_GEN_SERVICE_URLS = { "uproot":"http://sx-code-gen-uproot:8000","xaod":"http://sx-code-gen-xaod:8000" }
CODE_GEN_IMAGES = { "uproot":"sslhep/uproot:1.2","xaod":"sslhep/xaod:1.2" }
DID_FINDER_DEFAULT_SCHEME = 'rucio'
"""
EDITED = """\
# Zürich's own  \r
NOTE = 'größer'; CODE_GEN_SERVICE_URLS = {  # ours and theirs
    "uproot": "http://sx-code-gen-uproot:8000",  # keep
    'mine': ('http://elsewhere'
             ':8000') }
CODE_GEN_IMAGES = OLD = {}
if True:
    EXTRA = {"CODE_GEN_IMAGES": "no"}
"""


@pytest.fixture
def servicex() -> Iterator[Cluster]:
    with cluster(UPSTREAM) as state:
        yield state


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("a-token\n")
    return tmp_path


@pytest.fixture
def hook(credentials: Path) -> Any:
    def run(action: str, state: Cluster, *, image: str = IMAGE, **more: str) -> subprocess.CompletedProcess[str]:
        given = {"servicex": "sx", "namespace": NAMESPACE, "name": "topcp", "image": image} | more
        given |= {"api": state.address, "credentials": str(credentials)}
        arguments = [f"--{key}={value}" for key, value in given.items()]
        command = [sys.executable, "-B", SCRIPT, action, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def executed(text: str) -> dict[str, Any]:
    """What the app sees: Flask executes the file."""
    names: dict[str, Any] = {}
    exec(compile(text, "app.conf", "exec"), names)
    names.pop("__builtins__")
    return names


def with_ours(text: str, image: str = IMAGE) -> dict[str, Any]:
    names = executed(text)
    names["CODE_GEN_SERVICE_URLS"]["topcp"] = URL
    names["CODE_GEN_IMAGES"]["topcp"] = image
    return names


@pytest.mark.parametrize("text", [UPSTREAM, EDITED, "CODE_GEN_SERVICE_URLS = { }\nCODE_GEN_IMAGES = {}"])
def test_the_app_learns_of_the_code_generator_and_keeps_all_else(text: str, hook: Any) -> None:
    with cluster(text) as state:
        done = hook("add", state)
        assert done.returncode == 0, done.stderr
        assert executed(state.text) == with_ours(text)
        assert hook("remove", state).returncode == 0
        assert state.text == text


def test_a_second_run_changes_nothing(servicex: Cluster, hook: Any) -> None:
    hook("add", servicex)
    assert servicex.patches == [CONFIG, APP]
    done = hook("add", servicex)
    assert "nothing had to be changed" in done.stdout
    assert servicex.patches == [CONFIG, APP]


def test_a_new_image_replaces_the_old_one(servicex: Cluster, hook: Any) -> None:
    hook("add", servicex)
    assert hook("add", servicex, image="registry.example/codegen:0.2.0").returncode == 0
    assert executed(servicex.text) == with_ours(UPSTREAM, "registry.example/codegen:0.2.0")
    assert servicex.patches == [CONFIG, APP] * 2


def test_after_an_upgrade_of_servicex_it_is_registered_again_and_the_app_restarts(servicex: Cluster, hook: Any) -> None:
    hook("add", servicex)
    servicex.write(UPSTREAM)
    assert hook("add", servicex).returncode == 0
    assert executed(servicex.text) == with_ours(UPSTREAM)
    assert servicex.patches == [CONFIG, APP] * 2


@pytest.mark.parametrize("known", [False, True], ids=["first", "after an upgrade of ServiceX"])
def test_a_run_that_ended_before_the_app_restarted_is_made_up_for(known: bool, servicex: Cluster, hook: Any) -> None:
    if known:
        hook("add", servicex)
        servicex.write(UPSTREAM)
        servicex.patches.clear()
    app = servicex.objects.pop(APP)
    assert hook("add", servicex).returncode == 66
    servicex.objects[APP] = app
    assert "restarts" in hook("add", servicex).stdout
    assert "nothing had to be changed" in hook("add", servicex).stdout
    assert servicex.patches == [CONFIG, APP]


def test_the_reconciler_puts_back_what_an_upgrade_of_servicex_took_out(servicex: Cluster, hook: Any) -> None:
    hook("add", servicex)
    assert "nothing had to be changed" in hook("keep", servicex).stdout
    servicex.write(UPSTREAM)
    assert hook("keep", servicex).returncode == 0
    assert executed(servicex.text) == with_ours(UPSTREAM)
    assert servicex.patches == [CONFIG, APP] * 2


@pytest.mark.parametrize("overwritten", [False, True], ids=["registered", "overwritten by an upgrade of ServiceX"])
def test_the_reconciler_leaves_out_what_was_removed_until_it_is_added_again(
    overwritten: bool, servicex: Cluster, hook: Any
) -> None:
    hook("add", servicex)
    if overwritten:
        servicex.write(UPSTREAM)
    hook("remove", servicex)
    kept = hook("keep", servicex)
    assert (kept.returncode, servicex.text) == (0, UPSTREAM)
    assert "removed on purpose" in kept.stdout
    hook("add", servicex)
    servicex.write(UPSTREAM)
    hook("keep", servicex)
    assert executed(servicex.text) == with_ours(UPSTREAM)


def test_what_others_write_at_the_same_time_is_kept(servicex: Cluster, hook: Any) -> None:
    servicex.others = [f"{UPSTREAM}ROUND = {number}\n" for number in range(3)]
    assert hook("add", servicex).returncode == 0
    assert executed(servicex.text) == with_ours(f"{UPSTREAM}ROUND = 2\n")


def environment(state: Cluster) -> list[dict[str, str]]:
    variables: list[dict[str, str]] = state.objects[APP]["spec"]["template"]["spec"]["containers"][0]["env"]
    return variables


def test_the_science_image_is_allowed_only_when_told_to_and_taken_out_again(servicex: Cluster, hook: Any) -> None:
    before = [*environment(servicex), {"name": "ALLOWED_IMAGE_PREFIXES", "value": '["sslhep/"]'}]
    environment(servicex)[:] = before
    hook("add", servicex)
    assert environment(servicex) == before
    science = "registry.example/science:25.2.45"
    for _ in range(2):
        assert hook("add", servicex, allow=science).returncode == 0
        assert [json.loads(each["value"]) for each in environment(servicex)] == [1, ["sslhep/", science]]
    assert servicex.patches == [CONFIG, APP, APP]
    assert hook("remove", servicex, allow=science).returncode == 0
    assert environment(servicex) == before


def test_an_image_that_a_prefix_covers_and_an_app_without_a_list_stay_as_they_are(servicex: Cluster, hook: Any) -> None:
    without = [*environment(servicex)]
    assert hook("add", servicex, allow="sslhep/x:1").returncode == 0
    assert environment(servicex) == without
    covered = [{"name": "ALLOWED_IMAGE_PREFIXES", "value": '["sslhep/"]'}]
    environment(servicex)[:] = covered
    assert hook("add", servicex, allow="sslhep/x:1").returncode == 0
    assert hook("remove", servicex, allow="sslhep/x:1").returncode == 0
    assert environment(servicex) == covered


@pytest.mark.parametrize("value", ["sslhep/", '"sslhep/"', "[1]", "3"])
def test_an_allow_list_that_is_none_is_left_alone_and_named(value: str, servicex: Cluster, hook: Any) -> None:
    environment(servicex)[:] = [{"name": "ALLOWED_IMAGE_PREFIXES", "value": value}]
    done = hook("add", servicex, allow="registry.example/science:1")
    assert done.returncode == 65
    assert "ALLOWED_IMAGE_PREFIXES" in done.stderr
    assert APP not in servicex.patches


def test_where_others_never_stop_writing_it_gives_up_and_says_so(servicex: Cluster, hook: Any) -> None:
    servicex.others = [UPSTREAM] * 100
    done = hook("add", servicex)
    assert (done.returncode, servicex.text) == (75, UPSTREAM)
    assert "try again" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CODE_GEN_IMAGES = {\n", "not valid Python: line 1"),
        ("CODE_GEN_IMAGES = {}\n", "CODE_GEN_SERVICE_URLS 0 times"),
        (UPSTREAM + "CODE_GEN_IMAGES = {}\n", "CODE_GEN_IMAGES 2 times"),
        (UPSTREAM.replace('{ "uproot":"sslhep', '{ **OTHERS, "uproot":"sslhep'), "not a dictionary of text"),
        (UPSTREAM.replace('"sslhep/xaod:1.2"', "XAOD"), "not a dictionary of text"),
        (UPSTREAM.replace('"xaod":"sslhep', '"uproot":"sslhep'), "a key twice"),
        (UPSTREAM.replace('{ "uproot":"http', '{ "topcp": "http://theirs:8000", "uproot":"http'), "http://theirs:8000"),
    ],
)
def test_a_text_that_cannot_be_edited_safely_is_left_untouched(text: str, said: str, hook: Any) -> None:
    with cluster(text) as state:
        done = hook("add", state)
        assert done.returncode == 65
        assert said in done.stderr
        assert done.stderr.startswith("ERROR ")
        assert "Traceback" not in done.stderr
        assert (state.text, state.patches) == (text, [])


def test_an_entry_of_somebody_else_is_not_taken_out(hook: Any) -> None:
    theirs = UPSTREAM.replace('{ "uproot":"http', '{ "topcp": "http://theirs:8000", "uproot":"http')
    with cluster(theirs) as state:
        assert hook("remove", state).returncode == 0
        assert (state.text, state.patches) == (theirs, [])


def test_without_servicex_adding_is_an_error_and_removing_is_not(hook: Any) -> None:
    with cluster(None) as state:
        added, removed = hook("add", state), hook("remove", state)
    assert added.returncode == 66
    assert "sx-flask-config" in added.stderr
    assert removed.returncode == 0


def test_without_the_right_to_it_the_reason_is_told(servicex: Cluster, hook: Any, credentials: Path) -> None:
    (credentials / "token").write_text("another")
    done = hook("add", servicex)
    assert done.returncode == 69
    assert "401" in done.stderr


@pytest.mark.needs("helm")
def test_the_hooks_run_the_tested_script_with_arguments_that_it_takes(servicex: Cluster, credentials: Path) -> None:
    rendered = objects(template(EVERYTHING))
    name = "sx-code-gen-topcp-registration"
    scripts = {file.name: file.read_text() for file in SCRIPT.parent.glob("*.py")}
    assert rendered["ConfigMap", name]["data"] == scripts
    keeper = rendered["CronJob", f"{name}-keep"]["spec"]
    assert keeper["schedule"] == "*/10 * * * *"
    jobs = {action: rendered["Job", f"{name}-{action}"]["spec"] for action in ("add", "remove")}
    for action, known in (("keep", True), ("add", True), ("remove", False)):
        job = keeper["jobTemplate"]["spec"] if action == "keep" else jobs[action]
        pod = job["template"]["spec"]
        (container,) = pod["containers"]
        _, *options, script, asked = container["command"]
        assert Path(script).name == SCRIPT.name
        command = [sys.executable, *options, SCRIPT, asked, *container["args"]]
        command += [f"--api={servicex.address}", f"--credentials={credentials}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert ("topcp" in executed(servicex.text)["CODE_GEN_IMAGES"]) is known


@pytest.mark.needs("helm")
def test_the_hooks_may_touch_two_objects_and_no_other_pod_has_their_rights() -> None:
    rendered = objects(template(EVERYTHING))
    name = "sx-code-gen-topcp-registration"
    rules = rendered["Role", name]["rules"]
    assert [(rule["resources"], rule["resourceNames"]) for rule in rules] == [
        (["configmaps"], ["sx-flask-config"]),
        (["deployments"], ["sx-servicex-app"]),
    ]
    assert all(rule["verbs"] == ["get", "patch"] for rule in rules)
    (subject,) = rendered["RoleBinding", name]["subjects"]
    assert (subject["name"], subject["namespace"]) == (name, NAMESPACE)
    kinds = {"Job", "CronJob", "Deployment"}
    specs = {key: each["spec"].get("jobTemplate", each)["spec"] for key, each in rendered.items() if key[0] in kinds}
    having = {key[0] for key, spec in specs.items() if spec["template"]["spec"]["serviceAccountName"] == name}
    assert having == {"Job", "CronJob"}


@pytest.mark.needs("helm")
def test_the_hooks_run_after_a_change_and_before_a_removal_and_the_service_never_reaches_them() -> None:
    rendered = objects(template(EVERYTHING))
    jobs = {key[1].rsplit("-", 1)[1]: each for key, each in rendered.items() if key[0] == "Job"}
    hooks = {action: set(job["metadata"]["annotations"]["helm.sh/hook"].split(",")) for action, job in jobs.items()}
    assert hooks == {"add": {"post-install", "post-upgrade", "post-rollback"}, "remove": {"pre-delete"}}
    selector = rendered["Service", "sx-code-gen-topcp"]["spec"]["selector"]
    for job in jobs.values():
        assert not selector.items() <= job["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.needs("helm")
def test_nothing_is_registered_unless_it_is_asked_for() -> None:
    kinds = {kind for kind, _ in objects(template("servicex.release=sx"))}
    assert not kinds & {"Job", "CronJob", "Role", "RoleBinding"}
