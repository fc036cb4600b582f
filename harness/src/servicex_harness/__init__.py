"""The dialogue of ServiceX on one machine: run and develop any transformer without Kubernetes.

The way of a request: `api` takes it from the client → `submit` asks the code generator (`codegen_client`), checks the
answer (`generated`) and writes it down (`state`, `work_queue`) → a `worker` claims one file after another and has it
transformed (`transform`) in a pod that a `backends` module starts, over the socket of `sidecar` and `science_side` →
the output goes to the object store (`s3`) and the result to the state, where the client finds both.
"""

from importlib.metadata import version

__version__ = version("servicex-harness")
