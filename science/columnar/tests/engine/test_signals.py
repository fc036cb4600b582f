"""A signal that ends a run is not lost, and does not end it where it cannot be ended: in LLVM."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from numba.core.codegen import JitEngine
from topcp_columnar.compiled import compiled
from topcp_columnar.signals import ENDING, held_back


class EndedError(Exception):
    """What the handlers of these tests raise."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    def end(number: int, _: Any) -> NoReturn:
        raise EndedError(number)

    before = {number: signal.signal(number, end) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", sorted(ENDING))
def test_a_signal_that_is_held_back_is_handled_later(number: int) -> None:
    reached = False

    def interrupted() -> None:
        nonlocal reached
        with held_back(), held_back():
            os.kill(os.getpid(), number)
            reached = True

    with pytest.raises(EndedError, match=str(number)):
        interrupted()
    assert reached


def test_a_signal_that_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held_back():
        os.kill(os.getpid(), signal.SIGINT)


def test_other_threads_hold_nothing_back() -> None:
    done: list[bool] = []

    def hold() -> None:
        with held_back():
            done.append(True)

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert done


def test_what_llvm_asks_for_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[bool] = []
    finalize = JitEngine.finalize_object

    def signalled(engine: JitEngine) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        finalize(engine)
        answered.append(True)

    monkeypatch.setattr(JitEngine, "finalize_object", signalled)
    with pytest.raises(EndedError):
        compiled(_one_more)(1)
    assert answered


def _one_more(number: int) -> int:
    return number + 1
