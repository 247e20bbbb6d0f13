# What makes the bundle, and what runs it. A release names both by digest: --build-arg RELEASE=true refuses anything else.
ARG BUILD_IMAGE=docker.io/library/node:26.10.0-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs26-debian13:nonroot
# The stage that the bundle comes from: `build` makes it; `prebuilt` takes dist/ as `npm run build` left it. Old versions of
# buildah do not look at the default here: tell them --build-arg BUNDLE=build.
ARG BUNDLE=build

# The bundle is the same on every architecture, so it is made on the one of the builder.
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${BUILD_IMAGE} AS build
ARG BUILD_IMAGE BASE_IMAGE
ARG RELEASE=false
RUN for image in "$BUILD_IMAGE" "$BASE_IMAGE"; do \
      case "$RELEASE $image" in \
        "true "*@sha256:*) ;; \
        true*) echo "a release needs its images by digest (…@sha256:…), not $image" >&2; exit 1 ;; \
      esac; \
    done
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/build.ts scripts/
COPY src src
RUN node scripts/build.ts

FROM scratch AS prebuilt
COPY dist /src/dist

FROM ${BUNDLE} AS bundle

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/qdrant/qdrant-admission
LABEL org.opencontainers.image.title="qdrant-admission" \
      org.opencontainers.image.description="Validating admission webhook that keeps Qdrant's security promises on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY LICENSE /opt/qdrant-admission/
COPY --from=bundle /src/dist/ /opt/qdrant-admission/
# Distroless keeps Node in /nodejs/bin, other images where the rest of them is.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin \
    NODE_ENV=production
USER 65532:65532
WORKDIR /
EXPOSE 8443 9090
# A review lives for a tenth of a millisecond: a larger young generation holds garbage only (30 MB more, no CPU less).
# The old one follows the container's memory limit. By itself Node lets it grow to 256 MB under any limit below 1 GiB.
ENTRYPOINT ["node", "--max-semi-space-size=12", "--max-old-space-size-percentage=40", "/opt/qdrant-admission/main.js"]
