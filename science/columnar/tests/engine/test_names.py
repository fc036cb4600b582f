"""Names of generator weights, and selection expressions."""

from __future__ import annotations

import numpy as np
import pytest
from topcp_columnar.errors import InputError
from topcp_columnar.selection import BadExpression, parse
from topcp_columnar.systematics import chosen, generator_variations


# The cases of athena's own test, PhysicsAnalysis/AnalysisCommon/PMGTools/test/testWeightHelpers.py.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PDF set = ABC", "GEN_PDF_ABC"),
        ("foo = bar", "GEN_foo_bar"),
        ("a=b, c.d, #1", "GEN_ab_cd_num1"),
        ("foo: bar", "GEN_foo_bar"),
        ("a\nb", "GEN_a_b"),
        ("q/p", "GEN_qoverp"),
        (" muR = 0.5 ", "GEN_muR_05"),
    ],
)
def test_a_weight_is_named_as_the_toolkit_names_it(name: str, expected: str) -> None:
    assert generator_variations([name], 1) == {expected: 0}


@pytest.mark.parametrize("name", ["Default", "nominal", "Weight", "0", "", " "])
def test_names_of_the_nominal_weight_are_no_variation(name: str) -> None:
    assert generator_variations([name, "up"], 2) == {"GEN_up": 1}


def test_two_weights_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="weights 1 and 2"):
        generator_variations(["", "a.b", "a-b"], 3)


def test_more_names_than_weights_are_refused() -> None:
    with pytest.raises(InputError, match="names 3"):
        generator_variations(["", "a", "b"], 2)


def test_the_regular_expression_overrules_the_categories() -> None:
    names = ["GEN_a", "JET_b"]
    assert chosen(names, "JET.*", ["event"]) == ("JET_b",)
    assert chosen(names, None, ["Event"]) == ("GEN_a",)
    assert chosen(names, None, None) == ("GEN_a", "JET_b")


A, B = np.array([True, True, False, False]), np.array([True, False, True, False])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a&&b", A & B),
        ("a || b", A | B),
        ("!a", ~A),
        ("!a&&b", ~A & B),
        ("a||a&&b", A),
        ("(a||b)&&b", B),
        ("!(a||b)", ~(A | B)),
        ("!!a", A),
        ("true", A | True),
        ("a&&false", A & False),
    ],
)
def test_an_expression_combines_flags(text: str, expected: np.ndarray) -> None:
    flags = {"a": A, "b": B, "": A}
    assert parse(text).evaluate(flags.__getitem__).tolist() == expected.tolist()


@pytest.mark.parametrize("text", ["a||", "&&a", "(a", "a)", "a b", "a & b", "!", "()", "|"])
def test_a_text_that_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(BadExpression, match=r"^'"):
        parse(text)
