"""What a run says while it is under way."""

from __future__ import annotations

import pytest
from topcp_columnar import progress
from topcp_columnar.progress import Progress


def test_a_line_says_file_events_kept_fraction_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0)
    with Progress(files=4) as run:
        run.begin_file(1000)
        run.add(500, 100)
        assert run.line(102.0) == "file 1/4  500 events  kept 20.0 %  250 events/s  14 s left"


def test_where_nobody_watches_a_line_comes_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    with Progress(files=1) as run:
        run.begin_file(800)
        for _ in range(8):
            run.add(100, 50)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["300 events", "600 events"]


def test_a_short_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(files=1) as run:
        run.begin_file(10)
        run.add(10, 10)
    assert capsys.readouterr().err == ""
