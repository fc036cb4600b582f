"""What is known of blocks and options, as it is shown to people."""

from __future__ import annotations

import pytest
from topcp_config import RELEASES
from topcp_config.catalogue import block_entry, blocks, history_of, option_entry, places_of, releases_with
from topcp_config.facts import load_facts


@pytest.mark.parametrize("release", RELEASES)
def test_all_blocks_of_a_release_have_an_entry_with_a_source_in_words(release: str) -> None:
    facts = load_facts(release)
    assert set(facts.blocks) <= set(blocks(release))
    for path in blocks(release):
        entry = block_entry(path, release)
        assert entry is not None
        assert len(entry.source) > 20, path
        assert (entry.certainty == "inferred") == (release in entry.perhaps), path
        assert [option.path.rpartition(".")[2] for option in entry.options] == list(blocks(release)[path].options)


def test_an_option_names_the_releases_that_have_it() -> None:
    entry = option_entry("Electrons.WorkingPoint.identificationWP", "25.2.52")
    assert entry is not None
    assert entry.releases == ("25.2.29", "25.2.52", "25.2.88", "25.2.110")
    assert entry.perhaps == ("25.2.15",)
    assert option_entry("Electrons.WorkingPoint.identificationWP", "24.2.37") is None


def test_types_defaults_and_values_are_those_of_the_release() -> None:
    entry = option_entry("Jets.systematicsModelJES", "25.2.52")
    assert entry is not None
    assert (entry.type, entry.default, entry.values) == ("str", "Category", ("All", "Global", "Category"))
    old, new = (option_entry("PileupReweighting.useDefaultConfig", release) for release in ("24.2.37", "25.2.52"))
    assert old is not None
    assert new is not None
    assert (old.default, new.default) == (False, True)


def test_blocks_that_can_be_added_say_what_brings_them() -> None:
    entry = block_entry("SpaNet", "25.2.52")
    assert entry is not None
    assert entry.added_by == "TopCPToolkit.TopSpaNetConfig.TopSpaNetConfig"
    electrons = block_entry("Electrons", "25.2.52")
    assert electrons is not None
    assert electrons.added_by is None


def test_a_name_alone_finds_its_places_in_every_release() -> None:
    assert places_of("likelihoodWP") == ["Electrons.WorkingPoint.likelihoodWP"]
    assert "Electrons.WorkingPoint" in places_of("WorkingPoint")
    assert places_of("WorkingPoint.likelihoodWP") == ["Electrons.WorkingPoint.likelihoodWP"]
    assert places_of("kelihoodWP") == []


def test_what_became_of_a_name_is_told_from_both_sides() -> None:
    (forward,) = history_of("Electrons.WorkingPoint.likelihoodWP")
    (backward,) = history_of("Electrons.WorkingPoint.identificationWP")
    assert forward.startswith("became Electrons.WorkingPoint.identificationWP between 24.2.37 and 25.2.29")
    assert backward.startswith("was Electrons.WorkingPoint.likelihoodWP before")
    assert releases_with("Electrons.WorkingPoint.likelihoodWP")[0] == ("24.2.37", "25.2.15")
    assert releases_with("No.such.thing") == ((), ())
