"""The physics, one subject a module: pure functions of flat arrays, without files and without configuration.

Each docstring names the public C++ it follows, by its path in athena
(github.com/zzalscv2/athena-atlas, January 2024, unless another snapshot is named).
Comparisons are made in the C++ precision, so that an object exactly on a cut falls on the same side.
Units are those of PHYSLITE: MeV, mm, rad.
"""
