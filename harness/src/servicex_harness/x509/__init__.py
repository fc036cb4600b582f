"""A grid proxy that never runs out: made from a certificate and its key, and made again long before it ends.

`voms` makes a proxy with VOMS's own commands → `destinations` puts it into a folder, a Kubernetes Secret, or both →
`renewal` decides when → `web` tells whether it is good. Standard library only.
"""
