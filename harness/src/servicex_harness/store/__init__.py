"""The object store: `client` is how the harness uses any S3 store; `objects` and `face` are the one it brings along.

The embedded store keeps objects as files in a folder (`objects`) and speaks as much of S3's HTTP as boto3, the ServiceX
client, MinIO's client and presigned URLs need (`face`).
"""
