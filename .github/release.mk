# What only the workflows need: charts by chart-testing, and a release. By hand they do the same.
# IMAGE_REGISTRY is where images and charts go, for instance ghcr.io/owner/servicex-topcp.
.PHONY: uv kind ct-lint ct-install analysisbase dist publish-images sign-images publish-charts
RELEASED := codegen columnar sidecar x509
LOWER_REGISTRY = $(shell echo $(IMAGE_REGISTRY) | tr A-Z a-z)
image = $(LOWER_REGISTRY)/$(1)

uv:
	python3 -m pip install uv==0.13.9

kind:
	.github/kind up
	.github/kind load servicex-topcp/codegen:$(VERSION)

ct-lint:
	ct lint --config helm/ct.yaml

ct-install:
	ct install --config helm/ct.yaml

# The real AnalysisBase. A source that is not public is cloned with GITLAB_TOKEN.
analysisbase:
	docker buildx build --file science/analysisbase/source.Dockerfile --secret id=gitlab_token,env=GITLAB_TOKEN \
		--output science/analysisbase/archive .
	docker build --tag servicex-topcp/analysisbase:$(VERSION) --file science/analysisbase/Dockerfile .
	docker run --rm servicex-topcp/analysisbase:$(VERSION) runTop_el.py --help

dist: .venv/.dev
	for member in $(MEMBERS); do \
		$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir build/dist ./$$member || exit 1; \
	done

# An attestation needs a builder of its own. What was built is written to build/image-<name>.json.
publish_image = docker buildx build --push --sbom=true --provenance=mode=max --build-arg VERSION=$(VERSION) \
	--metadata-file build/image-$(1).json --tag $(call image,$(1)):$(VERSION) --file $(2)/Dockerfile .

publish-images:
	docker buildx create --use --name release
	mkdir -p build
	$(call publish_image,codegen,codegen)
	$(call publish_image,columnar,science/columnar)
	$(call publish_image,sidecar,harness/sidecar)
	$(call publish_image,x509,harness/x509)

sign-images:
	for name in $(RELEASED); do \
		cosign sign --yes $(call image,$$name)@$$(jq --raw-output '."containerimage.digest"' build/image-$$name.json) \
		|| exit 1; done

publish-charts:
	helm package helm/servicex-topcp --destination build/charts
	helm push build/charts/servicex-topcp-$(VERSION).tgz oci://$(call image,charts) 2>&1 | tee build/chart.txt
	cosign sign --yes $(call image,charts)/servicex-topcp@$$(sed -n 's/^Digest: //p' build/chart.txt)
