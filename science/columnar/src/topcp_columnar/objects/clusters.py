"""The clusters of electrons and photons: their acceptance, and the quality of the calorimeter below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from topcp_columnar.containers import Jagged2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import egamma, links
from topcp_columnar.kernels.acceptance import passes_eta
from topcp_columnar.objects.associated_tracks import first_link
from topcp_columnar.objects.kinematics import CLUSTER_ETA
from topcp_columnar.plan.model import Variable

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CLUSTERS = "egammaClusters"
_CLUSTER = "cluster"
_SAMPLINGS = (f"{_CLUSTERS}.samplingPattern", f"{_CLUSTERS}.e_sampl", f"{_CLUSTERS}.eta_sampl")


def compute_cluster(part: Part, objects: Container) -> None:
    """Where each object's cluster is, and its eta in the second layer of the calorimeter."""
    stored_links = objects.column("caloClusterLinks")

    def place(chunk: Chunk) -> Column:
        return follow_first(chunk, stored_links, _CLUSTERS, f"{_CLUSTERS}.ETACALOFRAME")

    def eta(chunk: Chunk) -> Column:
        energies, etas = (chunk.stored(name) for name in _SAMPLINGS[1:])
        if not isinstance(energies, Jagged2) or not isinstance(etas, Jagged2):
            raise InputError(f"{chunk.file.location}: {_CLUSTERS} does not hold a vector of layers per cluster")
        of_clusters = egamma.cluster_eta(chunk.column(_SAMPLINGS[0]), energies, etas)
        return links.take(of_clusters, chunk.column(cluster), np.nan)

    needs = (objects.column("pt"), stored_links, f"{_CLUSTERS}.ETACALOFRAME")
    cluster = part.compute_from_chunk(objects.column(_CLUSTER), place, *needs)
    part.compute_from_chunk(objects.column(CLUSTER_ETA), eta, cluster, *_SAMPLINGS)


def follow_first(chunk: Chunk, name: str, target: str, counted_by: str) -> Column:
    """Where in `target`, which has the variable `counted_by`, the first of each object's links leads."""
    link = first_link(chunk.links(name))
    return links.resolve(link.offsets, link.keys, link.indices, target, chunk.jagged(counted_by).offsets)


def select_acceptance(part: Part, objects: Container, default_max_eta: float) -> None:
    """|eta| of the cluster up to maxEta, and outside of the gap between barrel and end-cap if asked for."""
    gap = egamma.CRACK if part.option("crackVeto") else None
    max_eta, eta = part.number("maxEta", default_max_eta), objects.column(CLUSTER_ETA)
    column = part.compute(objects.column("selectEta"), lambda eta: passes_eta(eta, max_eta, gap), eta)
    part.select(objects, column)


def select_object_quality(part: Part, objects: Container, kind: Literal["electron", "photon"]) -> None:
    """Good cells below the cluster, and not in a region without high voltage (EgammaIsGoodOQSelectionTool)."""
    quality, cluster = objects.column("OQ"), objects.column(_CLUSTER)
    frame = (f"{_CLUSTERS}.ETACALOFRAME", f"{_CLUSTERS}.PHICALOFRAME")
    run_number = part.run_number()

    def passes(chunk: Chunk) -> Column:
        run = chunk.per_object(objects.name, chunk.column(run_number))
        eta, phi = (links.take(chunk.column(name), chunk.column(cluster), np.nan) for name in frame)
        good = egamma.passes_object_quality(chunk.column(quality), kind)
        return good & ~egamma.in_dead_hv_region(run, eta, phi)

    needs = (quality, cluster, run_number, *frame)
    part.select(objects, part.compute_from_chunk(objects.column("goodOQ"), passes, *needs))


def offer_cluster_eta(part: Part, objects: Container, source: str) -> None:
    """The branch of decorateCaloClusterEta."""
    part.offer(objects, Variable("caloEta2", objects.column(CLUSTER_ETA), source, no_sys=True))
