"""The sidecar of a pod, as its image runs it beside a science container.

The way of a file: `work` asks for it over HTTP → `replicas` puts its replicas into ServiceX's order → the harness's own
`transform` holds the dialogue with the science container, whose files are laid out by `volume` → `object_store` uploads
the output and checks it → `work` reports.

Of servicex_harness it may import only what needs nothing but the standard library: the image holds no more.
"""
