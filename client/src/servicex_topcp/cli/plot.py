"""`topcp plot`: a variable of an ntuple, nominal, with the band of its variations."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options
from servicex_topcp.errors import OutputFileError, UsageError
from servicex_topcp.names import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from servicex_topcp.ntuple import Ntuple

    Numbers = npt.NDArray[np.float64]

_ROOM = 70  # letters of the title in a line


def _checked_range(
    _: click.Context, option: click.Parameter, limits: tuple[float, float] | None
) -> tuple[float, float] | None:
    if limits and not (all(map(math.isfinite, limits)) and limits[0] < limits[1]):
        raise click.BadParameter("two numbers are wanted, the lower first", param=option)
    return limits


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("variable")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Image to write; else VARIABLE.png.")
@click.option("--tree", help="Tree to read; else the first.")
@click.option("--bins", type=click.IntRange(1, 1000), default=40, show_default=True, help="Number of bins.")
@click.option(
    "--range",
    "limits",
    type=(float, float),
    callback=_checked_range,
    help="Lowest and highest value; else those of the nominal.",
)
@click.option("--weight", metavar="VAR", help="Event weight, e.g. weight_mc; its variations count too.")
@options.json_option
def plot(
    path: Path,
    variable: str,
    output: Path | None,
    tree: str | None,
    bins: int,
    limits: tuple[float, float] | None,
    weight: str | None,
    as_json: bool,
) -> None:
    """Draw a variable of an ntuple with its systematic band.

    VARIABLE is the name of a branch, with or without _NOSYS, e.g. jet_pt. The band adds the variations in quadrature,
    up and down each for itself. If any of them is approximate, the plot says so.

    Exit code: 0 done, 66 no such file, 64 wrong usage, 71 without the extra `plot`, 73 the image cannot be
    written.
    """
    from servicex_topcp.ntuple import NOSYS, Ntuple

    variable = variable.removesuffix(f"_{NOSYS}")
    target = output or Path(f"{variable}.png")
    with Ntuple(path, tree) as ntuple:
        edges, nominal, down, up, names = band(ntuple, variable, bins, limits, weight)
        approximate = [name for name in names if not ntuple.source_of(name).official]
    _draw(target, variable, edges, (nominal, down, up), len(names), approximate)
    if as_json:
        drawn = {"edges": edges.tolist(), "nominal": nominal.tolist(), "down": down.tolist(), "up": up.tolist()}
        named = {"image": str(target), "variable": variable, "variations": names, "approximate": approximate}
        click.echo(json.dumps(named | drawn, indent=2))
    else:
        click.echo(f"{target}: {variable} with {len(names)} variations, {len(approximate)} of them approximate")


def band(
    ntuple: Ntuple, variable: str, bins: int, limits: tuple[float, float] | None, weight: str | None
) -> tuple[Numbers, Numbers, Numbers, Numbers, list[str]]:
    """The edges of the bins; nominal, its lower and its upper edge in each; and the names of the variations.

    A variation that changes the variable and the weight counts with both.
    """
    import numpy as np

    nominal_branch = _nominal(ntuple, variable)
    counts = ntuple.counts(nominal_branch)
    weights = np.repeat(_weights(ntuple, weight), counts)
    values = ntuple.values(nominal_branch)
    edges = np.histogram_bin_edges(values[np.isfinite(values)], bins, limits)
    nominal = np.histogram(values, edges, weights=weights)[0]
    branches, of_weight = ntuple.variations_of(variable), ntuple.variations_of(weight) if weight else {}
    varied = {}
    for name in dict.fromkeys((*branches, *of_weight)):
        others = np.repeat(ntuple.values(of_weight[name]), counts) if name in of_weight else weights
        shifted = ntuple.values(branches[name]) if name in branches else values
        varied[name] = np.histogram(shifted, edges, weights=others)[0]
    shifts = [entries - nominal for entries in varied.values()] or [np.zeros_like(nominal)]
    up = np.sqrt(sum(np.maximum(shift, 0) ** 2 for shift in shifts))
    down = np.sqrt(sum(np.minimum(shift, 0) ** 2 for shift in shifts))
    return edges, nominal, nominal - down, nominal + up, list(varied)


def _nominal(ntuple: Ntuple, variable: str) -> str:
    for branch in (f"{variable}_NOSYS", variable):
        if branch in ntuple.branches:
            return branch
    near = did_you_mean(variable, (*ntuple.variables, *ntuple.branches))
    raise UsageError(f"{ntuple.path}: it has no variable {variable!r}; it has {', '.join(ntuple.variables)}{near}")


def _weights(ntuple: Ntuple, weight: str | None) -> Numbers:
    import numpy as np

    if weight is None:
        return np.ones(len(ntuple.counts(ntuple.branches[0])))
    return ntuple.values(_nominal(ntuple, weight))


def _draw(
    target: Path,
    variable: str,
    edges: Numbers,
    curves: tuple[Numbers, Numbers, Numbers],
    n: int,
    approximate: list[str],
) -> None:
    import hist
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import mplhep

    nominal, down, up = curves
    filled: Any = hist.Hist(hist.axis.Variable(edges, name=variable), data=nominal)
    figure, axes = plt.subplots(figsize=(7, 5))
    mplhep.histplot(filled, ax=axes, yerr=False, label="nominal", color="black")
    axes.stairs(up, edges, baseline=down, fill=True, alpha=0.4, label=f"{n} variations, in quadrature")
    axes.set_xlabel(variable)
    axes.set_ylabel("entries")
    axes.legend()
    if approximate:
        axes.set_title(_warning(approximate), fontsize=9, color="firebrick")
    _save(figure, target)
    plt.close(figure)


def _warning(approximate: list[str]) -> str:
    """Two lines that fit above the plot: as many names as there is room for, and how many more there are."""
    names = list(dict.fromkeys(name.removesuffix("__1up").removesuffix("__1down") for name in approximate))
    shown = names[:1]
    while len(shown) < len(names) and len(", ".join([*shown, names[len(shown)]])) < _ROOM:
        shown.append(names[len(shown)])
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"approximate variations, no calibration:\n{', '.join(shown)}{more}"


def _save(figure: Any, target: Path) -> None:
    try:
        figure.savefig(target, dpi=150)
    except (OSError, ValueError) as error:
        raise OutputFileError(f"{target}: the image cannot be written: {error}") from error
