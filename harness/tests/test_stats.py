"""What is read out of the log of a file."""

import pytest
from servicex_harness.stats import Stats, raw_uproot_stats, topcp_stats

EVENT_LOOP = "Package.EventLoop        INFO    Processing events 0-{} in file root://x\n"


def test_raw_uproot_stats_takes_the_number_that_is_said_once() -> None:
    assert raw_uproot_stats("a\nTransform stats: Total Events: 17, resulting file size 4096\n").total_events == 17


def test_raw_uproot_stats_knows_no_number_when_two_are_said() -> None:
    assert raw_uproot_stats("Transform stats: Total Events: 17, resulting file size 4096\n" * 2).total_events == 0


@pytest.mark.parametrize(
    ("log", "headline"),
    [
        ("x\nTransformError: ERROR input: not ROOT\nmore\n", "TransformError: ERROR input: not ROOT"),
        ("ValueError: first\nKeyError: second\n", "ValueError: first"),
        ("ValueError: a\nMyException: b\n", "MyException: b"),
        ("an Error in the middle of a line\nlast words\n\n", "its log names no error and ends with: last words"),
        ("", "it left an empty log"),
    ],
)
def test_raw_uproot_stats_takes_the_first_line_that_begins_like_an_exception(log: str, headline: str) -> None:
    assert raw_uproot_stats(log).headline == headline


def test_topcp_stats_reads_the_line_of_event_loop() -> None:
    assert topcp_stats("x\n" + EVENT_LOOP.format(100)).total_events == 100


def test_topcp_stats_knows_no_number_when_event_loop_runs_twice() -> None:
    assert topcp_stats(EVENT_LOOP.format(100) + EVENT_LOOP.format(50)).total_events == 0


def test_topcp_stats_does_not_take_another_spacing() -> None:
    assert topcp_stats("Package.EventLoop INFO Processing events 0-100 in file x").total_events == 0


def test_topcp_stats_prefers_error_lines_to_exceptions() -> None:
    log = "RuntimeError: late\nPackage.EventLoop    ERROR   no such tree\n"
    assert topcp_stats(log) == Stats(0, "Package.EventLoop    ERROR   no such tree")
    assert topcp_stats("  RuntimeError: alone\n").headline == "RuntimeError: alone"
